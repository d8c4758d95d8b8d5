// SPDX-License-Identifier: MIT
/*
 * The arguments of fuzz: what they are drawn from, and the memory, the files
 * and the descriptors that they are about. Structures are drawn field by
 * field, each right, nearly right or senseless. Threads draw them in the
 * same places, so that they change while the kernel reads them.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "lib/tap.h"

#define PAGE 4096
#define MEMORY 16
#define A(pointer) ((long)(uintptr_t)(pointer))

/* What arguments point at. A random call may overwrite all but the names. */
static char buffer[4 * PAGE] __attribute__((aligned(PAGE)));
static struct iovec pieces[16];
static struct timespec times[2];
static struct itimerspec timer;
static struct clone_args clone_args;
static struct pollfd polled[24];
static struct msghdr message;
static struct flock lock;
static struct sigevent event;
static siginfo_t info;
static stack_t altstack;
static uint64_t set, action[4], descriptors[16], control[8], robust[8];
static uint32_t words[8];
static char stack[2 * PAGE] __attribute__((aligned(16)));
static char text[] = "fuzz";
static char *vector[] = { text, text, NULL };
static char *memory;		/* MEMORY pages, to be remapped */
static char *no_access, *read_only, *edge, *shared;
static char long_name[300], long_path[PATH_MAX + 10];

static const char *const names[] = {
	"a", "b", "c", "d", "d/x", "d/y", "d/e", "d/e/z", "link", "loop", ".",
	"d/", "d/.", "a/", "./d/../a", "", "link/x", "dangling", long_name,
	long_path, "fifo",
};

static const char *const outside[] = {
	"/", "/bin", "/dev/null", "/dev/zero", "/dev/full", "/dev/random",
	"/dev/tty", "/dev/console", "/dev/hostin", "/dev/hostout", "/proc",
	"/proc/self/stat", "/proc/loom/counts", "/proc/1/stat",
	"/proc/meminfo", "/proc/99999", "/proc/self/../loom",
	"/proc/self/maps", "/proc/self/status", "/proc/self/fd",
	"/proc/self/fd/10", "/proc/self/exe", "/proc/self/cwd",
	"/proc/1/maps", "/proc/1/cmdline", "/proc/mounts",
	"/nonexistent/x", "/bin/true/x", "/dev/../proc",
};

/* Descriptors that a batch begins with, from FIRST_FD on. */
enum { FIRST_FD = 10, FDS = 15 };

static void on_signal(int sig)
{
	(void)sig;
}

