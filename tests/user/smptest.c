// SPDX-License-Identifier: MIT
/*
 * smptest: what programs see of many CPUs. Affinity, threads that really run
 * at the same time, changes of memory under a thread on another CPU, signals,
 * membarrier, ends of processes that run everywhere, registers on the move,
 * and messages from one CPU to another. Runs on one CPU, too, where what needs
 * two is left out. Nothing may be lost.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/tap.h"

enum { PAGE = 4096, CPUS_MAX = 64, PATIENCE_MS = 20000 };

static int cpus;		/* how many there are: 0 .. cpus - 1 */

/*
 * In a loop that waits for another CPU: QEMU with one thread for all CPUs turns
 * to the next one here.
 */
/* A hint to a CPU that has something else to do; slow in QEMU. */
static void relax(void)
{
	if (cpus > 1)
		__asm__ volatile("yield");
}

static int count_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		tap_bail("sched_getaffinity fails");
	return CPU_COUNT(&set);
}

static int pin_thread(int tid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(tid, sizeof(set), &set);
}

static void pin(int cpu)
{
	if (pin_thread(0, cpu % cpus))
		tap_bail("sched_setaffinity fails");
}

static void unpin(void)
{
	cpu_set_t set;

	memset(&set, 0xff, sizeof(set));
	if (sched_setaffinity(0, sizeof(set), &set))
		tap_bail("sched_setaffinity to all fails");
}

static int gettid_now(void)
{
	return (int)syscall(SYS_gettid);
}

static void start(pthread_t *t, void *(*fn)(void *arg), void *arg)
{
	if (pthread_create(t, NULL, fn, arg))
		tap_bail("pthread_create fails");
}

/* Affinity */

static void test_pin(void)
{
	int right = 0;

	for (int i = 0; i < 20 * cpus; i++) {
		pin(i);
		right += sched_getcpu() == i % cpus;
	}
	tap_equal(right, 20 * cpus, "who pins itself is there at once");
	unpin();
}

static void test_bad_affinity(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	tap_ok(sched_setaffinity(0, sizeof(set), &set) == -1 &&
	       errno == EINVAL, "no CPU: EINVAL");
	CPU_SET(1000, &set);
	tap_ok(sched_setaffinity(0, sizeof(set), &set) == -1 &&
	       errno == EINVAL, "only one that is not there: EINVAL");
	CPU_SET(0, &set);
	tap_equal(sched_setaffinity(0, sizeof(set), &set), 0,
		  "one that is there and one that is not");
	tap_equal(count_cpus(), 1, "the one that is there remains");
	unpin();
	tap_equal(count_cpus(), cpus, "all again");
	tap_ok(sched_setaffinity(4000000, sizeof(set), &set) == -1 &&
	       errno == ESRCH, "a thread that is not there: ESRCH");
}

static void *say_count(void *arg)
{
	*(int *)arg = count_cpus();
	return NULL;
}

static void test_inherit(void)
{
	pthread_t t;
	int seen = 0;
	pid_t pid;

	pin(cpus - 1);
	start(&t, say_count, &seen);
	pthread_join(t, NULL);
	tap_equal(seen, 1, "a thread inherits the affinity");
	pid = fork();
	if (pid == 0)
		_exit(count_cpus() == 1 && sched_getcpu() == cpus - 1 ? 0 : 1);
	tap_equal(child_wait(pid), 0, "a child inherits it");
	unpin();
}

struct runner {
	atomic_int tid, cpu, stop;
};

static void *run_and_tell(void *arg)
{
	struct runner *r = arg;

	atomic_store(&r->tid, gettid_now());
	while (!atomic_load(&r->stop)) {
		atomic_store(&r->cpu, sched_getcpu());
		relax();
	}
	return NULL;
}

static bool comes_to(struct runner *r, int cpu)
{
	for (int ms = 0; ms < PATIENCE_MS; ms++) {
		if (atomic_load(&r->cpu) == cpu)
			return true;
		child_sleep(1);
	}
	return false;
}

static void test_move_other(void)
{
	struct runner r = { 0 };
	pthread_t t;
	int came = 0;

	start(&t, run_and_tell, &r);
	while (!atomic_load(&r.tid))
		sched_yield();
	for (int i = 0; i < 3 * cpus; i++) {
		pin_thread(atomic_load(&r.tid), i % cpus);
		came += comes_to(&r, i % cpus);
	}
	atomic_store(&r.stop, 1);
	pthread_join(t, NULL);
	tap_equal(came, 3 * cpus, "a thread that runs is moved by another");
}

/* At the same time */

static atomic_int turn;

