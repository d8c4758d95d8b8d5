// SPDX-License-Identifier: MIT
/*
 * threadtest: threads as clone(2) makes them, without a thread library: their
 * numbers, what they share, how one ends and how all end, and execve from one
 * of several. Everything is done twice, and nothing may be lost.
 *
 * Ends of whole processes are played by this program again, told by an
 * argument which part.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/tap.h"
#include "lib/thread.h"

#define MANY 64
#define IN_TURN 200
#define KILLS 30

static long call(long number, long a, long b, long c)
{
	return raw_call(number, a, b, c, 0, 0, 0);
}

static void start(struct thread *t, int (*fn)(void *arg), void *arg)
{
	int tid = thread_start(t, fn, arg);

	if (tid < 0)
		tap_bail("clone: error %d", -tid);
}

static void join(struct thread *t)
{
	if (!thread_join(t))
		tap_bail("a thread does not end");
}

/* What threads do */

static int do_nothing(void *arg)
{
	(void)arg;
	return 0;
}

static int sleep_long(void *arg)
{
	(void)arg;
	raw_sleep(60000);
	return 0;
}

static int burn(void *arg)
{
	volatile int *stop = arg;

	while (!stop || !*stop)
		;
	return 0;
}

static int read_forever(void *arg)
{
	char c;

	call(SYS_read, (long)arg, (long)&c, 1);
	return 0;
}

static int wait_on_word(void *arg)
{
	static const int never;

	(void)arg;
	call(SYS_futex, (long)&never, FUTEX_WAIT_PRIVATE, 0);
	return 0;
}

/* One thread: who it is, what it has */

struct look {
	long pid, tid, ppid;
	int settid;		/* CLONE_CHILD_SETTID's word when it began */
	struct thread *thread;
	unsigned long tls;
};

static unsigned long read_tls(void)
{
	unsigned long tls;

	__asm__ volatile("mrs %0, tpidr_el0" : "=r"(tls));
	return tls;
}

static int look_around(void *arg)
{
	struct look *l = arg;

	l->settid = l->thread->alive;
	l->pid = call(SYS_getpid, 0, 0, 0);
	l->tid = call(SYS_gettid, 0, 0, 0);
	l->ppid = call(SYS_getppid, 0, 0, 0);
	l->tls = read_tls();
	return 0;
}

static void check_identity(void)
{
	unsigned long mine = read_tls();
	struct thread t;
	struct look l = { .thread = &t };
	int tid = thread_start_with(&t, CLONE_SETTLS, (void *)0x123450,
				    look_around, &l);

	if (tid < 0)
		tap_bail("clone: error %d", -tid);
	join(&t);
	tap_equal(l.pid, getpid(), "a thread's pid is its process's");
	tap_equal(l.ppid, getppid(), "and so is its parent's");
	tap_ok(tid > 0 && tid != getpid(), "its number is its own");
	tap_equal(l.tid, tid, "gettid is what clone returned");
	tap_equal(t.tid, tid, "PARENT_SETTID wrote it");
	tap_equal(l.settid, tid, "CHILD_SETTID had written it when it began");
	tap_equal(t.alive, 0, "CHILD_CLEARTID has zeroed the word");
	tap_equal((long)l.tls, 0x123450, "SETTLS set its TLS register");
	tap_ok(read_tls() == mine, "and nobody else's");
	l.thread = &t;
	start(&t, look_around, &l);
	join(&t);
	tap_ok(l.tls == mine, "without SETTLS it is inherited");
}

static int own_word, own_number;

static int set_own_word(void *arg)
{
	(void)arg;
	own_number = (int)call(SYS_set_tid_address, (long)&own_word, 0, 0);
	raw_sleep(20);
	return 0;
}

static void check_set_tid_address(void)
{
	struct thread t;
	int tid;

	own_word = 1;
	own_number = -1;
	start(&t, set_own_word, NULL);
	tid = t.tid;
	while (own_number == -1)
		raw_sleep(1);
	tap_equal(own_number, tid, "set_tid_address returns the number");
	while (call(SYS_futex, (long)&own_word, FUTEX_WAIT, 1) == 0 &&
	       own_word)
		;
	tap_equal(own_word, 0, "its word is zeroed and woken instead");
	t.alive = 0;
	join(&t);
}

