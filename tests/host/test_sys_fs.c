// SPDX-License-Identifier: MIT
/*
 * System calls on files: descriptors, flags, structures as Linux lays them
 * out on arm64, and what each call says of bad arguments.
 */
#include <string.h>

#include "proc/process.h"
#include "rig.h"

/* Descriptors. */

static void test_lowest_descriptor(void **state)
{
	(void)state;
	assert_int_equal(OPEN("/dev/null", FILE_RDONLY), 0);
	assert_int_equal(OPEN("/dev/null", FILE_RDONLY), 1);
	assert_int_equal(CALL(dup, 1), 2);
	CLOSE(1);
	assert_int_equal(CALL(dup, 0), 1);
	assert_int_equal(CALL(fcntl, 0, 0, 100), 100);
	assert_int_equal(CALL(fcntl, 0, 0, 100), 101);
	assert_int_equal(CALL(fcntl, 0, 0, FILES_SOFT), -EINVAL);
	assert_int_equal(CALL(fcntl, 0, 0, (uint64_t)-1), -EINVAL);
	assert_int_equal(CALL(close, 3), -EBADF);
	assert_int_equal(CALL(close, (uint64_t)-1), -EBADF);
	assert_int_equal(CALL(close, FILES_SOFT), -EBADF);
	/* The upper half of the register does not count. */
	CLOSE(UINT64_C(0x700000000) | 100);
	CLOSE(101);
	CLOSE(0);
	CLOSE(1);
	CLOSE(2);
}

static void test_dup3(void **state)
{
	unsigned files = file_count();

	(void)state;
	assert_int_equal(OPEN("/dev/null", FILE_RDONLY), 0);
	assert_int_equal(OPEN("/dev/zero", FILE_RDONLY), 1);
	assert_int_equal(CALL(dup3, 0, 0, 0), -EINVAL);
	assert_int_equal(CALL(dup3, 0, 1, 1), -EINVAL);
	assert_int_equal(CALL(dup3, 5, 1, 0), -EBADF);
	assert_int_equal(CALL(dup3, 0, FILES_SOFT, 0), -EBADF);
	assert_int_equal(CALL(dup3, 0, (uint64_t)-1, 0), -EBADF);
	assert_int_equal(file_count(), files + 2);
	assert_int_equal(CALL(dup3, 0, 1, FILE_CLOEXEC), 1);
	assert_int_equal(file_count(), files + 1);
	assert_int_equal(CALL(fcntl, 1, 1), 1);
	assert_int_equal(CALL(fcntl, 0, 1), 0);
	assert_int_equal(CALL(dup3, 1, FILES_SOFT - 1, 0), FILES_SOFT - 1);
	CLOSE(FILES_SOFT - 1);
	CLOSE(0);
	CLOSE(1);
}

static void test_table_full(void **state)
{
	int fd[2] = { -7, -7 };

	(void)state;
	for (int i = 0; i < FILES_SOFT; i++)
		assert_int_equal(OPEN("/dev/null", FILE_RDONLY), i);
	assert_int_equal(OPEN("/new", FILE_CREAT), -EMFILE);
	assert_int_equal(OPEN("/new", FILE_PATH), -EMFILE);
	assert_int_equal(CALL(dup, 0), -EMFILE);
	assert_int_equal(CALL(fcntl, 0, 0, 9), -EMFILE);
	assert_int_equal(CALL(pipe2, U(fd), 0), -EMFILE);
	CLOSE(9);
	assert_int_equal(OPEN("/new", FILE_RDONLY), -ENOENT);
	assert_int_equal(CALL(pipe2, U(fd), 0), -EMFILE);
	assert_int_equal(fd[0], -7);
	assert_int_equal(OPEN("/dev/null", FILE_RDONLY), 9);
	for (uint64_t i = 0; i < FILES_SOFT; i++)
		CLOSE(i);
}

