// SPDX-License-Identifier: MIT
/*
 * fuzz [SEED [CALLS]]: system calls with arguments that were drawn at random
 * from what is right, nearly right, hostile and senseless. Whatever they do
 * to the programs that make them, the kernel must go on and must have lost
 * nothing in the end.
 *
 * The calls are made in batches, each by a process of its own, because many
 * a call is the last that a process makes. It is killed when it has waited
 * for too long. What a batch does follows from the seed and its number, not
 * from results: "fuzz show SEED BATCH" prints its calls, "fuzz batch SEED
 * BATCH" makes them.
 *
 * Only for loom, which has nothing that could be damaged: the program would
 * do to a real system what its arguments say.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/rng.h"
#include "lib/tap.h"

#define PAGE 4096
#define SCRATCH "/tmp/fuzz.dir"
#define BATCH 100		/* calls */
#define PATIENCE 300		/* ms until a batch is killed */
#define WARM_UP 2		/* batches before counting */

/* What an argument is drawn from. */
enum kind {
	ZERO,
	ANY,		/* an edge value, a bad address, a descriptor */
	FD,
	BUF,		/* good memory, or a bad address */
	LEN,
	PATH,		/* a name in the scratch folder, or a bad address */
	ABS,		/* a path outside, only to look at */
	READ,		/* flags that open a file to read it */
	BITS,		/* flags: few bits */
	SMALL,
	SIG,
	PID,		/* its own, or one that nobody has */
	MEM,		/* in or near the memory that is there to be remapped */
	IOV,		/* a list of pieces */
	TIME,		/* a time that is short or wrong */
	CLONE,		/* flags of clone */
	STACK,
	PROGRAM,
	VECTOR,		/* argv, envp */
};

struct call {
	long nr;
	enum kind arg[6];
};