static void *take_turns(void *arg)
{
	(void)arg;
	pin(1);
	for (int i = 0; i < 2000; i++) {
		while (atomic_load(&turn) != 2 * i + 1)
			relax();
		atomic_store(&turn, 2 * i + 2);
	}
	return NULL;
}

static void test_together(void)
{
	pthread_t t;

	atomic_store(&turn, 0);
	pin(0);
	start(&t, take_turns, NULL);
	for (int i = 0; i < 2000; i++) {
		atomic_store(&turn, 2 * i + 1);
		while (atomic_load(&turn) != 2 * i + 2)
			relax();
	}
	pthread_join(t, NULL);
	unpin();
	tap_ok(true, "two CPUs pass a word to and fro without a call");
}

/* Memory that changes under a thread on another CPU */

static char *page;
static atomic_int asked, seen;	/* a round; what was read in it */

static void *read_page(void *arg)
{
	volatile char *p = page;

	(void)arg;
	pin(1);
	for (int round = 1;; round++) {
		/* Keeps the translation in use until the round comes. */
		while (atomic_load(&asked) < round) {
			(void)*p;
			relax();
		}
		atomic_store(&seen, *p);
		if (atomic_exchange(&asked, -round) < 0)
			return NULL;
		while (atomic_load(&asked) == -round)
			relax();
		if (atomic_load(&asked) == 0)
			return NULL;
	}
}

static int ask(int round)
{
	atomic_store(&asked, round);
	while (atomic_load(&asked) != -round)
		relax();
	return atomic_load(&seen);
}

static char *new_page(char value)
{
	char *p = mmap(page, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS |
		       (page ? MAP_FIXED : 0), -1, 0);

	if (p == MAP_FAILED)
		tap_bail("mmap fails");
	*p = value;
	return p;
}

static void test_remap(void)
{
	enum { ROUNDS = 300 };
	pthread_t t;
	int right = 0;

	page = NULL;
	page = new_page(0);
	atomic_store(&asked, 0);
	pin(0);
	start(&t, read_page, NULL);
	for (int i = 1; i <= ROUNDS; i++) {
		new_page((char)(i & 63));
		right += ask(i) == (i & 63);
	}
	atomic_store(&asked, 0);
	pthread_join(t, NULL);
	unpin();
	tap_equal(right, ROUNDS, "another CPU reads the new page, not the old");
}

static sigjmp_buf landing;

static void jump(int sig)
{
	siglongjmp(landing, sig);
}

static atomic_int faults, reading;

static void *read_until_fault(void *arg)
{
	volatile char *p = page;

	(void)arg;
	pin(1);
	if (sigsetjmp(landing, 1) == 0) {
		atomic_store(&reading, 1);
		for (;;) {
			(void)*p;
			relax();
		}
	}
	atomic_fetch_add(&faults, 1);
	return NULL;
}

/* Where there is one CPU, each round waits for slices to end. */
static int rounds_of(int many)
{
	return cpus > 1 ? many : 2;
}

static void test_revoke(void)
{
	const int rounds = rounds_of(40);
	struct sigaction act = { .sa_handler = jump };
	struct sigaction old;
	pthread_t t;

	sigaction(SIGSEGV, &act, &old);
	atomic_store(&faults, 0);
	pin(0);
	for (int i = 0; i < rounds; i++) {
		page = NULL;
		page = new_page(1);
		atomic_store(&reading, 0);
		start(&t, read_until_fault, NULL);
		while (!atomic_load(&reading))
			sched_yield();
		if (i & 1)
			munmap(page, PAGE);
		else
			mprotect(page, PAGE, PROT_NONE);
		pthread_join(t, NULL);
		munmap(page, PAGE);
	}
	unpin();
	sigaction(SIGSEGV, &old, NULL);
	tap_equal(atomic_load(&faults), rounds,
		  "what is taken away is gone on the other CPU");
}

static atomic_int writing;

static void *write_on(void *arg)
{
	volatile long *word = (volatile long *)page;

	(void)arg;
	pin(1);
	while (atomic_load(&writing)) {
		++*word;
		relax();
	}
	return NULL;
}

/* The child's page must stand still though a thread of the parent writes. */
static int stands_still(void)
{
	volatile long *word = (volatile long *)page;
	long before = *word;

	/* Where there is one CPU each yield gives the writer a whole slice. */
	for (int i = 0; i < (cpus > 1 ? 20 : 2); i++) {
		sched_yield();
		if (*word != before)
			return 1;
	}
	return 0;
}

