// SPDX-License-Identifier: MIT
/*
 * busytest: a file is executed or written to, never both. Works on a copy of
 * itself in /tmp.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/tap.h"

#define COPY "/tmp/busytest-copy"
#define SCRIPT "/tmp/busytest-script"

static void copy_self(void)
{
	static char buf[65536];
	int from = open(child_self(), O_RDONLY);
	int to = open(COPY, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	ssize_t n;

	if (from < 0 || to < 0)
		tap_bail("copy");
	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)n) != n)
			tap_bail("write");
	close(from);
	close(to);
}

/* The errno of an attempt to open, 0 if it works. */
static int open_error(int flags)
{
	int fd = open(COPY, flags);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int run_error(const char *path)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl(path, path, "end", NULL);
		_exit(errno);
	}
	return child_wait(pid);
}

/* Start the copy; it runs until its standard input ends. */
static pid_t start_copy(int *hold)
{
	char *argv[] = { NULL, (char *)"wait", NULL };
	int in[2], out[2];
	char ready;
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		tap_bail("pipe");
	pid = child_start(COPY, argv, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	if (read(out[0], &ready, 1) != 1)
		tap_bail("the copy does not run");
	close(out[0]);
	*hold = in[1];
	return pid;
}

static void check_running(void)
{
	int hold;
	pid_t pid = start_copy(&hold);

	tap_equal(open_error(O_WRONLY), ETXTBSY,
		  "running: open for writing is ETXTBSY");
	tap_equal(open_error(O_RDWR), ETXTBSY, "running: for both, too");
	tap_equal(open_error(O_RDONLY), 0, "running: for reading works");
	tap_equal(open_error(O_RDONLY | O_TRUNC), ETXTBSY,
		  "running: to cut it is ETXTBSY");
	tap_ok(truncate(COPY, 0) == -1 && errno == ETXTBSY,
	       "running: truncate is ETXTBSY");
	tap_equal(run_error(COPY), 5, "running: once more works");
	tap_equal(unlink(COPY), 0, "running: it can be removed");
	copy_self();
	tap_equal(open_error(O_WRONLY), 0, "running: a new one can be written");
	close(hold);
	tap_equal(child_wait(pid), 5, "running: it runs on to its end");
}

static void check_ended(void)
{
	int hold;
	pid_t pid = start_copy(&hold);

	close(hold);
	child_wait(pid);
	tap_equal(open_error(O_WRONLY), 0, "ended: open for writing works");
}

static void check_writers(void)
{
	int fd = open(COPY, O_RDWR);
	char *p;

	tap_equal(run_error(COPY), ETXTBSY, "open for writing: ETXTBSY");
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	tap_equal(run_error(COPY), ETXTBSY, "mapped, shared: ETXTBSY");
	munmap(p, 4096);
	tap_equal(run_error(COPY), 5, "unmapped again: it runs");
}

static void check_script(void)
{
	static const char text[] = "#!" COPY " x\n";
	int fd = open(SCRIPT, O_WRONLY | O_CREAT | O_TRUNC, 0755);

	if (write(fd, text, sizeof(text) - 1) < 0)
		tap_bail("write");
	tap_equal(run_error(SCRIPT), ETXTBSY, "a script that is open: ETXTBSY");
	close(fd);
	tap_equal(run_error(SCRIPT), 5, "a script that is closed runs");
	fd = open(COPY, O_WRONLY);
	tap_equal(run_error(SCRIPT), ETXTBSY,
		  "a script whose interpreter is open: ETXTBSY");
	close(fd);
	unlink(SCRIPT);
}

static void check_all(void)
{
	copy_self();
	check_running();
	check_ended();
	check_writers();
	check_script();
	unlink(COPY);
}

/* Once more, unheard: what is printed may take memory, too. */
static void check_again(void)
{
	int null = open("/dev/null", O_WRONLY);
	struct counts before;

	child_sleep(100);	/* threads that ended are being buried */
	counts_take(&before);
	counts_take(&before);
	tap_equal(child_wait(child_again("round", NULL, NULL, -1, null)), 0,
		  "all of it once more");
	counts_check(&before);
	close(null);
}

int main(int argc, char **argv)
{
	bool is_round = argc == 2 && strcmp(argv[1], "round") == 0;
	char c;

	child_init(argv[0]);
	if (argc > 1 && !is_round) {
		if (strcmp(argv[1], "wait") == 0 &&
		    (write(1, "r", 1) != 1 || read(0, &c, 1) < 0))
			return 1;
		return 5;
	}
	check_all();
	if (!is_round)
		check_again();
	return tap_done();
}
