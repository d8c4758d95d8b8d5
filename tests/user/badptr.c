// SPDX-License-Identifier: MIT
/*
 * badptr: give every pointer argument of every system call every kind of bad
 * pointer. The result must be EFAULT and nothing else: no signal, no other
 * error, no success, and never a fault in the kernel.
 *
 * Each row of the table is a call that works when its pointer is good, which
 * is checked first; a call that the kernel does not have is skipped. Where a
 * buffer is good for its first part, Linux lets some calls transfer that
 * part: rows that may are marked.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <loom/abi.h>

#include "lib/child.h"
#include "lib/tap.h"

#define PAGE 4096
#define SCRATCH "badptr.tmp"

enum how {
	IN = 1,			/* the kernel reads there */
	OUT = 2,		/* the kernel writes there */
	STRING = 4,		/* it reads a string */
	NULL_OK = 8,		/* NULL means that nothing is there */
	PARTIAL = 16,		/* what fits may be transferred */
	CHILD = 32,		/* each call needs a child that has ended */
	NO_CONTROL = 64,	/* with a good pointer it would not return */
	INDIRECT = 128,		/* the pointer is in a struct iovec or list */
	KEEP_GOOD = 256,	/* the good memory is not cleared first */
};

struct row {
	const char *name;
	long nr;
	unsigned int how;
	unsigned int which;	/* the argument that is the pointer */
	size_t size;		/* what the kernel reads or writes there */
	long arg[6];
};

/* Good things for the other arguments, and what a bad pointer is put into. */
static char good[2 * PAGE] __attribute__((aligned(PAGE)));
static char zeros[64];
static char dot[] = ".", file_name[] = SCRATCH, other_name[] = SCRATCH ".2";
static char program[512];	/* what execve would start */
static char *no_strings[] = { NULL };
static struct iovec iov;
static char *list[2];
static struct pollfd nothing = { .fd = -1 };
static struct timespec no_time;
static socklen_t name_len = 110, value_len = 4;
static long offset = PAGE;

/* Places in memory that are not, or not wholly, what a call needs. */
static char *edge;		/* the first byte behind a mapped page */
static char *no_access, *read_only;

#define P 0			/* here goes the pointer: row.which */
#define A(pointer) ((long)(uintptr_t)(pointer))

/* Descriptors that prepare() opens, at fixed numbers. */
enum { FD_FILE = 20, FD_DIR, FD_PIPE_IN, FD_PIPE_OUT, FD_TTY, FD_SOCKET };

