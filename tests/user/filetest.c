// SPDX-License-Identifier: MIT
/*
 * filetest: files, directories and descriptors, as Linux has them. It works
 * in a directory of its own below the working directory and leaves nothing.
 * It starts no other program, so that any Linux can run it for comparison.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/files.h"
#include "lib/tap.h"

#define DIRECTORY "filetest.tmp"
#define LARGE (5 * 1024 * 1024 + 123)
#define ENTRIES 300

static long size_of(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 ? (long)st.st_size : -1;
}

static void check_open(void)
{
	int fd;

	tap_ok(FAILS(open("none", O_RDONLY), ENOENT),
	       "open: no such file is ENOENT");
	fd = open("a", O_WRONLY | O_CREAT | O_EXCL, 0640);
	tap_ok(fd >= 0, "open: O_CREAT makes a file");
	tap_equal(write(fd, "hello", 5), 5, "write: five bytes");
	close(fd);
	tap_ok(FAILS(open("a", O_WRONLY | O_CREAT | O_EXCL, 0640), EEXIST),
	       "open: O_EXCL refuses one that exists");
	tap_ok(file_holds("a", "hello"), "read: what was written");
	close(open("a", O_WRONLY | O_CREAT, 0640));
	tap_equal(size_of("a"), 5, "open: O_CREAT keeps the contents");
	fd = open("a", O_WRONLY | O_APPEND);
	lseek(fd, 0, SEEK_SET);
	tap_equal(write(fd, " you", 4), 4, "write: O_APPEND after a seek");
	close(fd);
	tap_ok(file_holds("a", "hello you"), "write: O_APPEND is at the end");
	close(open("a", O_WRONLY | O_TRUNC));
	tap_equal(size_of("a"), 0, "open: O_TRUNC empties it");
	fd = open("a", O_RDONLY);
	tap_ok(FAILS(write(fd, "x", 1), EBADF), "write: not with O_RDONLY");
	close(fd);
	fd = open("a", O_WRONLY);
	tap_ok(FAILS(read(fd, &(char){ 0 }, 1), EBADF),
	       "read: not with O_WRONLY");
	close(fd);
	tap_ok(FAILS(close(fd), EBADF), "close: twice is EBADF");
	tap_ok(FAILS(open(".", O_WRONLY), EISDIR),
	       "open: a directory for writing is EISDIR");
	tap_ok(FAILS(open("a/b", O_RDONLY), ENOTDIR),
	       "open: below a file is ENOTDIR");
	tap_ok(FAILS(open("a", O_RDONLY | O_DIRECTORY), ENOTDIR),
	       "open: O_DIRECTORY refuses a file");
	tap_ok(FAILS(open("", O_RDONLY), ENOENT),
	       "open: the empty path is ENOENT");
	unlink("a");
}

static void check_long_names(void)
{
	char name[300], *path = malloc(PATH_MAX + 10);

	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	tap_ok(close(open(name, O_WRONLY | O_CREAT, 0600)) == 0 &&
	       unlink(name) == 0, "a name of 255 bytes");
	name[255] = 'n';
	name[256] = '\0';
	tap_ok(FAILS(open(name, O_WRONLY | O_CREAT, 0600), ENAMETOOLONG),
	       "a name of 256 bytes is too long");
	for (int i = 0; i < PATH_MAX + 9; i++)
		path[i] = i % 2 ? '/' : '.';
	path[PATH_MAX + 9] = '\0';
	tap_ok(FAILS(open(path, O_RDONLY), ENAMETOOLONG),
	       "a path of more than 4096 bytes is too long");
	path[PATH_MAX - 1] = '\0';
	tap_ok(close(open(path, O_RDONLY)) == 0,
	       "a path of 4095 bytes is not");
	free(path);
}

static void check_offsets(void)
{
	char block[32];
	int fd = file_make("o", "0123456789");

	tap_equal(lseek(fd, 0, SEEK_CUR), 10, "lseek: after writing");
	tap_equal(lseek(fd, -3, SEEK_END), 7, "lseek: from the end");
	tap_ok(read(fd, block, 2) == 2 && memcmp(block, "78", 2) == 0,
	       "read: from there");
	tap_equal(lseek(fd, -4, SEEK_CUR), 5, "lseek: from here");
	tap_ok(FAILS(lseek(fd, -1, SEEK_SET), EINVAL),
	       "lseek: before the start is EINVAL");
	tap_ok(FAILS(lseek(fd, 0, 77), EINVAL), "lseek: a wrong whence");
	tap_ok(pread(fd, block, 4, 2) == 4 && memcmp(block, "2345", 4) == 0,
	       "pread: from its own offset");
	tap_equal(pwrite(fd, "ab", 2, 4), 2, "pwrite: to its own offset");
	tap_equal(lseek(fd, 0, SEEK_CUR), 5, "neither moves the file's");
	tap_ok(file_holds("o", "0123ab6789"), "pwrite: in the middle");
	tap_equal(pread(fd, block, 4, 100), 0, "pread: behind the end is 0");
	tap_ok(FAILS(pread(fd, block, 4, -1), EINVAL),
	       "pread: a negative offset is EINVAL");
	close(fd);
	unlink("o");
}

static void check_holes(void)
{
	static char block[3 * 4096];
	int fd = file_make("h", "start");
	bool zero = true;

	tap_equal(pwrite(fd, "end", 3, 3 * 4096 - 3), 3,
		  "pwrite: behind the end");
	tap_equal(size_of("h"), 3 * 4096, "the file grows up to there");
	tap_equal(pread(fd, block, sizeof(block), 0), sizeof(block),
		  "the hole can be read");
	for (size_t i = 5; i < sizeof(block) - 3; i++)
		zero &= block[i] == 0;
	tap_ok(zero, "and is zero");
	tap_equal(ftruncate(fd, 2), 0, "ftruncate: to two bytes");
	tap_equal(ftruncate(fd, 6), 0, "ftruncate: and back up");
	tap_ok(pread(fd, block, 32, 0) == 6 &&
	       memcmp(block, "st\0\0\0", 6) == 0, "what was cut off is zero");
	tap_ok(FAILS(ftruncate(fd, -1), EINVAL),
	       "ftruncate: a negative size is EINVAL");
	close(fd);
	unlink("h");
}

static void check_vectors(void)
{
	char a[3], b[4];
	struct iovec in[3] = { { "ab", 2 }, { "", 0 }, { "cdefg", 5 } };
	struct iovec out[2] = { { a, 3 }, { b, 4 } };
	/* Hidden from the compiler, which knows better. */
	volatile int negative = -1;
	int fd = file_make("v", "");

	tap_equal(writev(fd, in, 3), 7, "writev: three pieces");
	lseek(fd, 0, SEEK_SET);
	tap_equal(readv(fd, out, 2), 7, "readv: two pieces");
	tap_ok(memcmp(a, "abc", 3) == 0 && memcmp(b, "defg", 4) == 0,
	       "readv: cut in other places");
	tap_ok(FAILS(writev(fd, in, negative), EINVAL),
	       "writev: a negative count is EINVAL");
	in[1].iov_len = (size_t)negative;
	tap_ok(FAILS(writev(fd, in, 3), EINVAL),
	       "writev: a negative length is EINVAL");
	close(fd);
	unlink("v");
}