static int change_all(void *arg)
{
	int *fd = arg;

	*fd = (int)call(SYS_openat, AT_FDCWD, (long)"/", O_RDONLY);
	call(SYS_chdir, (long)"/tmp", 0, 0);
	call(SYS_umask, 0123, 0, 0);
	return 0;
}

static void check_shared(void)
{
	mode_t before = umask(022);
	char cwd[64];
	struct thread t;
	int fd = -1;

	if (chdir("/") != 0)
		tap_bail("chdir");
	start(&t, change_all, &fd);
	join(&t);
	tap_ok(fd >= 0 && fcntl(fd, F_GETFD) == 0,
	       "what one opens all have open");
	close(fd);
	tap_ok(getcwd(cwd, sizeof(cwd)) && strcmp(cwd, "/tmp") == 0,
	       "they have one working directory");
	tap_equal(umask(before), 0123, "and one umask");
	if (chdir("/") != 0)
		tap_bail("chdir");
}

static int rename_self(void *arg)
{
	char *name = arg;

	call(SYS_prctl, PR_SET_NAME, (long)"another", 0);
	call(SYS_prctl, PR_GET_NAME, (long)name, 0);
	return 0;
}

static void check_names(void)
{
	char mine[16], its[16];
	struct thread t;

	prctl(PR_SET_NAME, "main");
	start(&t, rename_self, its);
	join(&t);
	prctl(PR_GET_NAME, mine);
	tap_ok(!strcmp(its, "another") && !strcmp(mine, "main"),
	       "each has a name of its own");
}

/* Many */

static int counter, go;

static int count_up(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&go, __ATOMIC_ACQUIRE))
		call(SYS_sched_yield, 0, 0, 0);
	for (int i = 0; i < 100; i++)
		__atomic_add_fetch(&counter, 1, __ATOMIC_RELAXED);
	return 0;
}

static void check_many(void)
{
	static struct thread t[MANY];
	bool differ = true;

	counter = 0;
	go = 0;
	for (int i = 0; i < MANY; i++)
		start(&t[i], count_up, NULL);
	for (int i = 0; i < MANY; i++)
		for (int k = 0; k < i; k++)
			differ &= t[i].tid != t[k].tid;
	__atomic_store_n(&go, 1, __ATOMIC_RELEASE);
	for (int i = 0; i < MANY; i++)
		join(&t[i]);
	tap_ok(differ, "%d threads have as many numbers", MANY);
	tap_equal(counter, MANY * 100, "and one memory");
	for (int i = 0; i < IN_TURN; i++) {
		start(&t[0], do_nothing, NULL);
		join(&t[0]);
	}
	tap_ok(true, "%d threads come and go", IN_TURN);
}

/* Calls that name a thread */

static void check_by_number(void)
{
	static int stop;
	struct thread t;
	unsigned long mask = 0;

	stop = 0;
	start(&t, burn, &stop);
	errno = 0;
	tap_equal(setpriority(PRIO_PROCESS, (id_t)t.tid, 5), 0,
		  "setpriority of a thread");
	tap_equal(getpriority(PRIO_PROCESS, (id_t)t.tid), 5,
		  "it has that priority");
	tap_equal(getpriority(PRIO_PROCESS, 0), 0, "and the others not");
	tap_ok(call(SYS_sched_getaffinity, t.tid, sizeof(mask),
		    (long)&mask) > 0 && mask, "its affinity can be asked for");
	tap_equal(call(SYS_sched_getscheduler, t.tid, 0, 0), 0,
		  "and its policy");
	stop = 1;
	join(&t);
	/* Its word is zeroed a moment before. */
	for (int i = 0; i < 1000; i++) {
		if (call(SYS_sched_getscheduler, t.tid, 0, 0) != 0)
			break;
		raw_sleep(1);
	}
	tap_equal(call(SYS_sched_getscheduler, t.tid, 0, 0), -ESRCH,
		  "when it has ended there is no such thread");
	tap_equal(kill(t.tid, 0), -1, "nor such a process");
}