static const struct call calls[] = {
	{ SYS_getcwd, { BUF, LEN } },
	{ SYS_dup, { FD } },
	{ SYS_dup3, { FD, FD, BITS } },
	{ SYS_fcntl, { FD, SMALL, ANY } },
	{ SYS_fcntl, { FD, SMALL, BUF } },
	{ SYS_ioctl, { FD, ANY, BUF } },
	{ SYS_mkdirat, { FD, PATH, BITS } },
	{ SYS_unlinkat, { FD, PATH, BITS } },
	{ SYS_symlinkat, { PATH, FD, PATH } },
	{ SYS_linkat, { FD, PATH, FD, PATH, BITS } },
	{ SYS_renameat, { FD, PATH, FD, PATH } },
	{ SYS_renameat2, { FD, PATH, FD, PATH, BITS } },
	{ SYS_truncate, { PATH, LEN } },
	{ SYS_ftruncate, { FD, LEN } },
	{ SYS_faccessat, { FD, ABS, BITS } },
	{ SYS_chdir, { PATH } },
	{ SYS_fchdir, { FD } },
	{ SYS_fchmod, { FD, BITS } },
	{ SYS_fchmodat, { FD, PATH, BITS } },
	{ SYS_openat, { FD, PATH, BITS, BITS } },
	{ SYS_openat, { FD, PATH, SMALL, BITS } },
	{ SYS_openat, { FD, ABS, READ } },
	{ SYS_close, { FD } },
	{ SYS_close_range, { FD, FD, BITS } },
	{ SYS_pipe2, { BUF, BITS } },
	{ SYS_getdents64, { FD, BUF, LEN } },
	{ SYS_lseek, { FD, LEN, SMALL } },
	{ SYS_read, { FD, BUF, LEN } },
	{ SYS_read, { FD, MEM, LEN } },
	{ SYS_write, { FD, BUF, LEN } },
	{ SYS_write, { FD, MEM, LEN } },
	{ SYS_readv, { FD, IOV, SMALL } },
	{ SYS_writev, { FD, IOV, SMALL } },
	{ SYS_pread64, { FD, BUF, LEN, LEN } },
	{ SYS_pwrite64, { FD, BUF, LEN, LEN } },
	{ SYS_readlinkat, { FD, ABS, BUF, LEN } },
	{ SYS_newfstatat, { FD, ABS, BUF, BITS } },
	{ SYS_fstat, { FD, BUF } },
	{ SYS_statx, { FD, ABS, BITS, BITS, BUF } },
	{ SYS_utimensat, { FD, PATH, TIME, BITS } },
	{ SYS_fadvise64, { FD, LEN, LEN, SMALL } },
	{ SYS_wait4, { PID, BUF, BITS, BUF } },
	{ SYS_waitid, { SMALL, PID, BUF, BITS, BUF } },
	{ SYS_set_tid_address, { BUF } },
	{ SYS_set_tid_address, { MEM } },
	{ SYS_futex, { BUF, BITS, SMALL, TIME, BUF, ANY } },
	{ SYS_set_robust_list, { BUF, LEN } },
	{ SYS_nanosleep, { TIME, BUF } },
	{ SYS_clock_gettime, { SMALL, BUF } },
	{ SYS_clock_getres, { SMALL, BUF } },
	{ SYS_clock_nanosleep, { SMALL, BITS, TIME, BUF } },
	{ SYS_sched_setparam, { PID, BUF } },
	{ SYS_sched_setscheduler, { PID, SMALL, BUF } },
	{ SYS_sched_setaffinity, { PID, LEN, BUF } },
	{ SYS_sched_getaffinity, { PID, LEN, BUF } },
	{ SYS_sched_getparam, { PID, BUF } },
	{ SYS_sched_rr_get_interval, { PID, BUF } },
	{ SYS_sched_yield, { ZERO } },
	{ SYS_kill, { PID, SIG } },
	{ SYS_tkill, { PID, SIG } },
	{ SYS_tgkill, { PID, PID, SIG } },
	{ SYS_rt_sigaction, { SIG, BUF, BUF, LEN } },
	{ SYS_rt_sigprocmask, { SMALL, BUF, BUF, LEN } },
	{ SYS_rt_sigpending, { BUF, LEN } },
	{ SYS_getpriority, { SMALL, PID } },
	{ SYS_times, { BUF } },
	{ SYS_setpgid, { PID, PID } },
	{ SYS_getpgid, { PID } },
	{ SYS_getsid, { PID } },
	{ SYS_setsid, { ZERO } },
	{ SYS_getgroups, { SMALL, BUF } },
	{ SYS_setresuid, { SMALL, SMALL, SMALL } },
	{ SYS_getresuid, { BUF, BUF, BUF } },
	{ SYS_uname, { BUF } },
	{ SYS_getrlimit, { SMALL, BUF } },
	{ SYS_setrlimit, { SMALL, BUF } },
	{ SYS_prlimit64, { PID, SMALL, BUF, BUF } },
	{ SYS_getrusage, { SMALL, BUF } },
	{ SYS_umask, { ANY } },
	{ SYS_prctl, { SMALL, BUF, ANY, ANY, ANY } },
	{ SYS_prctl, { ANY, BUF, ANY, ANY, ANY } },
	{ SYS_getcpu, { BUF, BUF } },
	{ SYS_gettimeofday, { BUF, BUF } },
	{ SYS_sysinfo, { BUF } },
	{ SYS_brk, { MEM } },
	{ SYS_brk, { ANY } },
	{ SYS_munmap, { MEM, LEN } },
	{ SYS_mremap, { MEM, LEN, LEN, SMALL, MEM } },
	{ SYS_mprotect, { MEM, LEN, SMALL } },
	{ SYS_madvise, { MEM, LEN, SMALL } },
	{ SYS_mmap, { MEM, LEN, SMALL, BITS, FD, LEN } },
	{ SYS_mmap, { MEM, LEN, SMALL, BITS, FD, ZERO } },
	{ SYS_mmap, { ZERO, LEN, SMALL, BITS, FD, ZERO } },
	{ SYS_getrandom, { BUF, LEN, BITS } },
	{ SYS_clone, { CLONE, STACK, BUF, BUF, BUF } },
	{ SYS_clone3, { BUF, LEN } },
	{ SYS_execve, { PROGRAM, VECTOR, VECTOR } },
};