static const struct row rows[] = {
	{ "read", SYS_read, OUT | PARTIAL, 1, 64, { FD_FILE, P, 64 } },
	{ "read from a pipe", SYS_read, OUT | PARTIAL, 1, 64,
	  { FD_PIPE_IN, P, 64 } },
	{ "write", SYS_write, IN | PARTIAL, 1, 64, { FD_FILE, P, 64 } },
	{ "write to a pipe", SYS_write, IN | PARTIAL, 1, 64,
	  { FD_PIPE_OUT, P, 64 } },
	{ "pread64", SYS_pread64, OUT | PARTIAL, 1, 64,
	  { FD_FILE, P, 64, 0 } },
	{ "pwrite64", SYS_pwrite64, IN | PARTIAL, 1, 64,
	  { FD_FILE, P, 64, 0 } },
	{ "readv, the vector", SYS_readv, IN, 1, 16, { FD_FILE, P, 1 } },
	{ "readv, the buffer", SYS_readv, OUT | PARTIAL | INDIRECT, 1, 64,
	  { FD_FILE, P, 1 } },
	{ "writev, the vector", SYS_writev, IN, 1, 16, { FD_FILE, P, 1 } },
	{ "writev, the buffer", SYS_writev, IN | PARTIAL | INDIRECT, 1, 64,
	  { FD_FILE, P, 1 } },
	{ "openat", SYS_openat, STRING, 1, 1, { AT_FDCWD, P, O_RDONLY } },
	{ "newfstatat, the path", SYS_newfstatat, STRING, 1, 1,
	  { AT_FDCWD, P, A(good), 0 } },
	{ "newfstatat, the result", SYS_newfstatat, OUT, 2,
	  sizeof(struct stat), { AT_FDCWD, A(dot), P, 0 } },
	{ "fstat", SYS_fstat, OUT, 1, sizeof(struct stat), { FD_FILE, P } },
	{ "getdents64", SYS_getdents64, OUT | PARTIAL, 1, 48,
	  { FD_DIR, P, PAGE } },
	{ "getcwd", SYS_getcwd, OUT, 0, 2, { P, 256 } },
	{ "chdir", SYS_chdir, STRING, 0, 1, { P } },
	{ "mkdirat", SYS_mkdirat, STRING | NO_CONTROL, 1, 1,
	  { AT_FDCWD, P, 0755 } },
	{ "unlinkat", SYS_unlinkat, STRING | NO_CONTROL, 1, 1,
	  { AT_FDCWD, P, 0 } },
	{ "renameat2, the old", SYS_renameat2, STRING | NO_CONTROL, 1, 1,
	  { AT_FDCWD, P, AT_FDCWD, A(other_name), 0 } },
	{ "renameat2, the new", SYS_renameat2, STRING | NO_CONTROL, 3, 1,
	  { AT_FDCWD, A(file_name), AT_FDCWD, P, 0 } },
	{ "faccessat", SYS_faccessat, STRING, 1, 1, { AT_FDCWD, P, R_OK } },
	{ "readlinkat, the path", SYS_readlinkat, STRING | NO_CONTROL, 1, 1,
	  { AT_FDCWD, P, A(good), 64 } },
	{ "pipe2", SYS_pipe2, OUT, 0, 8, { P, O_CLOEXEC } },
	{ "preadv, the buffer", SYS_preadv, OUT | PARTIAL | INDIRECT, 1, 64,
	  { FD_FILE, P, 1, 0 } },
	{ "pwritev, the vector", SYS_pwritev, IN, 1, 16, { FD_FILE, P, 1, 0 } },
	{ "preadv2, the vector", SYS_preadv2, IN, 1, 16,
	  { FD_FILE, P, 1, 0, 0, 0 } },
	{ "statfs, the path", SYS_statfs, STRING, 0, 1, { P, A(good) } },
	{ "statfs, the result", SYS_statfs, OUT, 1, 120, { A(dot), P } },
	{ "fstatfs", SYS_fstatfs, OUT, 1, 120, { FD_FILE, P } },
	{ "fchownat", SYS_fchownat, STRING, 1, 1,
	  { AT_FDCWD, P, 0, 0, 0 } },
	{ "mknodat", SYS_mknodat, STRING | NO_CONTROL, 1, 1,
	  { AT_FDCWD, P, 0100600, 0 } },
	{ "chroot", SYS_chroot, STRING | NO_CONTROL, 0, 1, { P } },
	{ "openat2, the path", SYS_openat2, STRING, 1, 1,
	  { AT_FDCWD, P, A(zeros), 24 } },
	{ "openat2, how", SYS_openat2, IN, 2, 24, { AT_FDCWD, A(dot), P, 24 } },
	/* What is written is seen only behind what can be read. */
	{ "fcntl F_GETLK", SYS_fcntl, IN, 2, 32,
	  { FD_FILE, F_GETLK, P } },
	{ "fcntl F_SETLK", SYS_fcntl, IN, 2, 32, { FD_FILE, F_SETLK, P } },
	{ "ioctl FIONBIO", SYS_ioctl, IN, 2, 4, { FD_FILE, FIONBIO, P } },
	{ "memfd_create", SYS_memfd_create, STRING | NO_CONTROL, 0, 1,
	  { P, 0 } },
	{ "getxattr, the path", SYS_getxattr, STRING | NO_CONTROL, 0, 1,
	  { P, A(file_name), A(good), 64 } },
	{ "getxattr, the name", SYS_getxattr, STRING | NO_CONTROL, 1, 1,
	  { A(dot), P, A(good), 64 } },
	{ "capget, the header", SYS_capget, IN | NO_CONTROL, 0, 1,
	  { P, A(good) } },
	{ "sethostname", SYS_sethostname, IN | NO_CONTROL, 0, 4, { P, 4 } },
	{ "syslog", SYS_syslog, OUT | NULL_OK | NO_CONTROL, 1, 64,
	  { 3, P, 4096 } },
	{ "wait4, the status", SYS_wait4, OUT | NULL_OK | CHILD, 1, 4,
	  { -1, P, 0, 0 } },
	{ "wait4, the usage", SYS_wait4, OUT | NULL_OK | CHILD, 3,
	  sizeof(struct rusage), { -1, 0, 0, P } },
	{ "nanosleep", SYS_nanosleep, IN, 0, 16, { P, 0 } },
	{ "clock_nanosleep", SYS_clock_nanosleep, IN, 2, 16,
	  { CLOCK_MONOTONIC, 0, P, 0 } },
	{ "clock_gettime", SYS_clock_gettime, OUT, 1, 16,
	  { CLOCK_MONOTONIC, P } },
	{ "clock_getres", SYS_clock_getres, OUT | NULL_OK, 1, 16,
	  { CLOCK_MONOTONIC, P } },
	{ "gettimeofday", SYS_gettimeofday, OUT | NULL_OK, 0, 16, { P, 0 } },
	{ "clock_settime", SYS_clock_settime, IN | NO_CONTROL, 1, 16,
	  { CLOCK_REALTIME, P } },
	{ "settimeofday", SYS_settimeofday, IN | NULL_OK | NO_CONTROL, 0, 16,
	  { P, 0 } },
	{ "settimeofday, the zone", SYS_settimeofday, IN | NULL_OK, 1, 8,
	  { 0, P } },
	{ "adjtimex", SYS_adjtimex, IN, 0, 208, { P } },
	{ "clock_adjtime", SYS_clock_adjtime, IN, 1, 208,
	  { CLOCK_REALTIME, P } },
	{ "getitimer", SYS_getitimer, OUT, 1, 32, { 0, P } },
	{ "setitimer, the new", SYS_setitimer, IN | NULL_OK, 1, 32,
	  { 0, P, 0 } },
	{ "setitimer, the old", SYS_setitimer, OUT | NULL_OK, 2, 32,
	  { 0, 0, P } },
	{ "timer_create, the event", SYS_timer_create,
	  IN | NULL_OK | NO_CONTROL, 1, 64, { CLOCK_MONOTONIC, P, A(good) } },
	{ "timer_create, the number", SYS_timer_create, OUT, 2, 4,
	  { CLOCK_MONOTONIC, 0, P } },
	/* The timer that the row before has made. */
	{ "timer_settime, the new", SYS_timer_settime,
	  IN | NULL_OK | NO_CONTROL, 2, 32, { 0, 0, P, 0 } },
	{ "timer_settime, the old", SYS_timer_settime, OUT | NULL_OK, 3, 32,
	  { 0, 0, A(zeros), P } },
	{ "timer_gettime", SYS_timer_gettime, OUT, 1, 32, { 0, P } },
	{ "futex, the timeout", SYS_futex, IN | NULL_OK | NO_CONTROL, 3, 16,
	  { A(zeros), 0, 0, P } },
	{ "get_robust_list, the head", SYS_get_robust_list, OUT, 1, 8,
	  { 0, P, A(good) } },
	{ "get_robust_list, the length", SYS_get_robust_list, OUT, 2, 8,
	  { 0, A(good), P } },
	{ "times", SYS_times, OUT | NULL_OK, 0, sizeof(struct tms), { P } },
	{ "getrusage", SYS_getrusage, OUT, 1, sizeof(struct rusage),
	  { RUSAGE_SELF, P } },
	{ "mincore", SYS_mincore, OUT, 2, 1, { A(good), PAGE, P } },
	{ "sysinfo", SYS_sysinfo, OUT, 0, sizeof(struct sysinfo), { P } },
	{ "getresuid, the first", SYS_getresuid, OUT, 0, 4,
	  { P, A(good), A(good) } },
	{ "getresgid, the last", SYS_getresgid, OUT, 2, 4,
	  { A(good), A(good), P } },
	{ "uname", SYS_uname, OUT, 0, sizeof(struct utsname), { P } },
	{ "getrandom", SYS_getrandom, OUT | PARTIAL, 0, 32, { P, 32, 0 } },
	{ "prlimit64, the new", SYS_prlimit64, IN | NULL_OK | NO_CONTROL, 2,
	  16, { 0, RLIMIT_STACK, P, 0 } },
	{ "prlimit64, the old", SYS_prlimit64, OUT | NULL_OK, 3, 16,
	  { 0, RLIMIT_STACK, 0, P } },
	{ "rt_sigaction, the new", SYS_rt_sigaction,
	  IN | NULL_OK | NO_CONTROL, 1, 24, { SIGUSR1, P, 0, 8 } },
	{ "rt_sigaction, the old", SYS_rt_sigaction, OUT | NULL_OK, 2, 24,
	  { SIGUSR1, 0, P, 8 } },
	{ "rt_sigprocmask, the new", SYS_rt_sigprocmask,
	  IN | NULL_OK | NO_CONTROL, 1, 8, { SIG_BLOCK, P, 0, 8 } },
	{ "rt_sigprocmask, the old", SYS_rt_sigprocmask, OUT | NULL_OK, 2, 8,
	  { SIG_BLOCK, 0, P, 8 } },
	{ "rt_sigsuspend", SYS_rt_sigsuspend, IN | NO_CONTROL, 0, 8, { P, 8 } },
	{ "rt_sigtimedwait, the set", SYS_rt_sigtimedwait, IN | NO_CONTROL, 0,
	  8, { P, 0, A(good), 8 } },
	{ "rt_sigtimedwait, the time", SYS_rt_sigtimedwait,
	  IN | NULL_OK | NO_CONTROL, 2, 16, { A(good), 0, P, 8 } },
	{ "rt_sigqueueinfo", SYS_rt_sigqueueinfo, IN | NO_CONTROL, 2, 128,
	  { 1, 0, P } },
	{ "rt_tgsigqueueinfo", SYS_rt_tgsigqueueinfo, IN | NO_CONTROL, 3, 128,
	  { 1, 1, 0, P } },
	{ "sigaltstack, the new", SYS_sigaltstack, IN | NULL_OK | NO_CONTROL,
	  0, 24, { P, 0 } },
	{ "sigaltstack, the old", SYS_sigaltstack, OUT | NULL_OK, 1, 24,
	  { 0, P } },
	{ "ioctl TCGETS", SYS_ioctl, OUT, 2, 36, { FD_TTY, TCGETS, P } },
	/* Good is what TCGETS has just left there. */
	{ "ioctl TCSETS", SYS_ioctl, IN | KEEP_GOOD, 2, 36,
	  { FD_TTY, TCSETS, P } },
	{ "ioctl TIOCGWINSZ", SYS_ioctl, OUT, 2, 8,
	  { FD_TTY, TIOCGWINSZ, P } },
	{ "ioctl TIOCOUTQ", SYS_ioctl, OUT, 2, 4, { FD_TTY, TIOCOUTQ, P } },
	{ "execve, the path", SYS_execve, STRING | NO_CONTROL, 0, 1,
	  { P, A(no_strings), A(no_strings) } },
	{ "execve, the arguments", SYS_execve, IN | NULL_OK | NO_CONTROL, 1,
	  8, { A(program), P, A(no_strings) } },
	{ "execve, an argument", SYS_execve,
	  STRING | NULL_OK | NO_CONTROL | INDIRECT, 1, 1,
	  { A(program), P, A(no_strings) } },
	{ "execve, the environment", SYS_execve, IN | NULL_OK | NO_CONTROL,
	  2, 8, { A(program), A(no_strings), P } },
	{ "execve, a variable", SYS_execve,
	  STRING | NULL_OK | NO_CONTROL | INDIRECT, 2, 1,
	  { A(program), A(no_strings), P } },
	{ "execveat, the path", SYS_execveat, STRING | NO_CONTROL, 1, 1,
	  { AT_FDCWD, P, A(no_strings), A(no_strings), 0 } },
	{ "execveat, the arguments", SYS_execveat,
	  IN | NULL_OK | NO_CONTROL, 2, 8,
	  { AT_FDCWD, A(program), P, A(no_strings), 0 } },
	{ "clone3", SYS_clone3, IN | NO_CONTROL, 0, 64, { P, 64 } },
	{ "ppoll, the descriptors", SYS_ppoll, IN | OUT, 0, 8,
	  { P, 1, A(&no_time), 0, 0 } },
	{ "ppoll, the time", SYS_ppoll, IN | NULL_OK, 2, 16,
	  { A(&nothing), 1, P, 0, 0 } },
	{ "ppoll, the mask", SYS_ppoll, IN | NULL_OK, 3, 8,
	  { A(&nothing), 1, A(&no_time), P, 8 } },
	{ "pselect6, a set", SYS_pselect6, IN | OUT | NULL_OK, 1, 8,
	  { 1, P, 0, 0, A(&no_time), 0 } },
	{ "pselect6, the time", SYS_pselect6, IN | NULL_OK, 4, 16,
	  { 0, 0, 0, 0, P, 0 } },
	{ "pselect6, the mask", SYS_pselect6, IN | NULL_OK, 5, 16,
	  { 0, 0, 0, 0, A(&no_time), P } },
	{ "ioctl FIONREAD", SYS_ioctl, OUT, 2, 4,
	  { FD_PIPE_IN, FIONREAD, P } },
	{ "sendfile", SYS_sendfile, IN | OUT | NULL_OK, 2, 8,
	  { FD_PIPE_OUT, FD_FILE, P, 1 } },
	{ "copy_file_range", SYS_copy_file_range, IN | NULL_OK, 1, 8,
	  { FD_FILE, P, FD_FILE, A(&offset), 1, 0 } },
	{ "socketpair", SYS_socketpair, OUT, 3, 8,
	  { AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, P } },
	{ "sendto", SYS_sendto, IN, 1, 64,
	  { FD_SOCKET, P, 64, MSG_DONTWAIT, 0, 0 } },
	{ "recvfrom, the buffer", SYS_recvfrom, OUT | PARTIAL, 1, 64,
	  { FD_SOCKET, P, 64, MSG_DONTWAIT, 0, 0 } },
	{ "recvfrom, the length", SYS_recvfrom, IN | OUT, 5, 4,
	  { FD_SOCKET, A(good), 1, MSG_DONTWAIT, A(good), P } },
	{ "sendmsg", SYS_sendmsg, IN, 1, 56, { FD_SOCKET, P, MSG_DONTWAIT } },
	{ "recvmsg", SYS_recvmsg, IN, 1, 56, { FD_SOCKET, P, MSG_DONTWAIT } },
	{ "getsockname, the name", SYS_getsockname, OUT, 1, 2,
	  { FD_SOCKET, P, A(&name_len) } },
	{ "getsockname, the length", SYS_getsockname, IN | OUT, 2, 4,
	  { FD_SOCKET, A(good), P } },
	{ "getsockopt, the value", SYS_getsockopt, OUT, 3, 4,
	  { FD_SOCKET, SOL_SOCKET, SO_TYPE, P, A(&value_len) } },
	{ "getsockopt, the length", SYS_getsockopt, IN | OUT, 4, 4,
	  { FD_SOCKET, SOL_SOCKET, SO_TYPE, A(good), P } },
	{ "setsockopt", SYS_setsockopt, IN, 3, 4,
	  { FD_SOCKET, SOL_SOCKET, SO_RCVBUF, P, 4 } },
	{ "loom_buffer", LOOM_SYS_BUFFER, IN, 0, 64, { P, 64 } },
	{ "prctl PR_GET_NAME", SYS_prctl, OUT, 1, 16, { PR_GET_NAME, P } },
};