static int burn_40ms(void *arg)
{
	struct timespec now;

	(void)arg;
	do
		call(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, (long)&now,
		     0);
	while (now.tv_nsec < 40000000);
	return 0;
}

static long cpu_us(int who)
{
	struct rusage r;

	getrusage(who, &r);
	return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000 +
	       r.ru_utime.tv_usec + r.ru_stime.tv_usec;
}

/* What a thread of 40 ms costs the process, and this thread, in us. */
static void time_a_thread(long *process, long *self)
{
	struct thread t;

	*process = cpu_us(RUSAGE_SELF);
	*self = cpu_us(RUSAGE_THREAD);
	start(&t, burn_40ms, NULL);
	join(&t);
	*process = cpu_us(RUSAGE_SELF) - *process;
	*self = cpu_us(RUSAGE_THREAD) - *self;
}

static void check_times(void)
{
	long process, self;

	/* Where a busy host stands still, whoever runs is charged for it. */
	for (int i = 0; i < 8; i++) {
		time_a_thread(&process, &self);
		if (process < 35000 || self < 35000)
			break;
	}
	tap_ok(process >= 35000,
	       "the process has used what its dead thread used");
	tap_ok(self < 35000, "and the others have not");
}

/* Refusals */

static void check_refused(void)
{
	static char stack[4096];
	static const struct {
		const char *name;
		uint64_t flags;
	} bad[] = {
		{ "a thread without shared actions", CLONE_VM | CLONE_THREAD },
		{ "shared actions without memory", CLONE_SIGHAND },
		{ "a thread without shared memory",
		  CLONE_THREAD | CLONE_SIGHAND },
	};
	uint64_t args[11] = { CLONE_VM | CLONE_VFORK };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		tap_equal(raw_clone(bad[i].flags, stack + sizeof(stack), NULL,
				    NULL, NULL, do_nothing, NULL), -EINVAL,
			  "refused: %s", bad[i].name);
	tap_equal(call(SYS_clone3, (long)args, 63, 0), -EINVAL,
		  "refused: clone3 with a short structure");
	tap_equal(call(SYS_clone3, (long)args, 5000, 0), -E2BIG,
		  "refused: clone3 with a huge one");
	args[4] = 65;
	tap_equal(call(SYS_clone3, (long)args, 88, 0), -EINVAL,
		  "refused: clone3 with no such signal");
	args[4] = SIGCHLD;
	args[5] = (uint64_t)(uintptr_t)stack;
	tap_equal(call(SYS_clone3, (long)args, 88, 0), -EINVAL,
		  "refused: clone3 with a stack of no size");
	args[0] = THREAD_FLAGS;
	args[6] = sizeof(stack);
	tap_equal(call(SYS_clone3, (long)args, 88, 0), -EINVAL,
		  "refused: clone3 of a thread with an exit signal");
	args[0] = 0x80 | 1;
	args[4] = 0;
	tap_equal(call(SYS_clone3, (long)args, 88, 0), -EINVAL,
		  "refused: clone3 with a signal among the flags");
}

/* Ends of processes: parts that this program plays */

static int exit_9_soon(void *arg)
{
	(void)arg;
	raw_sleep(30);
	return 9;
}

static int exit_group_6_soon(void *arg)
{
	(void)arg;
	raw_sleep(30);
	call(SYS_exit_group, 6, 0, 0);
	return 0;
}

/* Threads in every kind of wait. */
static void start_company(void)
{
	static struct thread t[6];
	int end[2];

	if (pipe(end) != 0)
		tap_bail("pipe");
	start(&t[0], sleep_long, NULL);
	start(&t[1], burn, NULL);
	start(&t[2], read_forever, (void *)(long)end[0]);
	start(&t[3], wait_on_word, NULL);
	start(&t[4], burn, NULL);
	raw_sleep(20);
}

