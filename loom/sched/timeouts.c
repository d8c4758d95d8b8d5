// SPDX-License-Identifier: MIT
/*
 * The sorted queue of timeouts. Called by sched/clock.c under the queue's
 * lock, and by a host test.
 */
#include "sched/timeouts.h"

#include <stddef.h>

void timeouts_add(struct list *queue, struct timeout *timeout)
{
	struct list *node;

	/* From the end: most new timeouts are later than all others. */
	for (node = queue->prev; node != queue; node = node->prev)
		if (container_of(node, struct timeout, link)->when_ns <=
		    timeout->when_ns)
			break;
	list_add_after(node, &timeout->link);
}

struct timeout *timeouts_pop(struct list *queue, uint64_t now_ns)
{
	struct timeout *first;

	if (list_empty(queue))
		return NULL;
	first = list_first_entry(queue, struct timeout, link);
	if (first->when_ns > now_ns)
		return NULL;
	list_del(&first->link);
	return first;
}

uint64_t timeouts_next(const struct list *queue)
{
	if (list_empty(queue))
		return TIMEOUTS_NEVER;
	return list_first_entry(queue, struct timeout, link)->when_ns;
}

uint64_t timeouts_next_tick(uint64_t tick, uint64_t now, uint64_t period)
{
	/* Whole periods: a late interrupt does not move the ones after it. */
	return tick + ((now - tick) / period + 1) * period;
}
