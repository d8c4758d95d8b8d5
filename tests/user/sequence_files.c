// SPDX-License-Identifier: MIT
/*
 * sequence's files and directories, in memory on both systems.
 *
 * Left out, because file systems differ in it: the size and the blocks of a
 * directory, positions of its entries, the order of its names. Because
 * the programs are root's: permissions that are refused. An empty second name:
 * which of two names that are wrong is told is not the same. Sizes stay below
 * a few hundred pages.
 */
#define _GNU_SOURCE
#include "sequence.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SLOTS = 8, PAGE = 4096, MOST_NAMES = 64 };

/* Open files; -1 is a descriptor that is closed. */
static int slot[SLOTS];
static char buffer[4 * PAGE];

static const char *const names[] = {
	"a", "b", "c", "d", "e", "d/a", "d/b", "d/e", "e/a", "e/d", "d/e/a",
	"d/e/d", "l", "m", "d/l", ".", "..", "./a", "d/", "d/..", "a/", "a/b",
	"nothing/a", "", "l/a", "d/e/../b", "e/", "//tmp/sequence.dir/1/2/3/c",
};

static const char *const targets[] = {
	"a", "d", "../a", "l", "m", "d/e", "nothing", "./d/../b", "d/..", "e/",
};

/* Rather one that is open. */
static unsigned a_slot(void)
{
	unsigned number = draw(SLOTS);

	for (int i = 0; i < 3 && slot[number] < 0; i++)
		number = draw(SLOTS);
	return number;
}

static int a_descriptor(unsigned *number)
{
	*number = a_slot();
	return slot[*number];
}

static int a_directory(void)
{
	unsigned number = a_slot();

	if (draw(3) > 0) {
		say("-, ");
		return AT_FDCWD;
	}
	say("#%u, ", number);
	return slot[number];
}

static void put(unsigned number, int fd)
{
	if (fd < 0)
		return;
	if (slot[number] >= 0)
		close(slot[number]);
	slot[number] = fd;
}

static void do_open(void)
{
	static const int ways[] = {
		O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_CREAT,
		O_RDWR | O_CREAT, O_RDWR | O_CREAT, O_WRONLY | O_CREAT | O_EXCL,
		O_RDWR | O_TRUNC, O_WRONLY | O_APPEND | O_CREAT,
		O_RDONLY | O_DIRECTORY, O_PATH, O_PATH | O_NOFOLLOW,
		O_RDONLY | O_NOFOLLOW, O_RDONLY | O_TRUNC, O_CREAT | O_RDONLY,
		O_PATH | O_DIRECTORY, O_RDWR | O_NONBLOCK, O_CLOEXEC,
		O_CREAT | O_NOFOLLOW | O_RDWR,
	};
	unsigned number = draw(SLOTS), mode = draw(01000);
	const char *name = DRAW(names);
	int way = DRAW(ways), fd;

	say("open(");
	fd = openat(a_directory(), name, way, mode);
	say("\"%s\", %#x, %03o) #%u", name, (unsigned)way, mode, number);
	result(fd < 0 ? -1 : 0);
	put(number, fd);
}

static void do_close(void)
{
	unsigned number;
	int fd = a_descriptor(&number);

	say("close(#%u)", number);
	result(close(fd));
	slot[number] = -1;
}

static void do_dup(void)
{
	unsigned from = a_slot(), to = draw(SLOTS);
	int fd;

	if (slot[to] >= 0 && draw(2) == 0) {
		say("dup3(#%u, #%u)", from, to);
		/* Where both are one, dup3 has an answer of its own. */
		fd = dup3(slot[from], slot[to], draw(2) ? O_CLOEXEC : 0);
		result(fd < 0 ? -1 : fd == slot[to]);
		return;
	}
	say("dup(#%u) #%u", from, to);
	fd = dup(slot[from]);
	result(fd < 0 ? -1 : 0);
	put(to, fd);
}

static void do_flags(void)
{
	static const int set[] = {
		0, O_APPEND, O_NONBLOCK, O_APPEND | O_NONBLOCK, O_CREAT, O_RDWR,
	};
	unsigned number;
	int fd = a_descriptor(&number), flags = DRAW(set);

	switch (draw(4)) {
	case 0:
		say("F_GETFL(#%u)", number);
		result(fcntl(fd, F_GETFL));
		break;
	case 1:
		say("F_SETFL(#%u, %#x)", number, (unsigned)flags);
		result(fcntl(fd, F_SETFL, flags));
		break;
	case 2:
		say("F_GETFD(#%u)", number);
		result(fcntl(fd, F_GETFD));
		break;
	default:
		say("F_SETFD(#%u, %d)", number, flags & 1);
		result(fcntl(fd, F_SETFD, flags & 1));
		break;
	}
}