static void test_copies_of_tables(void **state)
{
	struct files *mine = process_current()->files, *copy;
	struct file *f;
	int fd[2];

	(void)state;
	assert_int_equal(CALL(pipe2, U(fd), FILE_CLOEXEC), 0);
	assert_int_equal(CALL(dup, (uint64_t)fd[1]), 2);
	shim_fail_after(0);
	assert_null(files_copy(mine));
	copy = files_copy(mine);
	assert_non_null(copy);
	CLOSE(fd[1]);
	assert_int_equal(files_get_cloexec(copy, fd[0]), 1);
	assert_int_equal(files_get_cloexec(copy, 2), 0);
	files_close_on_exec(copy);
	assert_null(files_lookup(copy, fd[0]));
	assert_null(files_lookup(copy, fd[1]));
	f = files_lookup(copy, 2);
	assert_ptr_equal(f, mine->table->slot[2]);
	file_put(f);
	files_put(copy);
	CLOSE(fd[0]);
	CLOSE(2);
}

static void test_fcntl(void **state)
{
	const long large = FILE_LARGEFILE;
	long fd = OPEN("/f", FILE_CREAT | FILE_RDWR | FILE_TRUNC |
		       FILE_CLOEXEC | FILE_APPEND);

	(void)state;
	assert_int_equal(CALL(fcntl, 0, 1), 1);
	assert_int_equal(CALL(fcntl, 0, 2, 0), 0);
	assert_int_equal(CALL(fcntl, 0, 1), 0);
	assert_int_equal(CALL(fcntl, 0, 3), large | FILE_RDWR | FILE_APPEND);
	/* Only APPEND and NONBLOCK change. */
	assert_int_equal(CALL(fcntl, 0, 4, FILE_WRONLY | FILE_CREAT |
			      FILE_NONBLOCK), 0);
	assert_int_equal(CALL(fcntl, 0, 3), large | FILE_RDWR | FILE_NONBLOCK);
	assert_int_equal(CALL(fcntl, 0, 5, 0), -EFAULT);
	assert_int_equal(CALL(fcntl, 0, 1024, 0), -EINVAL);
	assert_int_equal(CALL(fcntl, 9, 3), -EBADF);
	assert_int_equal(CALL(fcntl, 0, 1030, 5), 5);
	assert_int_equal(CALL(fcntl, 5, 1), 1);
	CLOSE(5);
	CLOSE(fd);
	assert_int_equal(UNLINK("/f"), 0);
}

static void test_path_only(void **state)
{
	struct arm64_stat st;
	char buf[4];
	long fd = OPEN("/dev", FILE_PATH | FILE_RDWR | FILE_TRUNC);
	uint64_t u = (uint64_t)fd;

	(void)state;
	assert_int_equal(fd, 0);
	assert_int_equal(READ(fd, buf, 1), -EBADF);
	assert_int_equal(WRITE(fd, buf, 1), -EBADF);
	assert_int_equal(SEEK(fd, 0, 0), -EBADF);
	assert_int_equal(CALL(getdents64, u, U(buf), 4), -EBADF);
	assert_int_equal(CALL(ioctl, u, 0, 0), -EBADF);
	assert_int_equal(CALL(fchmod, u, 0), -EBADF);
	assert_int_equal(CALL(ftruncate, u, 0), -EBADF);
	assert_int_equal(CALL(fsync, u), -EBADF);
	assert_int_equal(CALL(fcntl, u, 4, 0), -EBADF);
	assert_int_equal(CALL(fstat, u, U(&st)), 0);
	assert_int_equal(CALL(newfstatat, u, U(""), U(&st), AT_EMPTY_PATH), 0);
	assert_int_equal(CALL(newfstatat, u, U("null"), U(&st), 0), 0);
	assert_int_equal(st.rdev, 0x103);
	assert_int_equal(CALL(fchdir, u), 0);
	assert_int_equal(CALL(newfstatat, HERE, U("zero"), U(&st), 0), 0);
	assert_int_equal(CHDIR("/"), 0);
	CLOSE(fd);
	assert_int_equal(SYMLINK("gone", "/l"), 0);
	fd = OPEN("/l", FILE_PATH | FILE_NOFOLLOW);
	assert_int_equal(CALL(readlinkat, (uint64_t)fd, U(""), U(buf), 4), 4);
	assert_memory_equal(buf, "gone", 4);
	CLOSE(fd);
	assert_int_equal(UNLINK("/l"), 0);
}

