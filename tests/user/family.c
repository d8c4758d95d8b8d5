// SPDX-License-Identifier: MIT
/*
 * family: births, programs and ends of processes: vfork, execve, waiting,
 * orphans, groups, signals that are blocked or ignored. With arguments it is
 * one of its own children (see roles).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/tap.h"

#define SCRATCH "/tmp/family-test"

static void make_pipe(int fd[2])
{
	if (pipe2(fd, O_CLOEXEC) != 0)
		tap_bail("pipe2");
}

/* All that comes out of @fd until its end, as a string; closes it. */
static void read_end(int fd, char *buf, size_t size)
{
	size_t used = 0;
	ssize_t n;

	while ((n = read(fd, buf + used, size - 1 - used)) > 0)
		used += (size_t)n;
	buf[used] = '\0';
	close(fd);
}

/* What this program prints when it is started as @role with @argument. */
static int ask(const char *role, const char *argument, char *buf, size_t size)
{
	int fd[2];
	pid_t pid;

	make_pipe(fd);
	pid = child_again(role, argument, NULL, -1, fd[1]);
	close(fd[1]);
	read_end(fd[0], buf, size);
	return child_wait(pid);
}

/* Roles: what the children do */

static int role_exit(const char *code)
{
	return atoi(code);
}

static int role_sleep(const char *ms)
{
	child_sleep(atoi(ms));
	return 0;
}

static int role_burn(const char *ms)
{
	struct rusage r;
	volatile unsigned spin = 0;

	do {
		for (unsigned i = 0; i < 100000; i++)
			spin++;
		getrusage(RUSAGE_SELF, &r);
	} while (r.ru_utime.tv_sec == 0 && r.ru_stime.tv_sec == 0 &&
		 (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1000 < atoi(ms));
	return 0;
}

/* Waits for a child that burns. */
static int role_parent(const char *ms)
{
	return child_wait(child_again("burn", ms, NULL, -1, -1));
}

/* Leaves a child behind that says when its parent is another one. */
static int role_orphan(const char *part)
{
	pid_t parent = getppid();

	if (strcmp(part, "start") == 0) {
		child_again("orphan", "watch", NULL, -1, -1);
		child_sleep(50);
		return 0;
	}
	for (int i = 0; i < 200 && getppid() == parent; i++)
		child_sleep(10);
	puts(getppid() != parent ? "adopted" : "still the old parent");
	return 0;
}

/* Its vfork child goes on alone when this process is killed. */
static int role_vfork(const char *unused)
{
	(void)unused;
	if (vfork() == 0) {
		(void)!write(1, "born ", 5);
		usleep(300000);
		(void)!write(1, "alone", 5);
		_exit(0);
	}
	return 0;
}

/* What an execve kept: descriptor 10, the mask, ignored signals, the name. */
static int role_inherited(const char *unused)
{
	struct sigaction sa;
	char name[16] = "";
	sigset_t mask;

	(void)unused;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	sigaction(SIGUSR1, NULL, &sa);
	prctl(PR_GET_NAME, name);
	printf("%d %d %d %d %.15s\n", fcntl(10, F_GETFD), fcntl(11, F_GETFD),
	       sigismember(&mask, SIGUSR2), sa.sa_handler == SIG_IGN, name);
	return 0;
}

static int role_random(const char *unused)
{
	const unsigned char *bytes = (void *)getauxval(AT_RANDOM);

	(void)unused;
	for (int i = 0; i < 16; i++)
		printf("%02x", bytes[i]);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(const char *argument);
} roles[] = {
	{ "exit", role_exit }, { "sleep", role_sleep }, { "burn", role_burn },
	{ "parent", role_parent },
	{ "orphan", role_orphan }, { "vfork", role_vfork },
	{ "inherited", role_inherited }, { "random", role_random },
};

/* Checks */

static volatile int shared;

static void check_vfork(void)
{
	char text[64];
	int status, fd[2];
	pid_t pid;

	shared = 0;
	pid = vfork();
	if (pid == 0) {
		usleep(50000);
		shared = 1;
		_exit(5);
	}
	tap_equal(shared, 1, "the parent of vfork waits for the child's end");
	tap_equal(child_wait(pid), 5, "and gets its status");

	make_pipe(fd);
	pid = child_again("vfork", "", NULL, -1, fd[1]);
	close(fd[1]);
	child_sleep(100);
	kill(pid, SIGKILL);
	status = child_wait(pid);
	tap_equal(status, -SIGKILL, "a parent that waits in vfork is killed");
	read_end(fd[0], text, sizeof(text));
	if (!tap_ok(strcmp(text, "born alone") == 0, "its child goes on"))
		tap_note("it said: %s", text);
}

static void check_statuses(void)
{
	pid_t pid;

	tap_equal(child_wait(child_again("exit", "0", NULL, -1, -1)), 0,
		  "exit status 0");
	tap_equal(child_wait(child_again("exit", "259", NULL, -1, -1)), 3,
		  "exit status 259 is 3");
	pid = child_again("sleep", "10000", NULL, -1, -1);
	kill(pid, SIGTERM);
	tap_equal(child_wait(pid), -SIGTERM, "a sleeping child is killed");
	pid = child_again("burn", "10000", NULL, -1, -1);
	child_sleep(30);
	kill(pid, SIGKILL);
	tap_equal(child_wait(pid), -SIGKILL, "a busy child is killed");
	tap_equal(kill(pid, 0) != 0 && errno == ESRCH, 1,
		  "a child that was waited for is gone");
}

static bool is_some_time(const struct rusage *r)
{
	return r->ru_utime.tv_usec + r->ru_stime.tv_usec >= 50000 ||
	       r->ru_utime.tv_sec + r->ru_stime.tv_sec > 0;
}

static void check_waiting(void)
{
	siginfo_t info;
	struct rusage r;
	int status;
	pid_t pid;

	tap_equal(waitpid(-1, NULL, 0) == -1 ? errno : 0, ECHILD,
		  "waiting without children");
	pid = child_again("sleep", "100", NULL, -1, -1);
	tap_equal(waitpid(pid, &status, WNOHANG), 0,
		  "WNOHANG while the child lives");
	tap_equal(waitpid(pid + 1, &status, 0) == -1 ? errno : 0, ECHILD,
		  "waiting for somebody else's child");
	memset(&info, 0, sizeof(info));
	tap_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0,
		  "waitid that leaves the child");
	tap_ok(info.si_pid == pid && info.si_signo == SIGCHLD &&
	       info.si_code == CLD_EXITED && info.si_status == 0,
	       "and tells who and how");
	tap_equal(kill(pid, 0), 0, "a zombie can be signalled");
	tap_ok(wait4(-1, &status, 0, &r) == pid, "wait4 takes it");
	pid = child_again("burn", "60", NULL, -1, -1);
	wait4(pid, &status, 0, &r);
	tap_ok(is_some_time(&r), "wait4 tells the child's CPU time");
	pid = child_again("parent", "60", NULL, -1, -1);
	wait4(pid, &status, 0, &r);
	tap_ok(is_some_time(&r), "and that of the child's own children");
	tap_equal(waitpid(-1, (int *)16, WNOHANG) == -1 ? errno : 0, ECHILD,
		  "no child comes before a bad address");
	pid = child_again("exit", "0", NULL, -1, -1);
	tap_equal(syscall(SYS_wait4, pid, 16, 0, 0) == -1 ? errno : 0, EFAULT,
		  "a bad status address");
	tap_equal(waitpid(-1, NULL, 0x10000) == -1 ? errno : 0, EINVAL,
		  "an unknown option");
}

