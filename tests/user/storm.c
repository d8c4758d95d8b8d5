// SPDX-License-Identifier: MIT
/*
 * storm [SEED [STEPS]]: many processes at once, each busy with what is hard
 * to be killed in (execve, vfork, pipes, sleeps, the terminal, page tables,
 * the file system), and killed at any moment of it. In the end nothing may
 * be lost, and those that watch their own state may have seen no change.
 *
 * Each has a process group, which its own children stay in: what a killed
 * parent leaves behind is killed by group, before its place is taken again.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/rng.h"
#include "lib/tap.h"

enum {
	PLACES = 16,		/* processes that the storm runs at once */
	STEPS = 500,
	COMMON = 200,		/* both ends of a pipe that all have */
	PAGE = 4096,
};

#define SCRATCH "/tmp/storm.dir"

static struct rng rng;
static char block[70000];

static uint32_t below(uint32_t limit)
{
	return (uint32_t)rng_below(&rng, limit);
}

static void nap(uint32_t microseconds)
{
	struct timespec t = { 0, microseconds * 1000L };

	nanosleep(&t, NULL);
}

static void burn(uint32_t rounds)
{
	for (uint32_t i = 0; i < rounds; i++)
		__asm__ volatile("");
}

/* Roles: 0 if all was well. What fails because of a kill does not count. */

static int role_nothing(void)
{
	return 0;
}

/* Become itself again and again, with arguments of any size. */
static int role_exec(void)
{
	char seed[24];
	char *argv[] = { (char *)child_self(), "exec", seed, block, NULL };
	char *envp[] = { block, NULL };

	if (below(20) == 0)
		return 0;
	memset(block, 'a', below(20000));
	snprintf(seed, sizeof(seed), "%u", below(1000000));
	execve(child_self(), argv, envp);
	return 1;
}

/* A child in vfork: no more than system calls. */
static void vfork_child(uint32_t kind)
{
	switch (kind) {
	case 0:
		nap(2000);
		break;
	case 1:
		execl(child_self(), child_self(), "nothing", "1", NULL);
		break;
	case 2:
		raise(SIGKILL);
		break;
	case 3:
		execl("/nowhere", "storm", NULL);
		break;
	default:
		/* Goes on in the memory of a parent that is gone. */
		kill(getppid(), SIGKILL);
		nap(2000);
		execl(child_self(), child_self(), "nothing", "1", NULL);
		break;
	}
	_exit(0);
}

static bool vfork_once(uint32_t kind)
{
	pid_t pid = vfork();

	if (pid == 0)
		vfork_child(kind);
	return pid > 0 && waitpid(pid, NULL, 0) == pid;
}

static int role_vfork(void)
{
	for (int i = 0; i < 40; i++)
		if (!vfork_once(below(4)))
			return 1;
	return !vfork_once(below(5));
}

/* The parent can only be killed where it waits for the child. */
static int role_stuck(void)
{
	if (vfork() == 0) {
		for (;;)
			nap(500000);
	}
	return 0;
}

/* Through a pipe to a child, which may go before its parent or after it. */
static int role_pipe(void)
{
	int end[2];
	pid_t pid;

	signal(SIGPIPE, SIG_IGN);
	if (pipe2(end, O_CLOEXEC))
		return 1;
	pid = child_again("read", "1", NULL, end[0], -1);
	close(end[0]);
	for (int i = 0; i < 50; i++)
		if (write(end[1], block, 1 + below(sizeof(block) - 1)) < 0)
			break;
	close(end[1]);
	return waitpid(pid, NULL, 0) != pid;
}

static int role_read(void)
{
	while (read(STDIN_FILENO, block, 1 + below(sizeof(block) - 1)) > 0)
		;
	return 0;
}

/* Readers and writers of one pipe, in no balance. */
static int role_common(void)
{
	bool reads = below(2);

	for (int i = 0; i < 200; i++) {
		size_t n = 1 + below(sizeof(block) - 1);

		if (reads)
			(void)!read(COMMON, block, n);
		else
			(void)!write(COMMON + 1, block, n);
	}
	return 0;
}

static int role_terminal(void)
{
	int fd = open("/dev/console", O_RDONLY | O_NOCTTY);

	if (fd >= 0)
		(void)!read(fd, block, sizeof(block));
	return 0;
}

