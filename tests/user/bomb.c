// SPDX-License-Identifier: MIT
/*
 * bomb [PART...]: very many processes and threads.
 *
 *	chain	1,000 processes, each the child of the one before, tied by
 *		pipes; a byte goes to the last and back
 *	stages	a pipeline of 200 processes
 *	zombies	500 children that have ended and wait to be waited for
 *	threads	500 threads of one process, which meet at a barrier
 *	fork	children that make children until there can be no more;
 *		only when it is named
 *
 * All of it ends, what cannot be had is refused with an errno (in a fork bomb:
 * or somebody is killed for memory), and nothing is lost.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/tap.h"

enum {
	CHAIN = 1000,
	STAGES = 200,
	ZOMBIES = 500,
	THREADS = 500,
	PAGE = 4096,
	PATIENCE = 100000,	/* ms; it only detects a hang */
	FREE_KB = 24 * 1024,	/* left for the fork bomb */
	BALLAST = 16,		/* pages that each of its processes has */
};

#define FILLER "/tmp/bomb.filler"

/* The status of the rest of the chain, in which it is number @depth. */
static int chain_link(int depth, int in, int out)
{
	int down[2], up[2], status;
	char byte;
	pid_t pid;

	if (depth == CHAIN) {
		bool good = read(in, &byte, 1) == 1 && write(out, "b", 1) == 1;

		return good && byte == 'a' ? 0 : 1;
	}
	if (pipe(down) != 0 || pipe(up) != 0)
		return 2;
	pid = fork();
	if (pid < 0)
		return 3;
	if (pid == 0) {
		close(in);
		close(out);
		close(down[1]);
		close(up[0]);
		_exit(chain_link(depth + 1, down[0], up[1]));
	}
	close(down[0]);
	close(up[1]);
	if (read(in, &byte, 1) != 1 || write(down[1], &byte, 1) != 1 ||
	    read(up[0], &byte, 1) != 1 || write(out, &byte, 1) != 1)
		return 4;
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 5;
	return WEXITSTATUS(status);
}

static int play_chain(void)
{
	int down[2], up[2], status;
	char byte = 0;
	pid_t pid;

	if (pipe(down) != 0 || pipe(up) != 0)
		return 2;
	pid = fork();
	if (pid == 0)
		_exit(chain_link(1, down[0], up[1]));
	if (write(down[1], "a", 1) != 1 || read(up[0], &byte, 1) != 1 ||
	    byte != 'b')
		return 6;
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 7;
	return WEXITSTATUS(status);
}

/* Adds one to every byte on its way. */
static int stage(int in, int out)
{
	unsigned char bytes[512];
	long n;

	while ((n = read(in, bytes, sizeof(bytes))) > 0) {
		for (long i = 0; i < n; i++)
			bytes[i]++;
		if (write(out, bytes, (size_t)n) != n)
			return 1;
	}
	return n < 0;
}

/* The number of children that ended well; -1 if one did not. */
static int reap(int count)
{
	int status, good = 0;

	for (int i = 0; i < count; i++) {
		if (wait(&status) < 0)
			return -1;
		good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	return good;
}

static int play_stages(void)
{
	unsigned char sent[3000], got[sizeof(sent) + 1];
	int first[2], in, made = 0;
	size_t have = 0;

	if (pipe2(first, O_CLOEXEC) != 0)
		return 2;
	in = first[0];
	for (; made < STAGES; made++) {
		int next[2];
		pid_t pid;

		if (pipe(next) != 0)
			return 3;
		pid = fork();
		if (pid < 0)
			return 4;
		if (pid == 0) {
			close(first[1]);
			close(next[0]);
			_exit(stage(in, next[1]));
		}
		close(in);
		close(next[1]);
		in = next[0];
	}
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (unsigned char)(i * 7);
	if (write(first[1], sent, sizeof(sent)) != sizeof(sent))
		return 5;
	close(first[1]);
	for (long n = 1; n > 0 && have < sizeof(got); have += (size_t)n) {
		n = read(in, got + have, sizeof(got) - have);
		if (n < 0)
			return 6;
	}
	if (have != sizeof(sent))
		return 7;
	for (size_t i = 0; i < have; i++)
		if (got[i] != (unsigned char)(sent[i] + STAGES))
			return 8;
	return reap(STAGES) == STAGES ? 0 : 9;
}

static int play_zombies(void)
{
	siginfo_t info = { .si_pid = 0 };

	for (int i = 0; i < ZOMBIES; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return 2;
		if (pid == 0)
			_exit(0);
	}
	child_sleep(50);
	/* They are there, and looking does not take them away. */
	if (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) != 0 || !info.si_pid)
		return 3;
	if (reap(ZOMBIES) != ZOMBIES)
		return 4;
	return wait(NULL) < 0 && errno == ECHILD ? 0 : 5;
}

static pthread_barrier_t meeting;
static uint64_t sum;

static void *thread_main(void *arg)
{
	static _Thread_local uint64_t own;

	own = (uintptr_t)arg;
	pthread_barrier_wait(&meeting);
	__atomic_add_fetch(&sum, own, __ATOMIC_RELAXED);
	pthread_barrier_wait(&meeting);
	return (void *)(uintptr_t)own;
}