#define CALLS (sizeof(calls) / sizeof(*calls))

/* Not with senseless arguments: what these do would be felt outside. */
static const long never[] = {
	SYS_reboot, SYS_kill, SYS_tkill, SYS_tgkill, SYS_setpriority,
	SYS_sched_setparam, SYS_sched_setscheduler, SYS_sched_setaffinity,
	SYS_clone, SYS_clone3, SYS_exit, SYS_exit_group,
};

#define NUMBERS 520

/* What arguments point at. A random call may overwrite all but the names. */
static char buffer[4 * PAGE] __attribute__((aligned(PAGE)));
static struct iovec pieces[16];
static struct timespec times[2];
static char stack[PAGE] __attribute__((aligned(16)));
static char text[] = "fuzz";
static char *vector[] = { text, text, NULL };
static char *memory;		/* MEMORY pages, to be remapped */
static char *no_access, *read_only, *edge;
static char long_name[300], long_path[PATH_MAX + 10];

#define MEMORY 16

static const char *const names[] = {
	"a", "b", "c", "d", "d/x", "d/y", "d/e", "d/e/z", "link", "loop", ".",
	"d/", "d/.", "a/", "./d/../a", "", "link/x", "dangling", long_name,
	long_path,
};

static const char *const outside[] = {
	"/", "/bin", "/dev/null", "/dev/zero", "/dev/tty", "/dev/console",
	"/dev/hostin", "/dev/hostout", "/proc", "/proc/self/stat",
	"/proc/loom/counts", "/proc/1/stat", "/proc/meminfo", "/proc/99999",
	"/proc/self/../loom", "/nonexistent/x", "/bin/true/x", "/dev/../proc",
};

/* Descriptors that a batch begins with, from FIRST_FD on. */
enum { FIRST_FD = 10, FDS = 10 };

#define PICK(rng, list) \
	((list)[rng_below(rng, sizeof(list) / sizeof(*(list)))])
#define A(pointer) ((long)(uintptr_t)(pointer))

static long bad_address(struct rng *rng)
{
	const long bad[] = {
		0, 1, 8, PAGE - 1, 1L << 38, (1L << 39) - 1, (1L << 39) - 8,
		1L << 39, (1L << 48) - 8, 1L << 55, (long)(UINT64_MAX << 39),
		(long)(UINT64_MAX << 39) - 1, (long)(UINT64_MAX << 38), -1, -8,
		-PAGE, A(buffer) | 0x5aL << 56, A(no_access), A(edge),
		A(edge) - 1, A(edge) - 7, A(edge) - 100, A(read_only),
		A(read_only) + PAGE - 1, A(bad_address), A(buffer) + 1,
	};

	return PICK(rng, bad);
}

static long length(struct rng *rng)
{
	static const long lengths[] = {
		0, 1, 2, 4, 7, 8, 16, 24, 64, 88, 100, 255, 1024, PAGE - 1,
		PAGE, PAGE + 1, 2 * PAGE, 65536, 65537, 1 << 20, 0x7ffff000,
		INT_MAX, 1L << 31, 1L << 32, 1L << 38, 1L << 39, INT64_MAX,
		INT64_MIN, -1, -PAGE, -PAGE + 1,
	};

	/* Half of them could be meant. */
	return lengths[rng_below(rng, rng_next(rng) & 1 ? 18 :
			       sizeof(lengths) / sizeof(*lengths))];
}

static long descriptor(struct rng *rng)
{
	static const long odd[] = {
		-1, AT_FDCWD, AT_FDCWD, AT_FDCWD, 0, 1, 2, 255, 256, 1023,
		INT_MAX, INT_MIN, 1L << 32,
	};

	if (rng_below(rng, 4) == 0)
		return PICK(rng, odd);
	return FIRST_FD + (long)rng_below(rng, FDS + 4);
}

static long buffer_address(struct rng *rng)
{
	switch (rng_below(rng, 4)) {
	case 0:
		return bad_address(rng);
	case 1:
		return A(buffer) + (long)rng_below(rng, sizeof(buffer));
	default:
		return A(buffer) + 8 * (long)rng_below(rng, PAGE / 8);
	}
}

