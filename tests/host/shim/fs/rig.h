// SPDX-License-Identifier: MIT
/*
 * For the tests of the file system: system calls in short, and a set-up that
 * finds what a test left behind.
 */
#ifndef TESTS_HOST_SHIM_FS_RIG_H
#define TESTS_HOST_SHIM_FS_RIG_H

#include "check.h"

#include <string.h>

#include "fs/file.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "shim.h"
#include "syscall/path_arg.h"
#include "syscall/sys_fs.h"

#define U(x) ((uint64_t)(uintptr_t)(x))
#define CALL(name, ...) sys_##name((const uint64_t[6]){ __VA_ARGS__ })
#define HERE ((uint64_t)AT_FDCWD)

#define OPEN(path, flags) CALL(openat, HERE, U(path), flags, 0666)
#define CLOSE(fd) assert_int_equal(CALL(close, (uint64_t)(fd)), 0)
#define MKDIR(path) CALL(mkdirat, HERE, U(path), 0777)
#define RMDIR(path) CALL(unlinkat, HERE, U(path), AT_REMOVEDIR)
#define UNLINK(path) CALL(unlinkat, HERE, U(path), 0)
#define RENAME(old, new) CALL(renameat, HERE, U(old), HERE, U(new))
#define SYMLINK(target, path) CALL(symlinkat, U(target), HERE, U(path))
#define LINK(old, new) CALL(linkat, HERE, U(old), HERE, U(new), 0)
#define CHDIR(path) CALL(chdir, U(path))
#define READ(fd, buf, n) CALL(read, (uint64_t)(fd), U(buf), n)
#define WRITE(fd, buf, n) CALL(write, (uint64_t)(fd), U(buf), n)
#define SEEK(fd, pos, whence) \
	CALL(lseek, (uint64_t)(fd), (uint64_t)(pos), whence)

/* struct stat of Linux on arm64. */
struct arm64_stat {
	uint64_t dev, ino;
	uint32_t mode, nlink, uid, gid;
	uint64_t rdev, pad1;
	int64_t size;
	int32_t blksize, pad2;
	int64_t blocks;
	int64_t atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
	uint32_t unused[2];
};

struct usage {
	unsigned inodes, files, objects, pages;
};

static inline struct usage usage_now(void)
{
	return (struct usage){
		.inodes = inode_count(),
		.files = file_count(),
		.objects = shim_objects(),
		.pages = shim_pages(),
	};
}

static inline void assert_usage(struct usage want)
{
	struct usage now = usage_now();

	assert_int_equal(now.inodes, want.inodes);
	assert_int_equal(now.files, want.files);
	assert_int_equal(now.objects, want.objects);
	assert_int_equal(now.pages, want.pages);
}

static struct usage rig_before;

static inline int rig_start(void **state)
{
	(void)state;
	if (!fs_root())
		fs_init();
	rig_before = usage_now();
	shim_enter(1);
	return 0;
}

/* Fails if the test left a name, file, object or page behind. */
static inline int rig_end(void **state)
{
	struct usage now;

	(void)state;
	shim_leave();
	now = usage_now();
	if (memcmp(&now, &rig_before, sizeof(now)) == 0)
		return 0;
	fprintf(stderr, "left: %d inodes, %d files, %d objects, %d pages\n",
		(int)(now.inodes - rig_before.inodes),
		(int)(now.files - rig_before.files),
		(int)(now.objects - rig_before.objects),
		(int)(now.pages - rig_before.pages));
	return -1;
}

#define RIG_TEST(fn) cmocka_unit_test_setup_teardown(fn, rig_start, rig_end)

/* A file with this text, by its path. */
static inline void make_file(const char *path, const char *text)
{
	long fd = OPEN(path, FILE_CREAT | FILE_WRONLY | FILE_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(WRITE(fd, text, strlen(text)), strlen(text));
	CLOSE(fd);
}

static inline void assert_text(const char *path, const char *text)
{
	long fd = OPEN(path, FILE_RDONLY);
	char buf[2048];
	long n;

	assert_true(fd >= 0);
	n = READ(fd, buf, sizeof(buf));
	assert_int_equal(n, strlen(text));
	assert_memory_equal(buf, text, (size_t)n);
	CLOSE(fd);
}

static inline long stat_of(const char *path, struct arm64_stat *st)
{
	return CALL(newfstatat, HERE, U(path), U(st), AT_SYMLINK_NOFOLLOW);
}

/* Remove all that is in the root or below, but /dev and /proc. */
static inline void wipe(const char *dir)
{
	long fd = OPEN(dir, FILE_DIRECTORY), n;
	char buf[8192], path[4096];
	unsigned short len;

	assert_true(fd >= 0);
	n = CALL(getdents64, (uint64_t)fd, U(buf), sizeof(buf));
	CLOSE(fd);
	for (long at = 0; at < n; at += len) {
		const char *name = buf + at + 19;

		memcpy(&len, buf + at + 16, 2);
		if (!strcmp(name, ".") || !strcmp(name, "..") ||
		    (!dir[1] && (!strcmp(name, "dev") ||
				 !strcmp(name, "proc"))))
			continue;
		snprintf(path, sizeof(path), "%.3000s/%.255s", dir, name);
		if (buf[at + 18] == 4) {
			wipe(path);
			assert_int_equal(RMDIR(path), 0);
		} else {
			assert_int_equal(UNLINK(path), 0);
		}
	}
}

#endif
