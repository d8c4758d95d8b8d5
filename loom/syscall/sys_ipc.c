// SPDX-License-Identifier: MIT
/*
 * The system calls of loom's own. What they do is in ipc/; here are the
 * registers, the descriptors and their rights, and timeouts.
 */
#include "syscall/sys_ipc.h"

#include <weft/frame.h>

#include <loom/abi.h>

#include "fs/file.h"
#include "ipc/bind.h"
#include "ipc/endpoint.h"
#include "ipc/handle.h"
#include "ipc/leaf.h"
#include "ipc/notification.h"
#include "ipc/parcel.h"
#include "lib/errno.h"
#include "mm/user.h"
#include "proc/own_files.h"
#include "proc/process.h"
#include "sched/clock.h"
#include "sched/thread.h"
#include "signal/signal.h"
#include "syscall/time_arg.h"

enum {
	FLAGS = LOOM_CLOEXEC | LOOM_NONBLOCK,
};

/* What a program may say in the low half of a tag. */
#define TAG_SENDS	(LOOM_TAG_FD | LOOM_TAG_BUFFER |		\
			 UINT32_C(0xffff) << LOOM_TAG_BYTES_SHIFT)
#define TAG_RECEIVES	((uint32_t)(LOOM_TAG_TIMEOUT | LOOM_TAG_ACCEPT))

/* Later than any machine runs, and far from the end of 64 bits. */
#define INTERVAL_MAX (UINT64_C(1) << 62)

_Static_assert((unsigned)LOOM_CLOEXEC == (unsigned)FILE_CLOEXEC &&
	       (unsigned)LOOM_NONBLOCK == (unsigned)FILE_NONBLOCK,
	       "they mean the same");

/*
 * The file of descriptor @fd, counted: 0; -EBADF, -EINVAL (another kind),
 * -EPERM (not all of @rights).
 */
static int get_file(uint64_t fd, const struct file_ops *ops, unsigned rights,
		    struct file **out)
{
	struct file *f = files_lookup(process_current()->files, (int)fd);
	int err = 0;

	own_files_know();
	if (!f)
		return -EBADF;
	if (!handle_is(f, ops))
		err = -EINVAL;
	else if (rights & ~handle_rights(f))
		err = -EPERM;
	if (err)
		file_put(f);
	else
		*out = f;
	return err;
}

