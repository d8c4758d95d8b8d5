// SPDX-License-Identifier: MIT
/*
 * The model of ipcrandom; see ipcmodel.h. It has no queues: who is first is
 * looked for among all who wait, by priority and then by when they came.
 */
#include "ipcmodel.h"

#include <errno.h>
#include <string.h>

enum state { IDLE, SENDING, CALLING, RECEIVING, AWAITING, WAITING };

enum { NOBODY = -1 };

struct model {
	enum state state;
	struct step step;	/* that it waits in */
	unsigned came;		/* when */
	int caller;		/* whom it may reply to */
	bool caller_gone;
	int server;		/* AWAITING: who may reply */
	size_t buffer;
	bool back;
	struct outcome outcome;
};

static struct model actors[ACTORS];
static uint64_t words[NOTES];
static unsigned clock_now;

const char *const op_names[] = {
	[OP_SEND] = "send",
	[OP_CALL] = "call",
	[OP_RECV] = "recv",
	[OP_REPLY] = "reply",
	[OP_REPLY_RECV] = "reply_recv",
	[OP_SIGNAL] = "signal",
	[OP_WAIT] = "wait",
	[OP_BUFFER] = "buffer",
	[OP_QUIT] = "quit",
};

bool op_sends(enum op op)
{
	return op == OP_SEND || op == OP_CALL || op == OP_REPLY ||
	       op == OP_REPLY_RECV;
}

bool op_receives(enum op op)
{
	return op == OP_CALL || op == OP_RECV || op == OP_REPLY_RECV;
}

uint64_t badge_value(unsigned badge)
{
	return badge ? badge * 0x10 : 0;
}

int model_nice(unsigned actor)
{
	return (int)(actor % 3) * 4;
}

void model_init(void)
{
	memset(actors, 0, sizeof(actors));
	memset(words, 0, sizeof(words));
	for (unsigned i = 0; i < ACTORS; i++)
		actors[i].caller = NOBODY;
}

static int index_of(const struct model *a)
{
	return (int)(a - actors);
}

static bool is_at(const struct model *a, enum state state, unsigned object)
{
	return a->state == state && a->step.object == object;
}

static bool is_before(const struct model *a, const struct model *b)
{
	int nice_a = model_nice((unsigned)index_of(a));
	int nice_b = model_nice((unsigned)index_of(b));

	return nice_a != nice_b ? nice_a < nice_b : a->came < b->came;
}

/* The first in either of two states; NULL: nobody. */
static struct model *first_at(enum state state, enum state other,
			      unsigned object)
{
	struct model *best = NULL;

	for (struct model *a = actors; a < actors + ACTORS; a++) {
		if (!is_at(a, state, object) && !is_at(a, other, object))
			continue;
		if (!best || is_before(a, best))
			best = a;
	}
	return best;
}

static struct model *first_sender(unsigned object)
{
	return first_at(SENDING, CALLING, object);
}

static void come_back(struct model *a, long result)
{
	a->state = IDLE;
	a->back = true;
	a->outcome = (struct outcome){ .result = result };
}

static void wait_as(struct model *a, enum state state, const struct step *s)
{
	a->state = state;
	a->step = *s;
	a->came = clock_now++;
}

static long fit(const struct step *message, const struct model *to,
		bool to_accepts)
{
	if (message->bytes > to->buffer)
		return -EMSGSIZE;
	return message->gives && !to_accepts ? -EOPNOTSUPP : 0;
}

static void get(struct model *to, const struct step *message, bool sent)
{
	come_back(to, 0);
	to->outcome.has_message = true;
	to->outcome.seed = message->seed;
	to->outcome.bytes = message->bytes;
	to->outcome.gives = message->gives;
	to->outcome.calls = sent && message->op == OP_CALL;
	to->outcome.has_badge = sent;
	to->outcome.badge = sent ? badge_value(message->badge) : 0;
}

/* @to has received the call of @from. */
static void await_reply(struct model *from, struct model *to)
{
	from->state = AWAITING;
	from->server = index_of(to);
	to->caller = index_of(from);
}

/* What ends a wait without the other side. */
static void give_up(struct model *a, long result)
{
	if (a->state == AWAITING) {
		actors[a->server].caller = NOBODY;
		actors[a->server].caller_gone = true;
		if (result == -EINTR)
			result = -ECANCELED;
	}
	come_back(a, result);
}

/* It would wait: it does not, or not for long, or does. */
static void wait_or_not(struct model *a, enum state state,
			const struct step *s)
{
	if (s->timeout == 0)
		come_back(a, -EAGAIN);
	else if (s->timeout != UINT64_MAX)
		come_back(a, -ETIMEDOUT);
	else
		wait_as(a, state, s);
}