static void test_fork_under_writer(void)
{
	const int rounds = rounds_of(60);
	pthread_t t;
	int right = 0;

	page = NULL;
	page = new_page(0);
	atomic_store(&writing, 1);
	pin(0);
	start(&t, write_on, NULL);
	for (int i = 0; i < rounds; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(stands_still());
		right += child_wait(pid) == 0;
	}
	atomic_store(&writing, 0);
	pthread_join(t, NULL);
	unpin();
	munmap(page, PAGE);
	tap_equal(right, rounds, "a child's memory is its own at once");
}

/* Signals */

static atomic_int got;

static void count_signal(int sig)
{
	(void)sig;
	atomic_fetch_add(&got, 1);
}

static void *spin(void *arg)
{
	struct runner *r = arg;

	pin(1);
	atomic_store(&r->tid, gettid_now());
	while (!atomic_load(&r->stop))
		relax();
	return NULL;
}

static void test_signals(void)
{
	enum { ROUNDS = 200 };
	struct sigaction act = { .sa_handler = count_signal };
	struct runner r = { 0 };
	pthread_t t;

	sigaction(SIGUSR1, &act, NULL);
	atomic_store(&got, 0);
	pin(0);
	start(&t, spin, &r);
	while (!atomic_load(&r.tid))
		sched_yield();
	for (int i = 1; i <= ROUNDS; i++) {
		syscall(SYS_tgkill, getpid(), atomic_load(&r.tid), SIGUSR1);
		while (atomic_load(&got) < i)
			relax();
	}
	atomic_store(&r.stop, 1);
	pthread_join(t, NULL);
	unpin();
	tap_equal(atomic_load(&got), ROUNDS,
		  "a thread that makes no call gets its signals");
	signal(SIGUSR1, SIG_DFL);
}

/* membarrier: one side's barrier serves both */

static volatile int flag[2];
static atomic_int ready[2];

/* What each saw of the other; reset by the one that sees both done. */
static int other_flag[2];

static void meet(int me)
{
	int round = atomic_fetch_add(&ready[me], 1) + 1;

	while (atomic_load(&ready[!me]) < round)
		relax();
}

static void *quick_side(void *arg)
{
	(void)arg;
	pin(1);
	for (int i = 0; i < 3000; i++) {
		meet(1);
		flag[1] = 1;
		/* The compiler's order only. */
		atomic_signal_fence(memory_order_seq_cst);
		other_flag[1] = flag[0];
		meet(1);
		meet(1);
	}
	return NULL;
}

static void test_membarrier(void)
{
	pthread_t t;
	int missed = 0;

	syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0);
	pin(0);
	start(&t, quick_side, NULL);
	for (int i = 0; i < 3000; i++) {
		flag[0] = 0;
		flag[1] = 0;
		meet(0);
		flag[0] = 1;
		syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0);
		other_flag[0] = flag[1];
		meet(0);
		missed += !other_flag[0] && !other_flag[1];
		meet(0);
	}
	pthread_join(t, NULL);
	unpin();
	tap_equal(missed, 0, "membarrier orders both sides");
}

/* Ends of a process whose threads run everywhere */

static void *spin_for_ever(void *arg)
{
	pin((int)(long)arg);
	for (;;)
		relax();
	return NULL;
}

static void fill_cpus(void)
{
	pthread_t t;

	for (long i = 0; i < 2L * cpus; i++)
		start(&t, spin_for_ever, (void *)i);
}

static void play_end(const char *how)
{
	fill_cpus();
	if (strcmp(how, "exec") == 0)
		execl(child_self(), child_self(), "play", "exit", NULL);
	if (strcmp(how, "killed") == 0)
		pause();
	exit(strcmp(how, "exit") == 0 ? 7 : 1);
}

static void test_ends(void)
{
	const int rounds = rounds_of(12);
	int exits = 0, execs = 0, kills = 0;

	for (int i = 0; i < rounds; i++) {
		pid_t pid;

		exits += child_wait(child_again("play", "exit", NULL, -1,
						-1)) == 7;
		execs += child_wait(child_again("play", "exec", NULL, -1,
						-1)) == 7;
		pid = child_again("play", "killed", NULL, -1, -1);
		child_sleep(i);
		kill(pid, SIGKILL);
		kills += child_wait(pid) == -SIGKILL;
	}
	tap_equal(exits, rounds, "exit ends threads on all CPUs");
	tap_equal(execs, rounds, "so does execve");
	tap_equal(kills, rounds, "so does SIGKILL");
}

/* Registers on the move */