enum bad {
	BAD_NULL,
	BAD_SMALL,
	BAD_HOLE,
	BAD_TOP,		/* the last page of a 39-bit space */
	BAD_BETWEEN,		/* neither user nor kernel */
	BAD_KERNEL,
	BAD_KERNEL_LINEAR,
	BAD_KERNEL_48,
	BAD_LAST,
	BAD_WRAP,		/* begins at the end of the address space */
	BAD_TAGGED,		/* refused as long as nobody asked for tags */
	BAD_UNMAPPED,
	BAD_NO_ACCESS,
	BAD_READ_ONLY,
	BAD_STRADDLE,		/* its first part is good */
	BAD_COUNT,
};

static const char *const bad_names[] = {
	"NULL", "a small number", "a hole", "the top of user space",
	"an address that is nobody's", "a kernel address",
	"a kernel address of the linear map", "a 48-bit kernel address",
	"the last address", "a range that wraps", "a tagged pointer",
	"an unmapped page", "a page without access", "a read-only page",
	"a range that runs into an unmapped page",
};

_Static_assert(sizeof(bad_names) / sizeof(*bad_names) == BAD_COUNT,
	       "each has a name");

/* The pointer of kind @bad for @row, or false if it would not be bad. */
static bool bad_pointer(const struct row *row, enum bad bad, uintptr_t *out)
{
	bool string = (row->how & STRING) != 0;

	switch (bad) {
	case BAD_NULL: *out = 0; return !(row->how & NULL_OK);
	case BAD_SMALL: *out = 8; return true;
	case BAD_HOLE: *out = 0x7123456000; return true;
	case BAD_TOP: *out = 0x7ffffff000; return true;
	case BAD_BETWEEN: *out = 0x00f0000000000000; return true;
	case BAD_KERNEL: *out = 0xffffff8000000000; return true;
	case BAD_KERNEL_LINEAR: *out = 0xffffffc000080000; return true;
	case BAD_KERNEL_48: *out = 0xffff800008000000; return true;
	case BAD_LAST: *out = ~(uintptr_t)0; return true;
	case BAD_WRAP: *out = -(uintptr_t)(row->size / 2 + 1); return true;
	case BAD_TAGGED: *out = A(good) | (0x5aul << 56); return true;
	case BAD_UNMAPPED: *out = A(edge); return true;
	case BAD_NO_ACCESS: *out = A(no_access); return true;
	case BAD_READ_ONLY:
		*out = A(read_only);
		return (row->how & OUT) != 0;
	case BAD_STRADDLE:
		/* The mapped part must hold no end of a string. */
		memset(edge - PAGE, 'a', PAGE);
		*out = A(edge) - (string ? 16 : row->size / 2);
		return string || row->size >= 2;
	default: return false;
	}
}

