// SPDX-License-Identifier: MIT
/*
 * ipcrandom [SEED|FIRST-LAST [STEPS]]: loom's own calls in random order, made
 * by several threads of different priorities, against a model of what they do
 * (ipcmodel.c). The driver, this file, gives one thread at a time something to
 * do, asks the model who comes back from which call with what, and waits until
 * just those have; who waits by the model must be asleep. In the end nothing
 * is lost. "ipcrandom show SEED STEPS" prints the steps.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <loom/ipc.h>

#include "ipcmodel.h"
#include "lib/child.h"
#include "lib/counts.h"
#include "lib/rng.h"
#include "lib/tap.h"
#include "lib/thread.h"

#define NAP_NS 200000L
#define NAPS 50000		/* 10 seconds: it hangs */

/* An actor: a thread that makes one call when it is told to. */
struct actor {
	struct thread thread;
	/* Atomic: what else is here goes over with them. */
	int go;			/* futex: a step is there */
	int entered;		/* it is about to make the call */
	int done;
	struct step step;
	struct loom_message before, m;
	long result;
	uint64_t word;
	uint8_t buffer[LOOM_MESSAGE_MAX];
};

static struct actor actors[ACTORS];
static struct rng rng;
static unsigned mood, left;	/* draw_op */
static bool show;

/* The real objects: a descriptor to receive, some to send by badge. */
static int ep_in[ENDPOINTS], ep_out[ENDPOINTS][BADGES];
static int note_in[NOTES], note_out[NOTES][BADGES];
static int gift;		/* what is sent when a descriptor is */

static unsigned draw(unsigned limit)
{
	return (unsigned)rng_below(&rng, limit);
}

static void say(const char *format, ...)
{
	va_list ap;

	if (!show)
		return;
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
}

/* The actors */