static void check_orphans(void)
{
	char text[64];

	tap_equal(ask("orphan", "start", text, sizeof(text)), 0,
		  "a parent ends before its child");
	if (!tap_ok(strcmp(text, "adopted\n") == 0,
		    "the child has another parent"))
		tap_note("it said: %s", text);
}

static void check_unwanted_children(void)
{
	struct sigaction sa = { .sa_handler = SIG_IGN };
	pid_t pid;

	sigaction(SIGCHLD, &sa, NULL);
	pid = child_again("sleep", "50", NULL, -1, -1);
	tap_equal(waitpid(pid, NULL, 0) == -1 ? errno : 0, ECHILD,
		  "with SIGCHLD ignored a child leaves nothing to wait for");
	sa.sa_handler = SIG_DFL;
	sa.sa_flags = SA_NOCLDWAIT;
	sigaction(SIGCHLD, &sa, NULL);
	child_again("exit", "1", NULL, -1, -1);
	tap_equal(waitpid(-1, NULL, 0) == -1 ? errno : 0, ECHILD,
		  "nor with SA_NOCLDWAIT");
	sa.sa_flags = 0;
	sigaction(SIGCHLD, &sa, NULL);
}

static void check_signals(void)
{
	sigset_t set, old, pending;
	struct sigaction sa = { .sa_handler = SIG_IGN };

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGKILL);
	sigprocmask(SIG_BLOCK, &set, &old);
	sigprocmask(SIG_BLOCK, NULL, &set);
	tap_ok(sigismember(&set, SIGTERM) && !sigismember(&set, SIGKILL),
	       "TERM can be blocked, KILL cannot");
	raise(SIGTERM);
	sigpending(&pending);
	tap_ok(sigismember(&pending, SIGTERM), "a blocked signal is pending");
	sigaction(SIGTERM, &sa, NULL);
	sigpending(&pending);
	tap_ok(!sigismember(&pending, SIGTERM), "ignoring it drops it");
	sigprocmask(SIG_SETMASK, &old, NULL);
	raise(SIGTERM);
	tap_ok(true, "an ignored signal does nothing");
	sa.sa_handler = SIG_DFL;
	sigaction(SIGTERM, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	tap_equal(sigaction(SIGKILL, &sa, NULL) == -1 ? errno : 0, EINVAL,
		  "KILL cannot be ignored");
	tap_equal(kill(getpid(), 65) == -1 ? errno : 0, EINVAL,
		  "there is no signal 65");
}