static size_t a_length(void)
{
	static const size_t some[] = { 0, 1, 7, 100, 4095, 4096, 4097, 10000 };

	return draw(2) ? DRAW(some) : draw(3000);
}

static long a_position(void)
{
	static const long some[] = {
		0, 1, 4095, 4096, 8192, 100000, -1, -5000
	};

	return draw(2) ? DRAW(some) : (long)draw(20000);
}

static void do_read(void)
{
	size_t length = a_length();
	long place = a_position(), n;
	unsigned number;
	int fd = a_descriptor(&number);

	if (draw(2)) {
		say("read(#%u, %zu)", number, length);
		n = read(fd, buffer, length);
	} else {
		say("pread(#%u, %zu, %ld)", number, length, place);
		n = pread(fd, buffer, length, place);
	}
	result_with(n, "%08x", n > 0 ? digest(buffer, (size_t)n) : 0);
}

static void do_write(void)
{
	size_t length = a_length();
	long place = a_position();
	unsigned number;
	int fd = a_descriptor(&number);

	fill(buffer, length, draw(200));
	if (draw(2)) {
		say("write(#%u, %zu)", number, length);
		result(write(fd, buffer, length));
	} else {
		say("pwrite(#%u, %zu, %ld)", number, length, place);
		result(pwrite(fd, buffer, length, place));
	}
}

static void do_vector(void)
{
	struct iovec piece[4];
	unsigned number, count = draw(5);
	int fd = a_descriptor(&number);
	long n;

	for (unsigned i = 0; i < 4; i++) {
		piece[i].iov_base = buffer + (size_t)i * 3000;
		piece[i].iov_len = draw(4) ? draw(3000) : 0;
	}
	fill(buffer, sizeof(buffer), draw(200));
	if (draw(2)) {
		say("writev(#%u, %u)", number, count);
		result(writev(fd, piece, (int)count));
		return;
	}
	say("readv(#%u, %u)", number, count);
	n = readv(fd, piece, (int)count);
	result_with(n, "%08x", digest(buffer, sizeof(buffer)));
}

static void do_seek(void)
{
	static const int ways[] = { SEEK_SET, SEEK_CUR, SEEK_END, 9 };
	long place = a_position();
	unsigned number;
	int fd = a_descriptor(&number), way = DRAW(ways);
	struct stat st;

	/* A position in a directory is the file system's own. */
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		place = 0;
		way = SEEK_SET;
	}
	say("lseek(#%u, %ld, %d)", number, place, way);
	result(lseek(fd, place, way));
}

static void do_truncate(void)
{
	static const long sizes[] = { 0, 1, 4096, 5000, 12288, 300000, -1 };
	const char *name = DRAW(names);
	long size = DRAW(sizes);
	unsigned number;
	int fd = a_descriptor(&number);

	if (draw(2)) {
		say("ftruncate(#%u, %ld)", number, size);
		result(ftruncate(fd, size));
	} else {
		say("truncate(\"%s\", %ld)", name, size);
		result(truncate(name, size));
	}
}

static void do_rename(void)
{
	static const unsigned flags[] = { 0, 0, 0, 1, 2, 3, 8 };
	const char *from = DRAW(names), *to = DRAW(names);
	unsigned flag = DRAW(flags);

	if (*to == 0)
		to = "a";
	say("rename(\"%s\", \"%s\", %u)", from, to, flag);
	result(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flag));
}

static void do_link(void)
{
	const char *from = DRAW(names), *to = DRAW(names);
	int flag = draw(3) ? 0 : AT_SYMLINK_FOLLOW;

	if (*to == 0)
		to = "b";
	if (draw(2)) {
		say("link(\"%s\", \"%s\", %#x)", from, to, (unsigned)flag);
		result(linkat(AT_FDCWD, from, AT_FDCWD, to, flag));
	} else {
		from = DRAW(targets);
		say("symlink(\"%s\", \"%s\")", from, to);
		result(symlink(from, to));
	}
}

static void do_remove(void)
{
	const char *name = DRAW(names);
	int flag = draw(2) ? AT_REMOVEDIR : 0;

	say("%s(", flag ? "rmdir" : "unlink");
	flag = unlinkat(a_directory(), name, flag);
	say("\"%s\")", name);
	result(flag);
}

static void do_mkdir(void)
{
	const char *name = DRAW(names);
	unsigned mode = draw(02000);
	int done;

	say("mkdir(");
	done = mkdirat(a_directory(), name, mode);
	say("\"%s\", %03o)", name, mode);
	result(done);
}

static void say_stat(int done, const struct stat *st)
{
	if (S_ISDIR(st->st_mode))
		result_with(done, "%06o nlink %lu", st->st_mode,
			    (unsigned long)st->st_nlink);
	else
		result_with(done, "%06o nlink %lu size %ld blocks %ld uid %u",
			    st->st_mode, (unsigned long)st->st_nlink,
			    (long)st->st_size, (long)st->st_blocks,
			    st->st_uid);
}

