// SPDX-License-Identifier: MIT
/*
 * fuzz [SEED [CALLS [AT_ONCE]]]: system calls with arguments that were drawn
 * at random from what is right, nearly right, hostile and senseless. Whatever
 * they do to the programs that make them, the kernel must go on and must have
 * lost nothing in the end.
 *
 * The calls are made in batches, each by a process of its own, because many
 * a call is the last that a process makes. It is killed when it has waited
 * for too long. AT_ONCE batches run beside each other, in one folder. Every
 * third has threads that make calls of their own, and every third lets
 * children return from signal handlers through frames that were changed.
 *
 * What a batch does follows from the seed and its number, not from results:
 * "fuzz show SEED BATCH" prints its calls, "fuzz batch SEED BATCH" makes them
 * and says how it ended; "fuzz SEED CALLS 1" is one after the other. Batches
 * that stop themselves, or wait with SIGALRM blocked, do so for ever: those
 * are killed in each of the three.
 *
 * Only for loom, which has nothing that could be damaged: the program would
 * do to a real system what its arguments say.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/rng.h"
#include "lib/tap.h"

#define PAGE 4096
#define SCRATCH "/tmp/fuzz.dir"

enum {
	BATCH = 100,		/* calls */
	PATIENCE = 400,		/* ms until a batch is killed */
	WARM_UP = 3,		/* batches before counting */
	AT_ONCE = 3, MOST_AT_ONCE = 16,
	THREADS = 2,		/* beside the first, in some batches */
	FRAMES = 10,		/* changed ones, in other batches */
	NAP = 4,		/* ms between two looks at the batches */
};

/* The streams of a batch: the first thread's, the others', the frames'. */
static void seed_stream(struct rng *rng, uint64_t seed, uint64_t batch,
			unsigned stream)
{
	rng_seed(rng, seed, batch * (THREADS + 2) + stream);
}

/* A child that a call made, on whatever stack, ends at once. */
static long make_call(long nr, const long arg[6])
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = arg[0];
	register long x1 __asm__("x1") = arg[1];
	register long x2 __asm__("x2") = arg[2];
	register long x3 __asm__("x3") = arg[3];
	register long x4 __asm__("x4") = arg[4];
	register long x5 __asm__("x5") = arg[5];

	if (nr != SYS_clone && nr != SYS_clone3)
		__asm__ volatile("svc #0" : "+r"(x0)
			: "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			: "memory");
	else
		__asm__ volatile("svc #0\n\tcbnz x0, 1f\n\t"
			"mov x8, %[exit]\n\tsvc #0\n1:"
			: "+r"(x0), "+r"(x8)
			: "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5),
			  [exit] "i"(SYS_exit) : "memory");
	return x0;
}

static void make_calls(struct rng *rng)
{
	long arg[6];

	for (int i = 0; i < BATCH; i++) {
		long nr = draw_call(rng, arg);

		make_call(nr, arg);
	}
}

static void *thread_main(void *rng)
{
	make_calls(rng);
	return NULL;
}

static struct rng frame_rng;

/*
 * The frame that this handler returns through: general registers, sp and pc,
 * pstate, the records of FP and SVE behind them, the mask. One word, or a few.
 */
static void change_frame(int sig, siginfo_t *info, void *context)
{
	uint64_t *word = (uint64_t *)context;
	size_t count = sizeof(ucontext_t) / sizeof(*word);
	unsigned changes = 1 + (unsigned)rng_below(&frame_rng, 4);

	(void)sig;
	(void)info;
	/* Rather in what the kernel has to look at than in the registers. */
	while (changes-- > 0) {
		size_t at = rng_below(&frame_rng, 4) == 0
			? rng_below(&frame_rng, count)
			: rng_below(&frame_rng, 2) == 0 ? 54 +
			  rng_below(&frame_rng, 16) : 20 +
			  rng_below(&frame_rng, 34);

		word[at] = rng_next(&frame_rng) & 1
			? word[at] ^ UINT64_C(1) << rng_below(&frame_rng, 64)
			: (uint64_t)draw_argument(&frame_rng, ANY);
	}
}