static void do_send(struct model *a, const struct step *s)
{
	struct model *to = first_at(RECEIVING, RECEIVING, s->object);
	long err;

	if (s->bytes > a->buffer) {
		come_back(a, -ENOBUFS);
		return;
	}
	if (!to) {
		wait_or_not(a, s->op == OP_CALL ? CALLING : SENDING, s);
		return;
	}
	err = fit(s, to, to->step.accepts);
	if (err) {
		come_back(a, err);
		return;
	}
	get(to, s, true);
	if (s->op == OP_SEND) {
		come_back(a, 0);
		return;
	}
	a->step = *s;
	await_reply(a, to);
	if (s->timeout && s->timeout != UINT64_MAX)
		give_up(a, -ETIMEDOUT);
}

static void refuse(struct model *a)
{
	if (a->caller != NOBODY)
		come_back(&actors[a->caller], -ECONNRESET);
	a->caller = NOBODY;
	a->caller_gone = false;
}

static void do_receive(struct model *a, const struct step *s)
{
	struct model *from;
	long err;

	refuse(a);
	while ((from = first_sender(s->object)) != NULL) {
		err = fit(&from->step, a, s->accepts);
		if (!err)
			break;
		come_back(from, err);
	}
	if (!from) {
		wait_or_not(a, RECEIVING, s);
		return;
	}
	get(a, &from->step, true);
	if (from->state == CALLING)
		await_reply(from, a);
	else
		come_back(from, 0);
}

/* The result of the reply. */
static long try_reply(struct model *a, const struct step *s)
{
	struct model *caller;
	long err;

	if (s->bytes > a->buffer)
		return -ENOBUFS;
	if (a->caller == NOBODY) {
		err = a->caller_gone ? -ESRCH : -ENOTCONN;
		a->caller_gone = false;
		return err;
	}
	caller = &actors[a->caller];
	err = fit(s, caller, caller->step.accepts);
	if (err)
		return err;
	get(caller, s, false);
	a->caller = NOBODY;
	return 0;
}

static void do_signal(struct model *a, const struct step *s)
{
	uint64_t bits = s->badge ? badge_value(s->badge) : s->seed & 0xff;
	struct model *waiter = first_at(WAITING, WAITING, s->object);

	come_back(a, bits ? 0 : -EINVAL);
	if (bits && waiter) {
		come_back(waiter, 0);
		waiter->outcome.word = bits;
	} else {
		words[s->object] |= bits;
	}
}

static void do_wait(struct model *a, const struct step *s)
{
	uint64_t word = words[s->object];

	words[s->object] = 0;
	if (!word) {
		wait_or_not(a, WAITING, s);
		return;
	}
	come_back(a, 0);
	a->outcome.word = word;
}

void model_step(unsigned actor, const struct step *s)
{
	struct model *a = &actors[actor];
	long err;

	switch (s->op) {
	case OP_SEND:
	case OP_CALL:
		do_send(a, s);
		break;
	case OP_RECV:
		do_receive(a, s);
		break;
	case OP_REPLY:
		come_back(a, try_reply(a, s));
		break;
	case OP_REPLY_RECV:
		err = try_reply(a, s);
		if (err && err != -ENOTCONN)
			come_back(a, err);
		else
			do_receive(a, s);
		break;
	case OP_SIGNAL:
		do_signal(a, s);
		break;
	case OP_WAIT:
		do_wait(a, s);
		break;
	case OP_BUFFER:
		a->buffer = s->bytes;
		come_back(a, 0);
		break;
	case OP_QUIT:
		refuse(a);
		a->buffer = 0;
		break;
	}
}

void model_interrupt(unsigned actor)
{
	give_up(&actors[actor], -EINTR);
}

void model_end(unsigned endpoint)
{
	for (struct model *a = actors; a < actors + ACTORS; a++)
		if (is_at(a, SENDING, endpoint) ||
		    is_at(a, CALLING, endpoint) ||
		    is_at(a, RECEIVING, endpoint))
			come_back(a, -EPIPE);
}

bool model_waits(unsigned actor)
{
	return actors[actor].state != IDLE;
}

bool model_has_senders(unsigned endpoint)
{
	return first_sender(endpoint) != NULL;
}

bool model_has_calls(unsigned endpoint)
{
	return first_at(AWAITING, AWAITING, endpoint) != NULL;
}

bool model_outcome(unsigned actor, struct outcome *outcome)
{
	struct model *a = &actors[actor];
	bool back = a->back;

	*outcome = a->outcome;
	a->back = false;
	return back;
}
