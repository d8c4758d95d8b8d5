// SPDX-License-Identifier: MIT
/*
 * inject's scenarios of files, directories, descriptors, pipes and waiting
 * for them. A call may fail for want of memory; what it did must then be as if
 * it had not been made, and the rest must still hold together.
 */
#define _GNU_SOURCE
#include "inject.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096, NAMES = 40 };

static char block[3 * PAGE], other[3 * PAGE];

/* Its buffers are there: no fault is left for the calls. */
static void touch(void)
{
	memset(block, 'b', sizeof(block));
	memset(other, 'o', sizeof(other));
}

static void make_file(void)
{
	int fd = open("file", O_CREAT | O_RDWR, 0644);

	touch();
	if (fd < 0 || write(fd, block, sizeof(block)) < 0)
		_exit(INJECT_WRONG);
	close(fd);
	mkdir("dir", 0755);
}

static int run_open(void)
{
	int fd = open("file", O_RDONLY);

	NEED(fd >= 0);
	CHECK(read(fd, other, 100) == 100);
	CHECK(memcmp(block, other, 100) == 0);
	CHECK(close(fd) == 0);
	return INJECT_DONE;
}

static int run_create(void)
{
	int fd = open("new", O_CREAT | O_EXCL | O_RDWR, 0644);

	if (fd < 0) {
		int result = inject_failed();

		fd = open("new", O_RDONLY);
		/* Made, but not opened: as where a descriptor is missing. */
		if (fd >= 0)
			close(fd);
		return result;
	}
	NEED_ALL(write(fd, block, sizeof(block)), (long)sizeof(block));
	NEED(lseek(fd, 100 * PAGE, SEEK_SET) == 100 * PAGE);
	NEED(write(fd, block, 10) == 10);
	CHECK(lseek(fd, 0, SEEK_END) == 100 * PAGE + 10);
	NEED(ftruncate(fd, PAGE + 1) == 0);
	CHECK(pread(fd, other, sizeof(other), 0) == PAGE + 1);
	CHECK(memcmp(block, other, PAGE + 1) == 0);
	NEED(ftruncate(fd, 200 * PAGE) == 0);
	CHECK(pread(fd, other, PAGE, 50 * PAGE) == PAGE && other[1] == 0);
	close(fd);
	return INJECT_DONE;
}

/* A write of which less than all could be done says how much. */
static int run_write(void)
{
	struct iovec pieces[3] = {
		{ block, PAGE }, { block, 100 }, { block, sizeof(block) },
	};
	int fd = open("file", O_WRONLY | O_APPEND);
	struct stat st;
	long done;

	NEED(fd >= 0);
	done = writev(fd, pieces, 3);
	NEED(fstat(fd, &st) == 0);
	CHECK(st.st_size == (long)sizeof(block) + (done > 0 ? done : 0));
	close(fd);
	NEED(done > 0);
	return INJECT_DONE;
}

static int run_tree(void)
{
	struct stat st;

	NEED(mkdir("dir/a", 0755) == 0);
	NEED(mkdir("dir/a/b", 0755) == 0);
	NEED(symlink("../../file", "dir/a/link") == 0);
	NEED(stat("dir/a/link", &st) == 0);
	CHECK(st.st_size == sizeof(block));
	NEED(link("file", "dir/a/b/hard") == 0);
	NEED(rename("dir/a/b", "dir/c") == 0);
	NEED(stat("dir/c/hard", &st) == 0);
	CHECK(st.st_nlink == 2);
	NEED(rename("dir/c/hard", "dir/a/link") == 0);
	NEED(lstat("dir/a/link", &st) == 0);
	CHECK(S_ISREG(st.st_mode));
	NEED(unlink("dir/a/link") == 0);
	NEED(rmdir("dir/a") == 0);
	NEED(rmdir("dir/c") == 0);
	return INJECT_DONE;
}

