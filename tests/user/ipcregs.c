// SPDX-License-Identifier: MIT
/*
 * ipcregs: which registers loom's own calls change, and which they keep.
 *
 * First the kernel: a call is made with a pattern in every register, and all
 * are compared with what include/loom/abi.h says, for calls that succeed, that
 * fail and that wait. Then the operands of include/loom/ipc.h: around each of
 * its functions so many values are alive that the compiler needs all registers
 * that the function leaves it, among them what it was given as input.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <loom/ipc.h>

#include "lib/child.h"
#include "lib/tap.h"
#include "lib/thread.h"

#define MS UINT64_C(1000000)
#define X(n) (1u << (n))
#define WORDS (X(2) | X(3) | X(4) | X(5) | X(6) | X(7))

/* x0-x30; x8 is the number. */
struct registers {
	uint64_t x[31];
};

/* Load them all, SVC, store them all. */
void registers_call(struct registers *r);

__asm__(
"	.type	registers_call, %function\n"
"registers_call:\n"
"	stp	x29, x30, [sp, #-112]!\n"
"	stp	x19, x20, [sp, #16]\n"
"	stp	x21, x22, [sp, #32]\n"
"	stp	x23, x24, [sp, #48]\n"
"	stp	x25, x26, [sp, #64]\n"
"	stp	x27, x28, [sp, #80]\n"
"	stp	x0, x18, [sp, #96]\n"
"	ldp	x2, x3, [x0, #16]\n"
"	ldp	x4, x5, [x0, #32]\n"
"	ldp	x6, x7, [x0, #48]\n"
"	ldp	x8, x9, [x0, #64]\n"
"	ldp	x10, x11, [x0, #80]\n"
"	ldp	x12, x13, [x0, #96]\n"
"	ldp	x14, x15, [x0, #112]\n"
"	ldp	x16, x17, [x0, #128]\n"
"	ldp	x18, x19, [x0, #144]\n"
"	ldp	x20, x21, [x0, #160]\n"
"	ldp	x22, x23, [x0, #176]\n"
"	ldp	x24, x25, [x0, #192]\n"
"	ldp	x26, x27, [x0, #208]\n"
"	ldp	x28, x29, [x0, #224]\n"
"	ldr	x30, [x0, #240]\n"
"	ldp	x0, x1, [x0]\n"
"	svc	#0\n"
"	stp	x29, x30, [sp, #-16]!\n"
"	ldr	x30, [sp, #112]\n"
"	stp	x0, x1, [x30]\n"
"	stp	x2, x3, [x30, #16]\n"
"	stp	x4, x5, [x30, #32]\n"
"	stp	x6, x7, [x30, #48]\n"
"	stp	x8, x9, [x30, #64]\n"
"	stp	x10, x11, [x30, #80]\n"
"	stp	x12, x13, [x30, #96]\n"
"	stp	x14, x15, [x30, #112]\n"
"	stp	x16, x17, [x30, #128]\n"
"	stp	x18, x19, [x30, #144]\n"
"	stp	x20, x21, [x30, #160]\n"
"	stp	x22, x23, [x30, #176]\n"
"	stp	x24, x25, [x30, #192]\n"
"	stp	x26, x27, [x30, #208]\n"
"	str	x28, [x30, #224]\n"
"	ldp	x0, x1, [sp], #16\n"
"	stp	x0, x1, [x30, #232]\n"
"	ldp	x19, x20, [sp, #16]\n"
"	ldp	x21, x22, [sp, #32]\n"
"	ldp	x23, x24, [sp, #48]\n"
"	ldp	x25, x26, [sp, #64]\n"
"	ldp	x27, x28, [sp, #80]\n"
"	ldr	x18, [sp, #104]\n"
"	ldp	x29, x30, [sp], #112\n"
"	ret\n"
"	.size	registers_call, . - registers_call\n");

/* The other side: echoes calls, a bit changed in each word. */
struct echo {
	struct thread thread;
	int fd;
};