static void test_relative_to_descriptors(void **state)
{
	struct arm64_stat st;
	long dir, file;

	(void)state;
	assert_int_equal(MKDIR("/d"), 0);
	dir = OPEN("/d", FILE_DIRECTORY);
	file = CALL(openat, (uint64_t)dir, U("f"), FILE_CREAT | FILE_RDWR,
		    0600);
	assert_true(file > 0);
	assert_int_equal(CALL(newfstatat, (uint64_t)file, U("x"), U(&st), 0),
			 -ENOTDIR);
	assert_int_equal(CALL(newfstatat, 77, U("x"), U(&st), 0), -EBADF);
	assert_int_equal(CALL(newfstatat, 77, U("/d/f"), U(&st), 0), 0);
	assert_int_equal(st.mode, 0100600);
	assert_int_equal(CALL(fchdir, (uint64_t)file), -ENOTDIR);
	assert_int_equal(CALL(mkdirat, (uint64_t)dir, U("e"), 0700), 0);
	assert_int_equal(CALL(renameat, (uint64_t)dir, U("f"), (uint64_t)dir,
			      U("e/g")), 0);
	assert_int_equal(CALL(unlinkat, (uint64_t)dir, U("e/g"), 0), 0);
	assert_int_equal(CALL(unlinkat, (uint64_t)dir, U("e"), AT_REMOVEDIR),
			 0);
	assert_int_equal(CALL(unlinkat, (uint64_t)dir, U("e"), 1), -EINVAL);
	CLOSE(dir);
	CLOSE(file);
	assert_int_equal(RMDIR("/d"), 0);
}

/* Reads and writes in pieces. */

static void test_vectors(void **state)
{
	char a[4] = "abc", b[4] = "def", out[8];
	struct io_vector iov[] = { { U(a), 3 }, { 0, 0 }, { U(b), 3 } };
	struct io_vector in[] = { { U(out), 4 }, { U(out + 4), 4 } };
	struct io_vector *many = calloc(1025, sizeof(*many));
	long fd = OPEN("/f", FILE_CREAT | FILE_RDWR);
	uint64_t u = (uint64_t)fd;

	(void)state;
	assert_int_equal(CALL(writev, u, U(iov), 3), 6);
	assert_int_equal(SEEK(fd, 0, 0), 0);
	assert_int_equal(CALL(readv, u, U(in), 2), 6);
	assert_memory_equal(out, "abcdef", 6);
	assert_int_equal(CALL(writev, u, U(many), 1024), 0);
	assert_int_equal(CALL(writev, u, U(many), 1025), -EINVAL);
	assert_int_equal(CALL(writev, u, U(many), (uint64_t)-1), -EINVAL);
	assert_int_equal(CALL(writev, u, 0, 0), 0);
	assert_int_equal(CALL(writev, u, 8, 1), -EFAULT);
	assert_int_equal(CALL(writev, 9, U(iov), 1), -EBADF);
	iov[2].len = UINT64_C(1) << 63;
	assert_int_equal(CALL(writev, u, U(iov), 3), -EINVAL);
	iov[0].len = iov[2].len = UINT64_C(1) << 62;
	assert_int_equal(CALL(writev, u, U(iov), 3), -EINVAL);
	/* The second piece is bad: what came before it counts. */
	iov[0].len = 3;
	iov[2] = (struct io_vector){ 8, 3 };
	assert_int_equal(CALL(writev, u, U(iov), 3), 3);
	iov[0] = iov[2];
	assert_int_equal(CALL(writev, u, U(iov), 3), -EFAULT);
	assert_int_equal(SEEK(fd, 0, 1), 9);
	shim_fail_after(0);
	assert_int_equal(CALL(writev, u, U(iov), 3), -ENOMEM);
	CLOSE(fd);
	assert_int_equal(UNLINK("/f"), 0);
	free(many);
}

