// SPDX-License-Identifier: MIT
/*
 * forktest: fork(2): what a child has of its parent (memory, descriptors,
 * directory, umask, registers, TLS), that neither sees what the other does
 * afterwards, ends of all kinds, deep chains and many at once. Everything is
 * done twice, and nothing may be lost.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/tap.h"

#define DEPTH 40
#define AT_ONCE 300
#define BLOCK (1024 * 1024)

static pid_t must_fork(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		tap_bail("fork");
	return pid;
}

/* The child's verdict, an exit status, is what @fn says. */
static int in_child(int (*fn)(void *arg), void *arg)
{
	pid_t pid = must_fork();

	if (pid == 0)
		_exit(fn(arg));
	return child_wait(pid);
}

static void make_pipe(int end[2])
{
	if (pipe2(end, O_CLOEXEC) != 0)
		tap_bail("pipe");
}

/* Memory */

static int global = 1;
static __thread int local = 2;

struct memory {
	int *heap, *stack;
	unsigned char *block;
};

static unsigned char pattern(size_t i)
{
	return (unsigned char)(i * 31 + i / 4096);
}

static bool block_is_whole(const unsigned char *block)
{
	for (size_t i = 0; i < BLOCK; i++)
		if (block[i] != pattern(i))
			return false;
	return true;
}

static int look_and_change(void *arg)
{
	struct memory *m = arg;

	if (global != 1 || local != 2 || *m->heap != 3 || *m->stack != 4)
		return 1;
	if (!block_is_whole(m->block))
		return 2;
	global = local = *m->heap = *m->stack = 99;
	memset(m->block, 0, BLOCK);
	return global == 99 && local == 99 && *m->heap == 99 ? 0 : 3;
}

static void *map(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);

	if (at == MAP_FAILED)
		tap_bail("mmap");
	return at;
}

static void check_memory(void)
{
	int on_stack = 4;
	struct memory m = {
		.heap = malloc(sizeof(int)),
		.stack = &on_stack,
		.block = map(BLOCK),
	};

	*m.heap = 3;
	for (size_t i = 0; i < BLOCK; i++)
		m.block[i] = pattern(i);
	tap_equal(in_child(look_and_change, &m), 0,
		  "a child has its parent's memory");
	tap_ok(global == 1 && local == 2 && *m.heap == 3 && on_stack == 4 &&
	       block_is_whole(m.block), "and what it writes there is its own");
	munmap(m.block, BLOCK);
	free(m.heap);
}

/* What the parent writes afterwards: the child looks when it has. */
static void check_parent_writes(void)
{
	unsigned char *block = map(BLOCK);
	int end[2];
	pid_t pid;
	char c;

	for (size_t i = 0; i < BLOCK; i++)
		block[i] = pattern(i);
	make_pipe(end);
	pid = must_fork();
	if (pid == 0) {
		close(end[1]);
		c = (char)read(end[0], &c, 1);
		_exit(c == 0 && block_is_whole(block) ? 0 : 1);
	}
	memset(block, 0xaa, BLOCK);
	close(end[0]);
	close(end[1]);
	tap_equal(child_wait(pid), 0, "nor does a child see the parent's");
	munmap(block, BLOCK);
}

static int count_down(void *arg)
{
	int *depth = arg;

	/* Each generation writes to the same page, and to one of its own. */
	global = *depth;
	if (--*depth == 0)
		return 7;
	if (in_child(count_down, depth) != 7)
		return 1;
	return global == *depth + 1 ? 7 : 2;
}

static void check_chain(void)
{
	int depth = DEPTH;

	tap_equal(in_child(count_down, &depth), 7,
		  "%d generations, each with its own memory", DEPTH);
	tap_equal(depth, DEPTH, "the first is as it was");
}

/* Files */

static int use_files(void *arg)
{
	const int *fd = arg;
	char c;

	if (read(fd[0], &c, 1) != 1 || c != 'b')
		return 1;
	if (close(fd[0]) != 0 || chdir("/tmp") != 0)
		return 2;
	return umask(0111) == 022 ? 0 : 3;
}

static void check_files(void)
{
	mode_t before = umask(022);
	char cwd[64], c = 0;
	int fd[1];

	fd[0] = open("/tmp/forktest", O_RDWR | O_CREAT | O_TRUNC, 0600);
	unlink("/tmp/forktest");
	if (fd[0] < 0 || pwrite(fd[0], "abcd", 4, 0) != 4 ||
	    read(fd[0], &c, 1) != 1 || chdir("/") != 0)
		tap_bail("the file cannot be written");
	tap_equal(in_child(use_files, fd), 0,
		  "a child has its parent's descriptors and umask");
	tap_ok(read(fd[0], &c, 1) == 1 && c == 'c',
	       "the position in a file is one for both");
	tap_ok(getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, "/"),
	       "the working directory is not");
	tap_equal(umask(before), 022, "nor the umask");
	close(fd[0]);
}