/* Children that return from a handler to whatever comes of it. */
static void change_frames(void)
{
	for (int i = 0; i < FRAMES; i++) {
		pid_t pid = fork();

		rng_next(&frame_rng);
		if (pid == 0) {
			struct sigaction action = { .sa_flags = SA_SIGINFO };

			action.sa_sigaction = change_frame;
			sigaction(SIGUSR1, &action, NULL);
			for (int n = 0; n < 20; n++)
				raise(SIGUSR1);
			_exit(0);
		}
		/* It is in the group, which is killed in the end. */
		child_sleep(3);
		if (pid > 0 && waitpid(pid, NULL, WNOHANG) == 0) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
		}
	}
}

static int run_batch(uint64_t seed, uint64_t number)
{
	static struct rng rng[THREADS + 1];
	pthread_t thread;

	if (chdir(SCRATCH) != 0)
		return 2;
	make_arguments();
	for (unsigned i = 0; i <= THREADS; i++)
		seed_stream(&rng[i], seed, number, i);
	seed_stream(&frame_rng, seed, number, THREADS + 1);
	if (number % 3 == 1)
		change_frames();
	for (unsigned i = 1; number % 3 == 2 && i <= THREADS; i++)
		pthread_create(&thread, NULL, thread_main, &rng[i]);
	make_calls(&rng[0]);
	_exit(0);
}

