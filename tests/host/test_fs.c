// SPDX-License-Identifier: MIT
/*
 * The tree of names and the memory file system, through the system calls that
 * programs use, with Linux's results.
 */
#include <pthread.h>
#include <string.h>

#include "rig.h"

/* Names, files and directories. */

static void test_create_and_read(void **state)
{
	struct arm64_stat st;

	(void)state;
	make_file("/a", "hello");
	assert_text("/a", "hello");
	assert_text("//./a", "hello");
	assert_int_equal(stat_of("/a", &st), 0);
	assert_int_equal(st.mode, 0100644);
	assert_int_equal(st.nlink, 1);
	assert_int_equal(st.size, 5);
	assert_int_equal(st.blocks, 8);
	assert_int_equal(OPEN("/a", FILE_CREAT | FILE_EXCL), -EEXIST);
	assert_int_equal(OPEN("/b", FILE_RDONLY), -ENOENT);
	assert_int_equal(OPEN("", FILE_RDONLY), -ENOENT);
	assert_int_equal(OPEN("/a/b", FILE_RDONLY), -ENOTDIR);
	assert_int_equal(OPEN("/a/", FILE_RDONLY), -ENOTDIR);
	assert_int_equal(OPEN("/a/.", FILE_RDONLY), -ENOTDIR);
	assert_int_equal(OPEN("/a", FILE_DIRECTORY), -ENOTDIR);
	assert_int_equal(OPEN("/new/", FILE_CREAT), -EISDIR);
	assert_int_equal(OPEN("/no/new", FILE_CREAT), -ENOENT);
	assert_int_equal(UNLINK("/a/"), -ENOTDIR);
	assert_int_equal(RMDIR("/a"), -ENOTDIR);
	assert_int_equal(UNLINK("/a"), 0);
	assert_int_equal(UNLINK("/a"), -ENOENT);
}

static void test_directories(void **state)
{
	struct arm64_stat st;

	(void)state;
	assert_int_equal(MKDIR("/d"), 0);
	assert_int_equal(MKDIR("/d"), -EEXIST);
	assert_int_equal(MKDIR("/"), -EEXIST);
	assert_int_equal(MKDIR("/d/."), -EEXIST);
	assert_int_equal(MKDIR("/d/e/"), 0);
	assert_int_equal(stat_of("/d", &st), 0);
	assert_int_equal(st.mode, 040755);
	assert_int_equal(st.nlink, 3);
	assert_int_equal(RMDIR("/d"), -ENOTEMPTY);
	assert_int_equal(RMDIR("/d/."), -EINVAL);
	assert_int_equal(RMDIR("/d/e/.."), -ENOTEMPTY);
	assert_int_equal(RMDIR("/"), -EBUSY);
	assert_int_equal(RMDIR("/proc"), -EBUSY);
	assert_int_equal(UNLINK("/d"), -EISDIR);
	assert_int_equal(UNLINK("/d/"), -EISDIR);
	assert_int_equal(UNLINK("/d/."), -EISDIR);
	assert_int_equal(OPEN("/d", FILE_RDWR), -EISDIR);
	assert_int_equal(OPEN("/d", FILE_TRUNC), -EISDIR);
	assert_int_equal(OPEN("/d", FILE_CREAT), -EISDIR);
	assert_int_equal(OPEN("/d", FILE_CREAT | FILE_DIRECTORY), -EINVAL);
	assert_int_equal(RMDIR("/d/e/"), 0);
	assert_int_equal(stat_of("/d", &st), 0);
	assert_int_equal(st.nlink, 2);
	assert_int_equal(RMDIR("/d"), 0);
	assert_int_equal(RMDIR("/d"), -ENOENT);
}

static void test_names_too_long(void **state)
{
	char name[300] = "/", path[5000];

	(void)state;
	memset(name + 1, 'n', 256);
	assert_int_equal(MKDIR(name), -ENAMETOOLONG);
	name[256] = '\0';
	assert_int_equal(MKDIR(name), 0);
	assert_int_equal(RMDIR(name), 0);
	memset(path, '/', sizeof(path));
	path[4095] = '\0';
	assert_int_equal(MKDIR(path), -EEXIST);
	path[4095] = '/';
	path[4096] = '\0';
	assert_int_equal(MKDIR(path), -ENAMETOOLONG);
}

