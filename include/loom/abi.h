/* SPDX-License-Identifier: MIT */
/*
 * What a program may ask of loom that Linux does not have. All else is the
 * system-call interface of Linux, in Linux's own headers.
 *
 * Allocations that fail on purpose, options of prctl(2). They are offered by a
 * debug build, and by any with `loom.fail` on the kernel command line;
 * otherwise, and on Linux, they are EINVAL:
 *
 *	prctl(LOOM_PR_FAIL_SET, first, count, 0, 0)
 *	prctl(LOOM_PR_FAIL_GET, address of a struct loom_fail, 0, 0, 0)
 *
 * SET begins anew: from now on the kernel counts the memory that it allocates
 * for the calling thread and for all threads and processes that come from it
 * afterwards. Allocation number @first, where 1 is the next one, fails as if
 * memory had run out, and so do the @count - 1 after it. With a @count of 0
 * they are only counted. What was begun before, by whomever, has ended: there
 * is one such experiment at a time. GET tells any process of the last one.
 * Who touches a page and is refused the memory for it is killed, whoever else
 * has more: nobody but those that the experiment is for feels it.
 */
#ifndef LOOM_ABI_H
#define LOOM_ABI_H

#include <stdint.h>

#define LOOM_PR_FAIL_SET 0x6c6f0001
#define LOOM_PR_FAIL_GET 0x6c6f0002

struct loom_fail {
	uint64_t seen;		/* allocations so far */
	uint64_t refused;	/* how many of them had to fail */
	char site[64];		/* FUNCTION+0xOFFSET behind the first such
				   call, or empty */
};

/*
 * Calls of loom's own, numbers from 1024 up: notifications and endpoints.
 * docs/ipc.md says what they do; <loom/ipc.h> has them as C functions. As
 * everywhere the number is in x8, x0 is the result or -errno, and what is not
 * named here keeps its value. If x0 is an error (other than EFAULT, see
 * LOOM_TAG_BUFFER) no other register has changed.
 *
 *	call		in				out
 *	CALL		x0 fd, x1-x7, x9-x11		x1-x7, x10
 *	REPLY_RECV	x0 fd, x1-x7, x9-x11		x1-x7, x9, x10
 *	SEND		x0 fd, x1-x7, x9-x11
 *	RECV		x0 fd, x1, x9			x1-x7, x9, x10
 *	REPLY		x1-x7, x10, x11
 *	SIGNAL		x0 fd, x1 bits
 *	WAIT		x0 fd, x1 timeout		x1 bits
 *	ENDPOINT	x0 flags			x0 fd
 *	NOTIFICATION	x0 flags			x0 fd
 *	DUP		x0 fd, x1 rights, x2 badge, x3 flags	x0 fd
 *	BUFFER		x0 address, x1 size
 *	BIND_TIMER	x0 fd, x1 clock, x2 flags, x3 first, x4 interval,
 *			x5 bits
 *	BIND_IRQ	x0 fd, x1 number, x2 flags, x3 bits
 *	ACK_IRQ		x0 fd
 *
 * A message is the tag in x1 and six words in x2-x7. x9 is a timeout where
 * the tag says so, and the sender's badge when something was received; x10 is
 * a descriptor where the tag says so (below). Times are nanoseconds.
 */
#define LOOM_CALL_FIRST		1024
#define LOOM_SYS_CALL		1024
#define LOOM_SYS_REPLY_RECV	1025
#define LOOM_SYS_SEND		1026
#define LOOM_SYS_RECV		1027
#define LOOM_SYS_REPLY		1028
#define LOOM_SYS_SIGNAL		1029
#define LOOM_SYS_WAIT		1030
#define LOOM_SYS_ENDPOINT	1031
#define LOOM_SYS_NOTIFICATION	1032
#define LOOM_SYS_DUP		1033
#define LOOM_SYS_BUFFER		1034
#define LOOM_SYS_BIND_TIMER	1035
#define LOOM_SYS_BIND_IRQ	1036
#define LOOM_SYS_ACK_IRQ	1037

/* Flags of ENDPOINT, NOTIFICATION and DUP; Linux's O_CLOEXEC, O_NONBLOCK. */
#define LOOM_CLOEXEC		02000000
#define LOOM_NONBLOCK		04000

/* What a descriptor permits. DUP gives some of those that it has. */
#define LOOM_RIGHT_RECV		1	/* RECV, REPLY_RECV; WAIT */
#define LOOM_RIGHT_SEND		2	/* SEND, CALL; SIGNAL, BIND_... */

/* The timeout that never ends; 0: do not wait. */
#define LOOM_FOREVER		UINT64_MAX

/*
 * The tag. The high 32 bits are the program's own and travel. The low ones,
 * all zero in a message that fits into registers, ask for more; those that are
 * not named must be zero.
 */
#define LOOM_TAG_TIMEOUT	0x01	/* in: x9 limits the wait */
#define LOOM_TAG_ACCEPT		0x02	/* in: a descriptor may come */
#define LOOM_TAG_FD		0x04	/* x10: one travels, or has come */
#define LOOM_TAG_BUFFER		0x08	/* a part of the buffer travels */
#define LOOM_TAG_CALL		0x10	/* out: somebody waits for a reply */
#define LOOM_TAG_BYTES_SHIFT	16	/* 16 bits: how much of the buffer */
#define LOOM_TAG_LABEL_SHIFT	32

/*
 * With LOOM_TAG_FD, in: x10 is a descriptor in bits 0-31 and what the receiver
 * may do with it in bits 32-63: rights, then x11 is the badge, as in DUP; or
 * 0, any descriptor as it is. Out: the new descriptor, close-on-exec.
 *
 * With LOOM_TAG_BUFFER: the first so many bytes of the sender's buffer, which
 * BUFFER named for its thread, go to the beginning of the receiver's. If that
 * cannot be written the receiver gets EFAULT with everything else.
 */
#define LOOM_MESSAGE_MAX	4096	/* bytes of a buffer */

/* Flags of BIND_TIMER and BIND_IRQ. */
#define LOOM_TIMER_ABSTIME	1	/* first is a time, not a delay */
#define LOOM_IRQ_EDGE		1	/* edge-triggered; else by level */

#endif