static int get(const int *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void put(int *word, int value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static uint8_t byte_of(uint64_t seed, size_t i)
{
	return (uint8_t)(seed * 31 + i);
}

static void compose(struct actor *a)
{
	const struct step *s = &a->step;
	uint64_t flags = 0;

	if (s->timeout != LOOM_FOREVER)
		flags |= LOOM_TAG_TIMEOUT;
	if (s->accepts)
		flags |= LOOM_TAG_ACCEPT;
	if (s->gives)
		flags |= LOOM_TAG_FD;
	if (s->bytes)
		flags |= LOOM_TAG_BYTES(s->bytes);
	a->m = (struct loom_message){
		.tag = LOOM_TAG(s->seed, flags),
		.timeout = s->timeout,
		.fd = LOOM_FD(gift, LOOM_RIGHT_SEND),
		.fd_badge = 3,
	};
	for (unsigned i = 0; i < 6; i++)
		a->m.word[i] = s->seed << 8 | i;
	for (size_t i = 0; i < s->bytes; i++)
		a->buffer[i] = byte_of(s->seed, i);
}

static long act(struct actor *a)
{
	const struct step *s = &a->step;
	unsigned o = s->object, b = s->badge;
	uint64_t word = 0;
	long result;

	switch (s->op) {
	case OP_SEND:
		return loom_send(ep_out[o][b], &a->m);
	case OP_CALL:
		return loom_call(ep_out[o][b], &a->m);
	case OP_RECV:
		return loom_recv(ep_in[o], &a->m);
	case OP_REPLY:
		return loom_reply(&a->m);
	case OP_REPLY_RECV:
		return loom_reply_recv(ep_in[o], &a->m);
	case OP_SIGNAL:
		return loom_signal(note_out[o][b], s->seed & 0xff);
	case OP_WAIT:
		result = loom_wait(note_in[o], s->timeout, &word);
		a->word = word;
		return result;
	case OP_BUFFER:
		return loom_buffer(a->buffer, s->bytes);
	default:
		return -ENOSYS;
	}
}

static int run_actor(void *arg)
{
	struct actor *a = arg;

	raw_call(SYS_setpriority, PRIO_PROCESS, 0,
		 model_nice((unsigned)(a - actors)), 0, 0, 0);
	for (;;) {
		while (!get(&a->go))
			raw_call(SYS_futex, (long)&a->go, FUTEX_WAIT, 0, 0, 0,
				 0);
		put(&a->go, 0);
		if (a->step.op == OP_QUIT)
			return 0;
		put(&a->entered, 1);
		a->result = act(a);
		put(&a->done, 1);
	}
}

static void start_actor(struct actor *a)
{
	put(&a->go, 0);
	put(&a->entered, 0);
	put(&a->done, 0);
	if (thread_start(&a->thread, run_actor, a) < 0)
		tap_bail("no thread");
}

static void tell(struct actor *a, const struct step *s)
{
	a->step = *s;
	put(&a->entered, 0);
	put(&a->done, 0);
	a->word = 0;
	/* The bytes of OP_BUFFER are no message. */
	if (s->op != OP_BUFFER)
		compose(a);
	a->before = a->m;
	put(&a->go, 1);
	raw_call(SYS_futex, (long)&a->go, FUTEX_WAKE, 1, 0, 0, 0);
}

/* Waiting */

static void nap(void)
{
	struct timespec t = { 0, NAP_NS };

	nanosleep(&t, NULL);
}

static bool wait_until_done(const struct actor *a)
{
	for (unsigned i = 0; i < NAPS && !get(&a->done); i++)
		nap();
	return get(&a->done);
}

/* Comparing */

static bool complain(const struct actor *a, const char *what, uint64_t got,
		     uint64_t want)
{
	tap_note("actor %d, %s: %s is %#lx, expected %#lx",
		 (int)(a - actors), op_names[a->step.op], what,
		 (unsigned long)got, (unsigned long)want);
	return false;
}

#define SAME(what, got, want)						\
	do {								\
		uint64_t got_ = (uint64_t)(got);			\
		uint64_t want_ = (uint64_t)(want);			\
									\
		if (got_ != want_)					\
			return complain(a, what, got_, want_);		\
	} while (0)

static bool check_message(struct actor *a, const struct outcome *o)
{
	uint64_t flags = (o->gives ? LOOM_TAG_FD : 0) |
			 (o->bytes ? LOOM_TAG_BYTES(o->bytes) : 0) |
			 (o->calls ? LOOM_TAG_CALL : 0);

	SAME("tag", a->m.tag, LOOM_TAG(o->seed, flags));
	for (unsigned i = 0; i < 6; i++)
		SAME("word", a->m.word[i], o->seed << 8 | i);
	if (o->has_badge)
		SAME("badge", a->m.badge, o->badge);
	else
		SAME("x9", a->m.badge, a->before.badge);
	for (size_t i = 0; i < o->bytes; i++)
		SAME("byte", a->buffer[i], byte_of(o->seed, i));
	if (o->gives)
		SAME("close of the descriptor", close((int)a->m.fd), 0);
	else
		SAME("x10", a->m.fd, a->before.fd);
	return true;
}

static bool check_outcome(struct actor *a, const struct outcome *o)
{
	if (!wait_until_done(a))
		return complain(a, "a call that returns", 0, 1);
	SAME("result", a->result, o->result);
	if (o->has_message)
		return check_message(a, o);
	SAME("change of a register",
	     memcmp(&a->m, &a->before, sizeof(a->m)) != 0, 0);
	SAME("word", a->word, o->word);
	return true;
}

/* All who come back by the model have, as it says, and nobody else. */
static bool check_all(void)
{
	struct outcome o;

	for (unsigned i = 0; i < ACTORS; i++) {
		struct actor *a = &actors[i];

		if (model_outcome(i, &o)) {
			if (!check_outcome(a, &o))
				return false;
			say("   actor %u: %ld\n", i, a->result);
		} else if (model_waits(i)) {
			SAME("return", get(&a->done), 0);
		}
	}
	return true;
}

/* Steps */

/* For a while one side is drawn more often, so that queues grow. */
static enum op draw_op(void)
{
	static const enum op side[2][2] = {
		{ OP_SEND, OP_CALL }, { OP_RECV, OP_WAIT },
	};

	if (left-- == 0) {
		mood = draw(3);
		left = 15;
	}
	if (mood < 2 && draw(3))
		return side[mood][draw(2)];
	return (enum op)draw(OP_QUIT);
}

static void draw_step(struct step *s)
{
	static const size_t sizes[] = { 0, 0, 0, 0, 1, 16, 17, 4096 };

	*s = (struct step){
		.op = draw_op(),
		.object = draw(4) == 0,
		.badge = draw(BADGES),
		.timeout = LOOM_FOREVER,
		.seed = draw(1 << 20) + 1,
	};
	if (draw(4) == 0)
		s->timeout = 0;
	else if (draw(12) == 0)
		s->timeout = 2000000;
	if (draw(40) == 0)
		s->op = OP_QUIT;
	if (op_sends(s->op) || s->op == OP_BUFFER) {
		s->bytes = sizes[draw(8)];
		s->gives = s->op != OP_BUFFER && draw(6) == 0;
	}
	s->accepts = op_receives(s->op) && draw(2);
	if (s->op == OP_REPLY || s->op == OP_SIGNAL || s->op == OP_BUFFER ||
	    s->op == OP_QUIT)
		s->timeout = LOOM_FOREVER;
}

static bool do_step(unsigned i)
{
	struct actor *a = &actors[i];
	struct step s;

	draw_step(&s);
	say("actor %u: %s %u, badge %u, timeout %ld, seed %lu, %zu bytes%s%s\n",
	    i, op_names[s.op], s.object, s.badge, (long)s.timeout,
	    (unsigned long)s.seed, s.bytes, s.gives ? ", gives" : "",
	    s.accepts ? ", accepts" : "");
	tell(a, &s);
	model_step(i, &s);
	if (s.op == OP_QUIT) {
		if (!thread_join(&a->thread))
			return complain(a, "an end", 0, 1);
		start_actor(a);
		return check_all();
	}
	if (!thread_settled(a->thread.tid, &a->entered, &a->done))
		return complain(a, "a call that waits or returns", 0, 1);
	return check_all();
}

static bool interrupt(unsigned i)
{
	say("actor %u: interrupted\n", i);
	model_interrupt(i);
	syscall(SYS_tgkill, getpid(), actors[i].thread.tid, SIGUSR1);
	return check_all();
}

static int narrow(int fd, uint64_t rights, unsigned badge)
{
	long copy = loom_dup(fd, rights, badge_value(badge), LOOM_CLOEXEC);

	if (copy < 0)
		tap_bail("loom_dup: %ld", copy);
	return (int)copy;
}

static void make_object(int all, int *in, int *out)
{
	if (all < 0)
		tap_bail("this kernel has no such object: %d", all);
	*in = narrow(all, LOOM_RIGHT_RECV, 0);
	for (unsigned b = 0; b < BADGES; b++)
		out[b] = narrow(all, LOOM_RIGHT_SEND, b);
	close(all);
}

static void close_out(unsigned e)
{
	for (unsigned b = 0; b < BADGES; b++)
		close(ep_out[e][b]);
}

/* The end of an endpoint, for those who wait there; then there is another. */
static bool remake(unsigned e)
{
	bool same;

	if (model_has_calls(e))
		return true;
	say("endpoint %u: closed\n", e);
	/* First the side at which nobody waits: who waits has its file. */
	if (model_has_senders(e)) {
		close(ep_in[e]);
		model_end(e);
		same = check_all();
		close_out(e);
	} else {
		close_out(e);
		model_end(e);
		same = check_all();
		close(ep_in[e]);
	}
	make_object((int)loom_endpoint(0), &ep_in[e], ep_out[e]);
	return same;
}

static bool any_step(void)
{
	unsigned i = draw(ACTORS);

	if (draw(50) == 0)
		return remake(draw(ENDPOINTS));
	if (!model_waits(i))
		return do_step(i);
	return draw(3) ? true : interrupt(i);
}

static void handler(int sig)
{
	(void)sig;
}

static bool sequence(uint64_t seed, unsigned steps)
{
	bool same = true;
	unsigned n = 0;

	rng_seed(&rng, seed, 0);
	left = 0;
	model_init();
	gift = (int)loom_notification(0);
	for (unsigned e = 0; e < ENDPOINTS; e++)
		make_object((int)loom_endpoint(0), &ep_in[e], ep_out[e]);
	for (unsigned i = 0; i < NOTES; i++)
		make_object((int)loom_notification(0), &note_in[i],
			    note_out[i]);
	for (unsigned i = 0; i < ACTORS; i++)
		start_actor(&actors[i]);
	while (same && n++ < steps)
		same = any_step();
	if (!same) {
		tap_note("seed %lu, step %u", (unsigned long)seed, n);
		return false;
	}
	for (unsigned i = 0; i < ACTORS; i++) {
		static const struct step quit = { .op = OP_QUIT };

		if (model_waits(i) && !interrupt(i))
			return false;
		tell(&actors[i], &quit);
		model_step(i, &quit);
		same = thread_join(&actors[i].thread) && check_all() && same;
	}
	for (unsigned e = 0; e < ENDPOINTS; e++) {
		close(ep_in[e]);
		close_out(e);
		close(note_in[e]);
		for (unsigned b = 0; b < BADGES; b++)
			close(note_out[e][b]);
	}
	close(gift);
	return same;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = handler };
	unsigned long first = 1, last;
	struct counts before;
	unsigned steps = 600;

	child_init(argv[0]);
	show = argc > 1 && !strcmp(argv[1], "show");
	if (show) {
		argc--;
		argv++;
	}
	if (argc > 1)
		first = strtoul(argv[1], NULL, 10);
	last = first;
	if (argc > 1 && strchr(argv[1], '-'))
		last = strtoul(strchr(argv[1], '-') + 1, NULL, 10);
	if (argc > 2)
		steps = (unsigned)strtoul(argv[2], NULL, 10);
	sigaction(SIGUSR1, &sa, NULL);
	/* The pages of the buffers are there before the first count. */
	memset(actors, 1, sizeof(actors));
	if (!tap_ok(sequence(first, steps), "a first round"))
		return tap_done();
	/* Threads that have ended come to their graves. */
	child_sleep(200);
	counts_take(&before);
	for (unsigned long seed = first; seed <= last; seed++)
		if (!tap_ok(sequence(seed, steps), "%u steps, seed %lu", steps,
			    seed))
			return tap_done();
	counts_check(&before);
	return tap_done();
}