static void check_groups(void)
{
	pid_t a = child_again("sleep", "10000", NULL, -1, -1), b;

	/* Linux wakes the parent a moment before the exec counts as done. */
	child_sleep(50);
	tap_equal(setpgid(a, a) == -1 ? errno : 0, EACCES,
		  "no new group for a child that has execed");
	kill(a, SIGKILL);
	child_wait(a);

	a = vfork();
	if (a == 0) {
		setpgid(0, 0);
		execl(child_self(), child_self(), "sleep", "10000", NULL);
		_exit(127);
	}
	b = vfork();
	if (b == 0) {
		setpgid(0, a);
		execl(child_self(), child_self(), "sleep", "10000", NULL);
		_exit(127);
	}
	tap_ok(getpgid(a) == a && getpgid(b) == a, "two in one group");
	tap_equal(kill(-a, SIGINT), 0, "a signal for the group");
	tap_ok(child_wait(a) == -SIGINT && child_wait(b) == -SIGINT,
	       "ends both");
	tap_equal(kill(-a, 0) == -1 ? errno : 0, ESRCH, "the group is empty");
	tap_equal(setpgid(0, 32000) == -1 ? errno : 0, EPERM,
		  "no joining of a group that does not exist");
}

static void put_file(const char *name, const char *text, mode_t mode)
{
	int fd;

	unlink(name);
	fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		tap_bail("%s", name);
	fchmod(fd, mode);
	close(fd);
}

static int exec_error(const char *path, char **argv)
{
	char *none[] = { (char *)path, NULL };

	execve(path, argv ? argv : none, environ);
	return errno;
}

static void check_exec_errors(void)
{
	static char *many[20002];
	char *big = malloc(3 << 20), *one[] = { "x", big, NULL };
	char *bad[] = { "x", (char *)16, NULL };

	mkdir(SCRATCH, 0700);
	put_file(SCRATCH "/text", "no program\n", 0755);
	put_file(SCRATCH "/empty", "", 0755);
	put_file(SCRATCH "/short", "\177ELF\2\1\1", 0755);
	put_file(SCRATCH "/plain", "#!/bin/true\n", 0644);
	put_file(SCRATCH "/nowhere", "#!/no/such/program\n", 0755);
	put_file(SCRATCH "/loop", "#!" SCRATCH "/loop\n", 0755);
	tap_equal(exec_error("/no/such/file", NULL), ENOENT, "execve: no file");
	tap_equal(exec_error("", NULL), ENOENT, "execve: no name");
	tap_equal(exec_error(SCRATCH "/text/x", NULL), ENOTDIR,
		  "execve: below a file");
	tap_equal(exec_error(SCRATCH, NULL), EACCES, "execve: a directory");
	tap_equal(exec_error(SCRATCH "/plain", NULL), EACCES,
		  "execve: not executable");
	tap_equal(exec_error(SCRATCH "/text", NULL), ENOEXEC, "execve: text");
	tap_equal(exec_error(SCRATCH "/empty", NULL), ENOEXEC,
		  "execve: an empty file");
	tap_equal(exec_error(SCRATCH "/short", NULL), ENOEXEC,
		  "execve: seven bytes of ELF");
	tap_equal(exec_error(SCRATCH "/nowhere", NULL), ENOENT,
		  "execve: a script without interpreter");
	tap_equal(exec_error(SCRATCH "/loop", NULL), ELOOP,
		  "execve: a script that interprets itself");
	tap_equal(exec_error((char *)16, NULL), EFAULT, "execve: bad path");
	tap_equal(exec_error(child_self(), (char **)16), EFAULT,
		  "execve: bad vector");
	tap_equal(exec_error(child_self(), bad), EFAULT,
		  "execve: bad argument");
	memset(big, 'x', (3 << 20) - 1);
	big[(3 << 20) - 1] = '\0';
	tap_equal(exec_error(child_self(), one), E2BIG,
		  "execve: an argument that is too long");
	for (int i = 0; i < 20001; i++)
		many[i] = big + (3 << 20) - 400;
	tap_equal(exec_error(child_self(), many), E2BIG,
		  "execve: too many arguments");
	free(big);
}

