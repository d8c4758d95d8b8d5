// SPDX-License-Identifier: MIT
/*
 * proctest: what /proc tells of processes and of the machine is true, and in
 * the formats that ps, top and their like read.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/tap.h"

#define NAME "proctest.tmp"

/* The whole of a file as a string; "" if it cannot be read. */
static const char *text_of(const char *path)
{
	static char text[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n, len = 0;

	while (fd >= 0 && len < (ssize_t)sizeof(text) - 1 &&
	       (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	if (fd >= 0)
		close(fd);
	text[len] = '\0';
	return text;
}

static const char *text_of_process(int pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return text_of(path);
}

/* The number behind @key at the start of a line; -1: no such line. */
static long long number_after(const char *text, const char *key, int base)
{
	size_t len = strlen(key);

	for (const char *line = text; line != NULL && *line != '\0';
	     line = strchr(line, '\n'), line += line != NULL)
		if (strncmp(line, key, len) == 0)
			return (long long)strtoull(line + len, NULL, base);
	return -1;
}

/* The fields of /proc/PID/stat that are compared. */
struct stat_fields {
	int pid, ppid, pgrp, session;
	char name[32], state;
	long threads;
	unsigned long vsize;
	long rss;
	unsigned long long start;
};

static bool read_stat(const char *text, struct stat_fields *f)
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')');

	memset(f, 0, sizeof(*f));
	if (open == NULL || close == NULL || close - open > 31)
		return false;
	memcpy(f->name, open + 1, (size_t)(close - open - 1));
	return sscanf(text, "%d", &f->pid) == 1 &&
	       sscanf(close + 1, " %c %d %d %d %*d %*d %*u %*u %*u %*u %*u "
		      "%*u %*u %*d %*d %*d %*d %ld %*d %llu %lu %ld",
		      &f->state, &f->ppid, &f->pgrp, &f->session, &f->threads,
		      &f->start, &f->vsize, &f->rss) == 8;
}

static int fields_in(const char *text)
{
	int fields = 0;

	for (text = strrchr(text, ')'); text && *text; text++)
		fields += *text == ' ';
	return fields + 2;
}

/* Linux counts pages in batches: so many may be missing from a size. */
#define BATCH 64

/* Volatile: nobody reads it, and a compiler would leave it out. */
static volatile char touched[4 * BATCH * 4096];

static void check_stat(void)
{
	struct stat_fields f;
	const char *text;

	for (size_t i = 0; i < sizeof(touched); i += 4096)
		touched[i] = 1;
	prctl(PR_SET_NAME, "a) (b");
	text = text_of("/proc/self/stat");
	tap_ok(read_stat(text, &f), "stat: can be parsed");
	tap_equal(fields_in(text), 52, "stat: has 52 fields");
	tap_ok(strcmp(f.name, "a) (b") == 0, "stat: any name");
	tap_equal(f.pid, getpid(), "stat: pid");
	tap_equal(f.ppid, getppid(), "stat: parent");
	tap_equal(f.pgrp, getpgrp(), "stat: group");
	tap_equal(f.session, getsid(0), "stat: session");
	tap_equal(f.state, 'R', "stat: it runs");
	tap_equal(f.threads, 1, "stat: one thread");
	tap_ok(f.vsize > 100000 && f.rss > 3 * BATCH, "stat: it has memory");
	tap_ok(strcmp(text_of("/proc/self/comm"), "a) (b\n") == 0,
	       "comm: the name");
	prctl(PR_SET_NAME, "proctest");
}

static void on_signal(int sig)
{
	(void)sig;
}

static void check_status(void)
{
	const char *text;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGUSR2, SIG_IGN);
	signal(SIGHUP, on_signal);
	raise(SIGUSR1);
	umask(027);
	text = text_of("/proc/self/status");
	tap_ok(strncmp(text, "Name:\tproctest\n", 15) == 0,
	       "status: name first");
	tap_equal(number_after(text, "Pid:\t", 10), getpid(), "status: pid");
	tap_equal(number_after(text, "Tgid:\t", 10), getpid(), "status: group");
	tap_equal(number_after(text, "PPid:\t", 10), getppid(),
		  "status: parent");
	tap_equal(number_after(text, "Threads:\t", 10), 1, "status: threads");
	tap_equal(number_after(text, "Umask:\t", 8), 027, "status: umask");
	tap_equal(number_after(text, "SigBlk:\t", 16), 1 << (SIGUSR1 - 1),
		  "status: blocked");
	tap_equal(number_after(text, "SigIgn:\t", 16) &
		  1 << (SIGUSR2 - 1), 1 << (SIGUSR2 - 1), "status: ignored");
	tap_equal(number_after(text, "SigCgt:\t", 16), 1 << (SIGHUP - 1),
		  "status: caught");
	tap_equal((number_after(text, "SigPnd:\t", 16) |
		   number_after(text, "ShdPnd:\t", 16)), 1 << (SIGUSR1 - 1),
		  "status: pending");
	tap_ok(number_after(text, "VmSize:\t", 10) >=
	       number_after(text, "VmRSS:\t", 10) &&
	       number_after(text, "VmRSS:\t", 10) > 3 * BATCH * 4,
	       "status: sizes of memory");
	signal(SIGUSR1, SIG_IGN);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	signal(SIGUSR1, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	umask(022);
}

/* A child that sleeps until it is killed. */
static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static char state_of(int pid)
{
	struct stat_fields f;

	return read_stat(text_of_process(pid, "stat"), &f) ? f.state : '-';
}

static bool reaches_state(int pid, char state)
{
	for (int i = 0; i < 200; i++) {
		if (state_of(pid) == state)
			return true;
		child_sleep(10);
	}
	tap_note("state %c", state_of(pid));
	return false;
}

static bool is_listed(const char *directory, int number)
{
	struct dirent *e;
	bool found = false;
	DIR *d = opendir(directory);

	while (d != NULL && (e = readdir(d)) != NULL)
		found |= atoi(e->d_name) == number && e->d_name[0] != '.' &&
			 e->d_name[0] >= '0' && e->d_name[0] <= '9';
	if (d != NULL)
		closedir(d);
	return found;
}

static void check_states(void)
{
	pid_t pid = sleeper();
	char path[64], block[16];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	tap_ok(reaches_state(pid, 'S'), "a child that waits is S");
	tap_ok(is_listed("/proc", pid), "it is listed");
	kill(pid, SIGSTOP);
	tap_ok(reaches_state(pid, 'T'), "a stopped one is T");
	kill(pid, SIGCONT);
	tap_ok(reaches_state(pid, 'S'), "continued, it is S again");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	kill(pid, SIGKILL);
	tap_ok(reaches_state(pid, 'Z'), "killed, it is Z");
	tap_equal(strlen(text_of_process(pid, "cmdline")), 0,
		  "a zombie has no arguments");
	tap_equal(strlen(text_of_process(pid, "maps")), 0, "and no memory");
	child_wait(pid);
	tap_equal(access(path, F_OK), -1, "waited for, it is gone");
	tap_ok(!is_listed("/proc", pid), "from the list, too");
	errno = 0;
	tap_ok(read(fd, block, sizeof(block)) == -1 && errno == ESRCH,
	       "what was opened before is ESRCH");
	close(fd);
}

/* @text holds @string, NUL or not. */
static bool holds_string(int pid, const char *name, const char *string)
{
	char path[64], block[8192];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = read(fd, block, sizeof(block));
	close(fd);
	return n > 0 && memmem(block, (size_t)n, string, strlen(string) + 1);
}

static void check_arguments(char **argv)
{
	char self[PATH_MAX], block[4], *word = argv[0];
	struct stat a = { 0 }, b = { 0 };
	ssize_t n;

	tap_ok(strcmp(text_of("/proc/self/cmdline"), word) == 0,
	       "cmdline: argv[0]");
	tap_ok(holds_string(getpid(), "cmdline", "second word"),
	       "cmdline: an argument with a blank");
	tap_ok(holds_string(getpid(), "environ", "PROCTEST=yes"),
	       "environ: a variable");
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	tap_ok(readlink("/proc/self/exe", block, 3) == 3 && block[0] == '/',
	       "exe: cut to what there is room for");
	tap_ok(n > 0 && stat("/proc/self/exe", &a) == 0,
	       "exe: a link that can be followed");
	self[n > 0 ? n : 0] = '\0';
	tap_ok(stat(self, &b) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev, "exe: its text is the path");
}

static bool link_is(const char *path, const char *want)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	target[n > 0 ? n : 0] = '\0';
	if (strcmp(target, want) == 0)
		return true;
	tap_note("%s -> %s, expected %s", path, target, want);
	return false;
}

