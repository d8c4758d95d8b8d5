// SPDX-License-Identifier: MIT
/* Chains of frame records on a stack; see stackscan.h. */
#include "lib/stackscan.h"

enum {
	RECORD_WORDS = 2,
	RECORD_SIZE = 16,
	/* In length: no chain; else the records to say, and one more. */
	NO_CHAIN = 0,
	NOTHING_NEW = 1,
};

/* Another CPU may write meanwhile: each word is read once, whole. */
static uint64_t word(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static size_t record_count(const struct stackscan *scan)
{
	size_t n = scan->count / RECORD_WORDS;

	return n < STACKSCAN_MAX ? n : STACKSCAN_MAX;
}

static bool is_end(const uint64_t *record)
{
	return word(record) == 0 && word(record + 1) == 0;
}

/* For record @i, all further out being known. */
static uint16_t measure(const struct stackscan *scan, size_t i)
{
	const uint64_t *record = &scan->stack[i * RECORD_WORDS];
	uint64_t caller = word(record);
	uint16_t outer = NOTHING_NEW;
	size_t next;

	if (!scan->is_code(word(record + 1)))
		return NO_CHAIN;
	if (caller) {
		if (caller <= scan->base + i * RECORD_SIZE ||
		    caller % RECORD_SIZE ||
		    caller >= scan->base + record_count(scan) * RECORD_SIZE)
			return NO_CHAIN;
		next = (size_t)((caller - scan->base) / RECORD_SIZE);
		if (!is_end(&scan->stack[next * RECORD_WORDS]))
			outer = scan->length[next];
	}
	if (outer == NO_CHAIN || scan->said[i])
		return outer;
	return (uint16_t)(outer + 1);
}

uint64_t stackscan_find(struct stackscan *scan)
{
	uint16_t longest = NOTHING_NEW;
	uint64_t found = 0;
	size_t i;

	for (i = record_count(scan); i-- > 0;) {
		scan->length[i] = measure(scan, i);
		if (scan->length[i] > longest) {
			longest = scan->length[i];
			found = scan->base + i * RECORD_SIZE;
		}
	}
	return found;
}

bool stackscan_say(struct stackscan *scan, uint64_t address, uint64_t *lr,
		   uint64_t *caller)
{
	size_t i = (size_t)((address - scan->base) / RECORD_SIZE);
	const uint64_t *record;
	bool first;

	*lr = 0;
	*caller = 0;
	if (address < scan->base || i >= record_count(scan))
		return false;
	record = &scan->stack[i * RECORD_WORDS];
	first = !scan->said[i];
	scan->said[i] = true;
	*caller = word(record);
	*lr = word(record + 1);
	return first;
}