static void test_symlinks(void **state)
{
	char buf[64];

	(void)state;
	assert_int_equal(MKDIR("/d"), 0);
	make_file("/d/f", "text");
	assert_int_equal(SYMLINK("d", "/rel"), 0);
	assert_int_equal(SYMLINK("/d/f", "/abs"), 0);
	assert_int_equal(SYMLINK("../rel/f", "/d/up"), 0);
	assert_int_equal(SYMLINK("/", "/top"), 0);
	assert_int_equal(SYMLINK("rel/", "/slash"), 0);
	assert_int_equal(SYMLINK("abs/", "/badslash"), 0);
	assert_int_equal(SYMLINK("x", "/abs"), -EEXIST);
	assert_int_equal(SYMLINK("", "/empty"), -ENOENT);
	assert_int_equal(SYMLINK("x", "/new/"), -ENOENT);
	assert_text("/rel/f", "text");
	assert_text("/abs", "text");
	assert_text("/rel/up", "text");
	assert_text("/top/top/slash/up", "text");
	assert_int_equal(OPEN("/abs/", FILE_RDONLY), -ENOTDIR);
	assert_int_equal(OPEN("/badslash", FILE_RDONLY), -ENOTDIR);
	assert_int_equal(OPEN("/abs", FILE_NOFOLLOW), -ELOOP);
	assert_int_equal(OPEN("/rel", FILE_NOFOLLOW | FILE_DIRECTORY),
			 -ENOTDIR);
	assert_int_equal(OPEN("/rel", FILE_CREAT | FILE_EXCL), -EEXIST);
	assert_int_equal(CALL(readlinkat, HERE, U("/abs"), U(buf), 64), 4);
	assert_memory_equal(buf, "/d/f", 4);
	assert_int_equal(CALL(readlinkat, HERE, U("/abs"), U(buf), 2), 2);
	assert_int_equal(CALL(readlinkat, HERE, U("/abs"), U(buf), 0), -EINVAL);
	assert_int_equal(CALL(readlinkat, HERE, U("/d"), U(buf), 9), -EINVAL);
	assert_int_equal(UNLINK("/rel"), 0);
	assert_int_equal(UNLINK("/abs"), 0);
	assert_int_equal(UNLINK("/top"), 0);
	assert_int_equal(UNLINK("/slash"), 0);
	assert_int_equal(UNLINK("/badslash"), 0);
	assert_int_equal(UNLINK("/d/up"), 0);
	assert_int_equal(UNLINK("/d/f"), 0);
	assert_int_equal(RMDIR("/d"), 0);
}

static void test_symlink_loops(void **state)
{
	char name[16], target[16];
	int i;

	(void)state;
	assert_int_equal(SYMLINK("self", "/self"), 0);
	assert_int_equal(OPEN("/self", FILE_RDONLY), -ELOOP);
	assert_int_equal(OPEN("/self/x", FILE_RDONLY), -ELOOP);
	assert_int_equal(UNLINK("/self"), 0);
	/* 40 links in a row are followed, 41 are not. */
	make_file("/l0", "end");
	for (i = 1; i <= 41; i++) {
		snprintf(name, sizeof(name), "/l%d", i);
		snprintf(target, sizeof(target), "l%d", i - 1);
		assert_int_equal(SYMLINK(target, name), 0);
	}
	assert_text("/l40", "end");
	assert_int_equal(OPEN("/l41", FILE_RDONLY), -ELOOP);
	for (i = 0; i <= 41; i++) {
		snprintf(name, sizeof(name), "/l%d", i);
		assert_int_equal(UNLINK(name), 0);
	}
}

static void test_create_through_dangling_link(void **state)
{
	(void)state;
	assert_int_equal(SYMLINK("target", "/link"), 0);
	assert_int_equal(OPEN("/link", FILE_RDONLY), -ENOENT);
	make_file("/link", "made");
	assert_text("/target", "made");
	assert_int_equal(UNLINK("/target"), 0);
	assert_int_equal(UNLINK("/link"), 0);
}

static void test_hard_links(void **state)
{
	struct arm64_stat a, b;

	(void)state;
	make_file("/a", "one");
	assert_int_equal(LINK("/a", "/b"), 0);
	assert_int_equal(LINK("/a", "/b"), -EEXIST);
	assert_int_equal(LINK("/tmp", "/c"), -ENOENT);
	assert_int_equal(LINK("/dev", "/c"), -EPERM);
	assert_int_equal(LINK("/proc/uptime", "/c"), -EXDEV);
	assert_int_equal(stat_of("/a", &a), 0);
	assert_int_equal(stat_of("/b", &b), 0);
	assert_int_equal(a.ino, b.ino);
	assert_int_equal(a.nlink, 2);
	/* Two names of one file: nothing happens. */
	assert_int_equal(RENAME("/a", "/b"), 0);
	assert_int_equal(UNLINK("/a"), 0);
	assert_int_equal(stat_of("/b", &b), 0);
	assert_int_equal(b.nlink, 1);
	assert_text("/b", "one");
	assert_int_equal(UNLINK("/b"), 0);
}

static void test_rename_files(void **state)
{
	(void)state;
	make_file("/a", "A");
	make_file("/b", "B");
	assert_int_equal(MKDIR("/d"), 0);
	assert_int_equal(RENAME("/a", "/a"), 0);
	assert_int_equal(RENAME("/no", "/a"), -ENOENT);
	assert_int_equal(RENAME("/a", "/d"), -EISDIR);
	assert_int_equal(RENAME("/d", "/a"), -ENOTDIR);
	assert_int_equal(RENAME("/a/", "/c"), -ENOTDIR);
	assert_int_equal(RENAME("/a", "/c/"), -ENOTDIR);
	assert_int_equal(RENAME("/a", "/d/."), -EBUSY);
	assert_int_equal(RENAME("/..", "/c"), -EBUSY);
	assert_int_equal(RENAME("/a", "/proc/a"), -EXDEV);
	assert_int_equal(RENAME("/proc/uptime", "/proc/a"), -EROFS);
	assert_int_equal(RENAME("/proc", "/d/p"), -EBUSY);
	assert_int_equal(CALL(renameat2, HERE, U("/a"), HERE, U("/b"), 1),
			 -EEXIST);
	assert_int_equal(CALL(renameat2, HERE, U("/a"), HERE, U("/b"), 3),
			 -EINVAL);
	assert_int_equal(CALL(renameat2, HERE, U("/a"), HERE, U("/no"), 2),
			 -ENOENT);
	assert_int_equal(CALL(renameat2, HERE, U("/a"), HERE, U("/b"), 2), 0);
	assert_text("/a", "B");
	assert_int_equal(CALL(renameat2, HERE, U("/a"), HERE, U("/b"), 2), 0);
	assert_int_equal(RENAME("/a", "/b"), 0);
	assert_int_equal(OPEN("/a", FILE_RDONLY), -ENOENT);
	assert_text("/b", "A");
	assert_int_equal(CALL(renameat2, HERE, U("/b"), HERE, U("/d/c"), 1), 0);
	assert_text("/d/c", "A");
	assert_int_equal(UNLINK("/d/c"), 0);
	assert_int_equal(RMDIR("/d"), 0);
}