static void check_links(void)
{
	char before[PATH_MAX], cwd[PATH_MAX], want[PATH_MAX + 32], path[64];
	int fd;

	/* Not the root, whose path has a slash at its end. */
	if (getcwd(before, sizeof(before)) == NULL || mkdir(NAME, 0700) != 0 ||
	    chdir(NAME) != 0)
		tap_bail("%s", NAME);
	snprintf(want, sizeof(want), "%d", getpid());
	tap_ok(link_is("/proc/self", want), "self: the pid");
	snprintf(want, sizeof(want), "%d/task/%d", getpid(), getpid());
	tap_ok(link_is("/proc/thread-self", want), "thread-self");
	tap_ok(getcwd(cwd, sizeof(cwd)) != NULL &&
	       link_is("/proc/self/cwd", cwd), "cwd");
	tap_ok(link_is("/proc/self/root", "/"), "root");
	fd = open(NAME, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	snprintf(want, sizeof(want), "%s/%s", cwd, NAME);
	tap_ok(link_is(path, want), "fd: a file's path");
	rename(NAME, NAME ".2");
	snprintf(want, sizeof(want), "%s/%s.2", cwd, NAME);
	tap_ok(link_is(path, want), "fd: its new name");
	unlink(NAME ".2");
	snprintf(want, sizeof(want), "%s/%s.2 (deleted)", cwd, NAME);
	tap_ok(link_is(path, want), "fd: and that it was removed");
	close(fd);
	mkdir(NAME, 0700);
	if (chdir(NAME) != 0)
		tap_bail("chdir");
	rmdir("../" NAME);
	snprintf(want, sizeof(want), "%s/%s (deleted)", cwd, NAME);
	tap_ok(link_is("/proc/self/cwd", want), "cwd: a removed directory");
	if (chdir(before) != 0)
		tap_bail("chdir");
	rmdir(NAME);
}

static void check_reopen(void)
{
	char path[64], block[8] = "", target[64] = "";
	int fd = open(NAME, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int again, end[2];

	unlink(NAME);
	if (write(fd, "text", 4) != 4)
		tap_bail("write");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY | O_CLOEXEC);
	tap_ok(again >= 0 && read(again, block, 8) == 4 &&
	       memcmp(block, "text", 4) == 0,
	       "fd: opens what has no name any more");
	close(again);
	close(fd);
	if (pipe2(end, O_CLOEXEC) != 0)
		tap_bail("pipe");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", end[1]);
	tap_ok(readlink(path, target, 63) > 0 &&
	       strncmp(target, "pipe:[", 6) == 0, "fd: a pipe");
	again = open(path, O_WRONLY | O_CLOEXEC);
	close(end[1]);
	tap_ok(again >= 0 && write(again, "x", 1) == 1 &&
	       read(end[0], block, 8) == 1, "fd: opens a pipe");
	close(again);
	close(end[0]);
	tap_equal(open(path, O_WRONLY), -1, "fd: closed, it is gone");
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	again = open(path, O_RDONLY | O_CLOEXEC);
	tap_ok(again >= 0 && is_listed("/dev/fd", again),
	       "/dev/fd leads there");
	close(again);
	close(fd);
}

static void check_fdinfo(void)
{
	char path[64];
	int fd = open(NAME, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	const char *text;

	unlink(NAME);
	lseek(fd, 12345, SEEK_SET);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	text = text_of(path);
	tap_equal(number_after(text, "pos:\t", 10), 12345, "fdinfo: position");
	tap_equal(number_after(text, "flags:\t", 8) & (O_ACCMODE | O_APPEND),
		  O_RDWR | O_APPEND, "fdinfo: flags");
	close(fd);
}

/* The line of maps that holds @address. */
static bool find_area(const void *address, char perms[8], char name[256])
{
	FILE *in = fopen("/proc/self/maps", "re");
	unsigned long at = (unsigned long)(uintptr_t)address, start, end;
	bool found = false;
	char line[512];

	while (in != NULL && !found && fgets(line, sizeof(line), in)) {
		name[0] = '\0';
		if (sscanf(line, "%lx-%lx %7s %*x %*x:%*x %*u %255[^\n]",
			   &start, &end, perms, name) >= 3)
			found = at >= start && at < end;
	}
	if (in != NULL)
		fclose(in);
	return found;
}

static int initialized = 7;

static void check_maps(void)
{
	unsigned long start, end, last = 0;
	char perms[8], name[256], line[512];
	FILE *in = fopen("/proc/self/maps", "re");
	bool ordered = true;
	void *page;

	while (in != NULL && fgets(line, sizeof(line), in)) {
		ordered &= sscanf(line, "%lx-%lx", &start, &end) == 2 &&
			   start >= last && end > start;
		last = end;
	}
	if (in != NULL)
		fclose(in);
	tap_ok(last != 0 && ordered, "maps: areas in order");
	tap_ok(find_area((void *)(uintptr_t)check_maps, perms, name) &&
	       strcmp(perms, "r-xp") == 0, "maps: text");
	tap_ok(find_area(&initialized, perms, name) &&
	       strcmp(perms, "rw-p") == 0, "maps: data");
	tap_ok(find_area(&page, perms, name) &&
	       strcmp(name, "[stack]") == 0, "maps: the stack");
	tap_ok(sbrk(4096) != (void *)-1 &&
	       find_area((char *)sbrk(0) - 1, perms, name) &&
	       strcmp(name, "[heap]") == 0, "maps: the heap");
	page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	tap_ok(find_area(page, perms, name) && strcmp(perms, "r--p") == 0,
	       "maps: a mapping");
	munmap(page, 4096);
	tap_ok(!find_area(page, perms, name), "maps: no more");
}

static void check_statm(void)
{
	long before, after;
	const long pages = 16 * BATCH;
	const size_t size = (size_t)pages * 4096;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	sscanf(text_of("/proc/self/statm"), "%*d %ld", &before);
	memset(memory, 1, size);
	sscanf(text_of("/proc/self/statm"), "%*d %ld", &after);
	tap_ok(after - before >= pages - BATCH &&
	       after - before <= pages + BATCH,
	       "statm: pages that were touched");
	munmap(memory, size);
}

static int other_tid;
static pthread_barrier_t barrier;

static void *other_thread(void *unused)
{
	prctl(PR_SET_NAME, "other");
	other_tid = (int)syscall(SYS_gettid);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return unused;
}

static void check_threads(void)
{
	struct stat_fields f;
	pthread_t thread;
	char path[64];

	pthread_barrier_init(&barrier, NULL, 2);
	if (pthread_create(&thread, NULL, other_thread, NULL) != 0) {
		tap_skip("no threads", "threads");
		return;
	}
	pthread_barrier_wait(&barrier);
	tap_ok(is_listed("/proc/self/task", getpid()) &&
	       is_listed("/proc/self/task", other_tid),
	       "task: both threads");
	tap_ok(read_stat(text_of("/proc/self/stat"), &f) && f.threads == 2,
	       "stat: two threads");
	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", other_tid);
	tap_ok(strcmp(text_of(path), "other\n") == 0, "task: its name");
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", other_tid);
	tap_ok(read_stat(text_of(path), &f) && f.pid == other_tid,
	       "task: its number");
	tap_ok(!is_listed("/proc", other_tid), "it is no process");
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&barrier);
}

static void check_reading(void)
{
	char whole[4096], pieces[4096], path[64];
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, whole, sizeof(whole)), at = 0, got;
	pid_t pid;

	while ((got = pread(fd, pieces + at, 7, at)) > 0)
		at += got;
	tap_ok(n > 100 && at > n - 20 && at < n + 20 &&
	       memcmp(whole, pieces, 100) == 0, "a text read in pieces");
	close(fd);
	pid = sleeper();
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	kill(pid, SIGKILL);
	reaches_state(pid, 'Z');
	n = read(fd, whole, sizeof(whole) - 1);
	tap_ok(n > 0 && memmem(whole, (size_t)n, ") Z ", 4),
	       "a text is of when it is read");
	child_wait(pid);
	close(fd);
	fd = open("/proc/self/comm", O_RDONLY | O_CLOEXEC);
	tap_equal(read(fd, whole, sizeof(whole)), 9, "comm: eight letters");
	prctl(PR_SET_NAME, "changed");
	lseek(fd, 0, SEEK_SET);
	n = read(fd, pieces, sizeof(pieces));
	tap_ok(n == 8 && memcmp(pieces, "changed\n", 8) == 0,
	       "and made again when it is read from the start");
	close(fd);
	tap_ok(open("/proc/self/stat", O_RDONLY | O_DIRECTORY) == -1 &&
	       errno == ENOTDIR, "a file is no directory");
	tap_equal(open("/proc/nothing", O_RDONLY), -1, "nothing else is there");
}