/* Code that is written, made executable, run, moved and run again. */
static bool code_works(uint32_t *code, size_t len, uint32_t value)
{
	for (int i = 0; i < 5; i++) {
		size_t at = below((uint32_t)(len / PAGE)) * (PAGE / 4ul);
		uint32_t (*fn)(void) = (uint32_t(*)(void))(code + at);

		if (fn() != value)
			return false;
	}
	return true;
}

static int role_memory(void)
{
	for (uint32_t i = 0; i < 50; i++) {
		size_t len = PAGE * (1ul + below(60));
		uint32_t *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return 1;
		for (size_t at = 0; at < len / 4; at += PAGE / 4) {
			if (p[at])
				abort();	/* somebody else's page */
			p[at] = 0x52800000 | i << 5;	/* mov w0, #i */
			p[at + 1] = 0xd65f03c0;		/* ret */
		}
		__builtin___clear_cache((char *)p, (char *)p + len);
		if (mprotect(p, len, PROT_READ | PROT_EXEC))
			return 1;
		if (!code_works(p, len, i))
			abort();
		p = mremap(p, len, 2 * len, MREMAP_MAYMOVE);
		if (p == MAP_FAILED)
			return 1;
		if (!code_works(p, len, i))
			abort();
		munmap(p, below(2) ? 2 * len : len);
	}
	return 0;
}

/* Names that others make and remove at the same time. */
static void file_step(void)
{
	char dir[64], name[80];
	int fd;

	snprintf(dir, sizeof(dir), SCRATCH "/d%u", below(3));
	snprintf(name, sizeof(name), SCRATCH "/d%u/f%u", below(3), below(3));
	switch (below(6)) {
	case 0:
		mkdir(dir, 0777);
		break;
	case 1:
		rmdir(dir);
		break;
	case 2:
		unlink(name);
		break;
	case 3:
		rename(name, dir);
		break;
	default:
		fd = open(name, O_CREAT | O_RDWR, 0666);
		if (fd < 0)
			break;
		(void)!write(fd, block, below(3 * PAGE));
		(void)!ftruncate(fd, below(5 * PAGE));
		close(fd);
	}
}

static int role_files(void)
{
	for (int i = 0; i < 100; i++)
		file_step();
	return 0;
}

/* Whatever has to do with being scheduled, for its neighbours too. */
static int role_schedule(void)
{
	for (int i = 0; i < 100; i++) {
		id_t other = (id_t)getpid() + below(20) - 10;

		switch (below(4)) {
		case 0:
			sched_yield();
			break;
		case 1:
			nap(below(2000));
			break;
		case 2:
			setpriority(PRIO_PROCESS, other, (int)below(20));
			break;
		default:
			burn(below(50000));
		}
	}
	return 0;
}

/* Registers that nobody else may change, over switches to all the others. */
static int role_registers(void)
{
	uint64_t want = rng_next(&rng), fp, tls, status;

	for (int i = 0; i < 10; i++) {
		uint64_t rounds = 200000;

		__asm__ volatile(
			"	msr	tpidr_el0, %[want]\n"
			"	msr	fpsr, %[flags]\n"
			"	dup	v31.2d, %[want]\n"
			"1:	subs	%[rounds], %[rounds], #1\n"
			"	b.ne	1b\n"
			"	mov	%[fp], v31.d[1]\n"
			"	mrs	%[tls], tpidr_el0\n"
			"	mrs	%[status], fpsr\n"
			: [fp] "=&r"(fp), [tls] "=&r"(tls),
			  [status] "=&r"(status), [rounds] "+r"(rounds)
			: [want] "r"(want), [flags] "r"(want & 0x1f)
			: "v31", "cc");
		/* Without thread pointer there is no C library to call. */
		if (fp != want || tls != want || status != (want & 0x1f))
			__builtin_trap();
	}
	_exit(0);
}

static int role_fault(void)
{
	static const uint32_t undefined;

	if (below(2))
		((void (*)(void))(uintptr_t)&undefined)();
	*(volatile int *)(uintptr_t)below(PAGE) = 1;
	return 1;
}

static const struct {
	const char *name;
	int (*play)(void);
} roles[] = {
	{ "nothing", role_nothing }, { "exec", role_exec },
	{ "vfork", role_vfork }, { "stuck", role_stuck },
	{ "pipe", role_pipe }, { "common", role_common },
	{ "terminal", role_terminal }, { "memory", role_memory },
	{ "files", role_files }, { "schedule", role_schedule },
	{ "registers", role_registers }, { "fault", role_fault },
	{ "read", role_read },	/* last: only started by "pipe" */
};

