/* SPDX-License-Identifier: MIT */
/*
 * Loom's own system calls as C functions for programs, arm64 only. What they
 * do, and their errors, is in docs/ipc.md; on Linux all are -ENOSYS. Nothing
 * here touches errno: results are 0 or more, or -errno.
 *
 *	struct loom_message m = { .tag = LOOM_TAG(7, 0), .word = { 1, 2 } };
 *
 *	if (loom_call(fd, &m) == 0)
 *		use(loom_label(m.tag), m.word[0]);
 *
 * A message is copied between the structure and the registers in which it
 * travels; where the structure is a local variable, the compiler leaves it in
 * registers.
 *
 * The operands. Each register that the kernel writes is an operand that is
 * read and written, not an input: a compiler takes an input to be unchanged
 * behind the instruction, and goes on with what it put there. The kernel
 * keeps all other registers, so nothing else but memory is clobbered.
 */
#ifndef LOOM_IPC_H
#define LOOM_IPC_H

#include <stdint.h>

#include <loom/abi.h>

/* A tag of a label of 32 bits and LOOM_TAG_ flags. */
#define LOOM_TAG(label, flags) \
	((uint64_t)(label) << LOOM_TAG_LABEL_SHIFT | (flags))

/* The flags for the first @n bytes of the thread's buffer. */
#define LOOM_TAG_BYTES(n) \
	(LOOM_TAG_BUFFER | (uint64_t)(n) << LOOM_TAG_BYTES_SHIFT)

struct loom_message {
	uint64_t tag;
	uint64_t word[6];
	/* in: with LOOM_TAG_TIMEOUT; out: the sender's badge, on receiving */
	union {
		uint64_t timeout;
		uint64_t badge;
	};
	/* in: with LOOM_TAG_FD, LOOM_FD(); out: with it, a new descriptor */
	uint64_t fd;
	uint64_t fd_badge;	/* in: if LOOM_FD names rights */
};

/* For loom_message.fd: @fd with @rights; 0: as it is. */
#define LOOM_FD(fd, rights) ((uint64_t)(rights) << 32 | (uint32_t)(fd))

static inline uint32_t loom_label(uint64_t tag)
{
	return (uint32_t)(tag >> LOOM_TAG_LABEL_SHIFT);
}

/* How many bytes have come into the thread's buffer. */
static inline uint32_t loom_bytes(uint64_t tag)
{
	return (uint16_t)(tag >> LOOM_TAG_BYTES_SHIFT);
}

/* One of the calls that move messages. */
static inline long loom_message_call(uint64_t number, uint64_t fd,
				     struct loom_message *m)
{
	register uint64_t x8 __asm__("x8") = number;
	register uint64_t x0 __asm__("x0") = fd;
	register uint64_t x1 __asm__("x1") = m->tag;
	register uint64_t x2 __asm__("x2") = m->word[0];
	register uint64_t x3 __asm__("x3") = m->word[1];
	register uint64_t x4 __asm__("x4") = m->word[2];
	register uint64_t x5 __asm__("x5") = m->word[3];
	register uint64_t x6 __asm__("x6") = m->word[4];
	register uint64_t x7 __asm__("x7") = m->word[5];
	register uint64_t x9 __asm__("x9") = m->timeout;
	register uint64_t x10 __asm__("x10") = m->fd;
	register uint64_t x11 __asm__("x11") = m->fd_badge;

	__asm__ volatile("svc #0"
			 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4),
			   "+r"(x5), "+r"(x6), "+r"(x7), "+r"(x9), "+r"(x10)
			 : "r"(x8), "r"(x11)
			 : "memory");
	m->tag = x1;
	m->word[0] = x2;
	m->word[1] = x3;
	m->word[2] = x4;
	m->word[3] = x5;
	m->word[4] = x6;
	m->word[5] = x7;
	m->badge = x9;
	m->fd = x10;
	return (long)x0;
}

/* One of the others: up to six arguments, the result in x0. */
static inline long loom_plain_call(uint64_t number, uint64_t a, uint64_t b,
				   uint64_t c, uint64_t d, uint64_t e,
				   uint64_t f)
{
	register uint64_t x8 __asm__("x8") = number;
	register uint64_t x0 __asm__("x0") = a;
	register uint64_t x1 __asm__("x1") = b;
	register uint64_t x2 __asm__("x2") = c;
	register uint64_t x3 __asm__("x3") = d;
	register uint64_t x4 __asm__("x4") = e;
	register uint64_t x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return (long)x0;
}