/* Structures. */

static void test_stat(void **state)
{
	const int64_t times[4] = { 5, 6, -7, 999999999 };
	const int64_t now[4] = { 0, 0x3ffffffe, 0, 0x3fffffff };
	struct arm64_stat st;
	long fd;

	(void)state;
	make_file("/f", "12345");
	assert_int_equal(CALL(utimensat, HERE, U("/f"), U(times), 0), 0);
	memset(&st, 0xff, sizeof(st));
	assert_int_equal(stat_of("/f", &st), 0);
	assert_int_equal(st.dev, 1);
	assert_int_equal(st.uid | st.gid, 0);
	assert_int_equal(st.blksize, 4096);
	assert_int_equal(st.atime, 5);
	assert_int_equal(st.atime_nsec, 6);
	assert_int_equal(st.mtime, 0);
	assert_int_equal(st.mtime_nsec, 999999999);
	assert_true(st.ctime >= 1700000000);
	fd = OPEN("/f", FILE_RDONLY);
	assert_int_equal(CALL(utimensat, (uint64_t)fd, 0, U(now), 0), 0);
	CLOSE(fd);
	assert_int_equal(stat_of("/f", &st), 0);
	assert_int_equal(st.atime, 5);
	assert_true(st.mtime >= 1700000000);
	assert_int_equal(CALL(utimensat, HERE, U("/f"), 0, 0), 0);
	assert_int_equal(CALL(utimensat, HERE, U("/f"), 8, 0), -EFAULT);
	assert_int_equal(CALL(utimensat, HERE, U("/f"), 0, 1), -EINVAL);
	assert_int_equal(CALL(utimensat, HERE, U("/g"), 0, 0), -ENOENT);
	assert_int_equal(CALL(utimensat, 9, 0, 0, 0), -EBADF);
	assert_int_equal(CALL(utimensat, HERE, 0, 0, 0), -EFAULT);
	assert_int_equal(CALL(fchmodat, HERE, U("/f"), 0107123), 0);
	assert_int_equal(stat_of("/f", &st), 0);
	assert_int_equal(st.mode, 0107123);
	assert_int_equal(CALL(newfstatat, HERE, U("/f"), U(&st), 1), -EINVAL);
	assert_int_equal(UNLINK("/f"), 0);
}

static void test_statx(void **state)
{
	uint32_t stx[64];
	struct arm64_stat st;

	(void)state;
	assert_int_equal(stat_of("/dev/tty", &st), 0);
	assert_int_equal(CALL(statx, HERE, U("/dev/tty"), 0, 0x7ff, U(stx)), 0);
	assert_int_equal(stx[0], 0x7ff);
	assert_int_equal(stx[4], 1);			/* nlink */
	assert_int_equal(stx[7] & 0xffff, 020666);	/* mode */
	assert_int_equal(stx[8], st.ino);
	assert_int_equal(stx[28], st.mtime);		/* offset 112 */
	assert_int_equal(stx[32], 5);			/* rdev major */
	assert_int_equal(CALL(statx, HERE, U("/x"), 0, 0, U(stx)), -ENOENT);
	assert_int_equal(CALL(statx, HERE, U("/"), 0, 0, 8), -EFAULT);
	assert_int_equal(CALL(statx, HERE, U("/"), 0x6000, 0, U(stx)), -EINVAL);
	assert_int_equal(CALL(statx, HERE, U("/"), 0, 1u << 31, U(stx)),
			 -EINVAL);
}