static long process(struct rng *rng)
{
	const long ids[] = {
		getpid(), getpid(), 0, 999999, INT_MAX, 1L << 32 | getpid(),
	};

	return PICK(rng, ids);
}

static long any(struct rng *rng)
{
	switch (rng_below(rng, 5)) {
	case 0:
		return length(rng);
	case 1:
		return descriptor(rng);
	case 2:
		return (long)rng_next(rng);
	case 3:
		/* ioctl numbers of terminals */
		return 0x5400 + (long)rng_below(rng, 0x60);
	default:
		return bad_address(rng);
	}
}

static long list_of_pieces(struct rng *rng)
{
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		pieces[i].iov_base = (void *)buffer_address(rng);
		pieces[i].iov_len = rng_below(rng, 8) ? rng_below(rng, PAGE)
						      : (size_t)length(rng);
	}
	return rng_below(rng, 8) ? A(pieces) : bad_address(rng);
}

static long time_address(struct rng *rng)
{
	for (int i = 0; i < 2; i++) {
		times[i].tv_sec = rng_below(rng, 4) ? 0 : -(long)i;
		times[i].tv_nsec = rng_below(rng, 4)
			? (long)rng_below(rng, 3000000) : any(rng);
	}
	return rng_below(rng, 4) ? A(times) : bad_address(rng);
}

static long clone_flags(struct rng *rng)
{
	const long flags[] = {
		SIGCHLD, CLONE_VM | CLONE_VFORK, CLONE_VFORK | SIGCHLD,
		CLONE_VM | CLONE_VFORK | SIGCHLD, CLONE_VM | SIGCHLD,
		CLONE_VM | CLONE_VFORK | SIGCHLD | CLONE_SETTLS |
			CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID |
			CLONE_CHILD_SETTID,
		CLONE_VM | CLONE_VFORK | CLONE_PARENT | SIGCHLD,
		CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_FS | SIGCHLD,
		CLONE_VM | CLONE_VFORK | SIGKILL, CLONE_VM | CLONE_VFORK | 77,
	};

	return rng_below(rng, 4) ? PICK(rng, flags) : any(rng);
}

static long argument(struct rng *rng, enum kind kind)
{
	switch (kind) {
	case ZERO: return 0;
	case ANY: return any(rng);
	case FD: return descriptor(rng);
	case BUF: return buffer_address(rng);
	case LEN: return length(rng);
	case ABS:
		if (rng_next(rng) & 1)
			return A(PICK(rng, outside));
		/* fall through */
	case PATH:
		return rng_below(rng, 8) ? A(PICK(rng, names))
					 : bad_address(rng);
	case READ: return O_NONBLOCK | O_NOCTTY | (rng_next(rng) & O_CLOEXEC);
	case BITS:
		return rng_below(rng, 8)
			? 1L << rng_below(rng, 23) | 1L << rng_below(rng, 13)
			: any(rng);
	case SMALL: return (long)rng_below(rng, 24) - 3;
	case SIG: return (long)rng_below(rng, 70) - 2;
	case PID: return process(rng);
	case MEM:
		return rng_below(rng, 8)
			? A(memory) + PAGE * (long)rng_below(rng, MEMORY)
			: bad_address(rng);
	case IOV: return list_of_pieces(rng);
	case TIME: return time_address(rng);
	case CLONE: return clone_flags(rng);
	case STACK:
		return rng_next(rng) & 1 ? 0 : rng_next(rng) & 1
			? A(stack + sizeof(stack)) : any(rng);
	case PROGRAM:
		return rng_below(rng, 8) == 0 ? A("/bin/true")
					      : argument(rng, PATH);
	case VECTOR: return rng_next(rng) & 1 ? A(vector) : bad_address(rng);
	}
	return 0;
}