/* What rename could not do has changed nothing. */
static int run_rename(void)
{
	struct stat st;

	if (rename("file", "dir/moved") != 0) {
		int result = inject_failed();

		NEED(stat("file", &st) == 0);
		CHECK(access("dir/moved", F_OK) != 0);
		return result;
	}
	NEED(stat("dir/moved", &st) == 0);
	CHECK(st.st_size == sizeof(block) && st.st_nlink == 1);
	NEED(access("file", F_OK) != 0);
	return INJECT_DONE;
}

static int run_many_names(void)
{
	char name[64];

	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "dir/name-%d-%040d", i, i);
		NEED(mkdir(name, 0700) == 0);
	}
	return INJECT_DONE;
}

static int run_list(void)
{
	char records[2048];
	struct stat st;
	int fd = open(".", O_RDONLY | O_DIRECTORY), fd2;

	NEED(fd >= 0);
	NEED(syscall(SYS_getdents64, fd, records, sizeof(records)) > 0);
	NEED(fstatat(fd, "file", &st, 0) == 0);
	fd2 = openat(fd, "dir/../dir", O_RDONLY);
	NEED(fd2 >= 0);
	NEED(fchdir(fd2) == 0);
	NEED(getcwd(records, sizeof(records)) != NULL);
	CHECK(strcmp(records + strlen(records) - 4, "/dir") == 0);
	close(fd);
	close(fd2);
	return INJECT_DONE;
}

static int run_descriptors(void)
{
	int fd = open("file", O_RDONLY), top;

	NEED(fd >= 0);
	top = fcntl(fd, F_DUPFD_CLOEXEC, 200);
	NEED(top == 200);
	NEED(dup2(fd, 100) == 100);
	NEED(dup(fd) >= 0);
	return INJECT_DONE;
}

static int run_pipe(void)
{
	int end[2];
	long n = 0;

	NEED(pipe2(end, O_NONBLOCK) == 0);
	for (int i = 0; i < 3; i++) {
		long done = write(end[1], block, sizeof(block));

		NEED(done > 0);
		n += done;
	}
	while (n > 0) {
		long done = read(end[0], other, sizeof(other));

		CHECK(done > 0);
		CHECK(other[0] == 'b' && other[done - 1] == 'b');
		n -= done;
	}
	close(end[1]);
	CHECK(read(end[0], other, 1) == 0);
	return INJECT_DONE;
}

static int run_socketpair(void)
{
	int end[2];

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, end) == 0);
	NEED(write(end[0], block, sizeof(block)) > 0);
	CHECK(read(end[1], other, 10) == 10);
	NEED(send(end[1], block, 10, 0) == 10);
	CHECK(recv(end[0], other, 20, 0) == 10);
	CHECK(shutdown(end[0], SHUT_WR) == 0);
	return INJECT_DONE;
}

static int run_eventfd(void)
{
	uint64_t value = 5;
	int fd = eventfd(1, EFD_NONBLOCK);

	NEED(fd >= 0);
	CHECK(write(fd, &value, 8) == 8);
	CHECK(read(fd, &value, 8) == 8);
	CHECK(value == 6);
	return INJECT_DONE;
}

static int run_poll(void)
{
	struct pollfd set[100];
	int end[2];

	NEED(pipe(end) == 0);
	for (int i = 0; i < 100; i++) {
		set[i].fd = i % 2 ? end[0] : end[1];
		set[i].events = i % 2 ? POLLIN : i < 50 ? POLLOUT : 0;
	}
	NEED(poll(set, 100, 0) == 25);
	for (int i = 0; i < 100; i++)
		set[i].fd = end[0];
	NEED(poll(set, 100, 3) == 0);	/* it waits on all of them */
	NEED(write(end[1], "x", 1) == 1);
	NEED(poll(set, 100, -1) == 50);
	return INJECT_DONE;
}

