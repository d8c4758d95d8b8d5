// SPDX-License-Identifier: MIT
/*
 * fsedge: the edges of the file system: owners and special bits, times, links
 * without names, devices, holes, vectors, roots, names that loop or are too
 * long, large directories and those that shrink while they are listed. It
 * expects to be root, on a file system in memory.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/files.h"
#include "lib/tap.h"

#define DIRECTORY "fsedge.tmp"

static unsigned int mode_of(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0 ? st.st_mode : 0;
}

static long links_of(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0 ? (long)st.st_nlink : -1;
}

static void check_owners(void)
{
	struct stat st;
	int fd = file_make("o", "x");

	tap_ok(fchown(fd, 12, 34) == 0 && fstat(fd, &st) == 0 &&
	       st.st_uid == 12 && st.st_gid == 34, "fchown: is kept");
	tap_ok(chown("o", -1, 56) == 0 && stat("o", &st) == 0 &&
	       st.st_uid == 12 && st.st_gid == 56, "chown: -1 is no change");
	chmod("o", 06755);
	tap_ok(chown("o", 1, 1) == 0 && mode_of("o") == (S_IFREG | 0755),
	       "chown: takes set-user-ID and set-group-ID away");
	chmod("o", 02644);
	tap_ok(chown("o", 2, 2) == 0 && mode_of("o") == (S_IFREG | 02644),
	       "chown: not set-group-ID without execution");
	if (symlink("o", "ol") != 0)
		tap_bail("symlink");
	tap_ok(lchown("ol", 7, 8) == 0 && lstat("ol", &st) == 0 &&
	       st.st_uid == 7 && stat("o", &st) == 0 && st.st_uid == 2,
	       "lchown: the link itself");
	mkdir("od", 02755);
	chmod("od", 02755);
	chown("od", 0, 99);
	close(file_make("od/f", ""));
	mkdir("od/d", 0755);
	tap_ok(stat("od/f", &st) == 0 && st.st_gid == 99,
	       "set-group-ID directory: a file is of its group");
	tap_ok(stat("od/d", &st) == 0 && st.st_gid == 99 &&
	       (st.st_mode & 07777) == 02755,
	       "set-group-ID directory: a directory is one, too");
	unlink("od/f");
	rmdir("od/d");
	rmdir("od");
	unlink("ol");
	unlink("o");
	close(fd);
}

static bool sets_times(long seconds, long nanoseconds)
{
	struct timespec t[2] = { { seconds, nanoseconds },
				 { seconds, nanoseconds } };
	struct stat st;

	return utimensat(AT_FDCWD, "t", t, 0) == 0 && stat("t", &st) == 0 &&
	       st.st_mtim.tv_sec == seconds &&
	       st.st_mtim.tv_nsec == nanoseconds;
}

static void check_times(void)
{
	struct timespec t[2] = { { 1000, 5 }, { 0, UTIME_OMIT } };
	struct stat st;
	char c;
	int fd = file_make("t", "x");

	tap_ok(sets_times(1234567, 89), "utimensat: a time");
	tap_ok(utimensat(AT_FDCWD, "t", t, 0) == 0 && stat("t", &st) == 0 &&
	       st.st_atim.tv_sec == 1000 && st.st_mtim.tv_sec == 1234567,
	       "utimensat: one of the two");
	tap_ok(pread(fd, &c, 1, 0) == 1 && fstat(fd, &st) == 0 &&
	       st.st_atim.tv_sec > 1000000000,
	       "atime: changes if it is before mtime");
	t[0].tv_nsec = 1000000000;
	tap_ok(FAILS(utimensat(AT_FDCWD, "t", t, 0), EINVAL),
	       "utimensat: too many nanoseconds");
	tap_ok(futimens(fd, NULL) == 0 && fstat(fd, &st) == 0 &&
	       st.st_mtim.tv_sec > 1000000000, "futimens: now");
	close(fd);
	unlink("t");
}

static void check_nameless(void)
{
	struct stat st;
	char path[64];
	int fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0640);

	tap_ok(fd >= 0 && fstat(fd, &st) == 0 && st.st_nlink == 0 &&
	       (st.st_mode & 07777) == 0640, "O_TMPFILE: no link");
	tap_equal(write(fd, "temporary", 9), 9, "O_TMPFILE: can be written");
	tap_equal(linkat(fd, "", AT_FDCWD, "named", AT_EMPTY_PATH), 0,
		  "linkat: gives it a name");
	tap_ok(file_holds("named", "temporary") && links_of("named") == 1,
	       "there it is");
	close(fd);
	unlink("named");
	fd = open(".", O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
	tap_ok(FAILS(linkat(fd, "", AT_FDCWD, "named", AT_EMPTY_PATH), ENOENT),
	       "O_TMPFILE: not with O_EXCL");
	close(fd);
	fd = open(".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	tap_equal(linkat(AT_FDCWD, path, AT_FDCWD, "named",
			 AT_SYMLINK_FOLLOW), 0, "linkat: through /proc");
	close(fd);
	tap_equal(unlink("named"), 0, "and it can be removed");
	tap_ok(FAILS(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL),
	       "O_TMPFILE: to read only is EINVAL");
	fd = file_make("u", "gone");
	unlink("u");
	tap_ok(FAILS(linkat(fd, "", AT_FDCWD, "u", AT_EMPTY_PATH), ENOENT),
	       "linkat: not what was removed");
	close(fd);
	fd = memfd_create("some name", MFD_CLOEXEC);
	tap_ok(fd >= 0 && ftruncate(fd, 5000) == 0 && fstat(fd, &st) == 0 &&
	       st.st_size == 5000 && S_ISREG(st.st_mode), "memfd_create");
	tap_equal(fcntl(fd, F_GETFD), FD_CLOEXEC, "memfd_create: MFD_CLOEXEC");
	close(fd);
	tap_ok(FAILS(memfd_create("x", 0x800), EINVAL),
	       "memfd_create: a wrong flag");
}

static void check_links(void)
{
	close(file_make("l", "text"));
	if (symlink("l", "ls") != 0)
		tap_bail("symlink");
	tap_ok(link("ls", "lh") == 0 && S_ISLNK(mode_of("lh")) &&
	       links_of("ls") == 2, "link: of a link is the link");
	tap_ok(linkat(AT_FDCWD, "ls", AT_FDCWD, "lf", AT_SYMLINK_FOLLOW) == 0 &&
	       S_ISREG(mode_of("lf")) && links_of("l") == 2,
	       "linkat: or the file, if asked");
	tap_ok(FAILS(link(".", "ld"), EPERM), "link: no directory");
	tap_ok(FAILS(link("l", "lf"), EEXIST), "link: the name exists");
	unlink("ls");
	unlink("lh");
	unlink("lf");
	if (symlink("nothing", "dangling") != 0)
		tap_bail("symlink");
	tap_ok(FAILS(open("dangling", O_RDWR | O_CREAT | O_EXCL, 0600),
		     EEXIST), "O_EXCL: a dangling link is there");
	tap_ok(FAILS(mkdir("dangling", 0700), EEXIST),
	       "mkdir: a dangling link is there");
	close(open("dangling", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	tap_ok(S_ISREG(mode_of("nothing")), "O_CREAT: goes through it");
	unlink("nothing");
	unlink("dangling");
	unlink("l");
}

static void check_loops(void)
{
	char name[16], target[16];

	close(file_make("end", "end"));
	for (int i = 0; i <= 40; i++) {
		snprintf(name, sizeof(name), "loop%d", i);
		if (i)
			snprintf(target, sizeof(target), "loop%d", i - 1);
		else
			strcpy(target, "end");
		if (symlink(target, name) != 0)
			tap_bail("symlink");
	}
	tap_ok(file_holds("loop39", "end"), "40 links are followed");
	tap_ok(FAILS(open("loop40", O_RDONLY), ELOOP), "41 are not");
	for (int i = 0; i <= 40; i++) {
		snprintf(name, sizeof(name), "loop%d", i);
		unlink(name);
	}
	unlink("end");
	if (symlink("self", "self") != 0)
		tap_bail("symlink");
	tap_ok(FAILS(open("self", O_RDONLY), ELOOP), "a link to itself");
	tap_ok(FAILS(open("self/x", O_RDONLY), ELOOP), "and below it");
	unlink("self");
}

static void check_slashes(void)
{
	close(file_make("f", "x"));
	mkdir("d", 0700);
	tap_ok(FAILS(open("f/", O_RDONLY), ENOTDIR), "a file with a slash");
	tap_ok(FAILS(open("new/", O_WRONLY | O_CREAT, 0600), EISDIR),
	       "a new file with a slash");
	tap_equal(mkdir("e/", 0700), 0, "a new directory with a slash");
	tap_ok(FAILS(unlink("f/"), ENOTDIR), "unlink: with a slash");
	tap_ok(FAILS(rename("f", "g/"), ENOTDIR), "rename: to a slash");
	tap_equal(rename("d/", "g/"), 0, "rename: a directory may");
	tap_ok(FAILS(rmdir("g/."), EINVAL), "rmdir: .");
	tap_ok(FAILS(rmdir("e/.."), ENOTEMPTY), "rmdir: ..");
	tap_ok(FAILS(unlink("."), EISDIR), "unlink: .");
	tap_ok(FAILS(rename(".", "x"), EBUSY), "rename: .");
	tap_ok(FAILS(rename("g", "e/.."), EBUSY), "rename: to ..");
	rmdir("g");
	rmdir("e");
	unlink("f");
}

static void check_exchange(void)
{
	struct stat st;

	close(file_make("a", "A"));
	mkdir("b", 0700);
	mkdir("b/in", 0700);
	tap_equal(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE), 0,
		  "RENAME_EXCHANGE: a file and a directory");
	tap_ok(file_holds("b", "A") && stat("a/in", &st) == 0, "have changed");
	tap_ok(FAILS(renameat2(AT_FDCWD, "a", AT_FDCWD, "a/in",
			       RENAME_EXCHANGE), EINVAL),
	       "RENAME_EXCHANGE: not with what is inside");
	tap_ok(FAILS(renameat2(AT_FDCWD, "a", AT_FDCWD, "none",
			       RENAME_EXCHANGE), ENOENT),
	       "RENAME_EXCHANGE: both must exist");
	tap_ok(FAILS(renameat2(AT_FDCWD, "a", AT_FDCWD, "b",
			       RENAME_NOREPLACE), EEXIST),
	       "RENAME_NOREPLACE");
	tap_equal(renameat2(AT_FDCWD, "b", AT_FDCWD, "a/in",
			    RENAME_EXCHANGE), 0, "RENAME_EXCHANGE: deeper");
	tap_ok(file_holds("a/in", "A") && S_ISDIR(mode_of("b")) &&
	       links_of("a") == 2 && links_of(".") == 4, "link counts follow");
	unlink("a/in");
	rmdir("a");
	rmdir("b");
}

static void check_nodes(void)
{
	struct stat st;
	int fd;

	tap_equal(mknod("fifo", S_IFIFO | 0666, 0), 0, "mknod: a pipe");
	tap_equal(mode_of("fifo"), S_IFIFO | 0644, "mknod: less the umask");
	tap_equal(mknod("null", S_IFCHR | 0600, makedev(1, 3)), 0,
		  "mknod: a device");
	fd = open("null", O_WRONLY | O_CLOEXEC);
	tap_ok(fd >= 0 && write(fd, "x", 1) == 1, "mknod: that works");
	close(fd);
	tap_ok(stat("null", &st) == 0 && major(st.st_rdev) == 1 &&
	       minor(st.st_rdev) == 3, "stat: its numbers");
	tap_equal(mknod("none", S_IFCHR | 0600, makedev(300, 70000)), 0,
		  "mknod: a device that nobody has");
	tap_ok(stat("none", &st) == 0 && major(st.st_rdev) == 300 &&
	       minor(st.st_rdev) == 70000, "stat: large numbers");
	tap_ok(FAILS(open("none", O_RDONLY), ENXIO), "open: ENXIO");
	tap_equal(mknod("socket", S_IFSOCK | 0600, 0), 0, "mknod: a socket");
	tap_ok(FAILS(open("socket", O_RDONLY), ENXIO), "open: ENXIO");
	tap_equal(mknod("plain", 0600, 0), 0, "mknod: no type is a file");
	tap_ok(FAILS(mknod("x", S_IFDIR | 0700, 0), EPERM),
	       "mknod: no directory");
	tap_ok(FAILS(mknod("plain", S_IFREG, 0), EEXIST), "mknod: exists");
	unlink("fifo");
	unlink("null");
	unlink("none");
	unlink("socket");
	unlink("plain");
}

static void check_devices(void)
{
	unsigned char a[32], b[32];
	int fd = open("/dev/full", O_RDWR | O_CLOEXEC);
	struct stat st;

	tap_ok(FAILS(write(fd, "x", 1), ENOSPC), "/dev/full is full");
	tap_equal(read(fd, a, sizeof(a)), sizeof(a), "and has zeros");
	close(fd);
	fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	tap_ok(read(fd, a, sizeof(a)) == sizeof(a) &&
	       read(fd, b, sizeof(b)) == sizeof(b) &&
	       memcmp(a, b, sizeof(a)) != 0, "/dev/urandom");
	close(fd);
	tap_ok(stat("/dev/random", &st) == 0 &&
	       st.st_rdev == makedev(1, 8) && S_ISCHR(st.st_mode),
	       "/dev/random: 1, 8");
	fd = open("/dev/stdin", O_RDONLY | O_CLOEXEC);
	tap_ok(fd >= 0 || errno == ENXIO || errno == EACCES,
	       "/dev/stdin leads to it");
	close(fd);
}

static void check_vectors(void)
{
	char a[4] = "", b[4] = "";
	struct iovec in[2] = { { "abc", 3 }, { "defg", 4 } };
	struct iovec out[2] = { { a, 3 }, { b, 4 } };
	int fd = file_make("v", "..........");

	tap_equal(pwritev(fd, in, 2, 2), 7, "pwritev: at its place");
	tap_equal(lseek(fd, 0, SEEK_CUR), 10, "pwritev: moves nothing");
	tap_equal(preadv(fd, out, 2, 2), 7, "preadv");
	tap_ok(memcmp(a, "abc", 3) == 0 && memcmp(b, "defg", 4) == 0,
	       "preadv: the same");
	tap_ok(FAILS(preadv(fd, out, 2, -1), EINVAL), "preadv: before 0");
	lseek(fd, 3, SEEK_SET);
	tap_equal(preadv2(fd, out, 1, -1, 0), 3, "preadv2: at the position");
	tap_equal(lseek(fd, 0, SEEK_CUR), 6, "preadv2: which moves");
	tap_ok(FAILS(preadv2(fd, out, 1, 0, 0x40000000), EOPNOTSUPP),
	       "preadv2: a wrong flag");
	tap_equal(ioctl(fd, FIONREAD, (int *)a), 0, "FIONREAD: of a file");
	tap_equal(*(int *)a, 4, "FIONREAD: the rest");
	close(fd);
	unlink("v");
}

static void check_space(void)
{
	struct statfs fs;
	struct stat st;
	int fd = file_make("s", "x");

	tap_equal(fallocate(fd, 0, 0, 100000), 0, "fallocate");
	tap_ok(fstat(fd, &st) == 0 && st.st_size == 100000 &&
	       st.st_blocks * 512 >= 100000, "fallocate: memory is there");
	tap_equal(fallocate(fd, FALLOC_FL_KEEP_SIZE, 100000, 50000), 0,
		  "fallocate: keeping the size");
	tap_ok(fstat(fd, &st) == 0 && st.st_size == 100000 &&
	       st.st_blocks * 512 >= 150000, "fallocate: there is more");
	tap_ok(FAILS(fallocate(fd, 0, -1, 1), EINVAL) &&
	       FAILS(fallocate(fd, 0, 0, 0), EINVAL), "fallocate: EINVAL");
	tap_ok(FAILS(fallocate(fd, 0, LONG_MAX, 10), EFBIG),
	       "fallocate: EFBIG");
	tap_ok(statfs(".", &fs) == 0 && fs.f_namelen == 255 &&
	       fs.f_blocks >= fs.f_bfree && fs.f_bsize == 4096, "statfs");
	tap_equal(fs.f_type, 0x01021994, "statfs: tmpfs");
	tap_ok(statfs("/proc", &fs) == 0 && fs.f_type == 0x9fa0,
	       "statfs: proc");
	tap_equal(syncfs(fd), 0, "syncfs");
	tap_equal(sync_file_range(fd, 0, 10, 7), 0, "sync_file_range");
	tap_ok(FAILS(sync_file_range(fd, 0, 10, 8), EINVAL),
	       "sync_file_range: a wrong flag");
	tap_ok(FAILS(fgetxattr(fd, "user.none", NULL, 0), ENODATA) ||
	       errno == EOPNOTSUPP, "fgetxattr: none");
	tap_ok(FAILS(fgetxattr(fd, "", NULL, 0), ERANGE),
	       "fgetxattr: no name is ERANGE");
	close(fd);
	unlink("s");
}

static void check_access(void)
{
	close(file_make("x", ""));
	chmod("x", 0);
	tap_equal(access("x", R_OK | W_OK), 0, "access: root may");
	tap_ok(FAILS(access("x", X_OK), EACCES), "access: but execute");
	chmod("x", 0010);
	tap_equal(access("x", X_OK), 0, "access: what anybody may");
	chmod("x", 0);
	close(open("x", O_RDWR | O_CLOEXEC));
	tap_equal(mode_of("x"), S_IFREG, "open: whatever the mode");
	unlink("x");
}

static void check_path_only(void)
{
	struct stat st;
	int fd, dir = open(".", O_PATH | O_CLOEXEC);
	char c;

	close(file_make("p", "x"));
	fd = openat(dir, "p", O_PATH | O_CLOEXEC);
	tap_ok(fd >= 0 && FAILS(read(fd, &c, 1), EBADF), "O_PATH: no reading");
	tap_ok(fstat(fd, &st) == 0 && S_ISREG(st.st_mode), "O_PATH: fstat");
	tap_ok(FAILS(fchmod(fd, 0), EBADF), "O_PATH: no fchmod");
	tap_equal(fcntl(fd, F_GETFL) & O_PATH, O_PATH, "O_PATH: F_GETFL");
	close(fd);
	close(dir);
	if (symlink("p", "pl") != 0)
		tap_bail("symlink");
	tap_ok(FAILS(open("pl", O_RDONLY | O_NOFOLLOW), ELOOP), "O_NOFOLLOW");
	fd = open("pl", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	tap_ok(fstat(fd, &st) == 0 && S_ISLNK(st.st_mode),
	       "O_PATH: a link itself");
	close(fd);
	unlink("pl");
	unlink("p");
}

struct how {
	uint64_t flags, mode, resolve;
};

static long openat2_call(const char *path, uint64_t flags, uint64_t mode,
			 size_t size)
{
	struct how how[2] = { { flags, mode, 0 }, { 0, 0, 0 } };

	return syscall(437, AT_FDCWD, path, how, size);
}

static void check_openat2(void)
{
	long fd = openat2_call("h", O_CREAT | O_RDWR, 0600, 24);

	tap_ok(fd >= 0 && mode_of("h") == (S_IFREG | 0600), "openat2");
	close((int)fd);
	tap_ok(FAILS(openat2_call("h", O_RDONLY, 0600, 24), EINVAL),
	       "openat2: a mode for nothing");
	tap_ok(FAILS(openat2_call("h", UINT64_C(1) << 40, 0, 24), EINVAL),
	       "openat2: an unknown flag");
	tap_ok(FAILS(openat2_call("h", O_RDONLY, 0, 16), EINVAL),
	       "openat2: too short");
	fd = openat2_call("h", O_RDONLY, 0, 48);
	tap_ok(fd >= 0, "openat2: longer, with zeros");
	close((int)fd);
	unlink("h");
}

static int in_root(void)
{
	char cwd[64];

	if (chroot("jail") != 0 || chdir("/") != 0)
		return 1;
	if (access("/inside", F_OK) != 0 || access("/../../inside", F_OK) != 0)
		return 2;
	if (getcwd(cwd, sizeof(cwd)) == NULL || strcmp(cwd, "/") != 0)
		return 3;
	if (chdir("/link") != 0 || access("inside", F_OK) != 0)
		return 4;
	return access("/jail", F_OK) == 0 ? 5 : 0;
}

static void check_root(void)
{
	pid_t pid;

	mkdir("jail", 0755);
	close(file_make("jail/inside", ""));
	if (symlink("/", "jail/link") != 0)
		tap_bail("symlink");
	pid = fork();
	if (pid == 0)
		_exit(in_root());
	tap_equal(child_wait(pid), 0, "chroot: nothing is above it");
	tap_ok(FAILS(chroot("jail/inside"), ENOTDIR), "chroot: no file");
	unlink("jail/link");
	unlink("jail/inside");
	rmdir("jail");
}

static void check_removed(void)
{
	char name[PATH_MAX];
	struct stat st;
	int fd;

	mkdir("r", 0700);
	fd = open("r", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rmdir("r");
	tap_ok(FAILS(openat(fd, "x", O_WRONLY | O_CREAT, 0600), ENOENT),
	       "a removed directory takes no file");
	tap_ok(FAILS(mkdirat(fd, "x", 0700), ENOENT), "and no directory");
	tap_ok(FAILS(symlinkat("x", fd, "x"), ENOENT), "and no link");
	tap_ok(fstat(fd, &st) == 0 && st.st_nlink == 0, "it has no links");
	tap_ok(fstatat(fd, "..", &st, 0) == 0, "it has a parent");
	tap_ok(fchdir(fd) == 0 && getcwd(name, sizeof(name)) == NULL &&
	       errno == ENOENT, "getcwd: ENOENT there");
	if (chdir("..") != 0)
		tap_bail("chdir");
	tap_ok(FAILS(syscall(SYS_getdents64, fd, name, sizeof(name)), ENOENT),
	       "getdents: ENOENT");
	close(fd);
}

enum { MANY = 3000 };

static int fill(int count)
{
	char name[32];
	int wrong = 0;

	mkdir("m", 0755);
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "m/%d", i);
		wrong += mknod(name, S_IFREG | 0600, 0) != 0;
	}
	return wrong;
}

/* As rm -r does: remove what is listed while it is listed. */
static int empty_while_listed(void)
{
	struct dirent *e;
	DIR *d = opendir("m");
	int removed = 0;
	char name[PATH_MAX];

	while (d != NULL && (e = readdir(d)) != NULL) {
		snprintf(name, sizeof(name), "m/%s", e->d_name);
		if (e->d_name[0] != '.')
			removed += unlink(name) == 0;
	}
	if (d != NULL)
		closedir(d);
	return removed;
}