/* The next call of a batch: its number, and arguments for it. */
static long draw(struct rng *rng, long arg[6])
{
	const struct call *call = &PICK(rng, calls);
	long nr = call->nr;

	if (rng_below(rng, 8) == 0) {
		nr = (long)rng_below(rng, NUMBERS);
		for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
			if (nr == never[i])
				nr = NUMBERS + nr;
		for (int i = 0; i < 6; i++)
			arg[i] = any(rng);
		return nr;
	}
	for (int i = 0; i < 6; i++)
		arg[i] = argument(rng, call->arg[i]);
	return nr;
}

/* A child that a call made, on whatever stack, ends at once. */
static long make_call(long nr, const long arg[6])
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = arg[0];
	register long x1 __asm__("x1") = arg[1];
	register long x2 __asm__("x2") = arg[2];
	register long x3 __asm__("x3") = arg[3];
	register long x4 __asm__("x4") = arg[4];
	register long x5 __asm__("x5") = arg[5];

	if (nr != SYS_clone && nr != SYS_clone3)
		__asm__ volatile("svc #0" : "+r"(x0)
			: "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			: "memory");
	else
		__asm__ volatile("svc #0\n\tcbnz x0, 1f\n\t"
			"mov x8, %[exit]\n\tsvc #0\n1:"
			: "+r"(x0), "+r"(x8)
			: "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5),
			  [exit] "i"(SYS_exit) : "memory");
	return x0;
}

static void *pages(size_t count, int protection)
{
	void *p = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		tap_bail("mmap");
	memset(p, 'f', count * PAGE);
	mprotect(p, count * PAGE, protection);
	return p;
}

static void open_at(int number, int fd)
{
	if (fd >= 0 && fd != number) {
		dup2(fd, number);
		close(fd);
	}
}

static void prepare(void)
{
	int end[2];

	/* Or most batches would soon end by a signal to themselves. */
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_IGN);
	memset(long_name, 'n', sizeof(long_name) - 1);
	memset(long_path, '/', sizeof(long_path) - 1);
	no_access = pages(1, PROT_NONE);
	read_only = pages(1, PROT_READ);
	edge = (char *)pages(2, PROT_READ | PROT_WRITE) + PAGE;
	munmap(edge, PAGE);
	memory = pages(MEMORY, PROT_READ | PROT_WRITE);
	for (int i = 0; i < (int)sizeof(buffer); i++)
		buffer[i] = (char)(i % 7 ? 0 : i);
	open_at(FIRST_FD, open("a", O_RDWR));
	open_at(FIRST_FD + 1, open("b", O_RDONLY));
	open_at(FIRST_FD + 2, open("a", O_WRONLY | O_APPEND));
	open_at(FIRST_FD + 3, open(".", O_RDONLY | O_DIRECTORY));
	open_at(FIRST_FD + 4, open("d", O_RDONLY | O_DIRECTORY));
	open_at(FIRST_FD + 5, open("/dev/zero", O_RDWR));
	open_at(FIRST_FD + 6, open("/dev/console", O_RDONLY | O_NOCTTY));
	open_at(FIRST_FD + 7, open("d", O_PATH));
	if (pipe2(end, O_NONBLOCK) == 0) {
		open_at(FIRST_FD + 8, end[0]);
		open_at(FIRST_FD + 9, end[1]);
	}
}

static int run_batch(uint64_t seed, uint64_t number)
{
	struct rng rng;
	long arg[6];

	if (chdir(SCRATCH) != 0)
		return 2;
	prepare();
	rng_seed(&rng, seed, number);
	for (int i = 0; i < BATCH; i++) {
		long nr = draw(&rng, arg);

		make_call(nr, arg);
	}
	_exit(0);
}