static long call(const struct row *row, uintptr_t pointer)
{
	long arg[6], result;

	memcpy(arg, row->arg, sizeof(arg));
	arg[row->which] = (long)pointer;
	if (row->how & INDIRECT) {
		iov = (struct iovec){ (void *)pointer, row->size };
		list[0] = (char *)pointer;
		arg[row->which] = row->how & STRING ? A(list) : A(&iov);
	}
	/* At its end a directory has nothing to copy. */
	if (row->nr == SYS_getdents64)
		lseek(FD_DIR, 0, SEEK_SET);
	if (row->how & CHILD)
		child_again("--exit", NULL, NULL, -1, -1);
	result = syscall(row->nr, arg[0], arg[1], arg[2], arg[3], arg[4],
			 arg[5]);
	return result == -1 ? -errno : result;
}

/* Close what a successful call has opened. */
static void undo(const struct row *row, long result)
{
	int fd[2];

	if (result < 0)
		return;
	if (row->nr == SYS_openat || row->nr == SYS_openat2)
		close((int)result);
	if (row->nr == SYS_pipe2 || row->nr == SYS_socketpair) {
		memcpy(fd, good, sizeof(fd));
		close(fd[0]);
		close(fd[1]);
	}
}

/* The call with a good pointer: its result, or 0 if that cannot be tried. */
static long control(const struct row *row)
{
	long result;

	if (row->how & NO_CONTROL)
		return 0;
	if (!(row->how & KEEP_GOOD))
		memset(good, 0, sizeof(good));
	if (row->how & INDIRECT || row->nr == SYS_readv ||
	    row->nr == SYS_writev)
		*(struct iovec *)good = (struct iovec){ good + PAGE, 64 };
	result = call(row, row->how & STRING ? A(dot) : A(good));
	undo(row, result);
	return result;
}

