// SPDX-License-Identifier: MIT
/*
 * The table of system calls, the way through it, and the count of what
 * programs asked for in vain. Called by loom/trap.c for each SVC.
 */
#include "syscall/syscall.h"

#include <stdbool.h>

#include <weft/frame.h>

#include "boot/payload.h"
#include "dev/host.h"
#include "fs/leaf.h"
#include "lib/assert.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "proc/futex.h"
#include "signal/signal.h"
#include "syscall/list.h"
#include "syscall/sys_clock.h"
#include "syscall/sys_fs.h"
#include "syscall/sys_futex.h"
#include "syscall/sys_ident.h"
#include "syscall/sys_ipc.h"
#include "syscall/sys_membarrier.h"
#include "syscall/sys_mm.h"
#include "syscall/sys_poll.h"
#include "syscall/sys_proc.h"
#include "syscall/sys_sched.h"
#include "syscall/sys_sendfile.h"
#include "syscall/sys_signal.h"
#include "syscall/sys_socket.h"
#include "syscall/sys_system.h"
#include "syscall/sys_time.h"
#include "syscall/sys_timer.h"
#include "trace/trace.h"

struct syscall {
	long (*fn)(const uint64_t arg[6]);	/* NULL: not here */
	const char *name;			/* NULL: Linux has none */
};

/* Those in which a thread may sleep as in a leaf call. */
enum {
	SYS_READ = 63,
	SYS_FUTEX = 98,
};

/* A power of two, because of look_up. */
#define TABLE_SIZE 512

#define HAVE(number, name) [number] = { sys_##name, #name },
#define NONE(number, name) [number] = { NULL, #name },
static const struct syscall table[TABLE_SIZE] = {
	SYSCALL_LIST(HAVE, NONE)
};

#define CLASS(number, name, restart) [number] = restart,
static const uint8_t restart_class[TABLE_SIZE] = {
	SYSCALL_RESTART_LIST(CLASS)
};

static const char *const part_name[PART_COUNT] = {
	[PART_CLONE_FLAGS] = "clone(flags)",
	[PART_FUTEX_PI] = "futex(priority inheritance)",
	[PART_ADJTIMEX_SET] = "adjtimex(set)",
	[PART_PIPE_PACKETS] = "pipe2(O_DIRECT)",
	[PART_SOCKET] = "socket",
	[PART_SOCKET_CONTROL] = "sendmsg(control message)",
	[PART_SOCKET_OPTION] = "socket option",
	[PART_CLOSE_RANGE_UNSHARE] = "close_range(unshare)",
	[PART_MMAP_WRITE_EXEC] = "mmap(write+exec)",
	[PART_MREMAP_DONTUNMAP] = "mremap(MREMAP_DONTUNMAP)",
	[PART_SYSLOG] = "syslog(read)",
	[PART_OPENAT2_RESOLVE] = "openat2(resolve)",
};

/* How often each was asked for in vain; atomic. */
static uint32_t missing[TABLE_SIZE];
static uint32_t part_missing[PART_COUNT];
static uint32_t beyond;		/* numbers that the table does not reach */