static void test_access(void **state)
{
	(void)state;
	make_file("/f", "");
	assert_int_equal(CALL(faccessat, HERE, U("/f"), 0), 0);
	assert_int_equal(CALL(faccessat, HERE, U("/f"), 6), 0);
	assert_int_equal(CALL(faccessat, HERE, U("/f"), 1), -EACCES);
	assert_int_equal(CALL(fchmodat, HERE, U("/f"), 0100), 0);
	assert_int_equal(CALL(faccessat2, HERE, U("/f"), 1, AT_EACCESS), 0);
	assert_int_equal(CALL(faccessat2, HERE, U("/f"), 1, 1), -EINVAL);
	assert_int_equal(CALL(faccessat, HERE, U("/f"), 8), -EINVAL);
	assert_int_equal(CALL(faccessat, HERE, U("/dev"), 7), 0);
	assert_int_equal(CALL(faccessat, HERE, U("/proc/uptime"), 2), -EROFS);
	assert_int_equal(CALL(faccessat, HERE, U("/x"), 0), -ENOENT);
	assert_int_equal(UNLINK("/f"), 0);
}

static void test_umask(void **state)
{
	struct arm64_stat st;

	(void)state;
	assert_int_equal(CALL(umask, 0777), 022);
	make_file("/f", "");
	assert_int_equal(MKDIR("/d"), 0);
	assert_int_equal(CALL(umask, 07022), 0777);
	assert_int_equal(CALL(umask, 022), 022);
	assert_int_equal(stat_of("/f", &st), 0);
	assert_int_equal(st.mode, 0100000);
	assert_int_equal(stat_of("/d", &st), 0);
	assert_int_equal(st.mode, 040000);
	assert_int_equal(UNLINK("/f"), 0);
	assert_int_equal(RMDIR("/d"), 0);
}

/* Addresses that are no program's: every call, every pointer. */

#define KERNEL_HALF UINT64_C(0xffffff8000000000)

static void check_bad_address(uint64_t bad)
{
	uint64_t fd = (uint64_t)OPEN("/dev/zero", FILE_RDWR);
	uint64_t dir = (uint64_t)OPEN("/dev", FILE_RDONLY);
	const char *ok = "/dev/zero";
	char buf[8];

	assert_int_equal(CALL(openat, HERE, bad, 0, 0), -EFAULT);
	assert_int_equal(CALL(mkdirat, HERE, bad, 0), -EFAULT);
	assert_int_equal(CALL(unlinkat, HERE, bad, 0), -EFAULT);
	assert_int_equal(CALL(renameat, HERE, bad, HERE, U(ok)), -EFAULT);
	assert_int_equal(CALL(renameat2, HERE, U(ok), HERE, bad, 0), -EFAULT);
	assert_int_equal(CALL(symlinkat, bad, HERE, U(ok)), -EFAULT);
	assert_int_equal(CALL(symlinkat, U(ok), HERE, bad), -EFAULT);
	assert_int_equal(CALL(linkat, HERE, bad, HERE, U(ok), 0), -EFAULT);
	assert_int_equal(CALL(linkat, HERE, U(ok), HERE, bad, 0), -EFAULT);
	assert_int_equal(CALL(truncate, bad, 0), -EFAULT);
	assert_int_equal(CALL(getcwd, bad, 100), -EFAULT);
	assert_int_equal(CALL(chdir, bad), -EFAULT);
	assert_int_equal(CALL(read, fd, bad, 1), -EFAULT);
	assert_int_equal(CALL(pread64, fd, bad, 1, 0), -EFAULT);
	assert_int_equal(CALL(readv, fd, bad, 1), -EFAULT);
	assert_int_equal(CALL(writev, fd, bad, 1), -EFAULT);
	assert_int_equal(CALL(pipe2, bad, 0), -EFAULT);
	assert_int_equal(CALL(getdents64, dir, bad, 100), -EFAULT);
	assert_int_equal(CALL(newfstatat, HERE, bad, U(buf), 0), -EFAULT);
	assert_int_equal(CALL(newfstatat, HERE, U(ok), bad, 0), -EFAULT);
	assert_int_equal(CALL(newfstatat, fd, bad, U(buf), AT_EMPTY_PATH),
			 -EFAULT);
	assert_int_equal(CALL(fstat, fd, bad), -EFAULT);
	assert_int_equal(CALL(statx, HERE, bad, 0, 0, U(buf)), -EFAULT);
	assert_int_equal(CALL(statx, HERE, U(ok), 0, 0, bad), -EFAULT);
	assert_int_equal(CALL(faccessat, HERE, bad, 0), -EFAULT);
	assert_int_equal(CALL(faccessat2, HERE, bad, 0, 0), -EFAULT);
	assert_int_equal(CALL(readlinkat, HERE, bad, U(buf), 8), -EFAULT);
	assert_int_equal(CALL(readlinkat, HERE, U("/proc/self"), bad, 8),
			 -EFAULT);
	assert_int_equal(CALL(fchmodat, HERE, bad, 0), -EFAULT);
	CLOSE(fd);
	CLOSE(dir);
}