static bool acceptable(const struct row *row, enum bad bad, long result)
{
	if (result == -EFAULT)
		return true;
	return bad == BAD_STRADDLE && (row->how & PARTIAL) != 0 &&
	       result > 0 && result < (long)row->size;
}

static void check_row(const struct row *row)
{
	long result = control(row);
	bool passed = true;

	if (result == -ENOSYS || (row->nr == SYS_ioctl && result < 0)) {
		tap_skip(result == -ENOSYS ? "no such call" : "no terminal",
			 "%s", row->name);
		return;
	}
	if (result < 0) {
		tap_ok(false, "%s", row->name);
		tap_note("with a good pointer: errno %ld", -result);
		return;
	}
	for (enum bad bad = 0; bad < BAD_COUNT; bad++) {
		uintptr_t pointer;

		if (!bad_pointer(row, bad, &pointer))
			continue;
		result = call(row, pointer);
		if (acceptable(row, bad, result))
			continue;
		tap_note("%s with %s (%#lx): result %ld, expected %d",
			 row->name, bad_names[bad], (unsigned long)pointer,
			 result, -EFAULT);
		passed = false;
	}
	tap_ok(passed, "%s", row->name);
}

/* A good pointer with a length that leaves the address space. */
static void check_lengths(void)
{
	static const struct {
		const char *name;
		long nr;
		int fd;
	} calls[] = {
		{ "read", SYS_read, FD_FILE },
		{ "write", SYS_write, FD_FILE },
		{ "read from a pipe", SYS_read, FD_PIPE_IN },
		{ "write to a pipe", SYS_write, FD_PIPE_OUT },
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		long result = syscall(calls[i].nr, calls[i].fd, good, -1L);

		tap_equal(result == -1 ? -errno : result, -EFAULT,
			  "%s of a length that wraps", calls[i].name);
	}
}