static void count(uint32_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static uint32_t times(const uint32_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/*
 * The CPU may predict that @number passed the caller's comparison, go on with
 * one that did not, and leave traces of whatever it loads from beyond the
 * table, then calls. With the mask even a mispredicted index is within the
 * table. The compiler must not know that the comparison makes it useless.
 */
static const struct syscall *look_up(uint64_t number)
{
	__asm__("" : "+r"(number));
	return &table[number & (TABLE_SIZE - 1)];
}

static long not_there(uint64_t number)
{
	count(number < TABLE_SIZE ? &missing[number] : &beyond);
	return -ENOSYS;
}

static void finish(struct weft_frame *frame, long result,
		   enum signal_restart restart)
{
	trace(TRACE_RESULT, frame->number, (uint64_t)result);
	weft_frame_set_result(frame, (uint64_t)result);
	if (result == -EINTR || signal_call_is_marked())
		signal_call_ends(frame, restart);
}

/* A number that Linux has not. */
static void dispatch_own(struct weft_frame *frame, uint64_t number)
{
	long result = ipc_call_exists(number) ? ipc_call(number, frame) :
						not_there(number);

	finish(frame, result, RESTART_ALWAYS);
}

void syscall_dispatch(struct weft_frame *frame)
{
	uint64_t number = weft_frame_syscall(frame);
	const struct syscall *call;
	long result;

	/* So x0-x5 in the frame are the arguments as they are. */
	assert(frame->x[0] == frame->orig_x0);
	if (signal_call_is_marked())
		signal_call_begins();
	if (number >= TABLE_SIZE) {
		dispatch_own(frame, number);
		return;
	}
	call = look_up(number);
	result = call->fn ? call->fn(frame->x) : not_there(number);
	finish(frame, result, (enum signal_restart)
	       restart_class[number & (TABLE_SIZE - 1)]);
}

bool syscall_resume_quickly(struct weft_frame *frame)
{
	return frame->x[8] == SYS_READ && leaf_read_again(frame);
}

void syscall_resume(struct weft_frame *frame)
{
	frame->number = frame->x[8];
	switch (frame->number) {
	case SYS_READ:
		leaf_read_ends();
		syscall_dispatch(frame);
		break;
	case SYS_FUTEX:
		finish(frame, futex_wait_again(), restart_class[SYS_FUTEX]);
		break;
	default:
		finish(frame, ipc_resume(frame), RESTART_ALWAYS);
	}
}

long syscall_part_missing(enum syscall_part part)
{
	count(&part_missing[part]);
	return -ENOSYS;
}

const char *syscall_name(uint64_t number)
{
	if (number >= TABLE_SIZE)
		return ipc_call_name(number);
	return look_up(number)->name;
}

void syscall_each_missing(syscall_missing_fn *fn, void *arg)
{
	char name[24];
	unsigned i;

	for (i = 0; i < TABLE_SIZE; i++) {
		format(name, sizeof(name), "number %u", i);
		if (times(&missing[i]))
			fn(table[i].name ? table[i].name : name,
			   times(&missing[i]), arg);
	}
	if (times(&beyond))
		fn("numbers above 511", times(&beyond), arg);
	for (i = 0; i < PART_COUNT; i++)
		if (times(&part_missing[i]))
			fn(part_name[i], times(&part_missing[i]), arg);
}

struct report {
	char *buf;
	size_t size, len;
	bool full;
};

#define REPORT_END "...\n"

static void add(const char *name, uint32_t count, void *arg)
{
	struct report *r = arg;
	size_t room = r->size - r->len;
	int n;

	if (r->full)
		return;
	/* Each entry leaves room for what says that there are more. */
	n = format(r->buf + r->len, room, "%s%s (%u)", r->len ? ", " :
		   "loom: not implemented: ", name, count);
	if ((size_t)n + sizeof(REPORT_END) + 2 > room) {
		r->full = true;
		r->buf[r->len] = '\0';
		return;
	}
	r->len += (size_t)n;
}

size_t syscall_report(char *buf, size_t size)
{
	struct report r = { buf, size, 0, false };

	if (size < 64) {
		if (size)
			buf[0] = '\0';
		return 0;
	}
	buf[0] = '\0';
	syscall_each_missing(add, &r);
	if (!r.len)
		return 0;
	r.len += strlcpy(buf + r.len, r.full ? ", " REPORT_END : "\n",
			 size - r.len);
	return r.len;
}

void syscall_report_unimplemented(void)
{
	static bool done;
	char line[1024];
	size_t len;

	if (!host_present() ||
	    !cmdline_get(boot_cmdline(), "loom.run", NULL, 0) ||
	    __atomic_exchange_n(&done, true, __ATOMIC_RELAXED))
		return;
	len = syscall_report(line, sizeof(line));
	if (len)
		(void)host_write(HOST_ERR, line, len);
}