/* A descriptor for @f, whose reference it takes, also if that fails. */
static long give_fd(struct file *f, uint64_t flags)
{
	int fd;

	if (flags & LOOM_NONBLOCK)
		file_set_flags(f, FILE_NONBLOCK);
	fd = files_install(process_current()->files, f, 0,
			   flags & LOOM_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

/* How long to wait, and what a wait that a signal ended means. */

static void set_patience(struct ipc_patience *p, const struct file *f,
			 uint64_t timeout_ns)
{
	p->queues = timeout_ns && !(file_flags(f) & FILE_NONBLOCK);
	p->deadline_ns = WAIT_FOREVER;
	if (!timeout_ns || timeout_ns == LOOM_FOREVER)
		return;
	p->deadline_ns = clock_deadline(timeout_ns);
	(void)signal_restarted(&p->deadline_ns);
}

static long after_wait(long result, const struct ipc_patience *p)
{
	if (result == -EINTR && p->deadline_ns != WAIT_FOREVER)
		return signal_restart_at(p->deadline_ns);
	return result;
}

/* Endpoints */

/* A call on an endpoint. */
struct request {
	struct weft_frame *frame;
	struct file *file;	/* counted */
	struct ipc_patience patience;
};

static struct endpoint *endpoint_of(const struct request *r)
{
	return r->file->data;
}

/*
 * The descriptor in x0, the tag in x1, in which nothing but @may is said, and
 * what they ask for: 0, or an error, with nothing left to be undone.
 */
static int begin(struct request *r, struct weft_frame *frame, unsigned right,
		 uint32_t may)
{
	uint64_t tag = weft_frame_arg(frame, 1);
	int err;

	if ((uint32_t)tag & ~may)
		return -EINVAL;
	err = get_file(weft_frame_arg(frame, 0), &endpoint_file_ops, right,
		       &r->file);
	if (err)
		return err;
	r->frame = frame;
	set_patience(&r->patience, r->file, tag & LOOM_TAG_TIMEOUT ?
		     weft_frame_arg(frame, 9) : LOOM_FOREVER);
	err = parcel_expect(tag);
	if (!err && may & LOOM_TAG_FD) {
		err = parcel_pack(frame, tag);
		if (err)
			(void)parcel_unpack(frame);
	}
	if (err)
		file_put(r->file);
	return err;
}

/* The result for the program; without an error something may have come. */
static long end(struct request *r, long result)
{
	int err = parcel_unpack(r->frame);

	parcel_drop();
	file_put(r->file);
	if (!result)
		return err;
	return after_wait(result, &r->patience);
}

static long ipc_send(struct weft_frame *frame)
{
	struct request r;
	int err = begin(&r, frame, LOOM_RIGHT_SEND,
			TAG_SENDS | LOOM_TAG_TIMEOUT);

	if (err)
		return err;
	return end(&r, endpoint_send(endpoint_of(&r), r.file->badge, false,
				     &r.patience));
}

static long ipc_call_endpoint(struct weft_frame *frame)
{
	struct request r;
	int err = begin(&r, frame, LOOM_RIGHT_SEND, TAG_SENDS | TAG_RECEIVES);

	if (err)
		return err;
	return end(&r, endpoint_send(endpoint_of(&r), r.file->badge, true,
				     &r.patience));
}

static long ipc_recv(struct weft_frame *frame)
{
	struct request r;
	int err = begin(&r, frame, LOOM_RIGHT_RECV, TAG_RECEIVES);

	if (err)
		return err;
	return end(&r, endpoint_receive(endpoint_of(&r), &r.patience));
}

/*
 * With nobody to reply to it only receives: so a server begins, and so goes on
 * what a signal interrupted after the reply.
 */
static long ipc_reply_recv(struct weft_frame *frame)
{
	struct request r;
	int err = begin(&r, frame, LOOM_RIGHT_RECV, TAG_SENDS | TAG_RECEIVES);

	if (err)
		return err;
	err = endpoint_reply();
	if (err && err != -ENOTCONN)
		return end(&r, err);
	parcel_drop();
	return end(&r, endpoint_receive(endpoint_of(&r), &r.patience));
}

static long ipc_reply(struct weft_frame *frame)
{
	uint64_t tag = weft_frame_arg(frame, 1);
	int err;

	if ((uint32_t)tag & ~TAG_SENDS)
		return -EINVAL;
	err = parcel_pack(frame, tag);
	if (err)
		return err;
	err = endpoint_reply();
	parcel_drop();
	return err;
}

static long ipc_endpoint(struct weft_frame *frame)
{
	uint64_t flags = weft_frame_arg(frame, 0);
	struct file *f;
	int err;

	if (flags & ~(uint64_t)FLAGS)
		return -EINVAL;
	err = endpoint_create(&f);
	return err ? err : give_fd(f, flags);
}

/*
 * Where this thread's long messages are: a size of 0 takes that back. Looked
 * at now, because a mistake is easier to find here; later on it may change.
 */
static long ipc_buffer(struct weft_frame *frame)
{
	struct ipc_thread *ipc = &thread_current()->ipc;
	uint64_t addr = weft_frame_arg(frame, 0);
	uint64_t size = weft_frame_arg(frame, 1);
	uint8_t byte;

	if (size > LOOM_MESSAGE_MAX)
		return -EINVAL;
	if (size && (!user_range_ok(addr, size) ||
		     copy_from_user(&byte, addr, 1) ||
		     copy_from_user(&byte, addr + size - 1, 1)))
		return -EFAULT;
	ipc->buffer = addr;
	ipc->buffer_size = (uint32_t)size;
	return 0;
}

/* Both */

static long ipc_dup(struct weft_frame *frame)
{
	uint64_t flags = weft_frame_arg(frame, 3);
	struct file *from, *f;
	int err;

	if (flags & ~(uint64_t)FLAGS)
		return -EINVAL;
	from = files_lookup(process_current()->files,
			    (int)weft_frame_arg(frame, 0));
	if (!from)
		return -EBADF;
	err = handle_narrow(from, weft_frame_arg(frame, 1),
			    weft_frame_arg(frame, 2), &f);
	file_put(from);
	return err ? err : give_fd(f, flags);
}

/* Notifications */

static int get_notification(struct weft_frame *frame, unsigned rights,
			    struct file **f)
{
	return get_file(weft_frame_arg(frame, 0), &notification_file_ops,
			rights, f);
}

/* A badge is all that its descriptor can say. */
static uint64_t bits_for(const struct file *f, uint64_t bits)
{
	return f->badge ? f->badge : bits;
}

static long ipc_notification(struct weft_frame *frame)
{
	uint64_t flags = weft_frame_arg(frame, 0);
	struct file *f;
	int err;

	if (flags & ~(uint64_t)FLAGS)
		return -EINVAL;
	err = notification_create(&f);
	return err ? err : give_fd(f, flags);
}

static long ipc_signal(struct weft_frame *frame)
{
	struct file *f;
	uint64_t bits;
	int err = get_notification(frame, LOOM_RIGHT_SEND, &f);

	if (err)
		return err;
	bits = bits_for(f, weft_frame_arg(frame, 1));
	if (bits)
		notification_signal(f->data, bits);
	file_put(f);
	return bits ? 0 : -EINVAL;
}

static long ipc_wait(struct weft_frame *frame)
{
	struct ipc_patience patience;
	uint64_t word;
	struct file *f;
	int err = get_notification(frame, LOOM_RIGHT_RECV, &f);

	if (err)
		return err;
	set_patience(&patience, f, weft_frame_arg(frame, 1));
	err = notification_wait(f->data, patience.queues,
				patience.deadline_ns, &word);
	file_put(f);
	if (!err)
		weft_frame_set_more(frame, 1, word);
	return after_wait(err, &patience);
}

/* 0, or -EINVAL: no clock that a notification can wait for. */
static int first_time(uint64_t clock, uint64_t flags, uint64_t *ns)
{
	bool absolute = flags & LOOM_TIMER_ABSTIME;

	if (flags & ~(uint64_t)LOOM_TIMER_ABSTIME)
		return -EINVAL;
	if (clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME &&
	    (absolute || clock != CLOCK_REALTIME))
		return -EINVAL;
	if (!absolute && *ns)
		*ns = clock_deadline(*ns);
	return 0;
}

static long ipc_bind_timer(struct weft_frame *frame)
{
	uint64_t first = weft_frame_arg(frame, 3);
	uint64_t interval = weft_frame_arg(frame, 4);
	struct file *f;
	uint64_t bits;
	int err = first_time(weft_frame_arg(frame, 1),
			     weft_frame_arg(frame, 2), &first);

	if (!err)
		err = get_notification(frame, LOOM_RIGHT_RECV |
				       LOOM_RIGHT_SEND, &f);
	if (err)
		return err;
	bits = bits_for(f, weft_frame_arg(frame, 5));
	if (first && !bits)
		err = -EINVAL;
	else
		err = bind_timer(f->inode, first, interval < INTERVAL_MAX ?
				 interval : INTERVAL_MAX, bits);
	file_put(f);
	return err;
}

static long ipc_bind_irq(struct weft_frame *frame)
{
	uint64_t irq = weft_frame_arg(frame, 1);
	uint64_t flags = weft_frame_arg(frame, 2);
	struct file *f;
	uint64_t bits;
	int err;

	if (irq > UINT32_MAX || flags & ~(uint64_t)LOOM_IRQ_EDGE)
		return -EINVAL;
	err = get_notification(frame, LOOM_RIGHT_RECV | LOOM_RIGHT_SEND, &f);
	if (err)
		return err;
	bits = bits_for(f, weft_frame_arg(frame, 3));
	if (irq && !bits)
		err = -EINVAL;
	else
		err = bind_irq(f->inode, (uint32_t)irq, flags & LOOM_IRQ_EDGE,
			       bits);
	file_put(f);
	return err;
}

static long ipc_ack_irq(struct weft_frame *frame)
{
	struct file *f;
	int err = get_notification(frame, LOOM_RIGHT_RECV, &f);

	if (err)
		return err;
	err = bind_irq_ack(f->inode);
	file_put(f);
	return err;
}

/* By number. A power of two, because of ipc_call. */
#define TABLE_SIZE 16

#define ENTRY(number) [(number) - LOOM_CALL_FIRST]
static long (*const table[TABLE_SIZE])(struct weft_frame *frame) = {
	ENTRY(LOOM_SYS_CALL) = ipc_call_endpoint,
	ENTRY(LOOM_SYS_REPLY_RECV) = ipc_reply_recv,
	ENTRY(LOOM_SYS_SEND) = ipc_send,
	ENTRY(LOOM_SYS_RECV) = ipc_recv,
	ENTRY(LOOM_SYS_REPLY) = ipc_reply,
	ENTRY(LOOM_SYS_SIGNAL) = ipc_signal,
	ENTRY(LOOM_SYS_WAIT) = ipc_wait,
	ENTRY(LOOM_SYS_ENDPOINT) = ipc_endpoint,
	ENTRY(LOOM_SYS_NOTIFICATION) = ipc_notification,
	ENTRY(LOOM_SYS_DUP) = ipc_dup,
	ENTRY(LOOM_SYS_BUFFER) = ipc_buffer,
	ENTRY(LOOM_SYS_BIND_TIMER) = ipc_bind_timer,
	ENTRY(LOOM_SYS_BIND_IRQ) = ipc_bind_irq,
	ENTRY(LOOM_SYS_ACK_IRQ) = ipc_ack_irq,
};

long ipc_resume(struct weft_frame *frame)
{
	struct file *f = leaf_ipc_file(frame);
	uint64_t word;
	long result;

	if (weft_frame_syscall(frame) == LOOM_SYS_WAIT) {
		result = notification_resume(f->data, &word);
		if (!result)
			weft_frame_set_more(frame, 1, word);
		return result;
	}
	result = endpoint_resume(f->data);
	word = (uint64_t)parcel_unpack(frame);
	return result ? result : (long)word;
}

bool ipc_call_exists(uint64_t number)
{
	return number >= LOOM_SYS_CALL && number <= LOOM_SYS_ACK_IRQ;
}

const char *ipc_call_name(uint64_t number)
{
	static const char *const names[TABLE_SIZE] = {
		ENTRY(LOOM_SYS_CALL) = "loom_call",
		ENTRY(LOOM_SYS_REPLY_RECV) = "loom_reply_recv",
		ENTRY(LOOM_SYS_SEND) = "loom_send",
		ENTRY(LOOM_SYS_RECV) = "loom_recv",
		ENTRY(LOOM_SYS_REPLY) = "loom_reply",
		ENTRY(LOOM_SYS_SIGNAL) = "loom_signal",
		ENTRY(LOOM_SYS_WAIT) = "loom_wait",
		ENTRY(LOOM_SYS_ENDPOINT) = "loom_endpoint",
		ENTRY(LOOM_SYS_NOTIFICATION) = "loom_notification",
		ENTRY(LOOM_SYS_DUP) = "loom_dup",
		ENTRY(LOOM_SYS_BUFFER) = "loom_buffer",
		ENTRY(LOOM_SYS_BIND_TIMER) = "loom_bind_timer",
		ENTRY(LOOM_SYS_BIND_IRQ) = "loom_bind_irq",
		ENTRY(LOOM_SYS_ACK_IRQ) = "loom_ack_irq",
	};

	return ipc_call_exists(number) ? names[number - LOOM_CALL_FIRST] : NULL;
}

long ipc_call(uint64_t number, struct weft_frame *frame)
{
	uint64_t index = number - LOOM_CALL_FIRST;

	/* As in table.c: no index beyond it, not even a mispredicted one. */
	__asm__("" : "+r"(index));
	return table[index & (TABLE_SIZE - 1)](frame);
}
