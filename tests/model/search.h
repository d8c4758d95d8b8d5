// SPDX-License-Identifier: MIT
/*
 * The search: every interleaving of a model, or random ones. A model is a
 * state, what may happen next in it, and what must never be; search.c and
 * main.c know nothing else of it. explore.c and smp/explore.c are the two.
 */
#ifndef TESTS_MODEL_SEARCH_H
#define TESTS_MODEL_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct title {
	const char *name;
	const char *text;
	bool only_random;	/* too large to be explored */
	bool large;		/* only if that is asked for */
};

/* A part of the state, in words. */
struct part {
	uint64_t *from;
	const uint64_t *base;	/* what it is at most times; NULL: zeros */
	size_t count;
};

enum { PARTS_MAX = 24, CHOICES_MAX = 256 };

struct model {
	/* Of the @n-th scenario; NULL: there are no more. */
	const struct title *(*title)(unsigned n);
	/*
	 * That one is explored next: memory for its states, of so many words.
	 * With larger bounds: each CPU has @more operations, or no bound.
	 */
	size_t (*prepare)(unsigned n, uint32_t more, bool unbounded);
	/* To the first state. */
	void (*reset)(void);
	/* How many things may happen next, and the @n-th of them. */
	unsigned (*choices)(void);
	void (*execute)(unsigned n);
	/*
	 * Nothing can happen: is that an end? From each state one must be in
	 * reach. NULL: any is an end, and there need be none.
	 */
	void (*check_end)(void);
	/*
	 * The parts of the state; the first may say what the others are. All
	 * that is in no part is as after clear().
	 */
	unsigned (*parts)(struct part *parts);
	void (*clear)(void);
	/* When two states are the same; NULL: if all their words are. */
	uint64_t (*hash)(void);
};

extern const struct model model;

/* A path is shown: the model says what it does. */
extern bool tracing;

/* An invariant is broken. */
void violation(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
void trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

/* For main.c */

/* Options that change the scenario, for the line that repeats a failure. */
extern const char *bounds_options;

/* Before the ones below: the @n-th scenario. */
void search_prepare(unsigned n, uint32_t more, bool unbounded);

/*
 * Every interleaving, up to @limit states (0; 1: something is broken; -1:
 * there are more); one random walk of @steps (0 or 1); one path, as a report
 * prints it. @program is for the line that says how to see it again.
 */
int search_all(const char *program, uint64_t limit);
int search_random(const char *program, uint64_t seed, unsigned steps);
void search_path(const char *text);

#endif