static int play_threads(void)
{
	static pthread_t thread[THREADS];
	pthread_attr_t attr;
	void *result;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, (size_t)16 * PAGE);
	pthread_barrier_init(&meeting, NULL, THREADS + 1);
	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], &attr, thread_main,
				   (void *)(i + 1)) != 0)
			return 2;
	pthread_barrier_wait(&meeting);
	pthread_barrier_wait(&meeting);
	if (sum != (uint64_t)THREADS * (THREADS + 1) / 2)
		return 3;
	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_join(thread[i], &result) != 0 ||
		    (uintptr_t)result != i + 1)
			return 4;
	return 0;
}

/* What all processes of the fork bomb see. */
struct bomb {
	unsigned made, refused, odd;
	bool over;
};

static void weigh(void)
{
	char *ballast = mmap(NULL, (size_t)BALLAST * PAGE,
			     PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (int i = 0; ballast != MAP_FAILED && i < BALLAST; i++)
		ballast[i * PAGE] = 1;
}

static _Noreturn void explode(struct bomb *bomb)
{
	weigh();
	while (!__atomic_load_n(&bomb->over, __ATOMIC_RELAXED)) {
		pid_t pid = fork();

		if (pid == 0) {
			__atomic_add_fetch(&bomb->made, 1, __ATOMIC_RELAXED);
			weigh();
		} else if (pid < 0) {
			__atomic_add_fetch(errno == EAGAIN || errno == ENOMEM
					   ? &bomb->refused : &bomb->odd, 1,
					   __ATOMIC_RELAXED);
			child_sleep(100);
		}
	}
	_exit(0);
}

static long free_kb(void)
{
	FILE *in = fopen("/proc/meminfo", "re");
	char line[128];
	long kb = -1;

	while (in != NULL && kb < 0 && fgets(line, sizeof(line), in) != NULL)
		sscanf(line, "MemFree: %ld", &kb);
	if (in != NULL)
		fclose(in);
	return kb;
}

/*
 * So that it is soon over: most of the memory is in a file, and so nobody's,
 * who might be killed for it.
 */
static void fill_memory(void)
{
	static char block[64 * 1024];
	int fd = open(FILLER, O_CREAT | O_WRONLY | O_TRUNC, 0600);

	while (free_kb() > FREE_KB &&
	       write(fd, block, sizeof(block)) == sizeof(block))
		;
	close(fd);
}

/* Its processes are a session, and the killed are as good as the refused. */
static int play_fork(void)
{
	struct bomb *bomb = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned made = 0, still = 0;
	pid_t pid;

	if (bomb == MAP_FAILED)
		return 2;
	fill_memory();
	pid = fork();
	if (pid == 0) {
		setsid();
		explode(bomb);
	}
	/* Until nothing comes any more, or long enough. */
	for (int i = 0; i < 80 && still < 10; i++) {
		child_sleep(50);
		still = bomb->made == made ? still + 1 : 0;
		made = bomb->made;
	}
	bomb->over = true;
	unlink(FILLER);
	kill(-pid, SIGKILL);
	if (waitpid(pid, NULL, 0) != pid)
		return 3;
	tap_note("%u processes, %u forks refused", made, bomb->refused);
	return made < 20 || bomb->odd ? 4 : 0;
}

struct part {
	const char *name;
	int (*play)(void);
	bool by_name;		/* and only in loom: it would be felt */
};

enum { MOST_STACKS };

static const struct part parts[] = {
	[MOST_STACKS] = { "chain", play_chain, false },
	{ "stages", play_stages, false },
	{ "zombies", play_zombies, false },
	{ "threads", play_threads, false },
	{ "fork", play_fork, true },
};

/* In a process of its own. */
static int play(const struct part *part)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		int result = part->play();

		fflush(stdout);
		_exit(result);
	}
	return child_wait_ms(pid, PATIENCE);
}

static void check(const struct part *part, bool on_loom)
{
	static struct counts before;
	int result;

	if (!on_loom && part->by_name) {
		tap_skip("it would be felt elsewhere", "%s", part->name);
		return;
	}
	/*
	 * The kernel keeps the page tables of the most stacks that it ever
	 * had, and how many a fork bomb comes to is not the same twice.
	 */
	if (part->by_name && play(&parts[MOST_STACKS]) != 0)
		tap_bail("%s", parts[MOST_STACKS].name);
	for (int warm = on_loom; warm >= 0; warm--) {
		counts_take(&before);
		result = play(part);
		if (warm && result != 0)
			break;
		/* Until orphans are gone and the memory is there again. */
		child_sleep(100);
	}
	tap_equal(result, 0, "%s", part->name);
	counts_check(&before);
}

int main(int argc, char **argv)
{
	bool on_loom = access("/proc/loom/counts", R_OK) == 0;

	child_init(argv[0]);
	tap_note("many");
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		bool wanted = argc == 1 && !parts[i].by_name;

		for (int j = 1; j < argc; j++)
			wanted |= strcmp(argv[j], parts[i].name) == 0;
		if (wanted)
			check(&parts[i], on_loom);
	}
	return tap_done();
}