static unsigned char large_byte(size_t at)
{
	return (unsigned char)(at ^ (at >> 8) ^ (at >> 16));
}

static void check_large(void)
{
	unsigned char *block = malloc(100000);
	int fd = file_make("l", "");
	size_t at = 0;
	bool same = true;

	while (at < LARGE) {
		size_t n = LARGE - at < 100000 ? LARGE - at : 100000;

		for (size_t i = 0; i < n; i++)
			block[i] = large_byte(at + i);
		if (write(fd, block, n) != (ssize_t)n)
			break;
		at += n;
	}
	tap_equal((long)at, LARGE, "a file of five megabytes is written");
	lseek(fd, 0, SEEK_SET);
	for (at = 0; at < LARGE;) {
		ssize_t n = read(fd, block, 77777);

		if (n <= 0)
			break;
		for (ssize_t i = 0; i < n; i++)
			same &= block[i] == large_byte(at++);
	}
	tap_ok(same && at == LARGE, "and read back");
	close(fd);
	free(block);
	tap_equal(unlink("l"), 0, "and removed");
}

static void check_directories(void)
{
	struct stat st;
	int fd;

	tap_equal(mkdir("d", 0755), 0, "mkdir");
	tap_ok(FAILS(mkdir("d", 0755), EEXIST), "mkdir: again is EEXIST");
	tap_ok(FAILS(mkdir("x/y", 0755), ENOENT),
	       "mkdir: without a parent is ENOENT");
	tap_ok(stat("d", &st) == 0 && S_ISDIR(st.st_mode) &&
	       (st.st_mode & 0777) == 0755, "stat: it is a directory");
	close(file_make("d/f", "x"));
	tap_ok(FAILS(rmdir("d"), ENOTEMPTY), "rmdir: not empty");
	tap_ok(FAILS(unlink("d"), EISDIR), "unlink: not a directory");
	tap_ok(FAILS(rmdir("d/f"), ENOTDIR), "rmdir: not a file");
	fd = open("d", O_RDONLY);
	tap_ok(FAILS(read(fd, &st, 1), EISDIR), "read: not a directory");
	close(fd);
	tap_equal(unlink("d/f"), 0, "unlink");
	tap_equal(rmdir("d"), 0, "rmdir: empty");
	tap_ok(FAILS(rmdir("d"), ENOENT), "rmdir: again is ENOENT");
	tap_ok(FAILS(unlink("d"), ENOENT), "unlink: nothing there");
}