/* Registers */

static void fill_vectors(uint64_t seed)
{
	__asm__ volatile("dup	v8.2d, %0\n"
			 "dup	v15.2d, %0\n"
			 "dup	v16.2d, %0\n"
			 "dup	v31.2d, %0\n"
			 "msr	fpcr, %1\n"
			 :
			 : "r"(seed), "r"(UINT64_C(1) << 22)
			 : "v8", "v15", "v16", "v31");
}

/* fork, with nothing between the vectors and the system call. */
static long fork_with_vectors(uint64_t seed, uint64_t seen[5])
{
	register long x0 __asm__("x0") = SIGCHLD;
	register long x1 __asm__("x1") = 0;
	register long x2 __asm__("x2") = 0;
	register long x3 __asm__("x3") = 0;
	register long x4 __asm__("x4") = 0;
	register long x8 __asm__("x8") = SYS_clone;

	fill_vectors(seed);
	__asm__ volatile("svc	#0\n"
			 "stp	d8, d15, [%1]\n"
			 "stp	d16, d31, [%1, #16]\n"
			 "mrs	x9, fpcr\n"
			 "str	x9, [%1, #32]\n"
			 "msr	fpcr, xzr\n"
			 : "+r"(x0)
			 : "r"(seen), "r"(x1), "r"(x2), "r"(x3), "r"(x4),
			   "r"(x8)
			 : "x9", "v8", "v15", "v16", "v31", "memory");
	return x0;
}

static unsigned long read_tls(void)
{
	unsigned long tls;

	__asm__ volatile("mrs %0, tpidr_el0" : "=r"(tls));
	return tls;
}

static void check_registers(void)
{
	const uint64_t seed = UINT64_C(0x1234567890abcdef);
	unsigned long tls = read_tls();
	uint64_t seen[5];
	bool same = true;
	pid_t pid;

	fflush(stdout);
	pid = (pid_t)fork_with_vectors(seed, seen);
	for (int i = 0; i < 4; i++)
		same &= seen[i] == seed;
	same &= seen[4] == UINT64_C(1) << 22;
	if (pid == 0)
		_exit(!same ? 1 : read_tls() != tls ? 2 : 0);
	tap_ok(pid > 0 && same, "FP registers are the parent's own");
	tap_equal(child_wait(pid), 0,
		  "a child has them, and its parent's TLS");
}

/* Numbers */

static int know_parent(void *arg)
{
	const pid_t *parent = arg;

	return getppid() == *parent && getpid() != *parent &&
	       getpgrp() == getpgid(*parent) && getsid(0) == getsid(*parent) &&
	       syscall(SYS_gettid) == getpid() ? 0 : 1;
}

static void check_numbers(void)
{
	pid_t me = getpid(), pid, pids[100];
	bool differ = true;

	tap_equal(in_child(know_parent, &me), 0,
		  "a child's number is new, its group and session are not");
	for (int i = 0; i < 100; i++) {
		pids[i] = must_fork();
		if (pids[i] == 0)
			_exit(0);
		for (int k = 0; k < i; k++)
			differ &= pids[i] != pids[k];
	}
	tap_ok(differ, "a number is not used again while it is waited for");
	for (int i = 0; i < 100; i++)
		child_wait(pids[i]);
	pid = must_fork();
	if (pid == 0)
		_exit(0);
	child_wait(pid);
	tap_ok(kill(pid, 0) == -1 && errno == ESRCH, "and free afterwards");
}

static void check_settid(void)
{
	static int word;
	long pid;

	word = 0;
	fflush(stdout);
	pid = syscall(SYS_clone, CLONE_CHILD_SETTID | SIGCHLD, 0, 0, 0, &word);
	if (pid == 0)
		_exit(word == getpid() ? 0 : 1);
	tap_equal(child_wait((pid_t)pid), 0,
		  "CHILD_SETTID is written before the child runs");
	tap_equal(word, 0, "in its own memory");
}

/* A group whose leader has gone keeps its number from newcomers. */
static void check_group_number(void)
{
	int end[2];
	pid_t leader, member;

	make_pipe(end);
	leader = must_fork();
	if (leader == 0) {
		setpgid(0, 0);
		_exit(0);
	}
	setpgid(leader, leader);
	member = must_fork();
	if (member == 0) {
		char c;

		close(end[1]);
		_exit(read(end[0], &c, 1) == 0 ? 0 : 1);
	}
	setpgid(member, leader);
	child_wait(leader);
	tap_equal(getpgid(member), leader, "a group outlives its leader");
	tap_equal(kill(-leader, 0), 0, "and has members to signal");
	close(end[1]);
	close(end[0]);
	tap_equal(child_wait(member), 0, "until the last of them ends");
	tap_ok(kill(-leader, 0) == -1 && errno == ESRCH, "then it is gone");
}

