// SPDX-License-Identifier: MIT
/* Pending signals and their infos; see queue.h. Called by signal/ only. */
#include "signal/queue.h"

#include <stdbool.h>
#include <stddef.h>

#include "lib/assert.h"
#include "lib/errno.h"
#include "mm/kmem.h"

struct queued {
	struct list link;	/* on signal_queue.infos */
	struct siginfo info;
};

/* Infos of all queues; atomic, for the queues have different locks. */
static unsigned count;

static uint64_t bit(int sig)
{
	return UINT64_C(1) << (sig - 1);
}

static void store_set(struct signal_queue *q, uint64_t set)
{
	__atomic_store_n(&q->set, set, __ATOMIC_RELAXED);
}

void signal_queue_init(struct signal_queue *q)
{
	store_set(q, 0);
	list_init(&q->infos);
}

/*
 * The kernel's signals and kill's below the real-time ones have room beyond
 * the limit: one of each for each queue is all that there can be.
 */
static struct queued *make(const struct siginfo *info)
{
	bool limited = info->signo >= SIGNAL_RT || info->code < 0;
	struct queued *e = NULL;

	if (__atomic_add_fetch(&count, 1, __ATOMIC_RELAXED) <=
	    SIGNAL_QUEUE_MAX || !limited)
		e = kmalloc(sizeof(*e));
	if (!e)
		__atomic_sub_fetch(&count, 1, __ATOMIC_RELAXED);
	else
		e->info = *info;
	return e;
}

static void discard(struct queued *e)
{
	list_del(&e->link);
	kfree(e);
	__atomic_sub_fetch(&count, 1, __ATOMIC_RELAXED);
}

int signal_queue_add(struct signal_queue *q, const struct siginfo *info)
{
	uint64_t set = signal_queue_set(q);
	struct queued *e;

	if (info->signo < SIGNAL_RT && set & bit(info->signo) &&
	    info->code != SI_TIMER)
		return 0;
	e = make(info);
	if (e)
		list_add_tail(&q->infos, &e->link);
	else if ((info->signo >= SIGNAL_RT && info->code < 0) ||
		 info->code == SI_TIMER)
		return -EAGAIN;
	store_set(q, set | bit(info->signo));
	return 0;
}

/* The oldest info of @sig from @from on; NULL: none. */
static struct queued *find(const struct signal_queue *q, struct list *from,
			   int sig)
{
	for (; from != &q->infos; from = from->next) {
		struct queued *e = container_of(from, struct queued, link);

		if (e->info.signo == sig)
			return e;
	}
	return NULL;
}

void signal_queue_take(struct signal_queue *q, int sig, struct siginfo *info)
{
	struct queued *e = find(q, q->infos.next, sig);
	bool more = e && find(q, e->link.next, sig);

	assert(signal_queue_set(q) & bit(sig));
	*info = (struct siginfo){ .signo = sig, .code = SI_USER };
	if (e) {
		*info = e->info;
		discard(e);
	}
	if (!more)
		store_set(q, signal_queue_set(q) & ~bit(sig));
}

void signal_queue_drop(struct signal_queue *q, uint64_t set)
{
	struct queued *e, *tmp;

	if (!(signal_queue_set(q) & set))
		return;
	store_set(q, signal_queue_set(q) & ~set);
	list_for_each_entry_safe(e, tmp, &q->infos, struct queued, link) {
		if (set & bit(e->info.signo))
			discard(e);
	}
}

unsigned signal_queue_count(void)
{
	return __atomic_load_n(&count, __ATOMIC_RELAXED);
}