static int show_batch(uint64_t seed, uint64_t number)
{
	struct rng rng;
	long arg[6];

	rng_seed(&rng, seed, number);
	for (int i = 0; i < BATCH; i++) {
		long nr = draw(&rng, arg);

		printf("%ld(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx)\n", nr,
		       arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	}
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

static void remove_scratch(void)
{
	nftw(SCRATCH, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void fill_file(const char *path)
{
	static const char contents[2 * PAGE + 100];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, contents, sizeof(contents)) < 0)
		tap_bail("%s", path);
	close(fd);
}

static void make_scratch(void)
{
	remove_scratch();
	if (mkdir(SCRATCH, 0755) != 0 || mkdir(SCRATCH "/d", 0755) != 0 ||
	    symlink("d", SCRATCH "/link") != 0 ||
	    symlink("loop", SCRATCH "/loop") != 0)
		tap_bail("%s", SCRATCH);
	fill_file(SCRATCH "/a");
	fill_file(SCRATCH "/b");
	fill_file(SCRATCH "/d/x");
}

/* How the batches ended. */
struct tally {
	unsigned long exited, died, killed;
};

static pid_t start_batch(uint64_t seed, uint64_t number)
{
	char seed_text[24], number_text[24], role[] = "batch";
	char *argv[] = { (char *)child_self(), role, seed_text, number_text,
			 NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int error;
	pid_t pid;

	snprintf(seed_text, sizeof(seed_text), "%lu", seed);
	snprintf(number_text, sizeof(number_text), "%lu", number);
	posix_spawn_file_actions_init(&actions);
	for (int fd = 0; fd < 3; fd++)
		posix_spawn_file_actions_addopen(&actions, fd, "/dev/null",
						 O_RDWR, 0);
	posix_spawnattr_init(&attr);
	/* Its group is its own: kill(0) must not reach this program. */
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID);
	error = posix_spawn(&pid, argv[0], &actions, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	errno = error;
	if (error != 0)
		tap_bail("cannot start batch %lu", number);
	return pid;
}

static void await_batch(pid_t pid, struct tally *tally)
{
	int status, waited = 0;
	pid_t got;

	while ((got = waitpid(pid, &status, WNOHANG)) == 0 &&
	       waited < PATIENCE) {
		child_sleep(5);
		waited += 5;
	}
	if (got == 0) {
		kill(pid, SIGKILL);
		got = waitpid(pid, &status, 0);
		tally->killed++;
	} else if (WIFSIGNALED(status)) {
		tally->died++;
	} else {
		tally->exited++;
	}
	if (got != pid)
		tap_bail("waitpid");
}

/* A process for all: what it grows by itself is not counted. */
static int run_round(uint64_t seed, uint64_t batches)
{
	struct tally tally = { 0, 0, 0 };

	for (uint64_t i = 0; i < batches; i++) {
		make_scratch();
		await_batch(start_batch(seed, i), &tally);
	}
	remove_scratch();
	/* CLONE_PARENT gives the children of a batch to this program. */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	tap_note("%lu batches ended, %lu died, %lu were killed", tally.exited,
		 tally.died, tally.killed);
	return tally.exited > 0 ? 0 : 1;
}

static int start_round(uint64_t seed, uint64_t batches)
{
	char seed_text[24], number_text[24];

	snprintf(seed_text, sizeof(seed_text), "%lu", seed);
	snprintf(number_text, sizeof(number_text), "%lu", batches);
	return child_wait(child_again("round", seed_text, number_text, -1,
				      -1));
}

static int play(char **argv)
{
	uint64_t seed = strtoull(argv[2], NULL, 0);
	uint64_t number = strtoull(argv[3], NULL, 0);

	if (strcmp(argv[1], "round") == 0)
		return run_round(seed, number);
	if (strcmp(argv[1], "batch") == 0)
		return run_batch(seed, number);
	if (strcmp(argv[1], "show") == 0)
		return show_batch(seed, number);
	fputs("usage: fuzz [SEED [CALLS]] | batch|show SEED BATCH\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static struct counts before;
	uint64_t seed = 1, batches = 50;

	child_init(argv[0]);
	if (access("/proc/loom/counts", R_OK) != 0) {
		fputs("fuzz: only for loom\n", stderr);
		return 77;
	}
	if (argc == 4)
		return play(argv);
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	if (argc > 2)
		batches = strtoull(argv[2], NULL, 0) / BATCH;
	tap_note("seed %lu, %lu batches", seed, batches);
	start_round(seed, WARM_UP);
	/* Until the kernel has put away what is left of that. */
	child_sleep(200);
	counts_take(&before);
	counts_take(&before);
	tap_equal(start_round(seed, batches), 0, "the kernel goes on");
	counts_check(&before);
	return tap_done();
}