static void check_machine(void)
{
	struct timespec now;
	struct utsname name;
	double up = 0, idle = 0, load[3];
	long long total, unused, boot;
	int running, threads, last;

	clock_gettime(CLOCK_BOOTTIME, &now);
	sscanf(text_of("/proc/uptime"), "%lf %lf", &up, &idle);
	tap_ok(up > (double)now.tv_sec - 3 && up < (double)now.tv_sec + 3,
	       "uptime: is the clock's");
	tap_ok(sscanf(text_of("/proc/loadavg"), "%lf %lf %lf %d/%d %d",
		      &load[0], &load[1], &load[2], &running, &threads,
		      &last) == 6 && running >= 1 && threads >= running,
	       "loadavg: six numbers");
	boot = number_after(text_of("/proc/stat"), "btime ", 10);
	tap_ok(boot > time(NULL) - now.tv_sec - 3 &&
	       boot < time(NULL) - now.tv_sec + 3, "stat: boot time");
	tap_ok(number_after(text_of("/proc/stat"), "cpu  ", 10) >= 0 &&
	       number_after(text_of("/proc/stat"), "ctxt ", 10) > 0 &&
	       number_after(text_of("/proc/stat"), "processes ", 10) > 0 &&
	       number_after(text_of("/proc/stat"), "procs_running ", 10) > 0,
	       "stat: what top reads");
	total = number_after(text_of("/proc/meminfo"), "MemTotal:", 10);
	unused = number_after(text_of("/proc/meminfo"), "MemFree:", 10);
	tap_ok(total > unused && unused > 0, "meminfo: total and free");
	tap_ok(strstr(text_of("/proc/cpuinfo"), "processor\t: 0\n") != NULL,
	       "cpuinfo: processor 0");
	tap_ok(strstr(text_of("/proc/mounts"), " /proc proc ") != NULL,
	       "mounts: /proc");
	tap_ok(strstr(text_of("/proc/filesystems"), "proc\n") != NULL,
	       "filesystems: proc");
	uname(&name);
	tap_ok(strncmp(text_of("/proc/version"), "Linux version ", 14) == 0,
	       "version: Linux");
	tap_ok(strncmp(text_of("/proc/sys/kernel/osrelease"), name.release,
		       strlen(name.release)) == 0 &&
	       strncmp(text_of("/proc/sys/kernel/hostname"), name.nodename,
		       strlen(name.nodename)) == 0, "sys: names as uname's");
	tap_equal(strlen(text_of("/proc/sys/kernel/random/uuid")), 37,
		  "sys: a random id");
}

int main(int argc, char **argv)
{
	char *again[] = { argv[0], "again", "second word", NULL };
	char *environment[] = { "PROCTEST=yes", NULL };

	if (argc < 2) {
		execve("/proc/self/exe", again, environment);
		tap_bail("execve");
	}
	check_arguments(argv);
	check_stat();
	check_status();
	check_states();
	check_links();
	check_reopen();
	check_fdinfo();
	check_maps();
	check_statm();
	check_threads();
	check_reading();
	check_machine();
	return tap_done();
}
