// SPDX-License-Identifier: MIT
/*
 * maptest: files and shared memory in mappings; what the calls about pages do
 * and say. Works in a file of its own in /tmp.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
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

#define PAGE 4096ul
#define NAME "/tmp/maptest-file"

enum { RW = PROT_READ | PROT_WRITE };

/* Touching what may not be there */

static sigjmp_buf back;
static volatile sig_atomic_t got_signal, got_code;
static void *volatile got_address;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)context;
	got_signal = sig;
	got_code = info->si_code;
	got_address = info->si_addr;
	siglongjmp(back, 1);
}

static void catch_faults(void)
{
	struct sigaction action = { .sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

/* The signal, or 0; a store of @value if that is not below 0. */
static int touch(volatile char *p, int value)
{
	got_signal = 0;
	if (sigsetjmp(back, 1) == 0) {
		if (value < 0)
			(void)*p;
		else
			*p = (char)value;
	}
	return got_signal;
}

static void check_fault(char *p, int value, int sig, int code,
			const char *what)
{
	bool right = touch(p, value) == sig && got_code == code &&
		     got_address == p;

	if (!tap_ok(right, "%s", what))
		tap_note("signal %d, code %d, %ld bytes off", (int)got_signal,
			 (int)got_code, (long)((char *)got_address - p));
}

static bool is_filled(const char *p, size_t size, char with)
{
	for (size_t i = 0; i < size; i++)
		if (p[i] != with)
			return false;
	return true;
}

/* A file of @pages, each filled with its number + 'a'. */
static int make_file(size_t pages, int flags)
{
	int fd = open(NAME, O_RDWR | O_CREAT | O_TRUNC, 0644);
	char page[PAGE];

	if (fd < 0)
		tap_bail("%s", NAME);
	for (size_t i = 0; i < pages; i++) {
		memset(page, 'a' + (int)i, PAGE);
		if (write(fd, page, PAGE) != (ssize_t)PAGE)
			tap_bail("write to %s", NAME);
	}
	if (flags == O_RDWR)
		return fd;
	close(fd);
	fd = open(NAME, flags);
	if (fd < 0)
		tap_bail("%s", NAME);
	return fd;
}

static char *map_fd(size_t pages, int prot, int flags, int fd, size_t page)
{
	char *p = mmap(NULL, pages * PAGE, prot, flags, fd,
		       (off_t)(page * PAGE));

	if (p == MAP_FAILED)
		tap_bail("mmap of %zu pages: errno %d", pages, errno);
	return p;
}

static char *map(size_t pages, int prot)
{
	return map_fd(pages, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static char at(int fd, size_t offset)
{
	char c = '?';

	if (pread(fd, &c, 1, (off_t)offset) != 1)
		return '!';
	return c;
}

static void check_private(void)
{
	int fd = make_file(3, O_RDONLY);
	char *p = map_fd(3, RW, MAP_PRIVATE, fd, 0), *q;

	close(fd);
	tap_ok(is_filled(p, PAGE, 'a') && is_filled(p + 2 * PAGE, PAGE, 'c'),
	       "private: shows the file, after its descriptor is closed");
	memset(p + PAGE, 'x', PAGE);
	fd = open(NAME, O_RDWR);
	q = map_fd(3, PROT_READ, MAP_PRIVATE, fd, 0);
	tap_ok(at(fd, PAGE) == 'b' && q[PAGE] == 'b',
	       "private: what is stored stays here");
	pwrite(fd, "!", 1, 2 * PAGE);
	tap_ok(q[2 * PAGE] == '!' && p[2 * PAGE] == '!',
	       "private: a write to the file is seen where nothing was stored");
	pwrite(fd, "?", 1, PAGE);
	tap_ok(p[PAGE] == 'x', "private: and not where something was");
	madvise(p, 3 * PAGE, MADV_DONTNEED);
	tap_ok(p[PAGE] == '?' && p[PAGE + 1] == 'b',
	       "private: MADV_DONTNEED gives the file's contents back");
	check_fault(q, 1, SIGSEGV, SEGV_ACCERR,
		    "private: a store to a read-only one is SIGSEGV, ACCERR");
	munmap(p, 3 * PAGE);
	munmap(q, 3 * PAGE);
	close(fd);
}

static void check_shared(void)
{
	int fd = make_file(3, O_RDWR);
	char *p = map_fd(3, RW, MAP_SHARED, fd, 0);
	char *q = map_fd(1, PROT_READ, MAP_SHARED, fd, 1);

	p[PAGE + 5] = 'S';
	tap_ok(at(fd, PAGE + 5) == 'S' && q[5] == 'S',
	       "shared: a store reaches the file and other mappings");
	pwrite(fd, "W", 1, PAGE + 6);
	tap_ok(p[PAGE + 6] == 'W', "shared: a write to the file is seen");
	tap_equal(msync(p, 3 * PAGE, MS_SYNC), 0, "shared: msync");
	munmap(p, 3 * PAGE);
	tap_ok(at(fd, PAGE + 5) == 'S', "shared: it stays after munmap");
	munmap(q, PAGE);
	close(fd);
}

static void check_end_of_file(void)
{
	int fd = make_file(2, O_RDWR);
	char *p = map_fd(4, RW, MAP_SHARED, fd, 0);

	ftruncate(fd, PAGE + 100);
	tap_ok(p[PAGE + 99] == 'b' && p[PAGE + 100] == 0 &&
	       p[2 * PAGE - 1] == 0, "end: the rest of the last page is zero");
	check_fault(p + 2 * PAGE + 8, -1, SIGBUS, BUS_ADRERR,
		    "end: a load behind it is SIGBUS, ADRERR");
	check_fault(p + 3 * PAGE + 8, 1, SIGBUS, BUS_ADRERR,
		    "end: and a store");
	p[PAGE + 200] = 'z';
	ftruncate(fd, 4 * PAGE);
	tap_equal(at(fd, 3 * PAGE), 0, "end: a file that grew has zeros");
	tap_equal(touch(p + 3 * PAGE, 'n'), 0, "end: which can be stored to");
	tap_equal(at(fd, 3 * PAGE), 'n', "end: and hold it");
	munmap(p, 4 * PAGE);
	close(fd);
}

static void check_truncate(void)
{
	int fd = make_file(3, O_RDWR);
	char *shared = map_fd(3, RW, MAP_SHARED, fd, 0);
	char *private = map_fd(3, RW, MAP_PRIVATE, fd, 0);

	shared[2 * PAGE] = 1;
	private[PAGE] = 2;
	private[2 * PAGE] = 2;
	ftruncate(fd, PAGE);
	check_fault(shared + 2 * PAGE, -1, SIGBUS, BUS_ADRERR,
		    "truncate: a shared page that was there is gone");
	check_fault(private + 2 * PAGE, -1, SIGBUS, BUS_ADRERR,
		    "truncate: a private copy, too");
	tap_ok(shared[0] == 'a' && private[0] == 'a',
	       "truncate: what is before the end stays");
	ftruncate(fd, 3 * PAGE);
	tap_ok(shared[2 * PAGE] == 0 && private[PAGE] == 0,
	       "truncate: zeros after it has grown again");
	munmap(shared, 3 * PAGE);
	munmap(private, 3 * PAGE);
	close(fd);
}

static long errno_of(const void *p)
{
	return p == MAP_FAILED ? errno : 0;
}

static long map_error(int prot, int flags, int fd)
{
	void *p = mmap(NULL, PAGE, prot, flags, fd, 0);
	long err = errno_of(p);

	if (!err)
		munmap(p, PAGE);
	return err;
}

static void check_access(void)
{
	int rd = make_file(1, O_RDONLY), wr = open(NAME, O_WRONLY);
	int pipes[2], dir = open("/tmp", O_RDONLY), path = open(NAME, O_PATH);
	char *p;

	tap_equal(map_error(RW, MAP_SHARED, rd), EACCES,
		  "access: shared and writable of a read-only file is EACCES");
	tap_equal(map_error(RW, MAP_PRIVATE, rd), 0, "access: private is fine");
	tap_equal(map_error(PROT_READ, MAP_PRIVATE, wr), EACCES,
		  "access: of a write-only file is EACCES");
	tap_equal(map_error(PROT_NONE, MAP_SHARED, wr), EACCES,
		  "access: whatever is asked for");
	tap_equal(map_error(PROT_READ, MAP_PRIVATE, path), EBADF,
		  "access: of O_PATH is EBADF");
	tap_equal(map_error(PROT_READ, MAP_PRIVATE, dir), ENODEV,
		  "access: of a directory is ENODEV");
	if (pipe(pipes))
		tap_bail("pipe");
	tap_equal(map_error(PROT_READ, MAP_PRIVATE, pipes[0]), ENODEV,
		  "access: of a pipe is ENODEV");
	p = map_fd(1, PROT_READ, MAP_SHARED, rd, 0);
	tap_ok(mprotect(p, PAGE, RW) == -1 && errno == EACCES,
	       "access: mprotect gives no more than the file");
	munmap(p, PAGE);
	p = map_fd(1, PROT_READ, MAP_PRIVATE, rd, 0);
	tap_equal(mprotect(p, PAGE, RW), 0, "access: but a private one");
	tap_equal(touch(p, 1), 0, "access: which can then be stored to");
	munmap(p, PAGE);
	for (int i = 0; i < 2; i++)
		close(pipes[i]);
	close(rd);
	close(wr);
	close(dir);
	close(path);
}

static void check_flags(void)
{
	const int anon = MAP_PRIVATE | MAP_ANONYMOUS;
	char *p = map(3, RW), *q;
	int fd = make_file(1, O_RDWR);

	tap_equal(errno_of(mmap(p, PAGE, RW, anon | MAP_FIXED_NOREPLACE, -1,
				0)), EEXIST,
		  "flags: MAP_FIXED_NOREPLACE over something is EEXIST");
	munmap(p + PAGE, PAGE);
	q = mmap(p + PAGE, PAGE, RW, anon | MAP_FIXED_NOREPLACE, -1, 0);
	tap_ok(q == p + PAGE, "flags: and maps where nothing is");
	munmap(p + PAGE, PAGE);
	q = mmap(p + PAGE, PAGE, RW, anon, -1, 0);
	tap_ok(q == p + PAGE, "flags: a hint that is free is taken");
	munmap(p, 3 * PAGE);
	tap_equal(map_error(RW, MAP_ANONYMOUS, -1), EINVAL,
		  "flags: neither shared nor private is EINVAL");
	tap_equal(map_error(RW, MAP_SHARED_VALIDATE | 0x00800000, fd),
		  EOPNOTSUPP,
		  "flags: MAP_SHARED_VALIDATE tells of unknown ones");
	tap_equal(map_error(RW, MAP_SHARED | 0x00800000, fd), 0,
		  "flags: MAP_SHARED ignores them");
	tap_equal(map_error(RW, MAP_SHARED_VALIDATE, fd), 0,
		  "flags: MAP_SHARED_VALIDATE is shared");
	tap_equal(errno_of(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 1)), EINVAL,
		  "flags: an offset within a page is EINVAL");
	tap_equal(map_error(RW, anon | MAP_POPULATE | MAP_STACK |
			    MAP_NORESERVE, -1), 0, "flags: harmless ones");
	p = mmap(NULL, 1ul << 37, RW, anon | MAP_NORESERVE, -1, 0);
	tap_ok(p != MAP_FAILED && touch(p + (1ul << 36), 1) == 0,
	       "flags: MAP_NORESERVE maps more than there is");
	munmap(p, 1ul << 37);
	close(fd);
}

static void check_mincore(void)
{
	char *p = map(4, RW);
	unsigned char in[4] = { 9, 9, 9, 9 };

	p[PAGE] = 1;
	tap_ok(mincore(p, 4 * PAGE, in) == 0 && !(in[0] & 1) && (in[1] & 1) &&
	       !(in[2] & 1), "mincore: what was touched");
	tap_equal(mlock(p + 2 * PAGE, PAGE), 0, "mincore: mlock");
	tap_ok(mincore(p, 4 * PAGE, in) == 0 && (in[2] & 1) && !(in[3] & 1),
	       "mincore: fetches");
	tap_equal(munlock(p + 2 * PAGE, PAGE), 0, "mincore: munlock");
	tap_ok(mincore(p + 1, PAGE, in) == -1 && errno == EINVAL,
	       "mincore: within a page is EINVAL");
	munmap(p + 3 * PAGE, PAGE);
	tap_ok(mincore(p, 4 * PAGE, in) == -1 && errno == ENOMEM,
	       "mincore: over a hole is ENOMEM");
	tap_ok(mlock(p, 4 * PAGE) == -1 && errno == ENOMEM,
	       "mlock: over a hole is ENOMEM");
	munmap(p, 3 * PAGE);
	p = map_fd(4, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	tap_ok(mincore(p, 4 * PAGE, in) == 0 && (in[0] & in[3] & 1),
	       "mincore: MAP_POPULATE fetches");
	munmap(p, 4 * PAGE);
}

static void check_mremap(void)
{
	int fd = make_file(4, O_RDWR);
	char *p = map_fd(2, RW, MAP_SHARED, fd, 0), *q;

	p[0] = 'm';
	q = mremap(p, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE);
	tap_ok(q != MAP_FAILED && q[0] == 'm' && q[3 * PAGE] == 'd',
	       "mremap: a mapping of a file grows over the file");
	q[3 * PAGE] = 'M';
	tap_equal(at(fd, 3 * PAGE), 'M', "mremap: and is still shared");
	p = mremap(q, 0, 2 * PAGE, MREMAP_MAYMOVE);
	tap_ok(p != MAP_FAILED && p != q && p[0] == 'm',
	       "mremap: from nothing makes a second one");
	p[1] = '2';
	tap_equal(q[1], '2', "mremap: of the same pages");
	munmap(p, 2 * PAGE);
	p = map_fd(2, RW, MAP_PRIVATE, fd, 0);
	p[0] = 'p';
	tap_ok(mremap(p, 0, PAGE, MREMAP_MAYMOVE) == MAP_FAILED &&
	       errno == EINVAL, "mremap: of a private one is EINVAL");
	p = mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q);
	tap_ok(p == q && p[0] == 'p' && p[PAGE] == 'b',
	       "mremap: MREMAP_FIXED over another, private copies move");
	tap_ok(q[3 * PAGE] == 'M', "mremap: what is behind stays");
	munmap(q, 4 * PAGE);
	p = map(4, RW);
	memset(p, 'r', 4 * PAGE);
	q = mremap(p, 4 * PAGE, 2 * PAGE, 0);
	tap_ok(q == p && is_filled(p, 2 * PAGE, 'r'), "mremap: shrinks");
	check_fault(p + 2 * PAGE, -1, SIGSEGV, SEGV_MAPERR,
		    "mremap: what was cut off is SIGSEGV, MAPERR");
	tap_ok(mremap(p, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED &&
	       errno == EFAULT, "mremap: over a hole is EFAULT");
	munmap(p, 2 * PAGE);
	close(fd);
}

static void check_zero_device(void)
{
	int fd = open("/dev/zero", O_RDWR);
	char *p = map_fd(1, RW, MAP_PRIVATE, fd, 0);
	char *q = map_fd(1, RW, MAP_SHARED, fd, 0);
	int status = 0;

	p[0] = q[0] = 1;
	tap_ok(is_filled(p + 1, PAGE - 1, 0) && is_filled(q + 1, PAGE - 1, 0),
	       "/dev/zero: zeros, private and shared");
	if (fork() == 0) {
		p[1] = q[1] = 2;
		_exit(0);
	}
	wait(&status);
	tap_ok(p[1] == 0 && q[1] == 2, "/dev/zero: shared with a child or not");
	munmap(p, PAGE);
	munmap(q, PAGE);
	close(fd);
}

static void check_grows_down(void)
{
	char *room = map(4096, PROT_NONE), *p;

	munmap(room, 4096 * PAGE);
	p = mmap(room + 4000 * PAGE, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS |
		 MAP_FIXED | MAP_GROWSDOWN, -1, 0);
	tap_equal(touch(p - 1, 1), 0, "MAP_GROWSDOWN: grows by a page");
	tap_equal(touch(p - 100 * PAGE, 1), 0, "MAP_GROWSDOWN: and by many");
	tap_ok(p[-50 * (long)PAGE] == 0, "MAP_GROWSDOWN: with zeros");
	check_fault(p - 3000 * PAGE, 1, SIGSEGV, SEGV_MAPERR,
		    "MAP_GROWSDOWN: not beyond the limit of a stack");
	munmap(p - 3000 * PAGE, 3001 * PAGE);
}

/* What a child has after madvise. */
static void check_fork_advice(void)
{
	char *wiped = map(1, RW), *gone = map(1, RW);
	int status = -1;

	wiped[0] = gone[0] = 'p';
	tap_equal(madvise(wiped, PAGE, MADV_WIPEONFORK), 0,
		  "madvise: MADV_WIPEONFORK");
	tap_equal(madvise(gone, PAGE, MADV_DONTFORK), 0,
		  "madvise: MADV_DONTFORK");
	if (fork() == 0)
		_exit(wiped[0] == 0 && touch(gone, -1) == SIGSEGV ? 0 : 1);
	wait(&status);
	tap_equal(status, 0, "madvise: the child has zeros, and nothing");
	tap_ok(wiped[0] == 'p' && gone[0] == 'p',
	       "madvise: the parent has all");
	madvise(wiped, PAGE, MADV_KEEPONFORK);
	madvise(gone, PAGE, MADV_DOFORK);
	if (fork() == 0)
		_exit(wiped[0] == 'p' && gone[0] == 'p' ? 0 : 1);
	wait(&status);
	tap_equal(status, 0, "madvise: and without them the child, too");
	tap_ok(madvise(wiped, PAGE, 4711) == -1 && errno == EINVAL,
	       "madvise: what nobody knows is EINVAL");
	munmap(wiped, PAGE);
	munmap(gone, PAGE);
}

/* A system call reads from and writes to mappings of the same file. */
static void check_into_itself(void)
{
	int fd = make_file(3, O_RDWR);
	char *p = map_fd(3, RW, MAP_SHARED, fd, 0);

	tap_ok(pread(fd, p + PAGE, PAGE, 0) == (ssize_t)PAGE && p[PAGE] == 'a',
	       "read: a file into its own mapping");
	tap_ok(pwrite(fd, p + 2 * PAGE, PAGE, 0) == (ssize_t)PAGE &&
	       p[0] == 'c', "write: a file from its own mapping");
	ftruncate(fd, PAGE);
	tap_ok(pread(fd, p + PAGE, PAGE, 0) == -1 && errno == EFAULT,
	       "read: to behind its end is EFAULT");
	tap_ok(pwrite(fd, p + PAGE, PAGE, 0) == -1 && errno == EFAULT,
	       "write: from there, too");
	munmap(p, 3 * PAGE);
	close(fd);
}

static void check_all(void)
{
	check_private();
	check_shared();
	check_end_of_file();
	check_truncate();
	check_access();
	check_flags();
	check_mincore();
	check_mremap();
	check_zero_device();
	check_grows_down();
	check_fork_advice();
	check_into_itself();
	unlink(NAME);
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
	child_init(argv[0]);
	catch_faults();
	check_all();
	if (argc == 1)
		check_again();
	return tap_done();
}