static int echo(void *arg)
{
	struct echo *e = arg;
	struct loom_message m = { .tag = 0 };

	while (loom_reply_recv(e->fd, &m) == 0) {
		if (loom_label(m.tag) == 99)
			return 0;
		m.tag = LOOM_TAG(loom_label(m.tag) + 1, 0);
		for (unsigned i = 0; i < 6; i++)
			m.word[i] ^= 1;
	}
	return 1;
}

static uint64_t pattern(unsigned n)
{
	return UINT64_C(0x0101010101010101) * n ^ UINT64_C(0x5a00a500c300);
}

static void fill(struct registers *r, uint64_t number, uint64_t x0,
		 uint64_t x1)
{
	for (unsigned i = 0; i < 31; i++)
		r->x[i] = pattern(i);
	r->x[0] = x0;
	r->x[1] = x1;
	r->x[8] = number;
}

/* Make the call, which changes those of @change and x0, no others. */
static void check(const char *name, struct registers *r, unsigned change,
		  long result)
{
	struct registers before = *r;
	bool same = true;

	registers_call(r);
	tap_equal((long)r->x[0], result, "%s: result", name);
	for (unsigned i = 1; i < 31; i++) {
		bool changed = r->x[i] != before.x[i];

		if (changed == (change >> i & 1))
			continue;
		tap_note("x%u was %#lx, is %#lx", i,
			 (unsigned long)before.x[i], (unsigned long)r->x[i]);
		same = false;
	}
	tap_ok(same, "%s: registers", name);
}

struct peer {
	struct thread thread;
	int fd;
	uint64_t tag;
};

/* Send, later. */
static int run_peer(void *arg)
{
	struct peer *p = arg;
	struct loom_message m = { .tag = p->tag, .fd = LOOM_FD(p->fd, 0) };

	for (unsigned i = 0; i < 6; i++)
		m.word[i] = 77 + i;
	raw_sleep(20);
	return (int)loom_send(p->fd, &m);
}

static void test_calls(int fd, int out, int served, int note)
{
	struct registers r;
	struct peer p = { .fd = out, .tag = LOOM_TAG(5, 0) };

	fill(&r, LOOM_SYS_CALL, (uint64_t)served, LOOM_TAG(1, 0));
	check("call", &r, X(1) | WORDS, 0);
	fill(&r, LOOM_SYS_CALL, 999, LOOM_TAG(1, 0));
	check("call that fails", &r, 0, -EBADF);

	fill(&r, LOOM_SYS_SEND, (uint64_t)served, LOOM_TAG(1, 0));
	check("send", &r, 0, 0);
	thread_start(&p.thread, run_peer, &p);
	fill(&r, LOOM_SYS_RECV, (uint64_t)fd, 0);
	check("recv", &r, X(1) | WORDS | X(9), 0);
	thread_join(&p.thread);
	fill(&r, LOOM_SYS_RECV, (uint64_t)fd, LOOM_TAG_TIMEOUT);
	r.x[9] = 20 * MS;
	check("recv that is late", &r, 0, -ETIMEDOUT);
	thread_start(&p.thread, run_peer, &p);
	fill(&r, LOOM_SYS_REPLY_RECV, (uint64_t)fd, 0);
	check("reply_recv", &r, X(1) | WORDS | X(9), 0);
	thread_join(&p.thread);
	fill(&r, LOOM_SYS_REPLY, 0, 0);
	check("reply to nobody", &r, 0, -ENOTCONN);

	fill(&r, LOOM_SYS_SIGNAL, (uint64_t)note, 6);
	check("signal", &r, 0, 0);
	fill(&r, LOOM_SYS_WAIT, (uint64_t)note, LOOM_FOREVER);
	check("wait", &r, X(1), 0);
	fill(&r, LOOM_SYS_WAIT, (uint64_t)note, 20 * MS);
	check("wait that is late", &r, 0, -ETIMEDOUT);
	fill(&r, LOOM_SYS_DUP, (uint64_t)note, 7);
	check("dup that fails", &r, 0, -EINVAL);
	fill(&r, LOOM_SYS_BUFFER, 0, 0);
	check("buffer", &r, 0, 0);
}