static void check_scripts(void)
{
	static const char want[] = SCRATCH "/show -a b " SCRATCH "/script c\n";
	char text[256];
	char *argv[] = { NULL, "c", NULL };
	int fd[2];
	pid_t pid;

	/* The interpreter is a script itself: sh prints what it got. */
	put_file(SCRATCH "/show", "#!/bin/sh\necho $0 \"$@\"\n", 0755);
	put_file(SCRATCH "/script", "#! " SCRATCH "/show  -a b \n", 0755);
	make_pipe(fd);
	pid = child_start(SCRATCH "/script", argv, -1, fd[1]);
	close(fd[1]);
	read_end(fd[0], text, sizeof(text));
	tap_equal(child_wait(pid), 0, "a script runs");
	if (!tap_ok(strcmp(text, want) == 0, "with the arguments of Linux"))
		tap_note("it said: %s", text);
}

static void check_inheritance(void)
{
	char text[128];
	sigset_t set, old;
	int status;

	if (dup2(1, 10) != 10 || dup3(1, 11, O_CLOEXEC) != 11)
		tap_bail("dup");
	signal(SIGUSR1, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, &old);
	status = ask("inherited", "", text, sizeof(text));
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGUSR1, SIG_DFL);
	close(10);
	close(11);
	tap_equal(status, 0, "execve with things to inherit");
	if (!tap_ok(strcmp(text, "0 -1 1 1 family\n") == 0, "descriptors, mask "
		    "and ignored signals stay, close-on-exec closes"))
		tap_note("it said: %s", text);
}

static void check_auxv(void)
{
	char first[64], second[64];

	tap_equal((long)getauxval(AT_PAGESZ), 4096, "AT_PAGESZ");
	tap_equal((long)getauxval(AT_CLKTCK), 100, "AT_CLKTCK");
	tap_equal((long)getauxval(AT_PHENT), 56, "AT_PHENT");
	tap_equal((long)getauxval(AT_SECURE), 0, "AT_SECURE");
	tap_ok((getauxval(AT_HWCAP) & 3) == 3, "AT_HWCAP has FP and ASIMD");
	tap_ok(strcmp((char *)getauxval(AT_PLATFORM), "aarch64") == 0,
	       "AT_PLATFORM");
	tap_ok(memcmp((char *)getauxval(AT_PHDR) - 64, "\177ELF", 4) == 0,
	       "AT_PHDR is behind the ELF header");
	ask("random", "", first, sizeof(first));
	ask("random", "", second, sizeof(second));
	tap_ok(strlen(first) == 32 && strcmp(first, second) != 0,
	       "AT_RANDOM differs from program to program");
}

static int play(const char *name, const char *argument)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(roles[i].name, name) == 0)
			return roles[i].run(argument);
	return 125;
}

/* One user, root: what is asked for and what is set agree. */
static void check_user(void)
{
	uid_t uid[3] = { 1, 1, 1 };
	gid_t gid[3] = { 1, 1, 1 };

	tap_ok(getuid() + geteuid() + getgid() + getegid() == 0, "root");
	tap_ok(getresuid(&uid[0], &uid[1], &uid[2]) == 0 &&
	       uid[0] + uid[1] + uid[2] == 0, "with all of its user IDs");
	tap_ok(getresgid(&gid[0], &gid[1], &gid[2]) == 0 &&
	       gid[0] + gid[1] + gid[2] == 0, "and all of its group IDs");
	tap_ok(setuid(0) == 0 && setgid(0) == 0 && setreuid(-1, 0) == 0 &&
	       setresgid(0, -1, 0) == 0, "who becomes root");
	tap_equal(syscall(SYS_setfsuid, 0), 0, "also for files");
	tap_equal(syscall(SYS_setfsgid, -1), 0, "who asks only");
	tap_equal(syscall(SYS_setgroups, 0, NULL), 0, "without other groups");
	tap_equal(syscall(SYS_getgroups, 0, NULL), 0,
		  "of which there are none");
	tap_ok(syscall(SYS_setgroups, -1, NULL) == -1 && errno == EINVAL,
	       "nor fewer");
}

int main(int argc, char **argv)
{
	child_init(argv[0]);
	if (argc == 3)
		return play(argv[1], argv[2]);
	check_vfork();
	check_statuses();
	check_waiting();
	check_orphans();
	check_unwanted_children();
	check_signals();
	check_groups();
	check_exec_errors();
	check_scripts();
	check_inheritance();
	check_auxv();
	check_user();
	return tap_done();
}