static void test_rename_directories(void **state)
{
	struct arm64_stat st, parent;
	char cwd[64];

	(void)state;
	assert_int_equal(MKDIR("/a"), 0);
	assert_int_equal(MKDIR("/a/b"), 0);
	assert_int_equal(MKDIR("/a/b/c"), 0);
	assert_int_equal(MKDIR("/x"), 0);
	make_file("/x/full", "");
	assert_int_equal(RENAME("/a", "/a/b/c/d"), -EINVAL);
	assert_int_equal(RENAME("/a", "/a/d"), -EINVAL);
	assert_int_equal(RENAME("/a/b", "/a"), -ENOTEMPTY);
	assert_int_equal(RENAME("/a/b/c", "/a"), -ENOTEMPTY);
	assert_int_equal(RENAME("/a/b", "/x"), -ENOTEMPTY);
	assert_int_equal(UNLINK("/x/full"), 0);
	assert_int_equal(CHDIR("/a/b/c"), 0);
	assert_int_equal(RENAME("/a/b", "/x"), 0);
	/* The directory above moved with it: "..", nlink, getcwd. */
	assert_int_equal(CALL(getcwd, U(cwd), sizeof(cwd)), 5);
	assert_string_equal(cwd, "/x/c");
	assert_int_equal(RENAME("/x", "/a/y/"), 0);
	assert_int_equal(CALL(getcwd, U(cwd), sizeof(cwd)), 7);
	assert_string_equal(cwd, "/a/y/c");
	assert_int_equal(stat_of("../..", &st), 0);
	assert_int_equal(stat_of("/a", &parent), 0);
	assert_int_equal(st.ino, parent.ino);
	assert_int_equal(parent.nlink, 3);
	assert_int_equal(CHDIR("/"), 0);
	assert_int_equal(RMDIR("/a/y/c"), 0);
	assert_int_equal(RMDIR("/a/y"), 0);
	assert_int_equal(RMDIR("/a"), 0);
}

static void test_removed_directory(void **state)
{
	char buf[512];
	long fd;

	(void)state;
	assert_int_equal(MKDIR("/a"), 0);
	assert_int_equal(MKDIR("/a/b"), 0);
	assert_int_equal(MKDIR("/a/b/c"), 0);
	assert_int_equal(CHDIR("/a/b/c"), 0);
	fd = OPEN(".", FILE_DIRECTORY);
	assert_true(fd >= 0);
	assert_int_equal(RMDIR("/a/b/c"), 0);
	assert_int_equal(RMDIR("/a/b"), 0);
	assert_int_equal(RMDIR("/a"), 0);
	assert_int_equal(OPEN("new", FILE_CREAT), -ENOENT);
	assert_int_equal(MKDIR("new"), -ENOENT);
	assert_int_equal(CALL(getcwd, U(buf), sizeof(buf)), -ENOENT);
	assert_int_equal(CALL(getdents64, (uint64_t)fd, U(buf), 512), -ENOENT);
	assert_int_equal(CHDIR(".."), 0);
	assert_int_equal(CHDIR("/"), 0);
	CLOSE(fd);
}

static void test_getcwd(void **state)
{
	char buf[32];

	(void)state;
	assert_int_equal(CALL(getcwd, U(buf), 2), 2);
	assert_string_equal(buf, "/");
	assert_int_equal(CALL(getcwd, U(buf), 1), -ERANGE);
	assert_int_equal(CALL(getcwd, U(buf), 0), -ERANGE);
	assert_int_equal(CALL(getcwd, 0, 9), -EFAULT);
	assert_int_equal(CHDIR("/proc/loom"), 0);
	assert_int_equal(CALL(getcwd, U(buf), sizeof(buf)), 11);
	assert_string_equal(buf, "/proc/loom");
	assert_int_equal(CHDIR("/dev/null"), -ENOTDIR);
	assert_int_equal(CHDIR(".."), 0);
	assert_int_equal(CHDIR("../dev"), 0);
	assert_int_equal(CALL(getcwd, U(buf), sizeof(buf)), 5);
	assert_int_equal(CHDIR("/"), 0);
}

/* Listings. */