/*
 * Sixteen values that are alive from KEEP to the end of its block, in
 * registers as far as they go.
 */
#define EIGHT(op, c)							\
	__asm__ volatile("" : op(c##0), op(c##1), op(c##2), op(c##3),	\
			 op(c##4), op(c##5), op(c##6), op(c##7))
#define ALIVE(v) "+r"(v)

#define KEEP								\
	uint64_t a0 = 10, a1 = 11, a2 = 12, a3 = 13, a4 = 14, a5 = 15,	\
		 a6 = 16, a7 = 17, b0 = 20, b1 = 21, b2 = 22, b3 = 23,	\
		 b4 = 24, b5 = 25, b6 = 26, b7 = 27;			\
	EIGHT(ALIVE, a);						\
	EIGHT(ALIVE, b)

/* Read again, and compared where the compiler knows nothing of them. */
#define KEPT								\
	(EIGHT_KEPT(a, 10) && EIGHT_KEPT(b, 20))
#define EIGHT_KEPT(c, n)						\
	(seen(c##0) == (n) && seen(c##1) == (n) + 1 &&			\
	 seen(c##2) == (n) + 2 && seen(c##3) == (n) + 3 &&		\
	 seen(c##4) == (n) + 4 && seen(c##5) == (n) + 5 &&		\
	 seen(c##6) == (n) + 6 && seen(c##7) == (n) + 7)

static inline uint64_t seen(uint64_t v)
{
	__asm__ volatile("" : "+r"(v));
	return v;
}

/*
 * The message is made of values that are needed afterwards, too. A compiler
 * that takes a register for unchanged finds them there.
 */
#define OPERANDS(name, call)						\
static __attribute__((noinline)) bool name(int fd,			\
					   const struct loom_message *in, \
					   struct loom_message *out,	\
					   long *result)		\
{									\
	uint64_t tag = seen(in->tag), timeout = seen(in->timeout);	\
	uint64_t fds = seen(in->fd), badge = seen(in->fd_badge);	\
	uint64_t w0 = seen(in->word[0]), w1 = seen(in->word[1]);	\
	uint64_t w2 = seen(in->word[2]), w3 = seen(in->word[3]);	\
	uint64_t w4 = seen(in->word[4]), w5 = seen(in->word[5]);	\
	int number = fd;						\
	struct loom_message m = { .tag = tag, .timeout = timeout,	\
				  .fd = fds, .fd_badge = badge,		\
				  .word = { w0, w1, w2, w3, w4, w5 } };	\
	KEEP;								\
									\
	__asm__ volatile("" : "+r"(number));				\
	*result = call;							\
	*out = m;							\
	return KEPT && seen((uint64_t)number) == (uint64_t)fd &&	\
	       seen(tag) == in->tag && seen(timeout) == in->timeout &&	\
	       seen(fds) == in->fd && seen(badge) == in->fd_badge &&	\
	       seen(w0) == in->word[0] && seen(w1) == in->word[1] &&	\
	       seen(w2) == in->word[2] && seen(w3) == in->word[3] &&	\
	       seen(w4) == in->word[4] && seen(w5) == in->word[5];	\
}

OPERANDS(around_call, loom_call(number, &m))
OPERANDS(around_reply_recv, loom_reply_recv(number, &m))
OPERANDS(around_send, loom_send(number, &m))
OPERANDS(around_recv, loom_recv(number, &m))
OPERANDS(around_reply, loom_reply(&m))
OPERANDS(around_signal, loom_signal(number, w0))
OPERANDS(around_wait, loom_wait(number, timeout, &m.word[0]))
OPERANDS(around_dup, loom_dup(number, w0, w1, w2))
OPERANDS(around_buffer, loom_buffer((void *)(uintptr_t)w0, w1))
OPERANDS(around_timer, loom_bind_timer(number, (int)w0, w1, w2, w3, w4))
OPERANDS(around_irq, loom_bind_irq(number, w0, w1, w2))
OPERANDS(around_ack, loom_ack_irq(number))
OPERANDS(around_endpoint, loom_endpoint(w0))
OPERANDS(around_notification, loom_notification(w0))

typedef bool (*around_fn)(int fd, const struct loom_message *in,
			  struct loom_message *out, long *result);

static struct loom_message out_message;

static void operands(const char *name, around_fn fn, int fd,
		     const struct loom_message *in, long want)
{
	long result = 0;
	bool kept = fn(fd, in, &out_message, &result);

	tap_equal(result, want, "%s: result", name);
	tap_ok(kept, "%s: operands", name);
}

static void test_operands(int fd, int out, int served, int note)
{
	struct loom_message m = { .tag = LOOM_TAG(1, 0), .timeout = 100,
				  .fd = 101, .fd_badge = 102,
				  .word = { 40, 41, 42, 43, 44, 45 } };
	struct loom_message none = m, recv = m;
	struct peer p = { .fd = out, .tag = LOOM_TAG(5, 0) };

	operands("call", around_call, served, &m, 0);
	tap_ok(loom_label(out_message.tag) == 2 && out_message.word[0] == 41 &&
	       out_message.word[5] == 44, "call: the reply");
	operands("send", around_send, served, &m, 0);
	recv.tag = 0;
	thread_start(&p.thread, run_peer, &p);
	operands("recv", around_recv, fd, &recv, 0);
	tap_ok(out_message.badge == 0x77 && out_message.word[0] == 77 &&
	       out_message.word[5] == 82, "recv: the message");
	thread_join(&p.thread);
	recv.tag = LOOM_TAG_ACCEPT;
	p.tag = LOOM_TAG(5, LOOM_TAG_FD);
	thread_start(&p.thread, run_peer, &p);
	operands("recv of a descriptor", around_recv, fd, &recv, 0);
	tap_equal(close((int)out_message.fd), 0, "recv: the descriptor");
	thread_join(&p.thread);
	p.tag = LOOM_TAG(5, 0);
	thread_start(&p.thread, run_peer, &p);
	operands("reply_recv", around_reply_recv, fd, &m, 0);
	tap_ok(out_message.badge == 0x77 && out_message.word[0] == 77,
	       "reply_recv: the message");
	thread_join(&p.thread);
	operands("reply", around_reply, fd, &m, -ENOTCONN);
	operands("signal", around_signal, note, &m, 0);
	operands("wait", around_wait, note, &m, 0);
	tap_equal((long)out_message.word[0], 40, "wait: the word");
	operands("wait that is late", around_wait, note, &m, -ETIMEDOUT);
	operands("dup", around_dup, note, &m, -EINVAL);
	operands("buffer", around_buffer, note, &m, -EFAULT);
	operands("bind_timer", around_timer, note, &m, -EINVAL);
	operands("bind_irq", around_irq, note, &m, -EINVAL);
	operands("ack_irq", around_ack, note, &m, -ENXIO);
	operands("endpoint", around_endpoint, note, &none, -EINVAL);
	operands("notification", around_notification, note, &none, -EINVAL);
}

int main(int argc, char **argv)
{
	int fd = (int)loom_endpoint(0), note = (int)loom_notification(0);
	int second = (int)loom_endpoint(0);
	int out = (int)loom_dup(fd, LOOM_RIGHT_SEND, 0x77, 0);
	int served = (int)loom_dup(second, LOOM_RIGHT_SEND, 0x77, 0);
	struct echo e = { .fd = second };
	struct loom_message end = { .tag = LOOM_TAG(99, 0) };

	(void)argc;
	child_init(argv[0]);
	if (served < 0)
		tap_bail("this kernel has no endpoints");
	thread_start(&e.thread, echo, &e);
	test_calls(fd, out, served, note);
	test_operands(fd, out, served, note);
	loom_send(served, &end);
	tap_ok(thread_join(&e.thread), "the other side ends");
	return tap_done();
}