/* Send *@m and wait for the reply, which takes its place. */
static inline long loom_call(int fd, struct loom_message *m)
{
	return loom_message_call(LOOM_SYS_CALL, (uint32_t)fd, m);
}

/* Reply *@m to the last call, if there is one to reply to; then receive. */
static inline long loom_reply_recv(int fd, struct loom_message *m)
{
	return loom_message_call(LOOM_SYS_REPLY_RECV, (uint32_t)fd, m);
}

/* Send *@m and wait until it is received. */
static inline long loom_send(int fd, struct loom_message *m)
{
	return loom_message_call(LOOM_SYS_SEND, (uint32_t)fd, m);
}

/* Of *@m, tag (LOOM_TAG_TIMEOUT, _ACCEPT) and timeout are read. */
static inline long loom_recv(int fd, struct loom_message *m)
{
	return loom_message_call(LOOM_SYS_RECV, (uint32_t)fd, m);
}

/* Reply *@m to the last call. */
static inline long loom_reply(struct loom_message *m)
{
	return loom_message_call(LOOM_SYS_REPLY, 0, m);
}

/* OR @bits, not 0, into the word of a notification. */
static inline long loom_signal(int fd, uint64_t bits)
{
	return loom_plain_call(LOOM_SYS_SIGNAL, (uint32_t)fd, bits, 0, 0, 0,
			       0);
}

/* Take the word when it is not 0, waiting up to @timeout ns. */
static inline long loom_wait(int fd, uint64_t timeout, uint64_t *bits)
{
	register uint64_t x8 __asm__("x8") = LOOM_SYS_WAIT;
	register uint64_t x0 __asm__("x0") = (uint32_t)fd;
	register uint64_t x1 __asm__("x1") = timeout;

	__asm__ volatile("svc #0"
			 : "+r"(x0), "+r"(x1)
			 : "r"(x8)
			 : "memory");
	if (!x0)
		*bits = x1;
	return (long)x0;
}

/* @flags: LOOM_CLOEXEC, LOOM_NONBLOCK. A descriptor with all rights. */
static inline long loom_endpoint(uint64_t flags)
{
	return loom_plain_call(LOOM_SYS_ENDPOINT, flags, 0, 0, 0, 0, 0);
}

static inline long loom_notification(uint64_t flags)
{
	return loom_plain_call(LOOM_SYS_NOTIFICATION, flags, 0, 0, 0, 0, 0);
}

/* Another descriptor with @rights, of those of @fd, and @badge, or its. */
static inline long loom_dup(int fd, uint64_t rights, uint64_t badge,
			    uint64_t flags)
{
	return loom_plain_call(LOOM_SYS_DUP, (uint32_t)fd, rights, badge,
			       flags, 0, 0);
}

/* Where long messages of the calling thread go from and to; size 0: none. */
static inline long loom_buffer(void *addr, uint64_t size)
{
	return loom_plain_call(LOOM_SYS_BUFFER, (uintptr_t)addr, size, 0, 0,
			       0, 0);
}

/* From @first on and every @interval ns, if not 0, signal @bits. */
static inline long loom_bind_timer(int fd, int clock, uint64_t flags,
				   uint64_t first, uint64_t interval,
				   uint64_t bits)
{
	return loom_plain_call(LOOM_SYS_BIND_TIMER, (uint32_t)fd,
			       (uint64_t)clock, flags, first, interval, bits);
}

/* Signal @bits when interrupt line @irq comes; 0: unbind. */
static inline long loom_bind_irq(int fd, uint64_t irq, uint64_t flags,
				 uint64_t bits)
{
	return loom_plain_call(LOOM_SYS_BIND_IRQ, (uint32_t)fd, irq, flags,
			       bits, 0, 0);
}

/* The interrupt was dealt with, and may come again. */
static inline long loom_ack_irq(int fd)
{
	return loom_plain_call(LOOM_SYS_ACK_IRQ, (uint32_t)fd, 0, 0, 0, 0, 0);
}

#endif