static void check_unlinked(void)
{
	char block[8];
	struct stat st;
	int fd = file_make("u", "still");

	tap_equal(unlink("u"), 0, "unlink: a file that is open");
	tap_equal(size_of("u"), -1, "its name is gone");
	tap_ok(pread(fd, block, 8, 0) == 5 && memcmp(block, "still", 5) == 0,
	       "its contents are not");
	tap_ok(fstat(fd, &st) == 0 && st.st_nlink == 0, "it has no links");
	close(file_make("u", "other"));
	tap_ok(pread(fd, block, 8, 0) == 5 && memcmp(block, "still", 5) == 0,
	       "another of that name is another file");
	close(fd);
	unlink("u");
}

static void check_rename(void)
{
	close(file_make("r1", "one"));
	close(file_make("r2", "two"));
	tap_equal(rename("r1", "r3"), 0, "rename");
	tap_ok(size_of("r1") == -1 && file_holds("r3", "one"), "it has moved");
	tap_equal(rename("r3", "r2"), 0, "rename: onto another file");
	tap_ok(size_of("r3") == -1 && file_holds("r2", "one"),
	       "which it replaces");
	tap_equal(rename("r2", "r2"), 0, "rename: onto itself");
	tap_ok(FAILS(rename("none", "x"), ENOENT), "rename: nothing there");
	mkdir("rd", 0755);
	mkdir("rd/in", 0755);
	tap_ok(FAILS(rename("r2", "rd"), EISDIR),
	       "rename: a file onto a directory");
	tap_ok(FAILS(rename("rd/in", "r2"), ENOTDIR),
	       "rename: a directory onto a file");
	tap_ok(FAILS(rename("rd", "rd/in/deep"), EINVAL),
	       "rename: a directory into itself");
	tap_equal(rename("r2", "rd/r2"), 0, "rename: into a directory");
	tap_ok(file_holds("rd/r2", "one"), "there it is");
	tap_equal(rename("rd", "re"), 0, "rename: a directory");
	tap_ok(file_holds("re/r2", "one"), "with what is in it");
	unlink("re/r2");
	rmdir("re/in");
	rmdir("re");
}