enum { ROLES = sizeof(roles) / sizeof(roles[0]) };

static int play(const char *name, const char *seed, const char *group)
{
	if (group && strcmp(group, "own") == 0)
		setpgid(0, 0);
	rng_seed(&rng, strtoull(seed, NULL, 0), 0);
	for (int i = 0; i < ROLES; i++)
		if (strcmp(roles[i].name, name) == 0)
			return roles[i].play();
	return 2;
}

/* The storm itself */

struct place {
	pid_t pid;		/* 0: free */
	int role;
};

static struct place places[PLACES];
static int ended, killed, wrong;

static void fill(struct place *p)
{
	char seed[24];

	p->role = (int)below(ROLES - 1);
	snprintf(seed, sizeof(seed), "%u", below(1000000));
	p->pid = child_again(roles[p->role].name, seed, "own", -1, -1);
}

/* Its status is known: see that it is one that it may have. */
static void judge(struct place *p, int status)
{
	bool faults = roles[p->role].play == role_fault;
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (sig == SIGKILL || sig == SIGTERM)
		killed++;
	else
		ended++;
	if ((sig == SIGABRT || sig == SIGTRAP || sig == SIGSEGV ||
	     sig == SIGILL || sig == SIGBUS) && !faults) {
		tap_note("%s: signal %d", roles[p->role].name, sig);
		wrong++;
	} else if (WIFEXITED(status) && WEXITSTATUS(status)) {
		tap_note("%s: exit %d", roles[p->role].name,
			 WEXITSTATUS(status));
		wrong++;
	}
	/* Orphans, until process 1 has waited for the last. */
	for (int i = 0; i < 2000 && kill(-p->pid, SIGKILL) == 0; i++)
		nap(1000);
	p->pid = 0;
}

static void step(void)
{
	struct place *p = &places[below(PLACES)];
	int status;

	if (!p->pid)
		fill(p);
	else if (below(3) == 0)
		kill(p->pid, below(2) ? SIGKILL : SIGTERM);
	else if (waitpid(p->pid, &status, WNOHANG) == p->pid)
		judge(p, status);
	if (below(6) == 0)
		nap(below(4000));
	else
		burn(below(60000));
}

static void calm(void)
{
	int status;

	for (int i = 0; i < PLACES; i++) {
		struct place *p = &places[i];

		if (!p->pid)
			continue;
		kill(p->pid, SIGKILL);
		if (waitpid(p->pid, &status, 0) == p->pid)
			judge(p, status);
	}
	for (int i = 0; i < 9; i++) {
		char name[80];

		snprintf(name, sizeof(name), SCRATCH "/d%d/f%d", i / 3, i % 3);
		unlink(name);
	}
	for (int i = 0; i < 3; i++) {
		char name[80];

		snprintf(name, sizeof(name), SCRATCH "/d%d", i);
		if (unlink(name))
			rmdir(name);
	}
}

static void storm(int steps)
{
	int end[2];

	mkdir("/tmp", 0777);
	mkdir(SCRATCH, 0777);
	if (pipe(end) || dup2(end[0], COMMON) < 0 ||
	    dup2(end[1], COMMON + 1) < 0)
		tap_bail("pipe");
	close(end[0]);
	close(end[1]);
	while (steps--)
		step();
	calm();
	close(COMMON);
	close(COMMON + 1);
	rmdir(SCRATCH);
}

int main(int argc, char **argv)
{
	static struct counts before;
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	int steps = argc > 2 ? atoi(argv[2]) : STEPS;

	child_init(argv[0]);
	if (argc > 2 && argv[1][0] > '9')
		return play(argv[1], argv[2], argv[3]);
	rng_seed(&rng, seed, 0);
	storm(steps / 4);
	tap_ok(!wrong, "nobody sees anything wrong at first");
	counts_take(&before);
	counts_take(&before);
	storm(steps);
	tap_ok(!wrong, "nobody sees anything wrong later");
	if (!tap_ok(killed > steps / 20 && ended > steps / 20,
		    "many were killed, many came to their end"))
		tap_note("%d killed, %d ended", killed, ended);
	counts_check(&before);
	return tap_done();
}