static void check_many(void)
{
	struct dirent *e;
	char name[32];
	long place;
	int found = 0;
	DIR *d;

	tap_equal(fill(MANY), 0, "%d names in a directory", MANY);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "m/%d", i);
		found += access(name, F_OK) == 0;
	}
	tap_equal(found, MANY, "each is found");
	d = opendir("m");
	for (int i = 0; i < 1000; i++)
		(void)readdir(d);
	place = telldir(d);
	e = readdir(d);
	snprintf(name, sizeof(name), "%.20s", e->d_name);
	while (readdir(d) != NULL)
		;
	seekdir(d, place);
	e = readdir(d);
	tap_ok(e != NULL && strcmp(e->d_name, name) == 0,
	       "seekdir: goes back to a place");
	closedir(d);
	tap_equal(empty_while_listed(), MANY,
		  "all are listed while they are removed");
	tap_equal(rmdir("m"), 0, "nothing is left of them");
}

static void check_close_range(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	dup2(fd, 100);
	dup2(fd, 105);
	dup2(fd, 110);
	tap_equal(syscall(436, 100, 105, 4), 0, "close_range: CLOEXEC");
	tap_equal(fcntl(105, F_GETFD), FD_CLOEXEC, "close_range: is set");
	tap_equal(syscall(436, 101, 200, 0), 0, "close_range");
	tap_ok(FAILS(fcntl(110, F_GETFD), EBADF) &&
	       fcntl(100, F_GETFD) >= 0, "close_range: what is in it");
	tap_ok(FAILS(syscall(436, 5, 4, 0), EINVAL), "close_range: EINVAL");
	close(100);
	close(fd);
}

int main(void)
{
	umask(022);
	if (mkdir(DIRECTORY, 0755) != 0 || chdir(DIRECTORY) != 0)
		tap_bail("%s", DIRECTORY);
	check_owners();
	check_times();
	check_nameless();
	check_links();
	check_loops();
	check_slashes();
	check_exchange();
	check_nodes();
	check_devices();
	check_vectors();
	check_space();
	check_access();
	check_path_only();
	check_openat2();
	check_root();
	check_removed();
	check_many();
	check_close_range();
	tap_ok(chdir("..") == 0 && rmdir(DIRECTORY) == 0,
	       "nothing is left behind");
	return tap_done();
}