static void test_bad_addresses(void **state)
{
	uint64_t fd;

	(void)state;
	check_bad_address(0);
	check_bad_address(8);
	check_bad_address(KERNEL_HALF);
	check_bad_address(UINT64_MAX - 3);
	/* A length that leaves the user's half, or wraps. */
	fd = (uint64_t)OPEN("/dev/zero", FILE_RDWR);
	assert_int_equal(CALL(read, fd, U(&fd), KERNEL_HALF), -EFAULT);
	assert_int_equal(CALL(read, fd, U(&fd), UINT64_MAX), -EFAULT);
	assert_int_equal(CALL(write, fd, KERNEL_HALF, 1), -EFAULT);
	assert_int_equal(CALL(pwrite64, fd, KERNEL_HALF, 1, 0), -EFAULT);
	CLOSE(fd);
}

static void test_bad_descriptors(void **state)
{
	char buf[8];

	(void)state;
	assert_int_equal(CALL(read, 0, U(buf), 1), -EBADF);
	assert_int_equal(CALL(write, 0, U(buf), 1), -EBADF);
	assert_int_equal(CALL(readv, 0, U(buf), 1), -EBADF);
	assert_int_equal(CALL(writev, 0, U(buf), 1), -EBADF);
	assert_int_equal(CALL(pread64, 0, U(buf), 1, 0), -EBADF);
	assert_int_equal(CALL(pwrite64, 0, U(buf), 1, 0), -EBADF);
	assert_int_equal(CALL(lseek, 0, 0, 0), -EBADF);
	assert_int_equal(CALL(dup, 0), -EBADF);
	assert_int_equal(CALL(fcntl, 0, 1), -EBADF);
	assert_int_equal(CALL(ioctl, 0, 0, 0), -EBADF);
	assert_int_equal(CALL(getdents64, 0, U(buf), 8), -EBADF);
	assert_int_equal(CALL(ftruncate, 0, 0), -EBADF);
	assert_int_equal(CALL(fsync, 0), -EBADF);
	assert_int_equal(CALL(fdatasync, 0), -EBADF);
	assert_int_equal(CALL(fstat, 0, U(buf)), -EBADF);
	assert_int_equal(CALL(fchmod, 0, 0), -EBADF);
	assert_int_equal(CALL(fchdir, 0), -EBADF);
	assert_int_equal(CALL(sync), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_lowest_descriptor),
		RIG_TEST(test_dup3),
		RIG_TEST(test_table_full),
		RIG_TEST(test_copies_of_tables),
		RIG_TEST(test_fcntl),
		RIG_TEST(test_path_only),
		RIG_TEST(test_relative_to_descriptors),
		RIG_TEST(test_vectors),
		RIG_TEST(test_stat),
		RIG_TEST(test_statx),
		RIG_TEST(test_access),
		RIG_TEST(test_umask),
		RIG_TEST(test_bad_addresses),
		RIG_TEST(test_bad_descriptors),
	};

	return cmocka_run_group_tests_name("sys_fs", tests, NULL, NULL);
}