static int part_main_first(void)
{
	static struct thread t;

	start(&t, exit_9_soon, NULL);
	call(SYS_exit, 5, 0, 0);
	return 1;
}

static int part_main_then_group(void)
{
	static struct thread t;

	start(&t, exit_group_6_soon, NULL);
	call(SYS_exit, 5, 0, 0);
	return 1;
}

static int part_group(void)
{
	static struct thread t;

	start_company();
	start(&t, exit_group_6_soon, NULL);
	sleep_long(NULL);
	return 1;
}

static int part_blocked(void)
{
	start_company();
	if (write(STDOUT_FILENO, "!", 1) != 1)
		return 1;
	sleep_long(NULL);
	return 1;
}

static int touch_nothing(void *arg)
{
	*(volatile int *)arg = 1;
	return 0;
}

static int part_fault(void)
{
	static struct thread t;

	start_company();
	start(&t, touch_nothing, (void *)8);
	sleep_long(NULL);
	return 1;
}

/* execve, by as many threads as want to. */
static char *exec_argv[] = { NULL, (char *)"--alone", NULL, NULL };

static int exec_now(void *arg)
{
	char *envp[] = { NULL };

	(void)arg;
	while (!__atomic_load_n(&go, __ATOMIC_ACQUIRE))
		call(SYS_sched_yield, 0, 0, 0);
	return (int)call(SYS_execve, (long)exec_argv[0], (long)exec_argv,
			 (long)envp);
}

static void prepare_exec(void)
{
	static char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	exec_argv[0] = (char *)child_self();
	exec_argv[2] = pid;
	go = 1;
}

static int part_exec(void)
{
	static struct thread t;

	start_company();
	prepare_exec();
	start(&t, exec_now, NULL);
	sleep_long(NULL);
	return 1;
}

static int part_exec_main_gone(void)
{
	static struct thread t;

	prepare_exec();
	go = 0;
	start(&t, exec_now, NULL);
	go = 1;
	call(SYS_exit, 5, 0, 0);
	return 1;
}

static int part_exec_race(void)
{
	static struct thread t[4];

	prepare_exec();
	go = 0;
	for (int i = 0; i < 4; i++)
		start(&t[i], exec_now, NULL);
	start_company();
	__atomic_store_n(&go, 1, __ATOMIC_RELEASE);
	sleep_long(NULL);
	return 1;
}

static int part_exec_and_group(void)
{
	static struct thread t[2];

	prepare_exec();
	go = 0;
	start(&t[0], exec_now, NULL);
	start(&t[1], exec_now, NULL);
	__atomic_store_n(&go, 1, __ATOMIC_RELEASE);
	call(SYS_sched_yield, 0, 0, 0);
	call(SYS_exit_group, 0, 0, 0);
	return 1;
}

/* One execve after the other, each by a thread that main does not outlive. */
static int part_exec_forever(void)
{
	static struct thread t[2];

	prepare_exec();
	exec_argv[1] = (char *)"--exec-forever";
	start(&t[0], exec_now, NULL);
	start(&t[1], burn, NULL);
	sleep_long(NULL);
	return 1;
}

/* After the execve: one thread, which is the process that began. */
static int part_alone(const char *pid)
{
	return getpid() == atoi(pid) &&
	       call(SYS_gettid, 0, 0, 0) == getpid() ? 0 : 3;
}

static int exec_nothing(void *arg)
{
	char *argv[] = { (char *)"x", NULL };

	*(long *)arg = call(SYS_execve, (long)"/no/such/file", (long)argv, 0);
	return 0;
}

static void check_failed_exec(void)
{
	static int stop;
	struct thread t, other;
	long result = 0;

	stop = 0;
	start(&other, burn, &stop);
	start(&t, exec_nothing, &result);
	join(&t);
	tap_equal(result, -ENOENT, "an execve that fails says so");
	tap_ok(call(SYS_sched_getscheduler, other.tid, 0, 0) == 0 &&
	       other.alive, "and ends no other thread");
	stop = 1;
	join(&other);
}