/* Ends */

static int exec_true(void *arg)
{
	char *argv[] = { (char *)"true", NULL };

	(void)arg;
	execv("/bin/true", argv);
	return 100;
}

static int exec_nothing(void *arg)
{
	char *argv[] = { (char *)"nothing", NULL };

	(void)arg;
	execv("/no/such/file", argv);
	return errno == ENOENT ? 5 : 6;
}

static int die(void *arg)
{
	raise(*(int *)arg);
	return 1;
}

static int write_to(void *arg)
{
	*(volatile int *)arg = 1;
	return 1;
}

static void check_ends(void)
{
	int sig = SIGKILL, status;
	siginfo_t info;
	pid_t pid;

	tap_equal(in_child(exec_true, NULL), 0, "execve in a child");
	tap_equal(in_child(exec_nothing, NULL), 5, "one that fails");
	tap_equal(in_child(die, &sig), -SIGKILL, "a child that kills itself");
	tap_equal(in_child(write_to, (void *)8), -SIGSEGV, "one that faults");
	pid = must_fork();
	if (pid == 0)
		_exit(300);
	tap_ok(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0 &&
	       info.si_pid == pid && info.si_code == CLD_EXITED &&
	       info.si_status == 300 % 256, "a zombie can be looked at");
	tap_ok(waitpid(pid, &status, WNOHANG) == pid &&
	       WEXITSTATUS(status) == 300 % 256, "and is still there");
	tap_ok(waitpid(pid, &status, 0) == -1 && errno == ECHILD,
	       "and waited for once");
}

/* execveat: by descriptors; the child is this program and says its argument */

#define LINK "/tmp/forktest.link"
#define SCRIPT "/tmp/forktest.script"

struct at {
	int dirfd, flags;
	const char *path;
};

static int exec_at(void *arg)
{
	const struct at *at = arg;
	char *argv[] = { (char *)"forktest", (char *)"--status", (char *)"42",
			 NULL };

	syscall(SYS_execveat, at->dirfd, at->path, argv, environ, at->flags);
	return 100 + errno;
}

static int try_at(int dirfd, const char *path, int flags)
{
	struct at at = { dirfd, flags, path };

	return in_child(exec_at, &at);
}

static int write_script(void)
{
	int fd = open(SCRIPT, O_WRONLY | O_CREAT | O_TRUNC, 0755);

	if (dprintf(fd, "#!%s --script\n", child_self()) < 0 || close(fd) != 0)
		tap_bail("the script cannot be written");
	return open(SCRIPT, O_RDONLY);
}

static void check_execveat(void)
{
	const char *name = strrchr(child_self(), '/') + 1;
	char folder[256];
	int dir, self = open(child_self(), O_RDONLY | O_CLOEXEC), script;

	snprintf(folder, sizeof(folder), "%.*s",
		 (int)(name - child_self()), child_self());
	dir = open(folder, O_RDONLY | O_DIRECTORY);
	script = write_script();
	unlink(LINK);
	if (self < 0 || dir < 0 || script < 0 ||
	    symlink(child_self(), LINK) != 0)
		tap_bail("execveat has nothing to start");
	tap_equal(try_at(dir, name, 0), 42, "execveat from a directory");
	tap_equal(try_at(self, "", AT_EMPTY_PATH), 42, "and of a descriptor");
	tap_equal(try_at(self, "", 0), 100 + ENOENT, "asked for by a flag");
	tap_equal(try_at(-1, child_self(), 0), 42, "an absolute path");
	tap_equal(try_at(-1, name, 0), 100 + EBADF, "no descriptor");
	tap_equal(try_at(AT_FDCWD, LINK, 0), 42, "a link is followed");
	tap_equal(try_at(AT_FDCWD, LINK, AT_SYMLINK_NOFOLLOW), 100 + ELOOP,
		  "but not with NOFOLLOW");
	tap_equal(try_at(dir, name, 1), 100 + EINVAL, "an unknown flag");
	tap_equal(try_at(dir, "", AT_EMPTY_PATH), 100 + EACCES, "a directory");
	tap_equal(try_at(script, "", AT_EMPTY_PATH), 43,
		  "a script gets a name that leads to it");
	fcntl(script, F_SETFD, FD_CLOEXEC);
	tap_equal(try_at(script, "", AT_EMPTY_PATH), 100 + ENOENT,
		  "unless that would be closed by then");
	close(dir);
	close(self);
	close(script);
	unlink(LINK);
	unlink(SCRIPT);
}