static long bad_address(struct rng *rng)
{
	const long bad[] = {
		0, 1, 8, PAGE - 1, 1L << 38, (1L << 39) - 1, (1L << 39) - 8,
		1L << 39, (1L << 48) - 8, 1L << 55, (long)(UINT64_MAX << 39),
		(long)(UINT64_MAX << 39) - 1, (long)(UINT64_MAX << 38), -1, -8,
		-PAGE, A(buffer) | 0x5aL << 56, A(no_access), A(edge),
		A(edge) - 1, A(edge) - 4, A(edge) - 7, A(edge) - 100,
		A(read_only), A(read_only) + PAGE - 1, A(bad_address),
		A(buffer) + 1, A(shared), A(shared) + PAGE - 4,
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
		getpid(), getpid(), gettid(), 0, 999999, INT_MAX,
		1L << 32 | getpid(),
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

/* Mostly @right. */
static long field(struct rng *rng, long right)
{
	return rng_below(rng, 6) ? right : any(rng);
}

/* The address of a structure that was drawn, or a bad one. */
static long address(struct rng *rng, const void *of)
{
	return rng_below(rng, 8) ? A(of) : bad_address(rng);
}

static long list_of_pieces(struct rng *rng)
{
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		pieces[i].iov_base = (void *)buffer_address(rng);
		pieces[i].iov_len = rng_below(rng, 8) ? rng_below(rng, PAGE)
						      : (size_t)length(rng);
	}
	return address(rng, pieces);
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

static long timer_address(struct rng *rng)
{
	/* As an itimerval these are microseconds. */
	timer.it_interval.tv_sec = 0;
	timer.it_interval.tv_nsec = rng_next(rng) & 1 ? 0 : field(rng, 900000);
	timer.it_value.tv_sec = field(rng, 0);
	timer.it_value.tv_nsec = field(rng, (long)rng_below(rng, 900000));
	return address(rng, &timer);
}

static const long clone_sets[] = {
	0, CLONE_VM | CLONE_VFORK, CLONE_VFORK, CLONE_VM,
	CLONE_VM | CLONE_VFORK | CLONE_SETTLS | CLONE_PARENT_SETTID |
		CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID,
	CLONE_VM | CLONE_VFORK | CLONE_PARENT,
	CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_FS,
	CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |
		CLONE_CHILD_CLEARTID,
	CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD,
	CLONE_THREAD | CLONE_VM | CLONE_SIGHAND, CLONE_SIGHAND | CLONE_VM,
	CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, CLONE_FILES, CLONE_FS,
	CLONE_SETTLS, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID,
};

static long clone_flags(struct rng *rng)
{
	static const long signals[] = { SIGCHLD, SIGCHLD, 0, SIGKILL, 77 };

	return field(rng, PICK(rng, clone_sets) | PICK(rng, signals));
}

static long clone_struct(struct rng *rng)
{
	clone_args = (struct clone_args){
		.flags = (uint64_t)field(rng, PICK(rng, clone_sets)),
		.child_tid = (uint64_t)buffer_address(rng),
		.parent_tid = (uint64_t)buffer_address(rng),
		.exit_signal = (uint64_t)field(rng, SIGCHLD),
		.stack = rng_next(rng) & 1 ? 0 : (uint64_t)field(rng, A(stack)),
		.tls = (uint64_t)field(rng, A(buffer)),
	};
	if (clone_args.stack != 0 || rng_below(rng, 8) == 0)
		clone_args.stack_size = (uint64_t)field(rng, sizeof(stack));
	return address(rng, &clone_args);
}

/* Each bit is set one time in four. */
static uint64_t few_bits(struct rng *rng)
{
	uint64_t bits = rng_next(rng);

	return bits & rng_next(rng);
}

static long signal_set(struct rng *rng)
{
	set = few_bits(rng);
	if (rng_next(rng) & 1)
		set = UINT64_C(1) << rng_below(rng, 64);
	/* The alarm that ends a wait stays free, mostly. */
	if (rng_below(rng, 8))
		set &= ~(UINT64_C(1) << (SIGALRM - 1));
	return address(rng, &set);
}

/* As the kernel has it: handler, flags, restorer, mask. */
static long action_address(struct rng *rng)
{
	const long handlers[] = {
		A(SIG_IGN), A(SIG_IGN), A(SIG_DFL), A(on_signal),
		A(on_signal), A(on_signal), bad_address(rng),
	};

	action[0] = (uint64_t)PICK(rng, handlers);
	action[1] = (uint64_t)field(rng, (long)(rng_next(rng) & 0xd8000007));
	action[2] = (uint64_t)bad_address(rng);
	action[3] = few_bits(rng);
	return address(rng, action);
}

static long altstack_address(struct rng *rng)
{
	altstack.ss_sp = (void *)field(rng, A(stack));
	altstack.ss_size = (size_t)field(rng, sizeof(stack));
	altstack.ss_flags = (int)field(rng, 0);
	return address(rng, &altstack);
}

static long info_address(struct rng *rng)
{
	info.si_signo = (int)field(rng, SIGUSR1);
	info.si_code = (int)field(rng, SI_QUEUE);
	info.si_pid = (int)process(rng);
	info.si_value.sival_ptr = (void *)any(rng);
	return address(rng, &info);
}

static long event_address(struct rng *rng)
{
	event.sigev_notify = (int)field(rng, (long)rng_below(rng, 3));
	event.sigev_signo = (int)field(rng, SIGUSR2);
	event.sigev_value.sival_ptr = (void *)any(rng);
	memcpy((char *)&event + 16, &(int){ (int)process(rng) }, 4);
	return rng_below(rng, 4) ? address(rng, &event) : 0;
}

static long poll_address(struct rng *rng)
{
	for (size_t i = 0; i < sizeof(polled) / sizeof(*polled); i++) {
		polled[i].fd = (int)descriptor(rng);
		polled[i].events = (short)rng_next(rng);
	}
	return address(rng, polled);
}

static long select_address(struct rng *rng)
{
	for (size_t i = 0; i < sizeof(descriptors) / sizeof(*descriptors); i++)
		descriptors[i] = i ? 0 : few_bits(rng);
	return rng_below(rng, 4) ? address(rng, descriptors) : 0;
}

static long message_address(struct rng *rng)
{
	struct cmsghdr head = {
		.cmsg_len = (size_t)field(rng, (long)CMSG_LEN(8)),
		.cmsg_level = (int)field(rng, SOL_SOCKET),
		.cmsg_type = (int)field(rng, SCM_RIGHTS),
	};
	int fds[2] = { (int)descriptor(rng), (int)descriptor(rng) };

	memcpy(control, &head, sizeof(head));
	memcpy((char *)control + sizeof(head), fds, sizeof(fds));
	message.msg_iov = (struct iovec *)list_of_pieces(rng);
	message.msg_iovlen = (size_t)field(rng, (long)rng_below(rng, 17));
	message.msg_name = rng_below(rng, 4) ? NULL
					     : (void *)buffer_address(rng);
	message.msg_namelen = (socklen_t)field(rng, 0);
	message.msg_control = NULL;
	if (!(rng_next(rng) & 1))
		message.msg_control = (void *)field(rng, A(control));
	message.msg_controllen = message.msg_control
		? (size_t)field(rng, CMSG_SPACE(8)) : 0;
	return address(rng, &message);
}

static long word_address(struct rng *rng)
{
	uint32_t *word = &words[rng_below(rng, 8)];

	*word = (uint32_t)field(rng, (long)rng_below(rng, 3));
	if (rng_below(rng, 4) == 0)
		return A(shared) + 4 * (long)rng_below(rng, PAGE / 4);
	return address(rng, word);
}

static long futex_operation(struct rng *rng)
{
	long flags = (rng_next(rng) & 1 ? FUTEX_PRIVATE_FLAG : 0) |
		     (rng_below(rng, 4) ? 0 : FUTEX_CLOCK_REALTIME);

	return field(rng, (long)rng_below(rng, 14) | flags);
}

/* A circle of three, with members that are not good. */
static long robust_address(struct rng *rng)
{
	robust[0] = (uint64_t)field(rng, A(&robust[3]));
	robust[1] = (uint64_t)field(rng, 16);		/* to the word */
	robust[2] = (uint64_t)field(rng, A(&robust[4]));
	robust[3] = (uint64_t)field(rng, A(&robust[4]));
	robust[4] = (uint64_t)field(rng, A(&robust[0]));
	robust[5] = robust[6] = (uint64_t)gettid();
	return address(rng, robust);
}

static long lock_address(struct rng *rng)
{
	lock.l_type = (short)field(rng, (long)rng_below(rng, 3));
	lock.l_whence = (short)field(rng, (long)rng_below(rng, 3));
	lock.l_start = field(rng, (long)rng_below(rng, 9000));
	lock.l_len = field(rng, (long)rng_below(rng, 9000));
	return address(rng, &lock);
}

static long map_flags(struct rng *rng)
{
	static const long flags[] = {
		MAP_PRIVATE, MAP_SHARED, MAP_PRIVATE | MAP_ANONYMOUS,
		MAP_SHARED | MAP_ANONYMOUS, MAP_SHARED_VALIDATE,
	};
	long fixed = rng_next(rng) & 1 ? MAP_FIXED : 0;

	return field(rng, PICK(rng, flags) | fixed);
}

static long path(struct rng *rng)
{
	return address(rng, PICK(rng, names));
}

/* Numbers without anything behind them. */
static long number(struct rng *rng, enum kind kind)
{
	static const long types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };

	switch (kind) {
	case FD: return descriptor(rng);
	case LEN: return length(rng);
	case READ: return O_NONBLOCK | O_NOCTTY | (rng_next(rng) & O_CLOEXEC);
	case BITS:
		return rng_below(rng, 8)
			? 1L << rng_below(rng, 23) | 1L << rng_below(rng, 13)
			: any(rng);
	case SMALL: return (long)rng_below(rng, 24) - 3;
	case SIG: return (long)rng_below(rng, 70) - 2;
	case PID: return process(rng);
	case CLONE: return clone_flags(rng);
	case EIGHT: return rng_below(rng, 16) ? 8 : length(rng);
	case SOCKET:
		return field(rng, PICK(rng, types) | SOCK_NONBLOCK);
	case FUTEX_OP: return futex_operation(rng);
	case CMD:
		return field(rng, F_GETLK + (long)rng_below(rng, 6));
	case PROT: return field(rng, (long)rng_below(rng, 8));
	case MAP_FLAGS: return map_flags(rng);
	default: return any(rng);
	}
}

long draw_argument(struct rng *rng, enum kind kind)
{
	switch (kind) {
	case ZERO: return 0;
	case BUF: return buffer_address(rng);
	case ABS:
		return rng_next(rng) & 1 ? A(PICK(rng, outside)) : path(rng);
	case PATH: return path(rng);
	case MEM:
		return rng_below(rng, 8)
			? A(memory) + PAGE * (long)rng_below(rng, MEMORY)
			: bad_address(rng);
	case IOV: return list_of_pieces(rng);
	case TIME: return time_address(rng);
	case CLONE_ARGS: return clone_struct(rng);
	case STACK:
		return rng_next(rng) & 1 ? 0
			: field(rng, A(stack + sizeof(stack)));
	case PROGRAM:
		return rng_below(rng, 8) == 0 ? A("/loom/bin/true") : path(rng);
	case VECTOR: return rng_next(rng) & 1 ? A(vector) : bad_address(rng);
	case SET: return signal_set(rng);
	case ACTION: return action_address(rng);
	case ALTSTACK: return altstack_address(rng);
	case INFO: return info_address(rng);
	case EVENT: return event_address(rng);
	case TIMER: return timer_address(rng);
	case POLL: return poll_address(rng);
	case SELECT: return select_address(rng);
	case MESSAGE: return message_address(rng);
	case WORD: return word_address(rng);
	case ROBUST: return robust_address(rng);
	case LOCK: return lock_address(rng);
	default: return number(rng, kind);
	}
}

static void *pages(size_t count, int protection, int flags)
{
	void *p = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE,
		       flags | MAP_ANONYMOUS, -1, 0);

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

static void open_descriptors(void)
{
	int end[2];

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
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, end) == 0) {
		open_at(FIRST_FD + 10, end[0]);
		open_at(FIRST_FD + 11, end[1]);
	}
	open_at(FIRST_FD + 12, eventfd(1, EFD_NONBLOCK));
	open_at(FIRST_FD + 13, memfd_create("fuzz", MFD_ALLOW_SEALING));
	open_at(FIRST_FD + 14, open("fifo", O_RDWR | O_NONBLOCK));
}

/* Whatever waits goes on after a while. */
static void start_alarm(void)
{
	struct itimerval every = { { 0, 20000 }, { 0, 20000 } };
	struct sigaction act = { .sa_handler = on_signal };

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

void make_arguments(void)
{
	/* Or most batches would soon end by a signal to themselves. */
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_IGN);
	memset(long_name, 'n', sizeof(long_name) - 1);
	memset(long_path, '/', sizeof(long_path) - 1);
	no_access = pages(1, PROT_NONE, MAP_PRIVATE);
	read_only = pages(1, PROT_READ, MAP_PRIVATE);
	shared = pages(1, PROT_READ | PROT_WRITE, MAP_SHARED);
	edge = (char *)pages(2, PROT_READ | PROT_WRITE, MAP_PRIVATE) + PAGE;
	munmap(edge, PAGE);
	memory = pages(MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	for (int i = 0; i < (int)sizeof(buffer); i++)
		buffer[i] = (char)(i % 7 ? 0 : i);
	open_descriptors();
	start_alarm();
}