static void *pages(int count)
{
	void *p = mmap(NULL, (size_t)count * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		tap_bail("mmap");
	memset(p, 'a', (size_t)count * PAGE);
	return p;
}

static void at_number(int fd, int number, bool needed)
{
	if (fd < 0 && !needed)
		return;
	if (fd < 0 || dup2(fd, number) != number)
		tap_bail("descriptor %d", number);
	close(fd);
}

static void prepare(void)
{
	int end[2];

	no_access = pages(1);
	mprotect(no_access, PAGE, PROT_NONE);
	read_only = pages(1);
	mprotect(read_only, PAGE, PROT_READ);
	/* The last: a hole of one page is what the next mapping would take. */
	edge = (char *)pages(2) + PAGE;
	munmap(edge, PAGE);
	/* Not this program: if one of them succeeds, it must end here. */
	snprintf(program, sizeof(program), "%s", child_beside("faults"));

	/* Larger than all reads together: at its end they would not fail. */
	at_number(open(file_name, O_RDWR | O_CREAT | O_TRUNC, 0600), FD_FILE,
		  true);
	if (ftruncate(FD_FILE, 16 * PAGE) != 0)
		tap_bail("ftruncate");
	at_number(open(".", O_RDONLY | O_DIRECTORY), FD_DIR, true);
	if (pipe(end) != 0 || write(end[1], good, PAGE) != PAGE)
		tap_bail("pipe");
	at_number(end[0], FD_PIPE_IN, true);
	at_number(end[1], FD_PIPE_OUT, true);
	/* The other end stays open. */
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, end) != 0 ||
	    write(end[1], good, PAGE) != PAGE)
		tap_bail("socketpair");
	at_number(end[0], FD_SOCKET, true);
	end[0] = open("/dev/console", O_RDWR | O_NOCTTY);
	if (end[0] < 0)
		end[0] = open("/dev/tty", O_RDWR | O_NOCTTY);
	at_number(end[0], FD_TTY, false);
}

int main(int argc, char **argv)
{
	int lowest;

	if (argc > 1 && strcmp(argv[1], "--exit") == 0)
		return 0;
	child_init(argv[0]);
	/* In the background it may set the terminal all the same. */
	signal(SIGTTOU, SIG_IGN);
	prepare();
	lowest = dup(0);
	close(lowest);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check_row(&rows[i]);
	check_lengths();
	while (waitpid(-1, NULL, 0) > 0)
		;
	tap_equal(dup(0), lowest, "no descriptor is lost");
	unlink(file_name);
	unlink(other_name);
	return tap_done();
}