/* execve by one who shares its descriptors leaves them to the other. */
static void check_exec_unshares(void)
{
	char *argv[] = { (char *)"forktest", (char *)"--status", (char *)"42",
			 NULL };
	int fd = open("/", O_RDONLY | O_CLOEXEC);
	long pid;

	fflush(stdout);
	pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		execv(child_self(), argv);
		_exit(100);
	}
	tap_equal(child_wait((pid_t)pid), 42, "execve with shared descriptors");
	tap_equal(close(fd), 0, "closes none of the other process's");
}

/* The grandchild outlives the child, and says who its parent is. */
static void check_orphan(void)
{
	int end[2], gate[2];
	pid_t pid, got = 0;
	char c;

	make_pipe(end);
	make_pipe(gate);
	pid = must_fork();
	if (pid == 0) {
		if (must_fork() == 0) {
			close(gate[1]);
			c = (char)read(gate[0], &c, 1);
			got = getppid();
			_exit(write(end[1], &got, sizeof(got)) < 0);
		}
		_exit(0);
	}
	child_wait(pid);
	close(gate[0]);
	close(gate[1]);
	close(end[1]);
	tap_ok(read(end[0], &got, sizeof(got)) == sizeof(got) && got == 1,
	       "an orphan's parent is process 1");
	close(end[0]);
}

/* Order: with nothing else to tell them apart the oldest comes first. */
static void check_order(void)
{
	pid_t pids[5];
	bool in_order = true;
	siginfo_t info;

	for (int i = 0; i < 5; i++) {
		pids[i] = must_fork();
		if (pids[i] == 0)
			_exit(0);
	}
	for (int i = 4; i >= 0; i--)
		waitid(P_PID, (id_t)pids[i], &info, WEXITED | WNOWAIT);
	for (int i = 0; i < 5; i++)
		in_order &= waitpid(-1, NULL, 0) == pids[i];
	tap_ok(in_order, "zombies are waited for in the order of their births");
}

static void check_many(void)
{
	static pid_t pids[AT_ONCE];
	int gate[2], good = 0;
	char c;

	make_pipe(gate);
	for (int i = 0; i < AT_ONCE; i++) {
		pids[i] = must_fork();
		if (pids[i] == 0) {
			close(gate[1]);
			_exit(read(gate[0], &c, 1) == 0 ? i & 127 : 200);
		}
	}
	close(gate[0]);
	close(gate[1]);
	for (int i = AT_ONCE - 1; i >= 0; i--)
		good += child_wait(pids[i]) == (i & 127);
	tap_equal(good, AT_ONCE, "%d children at once", AT_ONCE);
}

/* Shared objects without shared memory, and the other way round */

static int shared_flags(unsigned long flags)
{
	long pid;
	int fd;

	fflush(stdout);
	pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		fd = open("/", O_RDONLY);
		_exit(chdir("/tmp") == 0 && fd >= 0 ? fd : 255);
	}
	return child_wait((pid_t)pid);
}

static void check_flags(void)
{
	char cwd[64];
	int fd;

	if (chdir("/") != 0)
		tap_bail("chdir");
	fd = shared_flags(CLONE_FILES);
	tap_equal(close(fd), 0, "CLONE_FILES shares descriptors");
	tap_ok(getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, "/"),
	       "and nothing else");
	fd = shared_flags(CLONE_FS);
	tap_equal(close(fd), -1, "CLONE_FS does not");
	tap_ok(getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, "/tmp"),
	       "but the working directory");
	fd = shared_flags(CLONE_VFORK);
	tap_ok(fd >= 0 && close(fd) == -1, "CLONE_VFORK without CLONE_VM");
	if (chdir("/") != 0)
		tap_bail("chdir");
}

static void check_all(void)
{
	check_memory();
	check_parent_writes();
	check_chain();
	check_files();
	check_registers();
	check_numbers();
	check_settid();
	check_group_number();
	check_ends();
	check_execveat();
	check_exec_unshares();
	check_orphan();
	check_order();
	check_many();
	check_flags();
}

int main(int argc, char **argv)
{
	struct counts before;

	if (argc > 2 && !strcmp(argv[1], "--status"))
		return atoi(argv[2]);
	if (argc > 2 && !strcmp(argv[1], "--script"))
		return strncmp(argv[2], "/dev/fd/", 8) == 0 ? 43 : 44;
	child_init(argv[0]);
	check_all();
	counts_take(&before);
	counts_take(&before);
	check_all();
	counts_check(&before);
	return tap_done();
}