static void check_getdents(void)
{
	char name[16], seen[ENTRIES] = { 0 };
	int others = 0, dots = 0, twice = 0, missing = 0;
	struct dirent *e;
	DIR *d;

	mkdir("g", 0755);
	for (int i = 0; i < ENTRIES; i++) {
		snprintf(name, sizeof(name), "g/%d", i);
		close(file_make(name, ""));
	}
	d = opendir("g");
	while (d != NULL && (e = readdir(d)) != NULL) {
		int number = atoi(e->d_name);

		if (strcmp(e->d_name, ".") == 0 ||
		    strcmp(e->d_name, "..") == 0)
			dots += e->d_type == DT_DIR;
		else if (number < 0 || number >= ENTRIES ||
			 e->d_type != DT_REG)
			others++;
		else
			twice += seen[number]++;
	}
	for (int i = 0; i < ENTRIES; i++)
		missing += !seen[i];
	tap_equal(dots, 2, "getdents: . and .. are directories");
	tap_equal(missing, 0, "getdents: all %d names", ENTRIES);
	tap_equal(twice, 0, "getdents: each once");
	tap_equal(others, 0, "getdents: nothing else");
	rewinddir(d);
	tap_ok(readdir(d) != NULL, "getdents: again after rewinding");
	closedir(d);
	for (int i = 0; i < ENTRIES; i++) {
		snprintf(name, sizeof(name), "g/%d", i);
		unlink(name);
	}
	tap_equal(rmdir("g"), 0, "then the directory can be removed");
}

static void check_cwd(void)
{
	char before[PATH_MAX], want[PATH_MAX + 8], now[PATH_MAX];

	tap_ok(getcwd(before, sizeof(before)) != NULL, "getcwd");
	mkdir("c", 0755);
	mkdir("c/e", 0755);
	tap_equal(chdir("c/./e/../e"), 0, "chdir: . and ..");
	snprintf(want, sizeof(want), "%s/c/e", before);
	tap_ok(getcwd(now, sizeof(now)) != NULL && strcmp(now, want) == 0,
	       "getcwd: names the way");
	close(file_make("f", "here"));
	tap_ok(FAILS((long)(getcwd(now, 2) == NULL ? -1 : 0), ERANGE),
	       "getcwd: into too little is ERANGE");
	tap_equal(chdir("../.."), 0, "chdir: back");
	tap_ok(file_holds("c/e/f", "here"), "a relative path is relative");
	tap_ok(FAILS(chdir("c/e/f"), ENOTDIR), "chdir: not a file");
	tap_ok(FAILS(chdir("none"), ENOENT), "chdir: nothing there");
	unlink("c/e/f");
	rmdir("c/e");
	rmdir("c");
	chdir("/..");
	tap_ok(getcwd(now, sizeof(now)) != NULL && strcmp(now, "/") == 0,
	       "chdir: .. of the root is the root");
	if (chdir(before) != 0)
		tap_bail("chdir");
}