static int run_select(void)
{
	struct timeval time = { 0, 3000 };
	fd_set readable, writable;
	int end[2];

	NEED(pipe(end) == 0);
	FD_ZERO(&readable);
	FD_ZERO(&writable);
	FD_SET(end[0], &readable);
	NEED(select(end[1] + 1, &readable, NULL, NULL, &time) == 0);
	FD_SET(end[0], &readable);
	FD_SET(end[1], &writable);
	NEED(select(end[1] + 1, &readable, &writable, NULL, NULL) == 1);
	CHECK(FD_ISSET(end[1], &writable) && !FD_ISSET(end[0], &readable));
	return INJECT_DONE;
}

static int run_devices(void)
{
	static const char *const names[] = {
		"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
		"/dev/urandom", "/dev/tty", "/dev/console",
	};
	struct winsize size;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		int fd = open(names[i], O_RDWR | O_NOCTTY | O_NONBLOCK);

		if (fd < 0 && (errno == ENOENT || errno == ENXIO))
			continue;
		NEED(fd >= 0);
		ioctl(fd, TIOCGWINSZ, &size);
		if (i < 5 && read(fd, other, 100) < 0)
			return inject_failed();
		if (i < 2)
			NEED(write(fd, block, 100) == 100);
		close(fd);
	}
	return INJECT_DONE;
}

static int read_all(const char *name)
{
	int fd = open(name, O_RDONLY);
	long n;

	if (fd < 0 && errno == ENOENT)
		return INJECT_DONE;
	NEED(fd >= 0);
	while ((n = read(fd, other, 500)) > 0)
		;
	NEED(n == 0);
	close(fd);
	return INJECT_DONE;
}

static int run_proc(void)
{
	static const char *const names[] = {
		"/proc/meminfo", "/proc/uptime", "/proc/loadavg", "/proc/stat",
		"/proc/cpuinfo", "/proc/mounts", "/proc/interrupts",
		"/proc/self/stat", "/proc/self/status", "/proc/self/maps",
		"/proc/self/cmdline", "/proc/loom/counts",
	};
	static const char *const folders[] = {
		"/proc", "/proc/self", "/proc/self/fd",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		int result = read_all(names[i]);

		if (result != INJECT_DONE)
			return result;
	}
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		int fd = open(folders[i], O_RDONLY | O_DIRECTORY);

		if (fd < 0 && errno == ENOENT)
			continue;
		NEED(fd >= 0);
		NEED(syscall(SYS_getdents64, fd, other, sizeof(other)) > 0);
		close(fd);
	}
	return INJECT_DONE;
}

/* Long names and vectors, which the kernel copies. */
static int run_copies(void)
{
	static struct iovec pieces[1024];
	static char path[PAGE];
	struct stat st;
	int fd;

	memset(path, '/', sizeof(path) - 2);
	memcpy(path, "./", 2);
	memcpy(path + PAGE - 6, "/file", 6);
	NEED(stat(path, &st) != 0 ? errno == ENAMETOOLONG ||
	     inject_failed() == INJECT_REFUSED : true);
	for (int i = 0; i < 1024; i++)
		pieces[i] = (struct iovec){ block + i, 4 };
	fd = open("file", O_WRONLY);
	NEED(fd >= 0);
	NEED(writev(fd, pieces, 1024) == 4096);
	return INJECT_DONE;
}

const struct inject_scenario inject_files[] = {
	{ "open", make_file, run_open },
	{ "create", touch, run_create },
	{ "write", make_file, run_write },
	{ "tree", make_file, run_tree },
	{ "rename", make_file, run_rename },
	{ "many-names", make_file, run_many_names },
	{ "list", make_file, run_list },
	{ "descriptors", make_file, run_descriptors },
	{ "pipe", touch, run_pipe },
	{ "socketpair", touch, run_socketpair },
	{ "eventfd", touch, run_eventfd },
	{ "poll", touch, run_poll },
	{ "select", touch, run_select },
	{ "devices", touch, run_devices },
	{ "proc", touch, run_proc },
	{ "copies", make_file, run_copies },
	{ NULL, NULL, NULL },
};