static void do_stat(void)
{
	const char *name = DRAW(names);
	int flags = draw(2) ? AT_SYMLINK_NOFOLLOW : 0, done;
	unsigned number;
	int fd = a_descriptor(&number);
	struct stat st = { 0 };

	if (draw(3) == 0) {
		say("fstat(#%u)", number);
		done = fstat(fd, &st);
	} else {
		say("stat(");
		done = fstatat(a_directory(), name, &st, flags);
		say("\"%s\", %#x)", name, (unsigned)flags);
	}
	say_stat(done, &st);
}

static void do_readlink(void)
{
	const char *name = DRAW(names);
	size_t size = draw(2) ? 100 : draw(4);
	char text[101] = "";
	long n;

	say("readlink(\"%s\", %zu)", name, size);
	n = readlink(name, text, size);
	result_with(n, "%.*s", n > 0 ? (int)n : 0, text);
}

static void do_mode(void)
{
	const char *name = DRAW(names);
	unsigned mode = draw(010000), number;
	int fd = a_descriptor(&number);

	switch (draw(3)) {
	case 0:
		say("chmod(\"%s\", %04o)", name, mode);
		result(chmod(name, mode));
		break;
	case 1:
		say("fchmod(#%u, %04o)", number, mode);
		result(fchmod(fd, mode));
		break;
	default:
		say("umask(%04o)", mode & 0777);
		result(umask(mode & 0777));
		break;
	}
}

static void do_access(void)
{
	static const int modes[] = { F_OK, R_OK, W_OK, R_OK | W_OK, 8 };
	const char *name = DRAW(names);
	int mode = DRAW(modes);

	say("access(\"%s\", %d)", name, mode);
	result(access(name, mode));
}

static void do_times(void)
{
	const char *name = DRAW(names);
	struct timespec times[2] = { { draw(100000), draw(1000000000) },
				     { draw(100000), draw(1000000000) } };
	struct stat st;
	int done;

	if (draw(4) == 0)
		times[0].tv_nsec = UTIME_OMIT;
	if (draw(8) == 0)
		times[1].tv_nsec = 1000000000;
	say("utimens(\"%s\")", name);
	done = utimensat(AT_FDCWD, name, times, 0);
	if (result(done) != 0 || stat(name, &st) != 0)
		return;
	/* Looking at a link that leads to it changes what is omitted. */
	say("    mtime");
	result_with(0, "%ld.%09ld", (long)st.st_mtim.tv_sec,
		    st.st_mtim.tv_nsec);
}

static void do_directory(void)
{
	const char *name = DRAW(names);
	char path[4200];
	unsigned number;
	int fd = a_descriptor(&number);

	if (draw(2)) {
		say("fchdir(#%u)", number);
		result(fchdir(fd));
	} else {
		say("chdir(\"%s\")", name);
		result(chdir(name));
	}
	say("    getcwd()");
	if (getcwd(path, sizeof(path)) != NULL)
		result_with(0, "%s", path);
	else
		result(-1);
	/* Never far from where it began. */
	if (draw(4) && chdir("/tmp/sequence.dir/1/2/3") != 0)
		abort();
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void do_list(void)
{
	const char *name = DRAW(names);
	char *found[MOST_NAMES];
	size_t count = 0;
	struct dirent *entry;
	DIR *dir;

	say("list(\"%s\")", name);
	dir = opendir(name);
	if (dir == NULL) {
		result(-1);
		return;
	}
	while ((entry = readdir(dir)) != NULL && count < MOST_NAMES)
		if (asprintf(&found[count], "%s/%d", entry->d_name,
			     entry->d_type) > 0)
			count++;
	closedir(dir);
	qsort(found, count, sizeof(*found), by_name);
	say(" = %zu:", count);
	for (size_t i = 0; i < count; i++) {
		say(" %s", found[i]);
		free(found[i]);
	}
	say("\n");
}

static void begin(void)
{
	for (unsigned i = 0; i < SLOTS; i++)
		slot[i] = -1;
}

static void step(void)
{
	static void (*const steps[])(void) = {
		do_open, do_open, do_open, do_open, do_close, do_dup, do_flags,
		do_read, do_read, do_write, do_write, do_write, do_vector,
		do_seek, do_truncate, do_rename, do_rename, do_link, do_link,
		do_remove, do_mkdir, do_mkdir, do_stat, do_stat, do_readlink,
		do_mode, do_access, do_times, do_directory, do_list,
	};

	DRAW(steps)();
}

static void end(void)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (slot[i] >= 0)
			close(slot[i]);
}

const struct topic topic_files = { "files", begin, step, end };