static void check_dup(void)
{
	int fd = file_make("p", "0123456789"), other, high;
	char c = 0;

	other = dup(fd);
	lseek(fd, 4, SEEK_SET);
	tap_ok(read(other, &c, 1) == 1 && c == '4',
	       "dup: one offset for both");
	close(fd);
	tap_ok(read(other, &c, 1) == 1 && c == '5',
	       "dup: the copy outlives the first");
	tap_equal(dup2(other, 50), 50, "dup2: to a number");
	tap_equal(dup2(50, 50), 50, "dup2: to itself");
	tap_ok(FAILS(dup2(99, 51), EBADF), "dup2: of nothing is EBADF");
	tap_ok(FAILS(dup3(50, 50, 0), EINVAL), "dup3: to itself is EINVAL");
	tap_equal(fcntl(50, F_GETFD), 0, "fcntl: a copy is not CLOEXEC");
	tap_equal(dup3(50, 52, O_CLOEXEC), 52, "dup3: with O_CLOEXEC");
	tap_equal(fcntl(52, F_GETFD), FD_CLOEXEC, "fcntl: then it is");
	high = fcntl(50, F_DUPFD_CLOEXEC, 60);
	tap_equal(high, 60, "fcntl: F_DUPFD_CLOEXEC");
	tap_equal(fcntl(high, F_SETFD, 0), 0, "fcntl: F_SETFD");
	tap_equal(fcntl(high, F_GETFD), 0, "fcntl: takes it back");
	tap_equal(fcntl(high, F_GETFL) & O_ACCMODE, O_RDWR,
		  "fcntl: F_GETFL has the access mode");
	tap_equal(fcntl(high, F_SETFL, O_APPEND), 0, "fcntl: F_SETFL");
	tap_ok(fcntl(50, F_GETFL) & O_APPEND, "fcntl: for all copies");
	tap_ok(FAILS(fcntl(99, F_GETFD), EBADF), "fcntl: EBADF");
	for (int i = 50; i <= high; i++)
		close(i);
	close(other);
	unlink("p");
}

static void check_many_open(void)
{
	int fd[64], wrong = 0;

	for (int i = 0; i < 64; i++) {
		fd[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
		wrong += fd[i] < 0;
	}
	tap_equal(wrong, 0, "open: 64 at once");
	for (int i = 0; i < 64; i++)
		close(fd[i]);
}

static void check_devices(void)
{
	char block[64];
	bool zero = true;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int zeroes = open("/dev/zero", O_RDWR | O_CLOEXEC);

	tap_equal(write(null, block, 64), 64, "/dev/null takes everything");
	tap_equal(read(null, block, 64), 0, "and has nothing");
	memset(block, 1, sizeof(block));
	tap_equal(read(zeroes, block, 64), 64, "/dev/zero has more");
	for (int i = 0; i < 64; i++)
		zero &= block[i] == 0;
	tap_ok(zero, "namely zeroes");
	tap_ok(!isatty(null), "/dev/null is no terminal");
	close(null);
	close(zeroes);
}

static void check_stat(void)
{
	struct stat st, other;
	int fd = file_make("s", "1234");

	tap_ok(fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       (st.st_mode & 0777) == 0644 && st.st_size == 4 &&
	       st.st_nlink == 1, "fstat: type, mode, size, links");
	tap_ok(stat("s", &other) == 0 && other.st_ino == st.st_ino &&
	       other.st_dev == st.st_dev, "stat: the same file");
	tap_equal(fchmod(fd, 0600), 0, "fchmod");
	tap_ok(stat("s", &st) == 0 && (st.st_mode & 0777) == 0600,
	       "stat: the new mode");
	tap_equal(access("s", F_OK), 0, "access: it is there");
	tap_ok(FAILS(access("none", F_OK), ENOENT), "access: it is not");
	close(fd);
	unlink("s");
	close(file_make("t", "x"));
	close(file_make("w", "x"));
	tap_ok(stat("t", &st) == 0 && stat("w", &other) == 0 &&
	       st.st_ino != other.st_ino, "stat: two files are two");
	unlink("t");
	unlink("w");
}

int main(void)
{
	umask(022);
	if (mkdir(DIRECTORY, 0755) != 0 || chdir(DIRECTORY) != 0)
		tap_bail("%s", DIRECTORY);
	check_open();
	check_long_names();
	check_offsets();
	check_holes();
	check_vectors();
	check_large();
	check_directories();
	check_unlinked();
	check_rename();
	check_getdents();
	check_cwd();
	check_dup();
	check_many_open();
	check_devices();
	check_stat();
	tap_ok(chdir("..") == 0 && rmdir(DIRECTORY) == 0,
	       "nothing is left behind");
	return tap_done();
}