static void check_part(const char *part, int want, const char *name)
{
	tap_equal(child_wait(child_again(part, NULL, NULL, -1, -1)), want,
		  "%s", name);
}

static void check_killed(int sig)
{
	int out[2];
	char c;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) != 0)
		tap_bail("pipe");
	pid = child_again("--blocked", NULL, NULL, -1, out[1]);
	close(out[1]);
	if (read(out[0], &c, 1) != 1)
		tap_bail("it says nothing");
	kill(pid, sig);
	tap_equal(child_wait(pid), -sig,
		  "signal %d ends threads in all waits", sig);
	close(out[0]);
}

static void check_races(const char *part, int times, const char *name)
{
	int good = 0;

	for (int i = 0; i < times; i++)
		good += child_wait(child_again(part, NULL, NULL, -1, -1)) == 0;
	tap_equal(good, times, "%s", name);
}

/* A signal is not lost with a thread that ends because another execs. */
static void check_killed_in_exec(void)
{
	static const int signals[] = { SIGTERM, SIGKILL };
	int good = 0;

	for (int i = 0; i < KILLS; i++) {
		int sig = signals[i % 2];
		pid_t pid = child_again("--exec-forever", NULL, NULL, -1, -1);

		raw_sleep(10 + i * 3 % 17);
		kill(pid, sig);
		good += child_wait(pid) == -sig;
	}
	tap_equal(good, KILLS, "signals between one execve and the next");
}

static void check_ends(void)
{
	check_part("--main-first", 9,
		   "main ends first: the status is that of the last");
	check_part("--main-then-group", 6,
		   "main ends first, then exit_group: that one's status");
	check_part("--group", 6, "exit_group by a thread ends all");
	check_part("--fault", -SIGSEGV, "a fault in one thread ends all");
	check_killed(SIGKILL);
	check_killed(SIGTERM);
	check_part("--exec", 0, "execve by a thread: it becomes the process");
	check_part("--exec-main-gone", 0, "also when main has ended");
	check_races("--exec-race", 10, "of four execve at once one wins");
	check_killed_in_exec();
	check_races("--exec-and-group", 10, "execve and exit_group at once");
}

/* Children of threads */

static int spawn_by_vfork(void *arg)
{
	static char stack[16384];
	long pid = raw_clone(CLONE_VM | CLONE_VFORK | SIGCHLD,
			     stack + sizeof(stack), NULL, NULL, NULL,
			     exit_9_soon, NULL);

	*(long *)arg = pid;
	return 0;
}

static void check_children(void)
{
	struct thread t;
	long pid = 0;
	int status = 0;

	start(&t, spawn_by_vfork, &pid);
	tap_ok(pid == 0, "vfork in a thread does not stop the others");
	join(&t);
	tap_equal(waitpid((pid_t)pid, &status, 0), pid,
		  "a thread's child is the process's");
	tap_equal(WEXITSTATUS(status), 9, "with its status");
}

static const struct {
	const char *name;
	int (*fn)(void);
} parts[] = {
	{ "--main-first", part_main_first },
	{ "--main-then-group", part_main_then_group },
	{ "--group", part_group },
	{ "--blocked", part_blocked },
	{ "--fault", part_fault },
	{ "--exec", part_exec },
	{ "--exec-main-gone", part_exec_main_gone },
	{ "--exec-race", part_exec_race },
	{ "--exec-forever", part_exec_forever },
	{ "--exec-and-group", part_exec_and_group },
};

static void check_all(void)
{
	check_identity();
	check_set_tid_address();
	check_shared();
	check_names();
	check_many();
	check_by_number();
	check_times();
	check_refused();
	check_failed_exec();
	check_children();
	check_ends();
}

int main(int argc, char **argv)
{
	struct counts before;

	child_init(argv[0]);
	if (argc > 2 && !strcmp(argv[1], "--alone"))
		return part_alone(argv[2]);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (argc > 1 && !strcmp(argv[1], parts[i].name))
			return parts[i].fn();
	check_all();
	counts_take(&before);
	counts_take(&before);
	check_all();
	counts_check(&before);
	return tap_done();
}