static void *compute(void *arg)
{
	struct runner *r = arg;
	double want = 0;
	int rounds = 0;

	atomic_store(&r->tid, gettid_now());
	while (!atomic_load(&r->stop)) {
		double x = 1;

		for (int i = 1; i < 2000; i++)
			x += 1.0 / i * (i & 1 ? 1 : -1);
		if (rounds++ == 0)
			want = x;
		else if (x != want)
			atomic_store(&r->cpu, -1);
	}
	return NULL;
}

static void test_registers(void)
{
	struct runner r[4];
	pthread_t t[4];
	bool kept = true;

	memset(r, 0, sizeof(r));
	for (int i = 0; i < 4; i++) {
		start(&t[i], compute, &r[i]);
		while (!atomic_load(&r[i].tid))
			sched_yield();
	}
	for (int i = 0; i < (cpus > 1 ? 100 : 12); i++) {
		pin_thread(atomic_load(&r[i % 4].tid), (i / 4) % cpus);
		/* Not a yield: who wakes does not wait for others' slices. */
		child_sleep(1);
	}
	for (int i = 0; i < 4; i++) {
		atomic_store(&r[i].stop, 1);
		pthread_join(t[i], NULL);
		kept &= atomic_load(&r[i].cpu) != -1;
	}
	tap_ok(kept, "floating-point state survives moves");
}

/* Messages between CPUs */

enum { MESSAGES = 1000 };

static bool echo_all(int in, int out, size_t size)
{
	uint64_t word;

	for (int i = 0; i < MESSAGES; i++)
		if (read(in, &word, size) != (ssize_t)size ||
		    write(out, &word, size) != (ssize_t)size)
			return false;
	return true;
}

static bool send_all(int in, int out, size_t size)
{
	for (int i = 1; i <= MESSAGES; i++) {
		uint64_t word = (uint64_t)i % 200 + 1, answer = 0;

		if (write(out, &word, size) != (ssize_t)size ||
		    read(in, &answer, size) != (ssize_t)size ||
		    answer != word)
			return false;
	}
	return true;
}

static void exchange(const char *what, int in, int back_out, int back_in,
		     int to, size_t size)
{
	pid_t pid = fork();
	bool good;

	if (pid == 0) {
		pin(1);
		_exit(echo_all(in, back_out, size) ? 0 : 1);
	}
	pin(0);
	good = send_all(back_in, to, size);
	unpin();
	tap_ok(child_wait(pid) == 0 && good, "1000 messages: %s", what);
}

static void test_messages(void)
{
	int there[2], back[2], a, b;

	if (pipe(there) || pipe(back))
		tap_bail("pipe fails");
	exchange("pipes", there[0], back[1], back[0], there[1], 1);
	for (int i = 0; i < 2; i++) {
		close(there[i]);
		close(back[i]);
	}
	a = eventfd(0, 0);
	b = eventfd(0, 0);
	exchange("eventfds", a, b, b, a, 8);
	close(a);
	close(b);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long total;

static void *add_up(void *arg)
{
	long me = (long)arg;

	pin((int)me);
	for (int i = 0; i < MESSAGES; i++) {
		pthread_mutex_lock(&mutex);
		while (total % cpus != me)
			pthread_cond_wait(&changed, &mutex);
		total++;
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void test_futexes(void)
{
	pthread_t t[CPUS_MAX];

	total = 0;
	for (long i = 0; i < cpus; i++)
		start(&t[i], add_up, (void *)i);
	for (int i = 0; i < cpus; i++)
		pthread_join(t[i], NULL);
	tap_equal(total, (long)MESSAGES * cpus,
		  "a round of all CPUs by mutex and condition variable");
}

static void test_all(void)
{
	test_pin();
	test_bad_affinity();
	test_inherit();
	test_move_other();
	if (cpus > 1) {
		test_together();
		test_remap();
		test_signals();
		test_membarrier();
	}
	test_revoke();
	test_fork_under_writer();
	test_ends();
	test_registers();
	test_messages();
	test_futexes();
}

/* Some of it once more, unseen: what is left of its memory goes with it. */
static int again(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(2);
		test_move_other();
		test_revoke();
		test_fork_under_writer();
		test_ends();
		test_registers();
		test_futexes();
		_exit(tap_failed() != 0);
	}
	return child_wait(pid);
}

int main(int argc, char **argv)
{
	struct counts before;

	child_init(argv[0]);
	cpus = count_cpus();
	if (argc == 3 && strcmp(argv[1], "play") == 0)
		play_end(argv[2]);
	tap_note("%d CPUs", cpus);
	test_all();
	tap_equal(again(), 0, "some of it in a child");
	counts_take(&before);
	counts_take(&before);
	tap_equal(again(), 0, "and in another");
	counts_check(&before);
	return tap_done();
}