struct record {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

/* The names from the present position on, joined by blanks. */
static void list_names(long fd, size_t size, char *out)
{
	char buf[1024];
	long n, at;

	out[0] = '\0';
	while ((n = CALL(getdents64, (uint64_t)fd, U(buf), size)) > 0) {
		for (at = 0; at < n;) {
			struct record r;

			memcpy(&r, buf + at, 19);
			strcat(out, buf + at + 19);
			strcat(out, " ");
			assert_true(r.reclen % 8 == 0 && r.reclen >= 24);
			at += r.reclen;
		}
		assert_int_equal(at, n);
	}
	assert_int_equal(n, 0);
}

static void test_getdents(void **state)
{
	char names[256], buf[64];
	long fd;

	(void)state;
	assert_int_equal(MKDIR("/d"), 0);
	make_file("/d/one", "");
	assert_int_equal(MKDIR("/d/two"), 0);
	make_file("/d/three", "");
	fd = OPEN("/d", FILE_DIRECTORY);
	list_names(fd, 1024, names);
	assert_string_equal(names, ". .. one two three ");
	/* One record at a time gives the same. */
	assert_int_equal(SEEK(fd, 0, 0), 0);
	list_names(fd, 32, names);
	assert_string_equal(names, ". .. one two three ");
	/* Names that come and go do not disturb those that stay. */
	assert_int_equal(SEEK(fd, 0, 0), 0);
	assert_int_equal(CALL(getdents64, (uint64_t)fd, U(buf), 24 * 3 + 7 -
			      15), 48);
	assert_int_equal(UNLINK("/d/one"), 0);
	make_file("/d/four", "");
	list_names(fd, 32, names);
	assert_string_equal(names, "two three four ");
	assert_int_equal(SEEK(fd, 0, 0), 0);
	assert_int_equal(CALL(getdents64, (uint64_t)fd, U(buf), 23), -EINVAL);
	assert_int_equal(CALL(getdents64, (uint64_t)fd, 8, 64), -EFAULT);
	assert_int_equal(READ(fd, buf, 1), -EISDIR);
	CLOSE(fd);
	fd = OPEN("/d/two/../three", FILE_RDONLY);
	assert_int_equal(CALL(getdents64, (uint64_t)fd, U(buf), 64), -ENOTDIR);
	CLOSE(fd);
	assert_int_equal(UNLINK("/d/three"), 0);
	assert_int_equal(UNLINK("/d/four"), 0);
	assert_int_equal(RMDIR("/d/two"), 0);
	assert_int_equal(RMDIR("/d"), 0);
}

/* Contents. */

static void test_positions(void **state)
{
	char buf[32] = "";
	long fd, second;

	(void)state;
	fd = OPEN("/f", FILE_CREAT | FILE_RDWR);
	assert_int_equal(WRITE(fd, "0123456789", 10), 10);
	assert_int_equal(READ(fd, buf, 4), 0);
	assert_int_equal(SEEK(fd, 2, 0), 2);
	assert_int_equal(READ(fd, buf, 4), 4);
	assert_memory_equal(buf, "2345", 4);
	assert_int_equal(SEEK(fd, -3, 1), 3);
	assert_int_equal(SEEK(fd, -1, 2), 9);
	assert_int_equal(SEEK(fd, -11, 2), -EINVAL);
	assert_int_equal(SEEK(fd, 0, 9), -EINVAL);
	assert_int_equal(SEEK(fd, INT64_MAX, 2), -EOVERFLOW);
	assert_int_equal(SEEK(fd, 4, 3), 4);
	assert_int_equal(SEEK(fd, 4, 4), 10);
	assert_int_equal(SEEK(fd, 10, 3), -ENXIO);
	/* A copy shares the position, another open does not. */
	assert_int_equal(SEEK(fd, 5, 0), 5);
	second = CALL(dup, (uint64_t)fd);
	assert_int_equal(READ(second, buf, 2), 2);
	assert_int_equal(SEEK(fd, 0, 1), 7);
	CLOSE(second);
	assert_int_equal(CALL(pread64, (uint64_t)fd, U(buf), 3, 8), 2);
	assert_int_equal(CALL(pwrite64, (uint64_t)fd, U("ab"), 2, 8), 2);
	assert_int_equal(CALL(pread64, (uint64_t)fd, U(buf), 3,
			      (uint64_t)-1), -EINVAL);
	assert_int_equal(SEEK(fd, 0, 1), 7);
	assert_text("/f", "01234567ab");
	CLOSE(fd);
	fd = OPEN("/f", FILE_WRONLY | FILE_APPEND);
	assert_int_equal(SEEK(fd, 0, 0), 0);
	assert_int_equal(WRITE(fd, "+", 1), 1);
	assert_int_equal(SEEK(fd, 0, 1), 11);
	assert_int_equal(READ(fd, buf, 1), -EBADF);
	CLOSE(fd);
	assert_text("/f", "01234567ab+");
	assert_int_equal(UNLINK("/f"), 0);
}

/* A file against a plain array: writes, reads and truncations at random. */
static void test_contents_random(void **state)
{
	enum { SIZE = 5000000, ROUNDS = 3000 };
	uint64_t seed = check_seed(0x5eed), random = seed;
	unsigned char *model = calloc(1, SIZE), *buf = malloc(70000);
	size_t size = 0;
	long fd = OPEN("/f", FILE_CREAT | FILE_RDWR);

	(void)state;
	print_message("# seed %llu\n", (unsigned long long)seed);
	for (int i = 0; i < ROUNDS; i++) {
		/* Mostly near page borders. */
		size_t at = check_below(&random, SIZE / 4096 - 20) * 4096;
		size_t len = check_below(&random, i % 3 ? 100 : 70000);
		long n;

		at += check_below(&random, 64);
		switch (check_below(&random, 8)) {
		case 0:
			assert_int_equal(CALL(ftruncate, (uint64_t)fd, at), 0);
			if (at < size)
				memset(model + at, 0, size - at);
			size = at;
			break;
		case 1:
		case 2:
		case 3:
			for (size_t j = 0; j < len; j++)
				buf[j] = (unsigned char)check_random(&random);
			assert_int_equal(CALL(pwrite64, (uint64_t)fd, U(buf),
					      len, at), len);
			memcpy(model + at, buf, len);
			if (len && at + len > size)
				size = at + len;
			break;
		default:
			n = CALL(pread64, (uint64_t)fd, U(buf), len, at);
			if (at >= size)
				len = 0;
			else if (len > size - at)
				len = size - at;
			assert_int_equal(n, len);
			assert_memory_equal(buf, model + at, len);
		}
		assert_int_equal(SEEK(fd, 0, 2), size);
	}
	CLOSE(fd);
	assert_int_equal(UNLINK("/f"), 0);
	free(model);
	free(buf);
}

static void test_holes(void **state)
{
	const uint64_t far = UINT64_C(1) << 62;
	struct arm64_stat st;
	char buf[8] = "xxxxxxx";
	long fd = OPEN("/f", FILE_CREAT | FILE_RDWR);
	unsigned pages = shim_pages();

	(void)state;
	assert_int_equal(CALL(ftruncate, (uint64_t)fd, far), 0);
	assert_int_equal(shim_pages(), pages);
	assert_int_equal(CALL(pread64, (uint64_t)fd, U(buf), 4, far - 2), 2);
	assert_memory_equal(buf, "\0\0x", 3);
	assert_int_equal(CALL(pwrite64, (uint64_t)fd, U("end"), 3, far), 3);
	assert_int_equal(CALL(pwrite64, (uint64_t)fd, U("mid"), 3, far / 2),
			 3);
	assert_int_equal(CALL(pwrite64, (uint64_t)fd, U("begin"), 5, 0), 5);
	assert_int_equal(stat_of("/f", &st), 0);
	assert_int_equal(st.size, far + 3);
	assert_int_equal(st.blocks, 24);
	assert_int_equal(CALL(pread64, (uint64_t)fd, U(buf), 8, far), 3);
	assert_memory_equal(buf, "end", 3);
	assert_int_equal(CALL(pread64, (uint64_t)fd, U(buf), 3, far / 2), 3);
	assert_memory_equal(buf, "mid", 3);
	assert_int_equal(CALL(pwrite64, (uint64_t)fd, U("z"), 1, INT64_MAX),
			 -EFBIG);
	assert_int_equal(CALL(pwrite64, (uint64_t)fd, U("zz"), 2,
			      INT64_MAX - 1), 1);
	assert_int_equal(CALL(ftruncate, (uint64_t)fd, far / 4), 0);
	assert_int_equal(stat_of("/f", &st), 0);
	assert_int_equal(st.blocks, 8);
	assert_int_equal(CALL(ftruncate, (uint64_t)fd, 0), 0);
	assert_int_equal(shim_pages(), pages);
	assert_int_equal(CALL(ftruncate, (uint64_t)fd, (uint64_t)-1), -EINVAL);
	CLOSE(fd);
	assert_int_equal(UNLINK("/f"), 0);
}

/* What was behind the end must not come back when the file grows. */
static void test_truncate_clears(void **state)
{
	char buf[8];
	long fd;

	(void)state;
	make_file("/f", "secret");
	assert_int_equal(CALL(truncate, U("/f"), 2), 0);
	assert_int_equal(CALL(truncate, U("/f"), 6), 0);
	fd = OPEN("/f", FILE_RDONLY);
	assert_int_equal(READ(fd, buf, 8), 6);
	assert_memory_equal(buf, "se\0\0\0\0", 6);
	assert_int_equal(CALL(ftruncate, (uint64_t)fd, 0), -EINVAL);
	CLOSE(fd);
	fd = OPEN("/f", FILE_RDONLY | FILE_TRUNC);
	assert_int_equal(SEEK(fd, 0, 2), 0);
	CLOSE(fd);
	assert_int_equal(CALL(truncate, U("/dev"), 0), -EISDIR);
	assert_int_equal(CALL(truncate, U("/dev/null"), 0), -EINVAL);
	assert_int_equal(CALL(truncate, U("/proc/uptime"), 0), -EROFS);
	assert_int_equal(UNLINK("/f"), 0);
}

static void test_unlinked_but_open(void **state)
{
	struct arm64_stat st;
	char buf[8];
	long fd = OPEN("/f", FILE_CREAT | FILE_RDWR);

	(void)state;
	assert_int_equal(WRITE(fd, "still", 5), 5);
	assert_int_equal(UNLINK("/f"), 0);
	assert_int_equal(OPEN("/f", FILE_RDONLY), -ENOENT);
	assert_int_equal(CALL(pread64, (uint64_t)fd, U(buf), 8, 0), 5);
	assert_int_equal(CALL(fstat, (uint64_t)fd, U(&st)), 0);
	assert_int_equal(st.nlink, 0);
	CLOSE(fd);
}

static void test_partial_copies(void **state)
{
	char *buf = calloc(1, 3 * 4096), seen[8];
	long fd = OPEN("/f", FILE_CREAT | FILE_RDWR);
	unsigned pages;

	(void)state;
	memset(buf, 'b', 3 * 4096);
	shim_bad_range(buf + 5000, buf + 3 * 4096);
	assert_int_equal(WRITE(fd, buf, 3 * 4096), 5000);
	assert_int_equal(WRITE(fd, buf + 5000, 10), -EFAULT);
	assert_int_equal(SEEK(fd, 0, 2), 5000);
	/* Far behind the end: no page stays for a write that failed. */
	pages = shim_pages();
	assert_int_equal(CALL(pwrite64, (uint64_t)fd, U(buf + 5000), 9, 99999),
			 -EFAULT);
	assert_int_equal(shim_pages(), pages);
	assert_int_equal(SEEK(fd, 0, 2), 5000);
	/* The byte that the copy left behind its count is not seen. */
	assert_int_equal(CALL(ftruncate, (uint64_t)fd, 5008), 0);
	assert_int_equal(CALL(pread64, (uint64_t)fd, U(seen), 8, 5000), 8);
	assert_memory_equal(seen, "\0\0\0\0\0\0\0\0", 8);
	assert_int_equal(SEEK(fd, 0, 0), 0);
	shim_bad_range(buf + 10, buf + 3 * 4096);
	assert_int_equal(READ(fd, buf, 4096), 10);
	assert_int_equal(SEEK(fd, 0, 1), 10);
	assert_int_equal(READ(fd, buf + 10, 4096), -EFAULT);
	shim_bad_range(NULL, NULL);
	CLOSE(fd);
	assert_int_equal(UNLINK("/f"), 0);
	free(buf);
}

static void test_memory_full(void **state)
{
	char *buf = calloc(1, 64 * 4096);
	long fd = OPEN("/f", FILE_CREAT | FILE_RDWR);

	(void)state;
	/* 42 pages, of which 2 stay for programs; the tree needs a node. */
	shim_set_pages(42, 64);
	assert_int_equal(WRITE(fd, buf, 64 * 4096), 39 * 4096);
	assert_int_equal(WRITE(fd, buf, 1), -ENOSPC);
	assert_int_equal(CALL(pwrite64, (uint64_t)fd, U(buf), 1, 5 * 4096), 1);
	assert_int_equal(SEEK(fd, 0, 2), 39 * 4096);
	assert_int_equal(CALL(ftruncate, (uint64_t)fd, 0), 0);
	assert_int_equal(WRITE(fd, buf, 4096), 4096);
	CLOSE(fd);
	assert_int_equal(UNLINK("/f"), 0);
	shim_set_pages(1 << 20, 1 << 20);
	free(buf);
}

/* Every allocation of a whole session fails once: an error, nothing lost. */

static long first_error;

static void note(long result)
{
	if (result < 0 && !first_error)
		first_error = result;
}

static void session(void)
{
	char buf[256];
	long fd;

	note(MKDIR("/s"));
	note(fd = OPEN("/s/file", FILE_CREAT | FILE_RDWR));
	if (fd >= 0) {
		note(WRITE(fd, buf, sizeof(buf)));
		note(CALL(pwrite64, (uint64_t)fd, U(buf), 9, 1 << 21));
		note(CALL(close, (uint64_t)fd));
	}
	note(SYMLINK("file", "/s/link"));
	note(LINK("/s/file", "/s/hard"));
	note(RENAME("/s/hard", "/s/harder"));
	note(fd = OPEN("/s/link", FILE_RDONLY));
	if (fd >= 0)
		note(CALL(close, (uint64_t)fd));
	note(fd = OPEN("/proc/self/stat", FILE_RDONLY));
	if (fd >= 0)
		note(CALL(close, (uint64_t)fd));
	note(MKDIR("/s/d"));
	note(RENAME("/s/d", "/s/e"));
	note(CALL(getcwd, U(buf), sizeof(buf)));
	note(CHDIR("/s"));
	note(CHDIR("/"));
}

static void clean_up(void)
{
	static const char *const names[] = {
		"/s/file", "/s/link", "/s/hard", "/s/harder",
	};

	CHDIR("/");
	for (unsigned i = 0; i < 4; i++)
		UNLINK(names[i]);
	RMDIR("/s/d");
	RMDIR("/s/e");
	assert_true(RMDIR("/s") == 0 || OPEN("/s", FILE_PATH) == -ENOENT);
}

static void test_every_allocation_fails(void **state)
{
	static const int pids[] = { 1 };
	struct usage before;
	int sites = 0;

	(void)state;
	shim_processes(pids, 1);
	before = usage_now();
	for (;; sites++) {
		first_error = 0;
		shim_fail_after(sites);
		session();
		if (!shim_failed())
			break;
		shim_fail_after(-1);
		assert_true(first_error == -ENOMEM || first_error == -ENOSPC);
		clean_up();
		assert_usage(before);
	}
	shim_fail_after(-1);
	print_message("# %d allocations\n", sites);
	assert_int_equal(first_error, 0);
	assert_true(sites > 30);
	clean_up();
	shim_processes(NULL, 0);
}

/* Processes that change one small tree at once; the shim watches the locks. */

struct changer {
	int pid;
	uint64_t random;
	unsigned done[8];
};

/* A path of one to three names out of three. */
static const char *any_path(uint64_t *random, char path[16])
{
	size_t depth = check_below(random, 3) + 1, i;

	for (i = 0; i < depth; i++) {
		path[2 * i] = '/';
		path[2 * i + 1] = (char)('a' + check_below(random, 3));
	}
	path[2 * i] = '\0';
	return path;
}

static long change(struct changer *c, size_t what)
{
	char a[16], b[16], buf[256];
	long fd, result;

	any_path(&c->random, a);
	any_path(&c->random, b);
	switch (what) {
	case 0:
		return MKDIR(a);
	case 1:
		return RMDIR(a);
	case 2:
		return RENAME(a, b);
	case 3:
		return LINK(a, b);
	case 4:
		return UNLINK(a);
	case 5:
		fd = OPEN(a, FILE_CREAT | FILE_WRONLY | FILE_APPEND);
		if (fd < 0)
			return fd;
		result = WRITE(fd, buf, 200);
		CALL(close, (uint64_t)fd);
		return result;
	case 6:
		CHDIR(a);
		CHDIR("..");
		return CALL(getcwd, U(buf), sizeof(buf));
	default:
		fd = OPEN(a, FILE_DIRECTORY);
		if (fd < 0)
			return fd;
		result = CALL(getdents64, (uint64_t)fd, U(buf), sizeof(buf));
		CALL(close, (uint64_t)fd);
		return result;
	}
}

static void *run_changer(void *arg)
{
	struct changer *c = arg;

	shim_enter(c->pid);
	for (int i = 0; i < 20000; i++) {
		size_t what = check_below(&c->random, 8);

		c->done[what] += change(c, what) >= 0;
	}
	shim_leave();
	return NULL;
}

/* Each directory's nlink is 2 and one for each directory in it. */
static void check_links(long dir)
{
	struct arm64_stat st;
	unsigned short len;
	unsigned inside = 0;
	char buf[512];
	long n, fd;

	assert_int_equal(CALL(fstat, (uint64_t)dir, U(&st)), 0);
	n = CALL(getdents64, (uint64_t)dir, U(buf), sizeof(buf));
	assert_true(n > 0);
	for (long at = 0; at < n; at += len) {
		const char *name = buf + at + 19;

		memcpy(&len, buf + at + 16, 2);
		if (buf[at + 18] != 4 || name[0] == '.')
			continue;
		inside++;
		fd = CALL(openat, (uint64_t)dir, U(name), FILE_DIRECTORY, 0);
		assert_true(fd >= 0);
		check_links(fd);
		CLOSE(fd);
	}
	assert_int_equal(st.nlink, 2 + inside);
}

static void test_many_change_the_tree(void **state)
{
	struct changer changers[4];
	pthread_t threads[4];
	unsigned total[8] = { 0 };

	(void)state;
	for (int i = 0; i < 4; i++) {
		changers[i] = (struct changer){
			.pid = 2 + i,
			.random = check_seed(0x7ee) + (uint64_t)i,
		};
		assert_int_equal(pthread_create(&threads[i], NULL, run_changer,
						&changers[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		for (int j = 0; j < 8; j++)
			total[j] += changers[i].done[j];
	}
	/* Each kind of change succeeded now and then. */
	for (int j = 0; j < 8; j++)
		assert_true(total[j] > 20);
	for (char name = 'a'; name <= 'c'; name++) {
		long fd = OPEN(((const char[]){ '/', name, 0 }),
			       FILE_DIRECTORY);

		if (fd < 0)
			continue;
		check_links(fd);
		CLOSE(fd);
	}
	wipe("/");
}

/* Things that every process sees. */

static void test_devices(void **state)
{
	char buf[5000];
	struct arm64_stat st;
	long fd;

	(void)state;
	fd = OPEN("/dev/null", FILE_RDWR);
	assert_int_equal(READ(fd, buf, 5), 0);
	assert_int_equal(WRITE(fd, buf, 5), 5);
	assert_int_equal(WRITE(fd, 8, 5), 5);
	assert_int_equal(SEEK(fd, 5, 0), 0);
	CLOSE(fd);
	memset(buf, 'x', sizeof(buf));
	fd = OPEN("/dev/zero", FILE_RDONLY);
	shim_bad_range(buf + 4999, buf + 5000);
	assert_true(READ(fd, buf, 5000) > 0);
	assert_int_equal(READ(fd, buf + 4999, 1), -EFAULT);
	shim_bad_range(NULL, NULL);
	assert_int_equal(READ(fd, buf, 5000), 5000);
	assert_int_equal(buf[0] | buf[4999], 0);
	assert_int_equal(WRITE(fd, buf, 1), -EBADF);
	CLOSE(fd);
	fd = OPEN("/dev/console", FILE_RDWR);
	assert_int_equal(READ(fd, buf, 10), 1);
	assert_int_equal(WRITE(fd, buf, 10), -EINVAL);
	assert_int_equal(SEEK(fd, 0, 0), -ESPIPE);
	assert_int_equal(CALL(pread64, (uint64_t)fd, U(buf), 1, 0), -ESPIPE);
	assert_int_equal(CALL(ioctl, (uint64_t)fd, 0x5401, U(buf)), -ENOTTY);
	CLOSE(fd);
	assert_int_equal(OPEN("/dev/hostin", FILE_RDONLY), -ENODEV);
	assert_int_equal(stat_of("/dev/null", &st), 0);
	assert_int_equal(st.mode, 020666);
	assert_int_equal(st.rdev, 0x103);
	/* A device that the kernel has not, and a pipe with a name. */
	assert_int_equal(fs_mknod(fs_root(), "/dev/x", MODE_CHR | 0600, 77), 0);
	assert_int_equal(OPEN("/dev/x", FILE_RDONLY), -ENXIO);
	assert_int_equal(UNLINK("/dev/x"), 0);
	assert_int_equal(fs_mknod(fs_root(), "/x", 0100, 77), -EINVAL);
}

static void test_proc(void **state)
{
	static const int pids[] = { 1, 7, 300 };
	char buf[64], names[512];
	long fd;

	(void)state;
	shim_processes(pids, 3);
	fd = OPEN("/proc", FILE_DIRECTORY);
	list_names(fd, 40, names);
	assert_string_equal(names,
			    ". .. cmdline cpuinfo devices filesystems "
			    "interrupts loadavg loom meminfo mounts self stat "
			    "sys thread-self uptime version 1 7 300 ");
	CLOSE(fd);
	fd = OPEN("/proc/7", FILE_DIRECTORY);
	list_names(fd, 64, names);
	assert_string_equal(names, ". .. cmdline comm cwd environ exe fd "
			    "fdinfo limits maps mounts oom_score oom_score_adj "
			    "root stack stat statm status syscall task "
			    "wchan ");
	CLOSE(fd);
	assert_text("/proc/7/stat",
		    "7 (a (b) c) S 1 5 6 1281 9 0 0 0 0 0 123 2 3 4 17 -3 1 0 "
		    "500 0 0 18446744073709551615 0 0 0 0 0 1 2 8 16 0 0 0 17 "
		    "0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
	assert_text("/proc/uptime", "3723.45 61.23\n");
	shim_set_pages(1000, 2000);
	assert_text("/proc/meminfo",
		    "MemTotal:           8000 kB\n"
		    "MemFree:            4000 kB\n"
		    "MemAvailable:       4000 kB\n"
		    "Buffers:               0 kB\n"
		    "Cached:                0 kB\n"
		    "SwapCached:            0 kB\n"
		    "SwapTotal:             0 kB\n"
		    "SwapFree:              0 kB\n"
		    "Shmem:                 0 kB\n"
		    "SReclaimable:          0 kB\n");
	assert_text("/proc/loadavg", "1.50 0.25 12.00 2/7 88\n");
	assert_text("/proc/interrupts", "           CPU0       \n"
		    " 27:      12345     GICv3  27 Level     arch_timer\n");
	shim_set_pages(1 << 20, 1 << 20);
	assert_int_equal(CALL(readlinkat, HERE, U("/proc/self"), U(buf), 64),
			 1);
	assert_int_equal(buf[0], '1');
	fd = OPEN("/proc/self/stat", FILE_RDONLY);
	assert_int_equal(READ(fd, buf, 3), 3);
	assert_memory_equal(buf, "1 (", 3);
	CLOSE(fd);
	fd = OPEN("/proc/loom/counts", FILE_RDONLY);
	assert_int_equal(READ(fd, buf, 34), 34);
	assert_memory_equal(buf, "pages_free 1048576\npages_spare 4\n", 33);
	CLOSE(fd);
	assert_int_equal(OPEN("/proc/8/stat", FILE_RDONLY), -ENOENT);
	assert_int_equal(OPEN("/proc/07/stat", FILE_RDONLY), -ENOENT);
	assert_int_equal(OPEN("/proc/99999999999", FILE_RDONLY), -ENOENT);
	assert_int_equal(OPEN("/proc/x", FILE_CREAT), -EROFS);
	assert_int_equal(OPEN("/proc/uptime", FILE_RDWR), -EROFS);
	assert_int_equal(MKDIR("/proc/x"), -EROFS);
	assert_int_equal(UNLINK("/proc/uptime"), -EROFS);
	assert_int_equal(CALL(fchmodat, HERE, U("/proc/uptime"), 0), -EROFS);
	/* The process ends between the lookup and the open. */
	assert_int_equal(CHDIR("/proc/300"), 0);
	shim_processes(pids, 2);
	fd = OPEN("stat", FILE_RDONLY);
	assert_int_equal(READ(fd, buf, 10), -ESRCH);
	CLOSE(fd);
	assert_int_equal(CALL(getcwd, U(buf), 64), -ENOENT);
	assert_int_equal(CHDIR("/"), 0);
	shim_processes(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_create_and_read),
		RIG_TEST(test_directories),
		RIG_TEST(test_names_too_long),
		RIG_TEST(test_symlinks),
		RIG_TEST(test_symlink_loops),
		RIG_TEST(test_create_through_dangling_link),
		RIG_TEST(test_hard_links),
		RIG_TEST(test_rename_files),
		RIG_TEST(test_rename_directories),
		RIG_TEST(test_removed_directory),
		RIG_TEST(test_getcwd),
		RIG_TEST(test_getdents),
		RIG_TEST(test_positions),
		RIG_TEST(test_contents_random),
		RIG_TEST(test_holes),
		RIG_TEST(test_truncate_clears),
		RIG_TEST(test_unlinked_but_open),
		RIG_TEST(test_partial_copies),
		RIG_TEST(test_memory_full),
		RIG_TEST(test_every_allocation_fails),
		RIG_TEST(test_many_change_the_tree),
		RIG_TEST(test_devices),
		RIG_TEST(test_proc),
	};

	return cmocka_run_group_tests_name("fs", tests, NULL, NULL);
}