static void show_stream(struct rng *rng)
{
	long arg[6];

	for (int i = 0; i < BATCH; i++) {
		long nr = draw_call(rng, arg);

		printf("%ld(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx)\n", nr,
		       arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	}
}

static int show_batch(uint64_t seed, uint64_t number)
{
	unsigned streams = number % 3 == 2 ? THREADS + 1 : 1;
	struct rng rng;

	for (unsigned i = 0; i < streams; i++) {
		if (streams > 1)
			printf("thread %u:\n", i);
		seed_stream(&rng, seed, number, i);
		show_stream(&rng);
	}
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

static void remove_scratch(void)
{
	nftw(SCRATCH, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void fill_file(const char *path)
{
	static const char contents[2 * PAGE + 100];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, contents, sizeof(contents)) < 0)
		tap_bail("%s", path);
	close(fd);
}

static void make_scratch(void)
{
	remove_scratch();
	if (mkdir(SCRATCH, 0755) != 0 || mkdir(SCRATCH "/d", 0755) != 0 ||
	    symlink("d", SCRATCH "/link") != 0 ||
	    symlink("loop", SCRATCH "/loop") != 0 ||
	    mkfifo(SCRATCH "/fifo", 0600) != 0)
		tap_bail("%s", SCRATCH);
	fill_file(SCRATCH "/a");
	fill_file(SCRATCH "/b");
	fill_file(SCRATCH "/d/x");
}

/* How the batches ended. */
struct tally {
	unsigned long exited, died, killed;
};

static pid_t start_batch(uint64_t seed, uint64_t number)
{
	char seed_text[24], number_text[24], role[] = "calls";
	char *argv[] = { (char *)child_self(), role, seed_text, number_text,
			 NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int error;
	pid_t pid;

	snprintf(seed_text, sizeof(seed_text), "%lu", seed);
	snprintf(number_text, sizeof(number_text), "%lu", number);
	posix_spawn_file_actions_init(&actions);
	for (int fd = 0; fd < 3; fd++)
		posix_spawn_file_actions_addopen(&actions, fd, "/dev/null",
						 O_RDWR, 0);
	posix_spawnattr_init(&attr);
	/* Its group is its own: kill(0) must not reach this program. */
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID);
	error = posix_spawn(&pid, argv[0], &actions, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	errno = error;
	if (error != 0)
		tap_bail("cannot start batch %lu", number);
	return pid;
}

/* A batch that runs. */
struct place {
	pid_t pid;		/* 0: none */
	uint64_t number;	/* of the batch */
	int waited;		/* ms */
};

/* True when it is over, which may take some help. */
static bool is_over(struct place *place, struct tally *tally)
{
	int status;
	pid_t got = waitpid(place->pid, &status, WNOHANG);

	if (got == 0 && place->waited < PATIENCE)
		return false;
	if (got == 0) {
		kill(place->pid, SIGKILL);
		got = waitpid(place->pid, &status, 0);
		tap_note("batch %lu was killed", place->number);
		tally->killed++;
	} else if (WIFSIGNALED(status)) {
		tally->died++;
	} else {
		tally->exited++;
	}
	if (got != place->pid)
		tap_bail("waitpid");
	/* Children of it that wait for something. */
	kill(-place->pid, SIGKILL);
	place->pid = 0;
	return true;
}

/* A process for all: what it grows by itself is not counted. */
static int run_round(uint64_t seed, uint64_t batches, unsigned at_once)
{
	struct place places[MOST_AT_ONCE] = { { 0, 0, 0 } };
	struct tally tally = { 0, 0, 0 };
	uint64_t started = 0;
	unsigned running = 0;

	while (started < batches || running > 0) {
		for (unsigned i = 0; i < at_once; i++) {
			struct place *place = &places[i];

			if (place->pid != 0 && is_over(place, &tally))
				running--;
			if (place->pid != 0 || started == batches)
				continue;
			if (running == 0)
				make_scratch();
			place->number = started++;
			place->pid = start_batch(seed, place->number);
			place->waited = 0;
			running++;
		}
		child_sleep(NAP);
		for (unsigned i = 0; i < at_once; i++)
			places[i].waited += NAP;
	}
	remove_scratch();
	/* CLONE_PARENT gives the children of a batch to this program. */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	tap_note("%lu batches ended, %lu died, %lu were killed", tally.exited,
		 tally.died, tally.killed);
	return tally.exited > 0 ? 0 : 1;
}

/* One batch by itself, as in a round. */
static int run_alone(uint64_t seed, uint64_t number)
{
	struct place place = { 0, number, 0 };
	struct tally tally = { 0, 0, 0 };

	make_scratch();
	place.pid = start_batch(seed, number);
	while (!is_over(&place, &tally)) {
		child_sleep(NAP);
		place.waited += NAP;
	}
	remove_scratch();
	if (tally.killed == 0)
		tap_note("batch %lu %s", number,
			 tally.died ? "died" : "ended");
	return 0;
}

static int start_round(uint64_t seed, uint64_t batches, unsigned at_once)
{
	char seed_text[24], number_text[24], once_text[24], role[] = "round";
	char *argv[] = { NULL, role, seed_text, number_text, once_text, NULL };

	snprintf(seed_text, sizeof(seed_text), "%lu", seed);
	snprintf(number_text, sizeof(number_text), "%lu", batches);
	snprintf(once_text, sizeof(once_text), "%u", at_once);
	return child_wait(child_start(child_self(), argv, -1, -1));
}

static int play(int argc, char **argv)
{
	uint64_t seed = strtoull(argv[2], NULL, 0);
	uint64_t number = strtoull(argv[3], NULL, 0);

	if (argc == 5 && strcmp(argv[1], "round") == 0)
		return run_round(seed, number, (unsigned)atoi(argv[4]));
	if (strcmp(argv[1], "calls") == 0)
		return run_batch(seed, number);
	if (strcmp(argv[1], "batch") == 0)
		return run_alone(seed, number);
	if (strcmp(argv[1], "show") == 0)
		return show_batch(seed, number);
	fputs("usage: fuzz [SEED [CALLS [AT_ONCE]]] | batch|show SEED BATCH\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static struct counts before;
	uint64_t seed = 1, batches = 50;
	unsigned at_once = AT_ONCE;

	child_init(argv[0]);
	if (access("/proc/loom/counts", R_OK) != 0) {
		fputs("fuzz: only for loom\n", stderr);
		return 77;
	}
	if (argc >= 4 && argv[1][0] >= 'a')
		return play(argc, argv);
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	if (argc > 2)
		batches = strtoull(argv[2], NULL, 0) / BATCH;
	if (argc > 3)
		at_once = (unsigned)atoi(argv[3]);
	if (at_once < 1 || at_once > MOST_AT_ONCE)
		at_once = AT_ONCE;
	tap_note("seed %lu, %lu batches, %u at once", seed, batches, at_once);
	start_round(seed, WARM_UP, at_once);
	/* Until the kernel has put away what is left of that. */
	child_sleep(200);
	counts_take(&before);
	counts_take(&before);
	tap_equal(start_round(seed, batches, at_once), 0, "the kernel goes on");
	counts_check(&before);
	return tap_done();
}
