// SPDX-License-Identifier: MIT
/*
 * The search through the states of a model; see search.h. Called by main.c.
 *
 * A state is kept without what is as in its base, and known again by a hash.
 * The search goes breadth first: what it finds is among the shortest.
 */
#include "search.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool tracing;
const char *bounds_options = "";
static unsigned trace_line;
static jmp_buf failed;
static char failure[512];
static const struct title *title;
static bool endless;		/* that is what is wrong with a path */

void trace(const char *format, ...)
{
	va_list args;

	if (!tracing)
		return;
	printf("# %4u  ", ++trace_line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

void violation(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(failure, sizeof(failure), format, args);
	va_end(args);
	_longjmp(failed, 1);
}

static void out_of_memory(void)
{
	fprintf(stderr, "model: out of memory\n");
	exit(2);
}

/* ---- states ---- */

/* For each 64 words a mask and what differs from the base. */
struct packed {
	uint64_t hash;
	size_t words;
	uint64_t *data;
};

static uint64_t *scratch;

static uint64_t *pack_part(uint64_t *out, const struct part *part)
{
	size_t i, j;

	for (i = 0; i < part->count; i += 64) {
		size_t most = part->count - i < 64 ? part->count - i : 64;
		uint64_t *mask = out++;

		*mask = 0;
		if (part->base && memcmp(part->from + i, part->base + i,
					 most * 8) == 0)
			continue;
		for (j = 0; j < most; j++) {
			uint64_t word = part->from[i + j];

			if (part->base)
				word ^= part->base[i + j];
			*out = word;
			*mask |= (uint64_t)(word != 0) << j;
			out += word != 0;
		}
	}
	return out;
}

static uint64_t hash_scratch(const uint64_t *end)
{
	const uint64_t *word;
	uint64_t hash = 1;

	for (word = scratch; word < end; word++)
		hash = mix(hash, *word);
	return hash ? hash : 1;
}

static void pack(struct packed *packed)
{
	struct part parts[PARTS_MAX];
	unsigned n = model.parts(parts), i;
	uint64_t *out = scratch;

	for (i = 0; i < n; i++)
		out = pack_part(out, &parts[i]);
	packed->words = (size_t)(out - scratch);
	packed->hash = model.hash ? model.hash() : hash_scratch(out);
}

static uint64_t *keep(const struct packed *packed)
{
	uint64_t *copy = malloc(packed->words * 8);

	if (!copy)
		out_of_memory();
	memcpy(copy, scratch, packed->words * 8);
	return copy;
}

static const uint64_t *unpack_part(const uint64_t *data,
				   const struct part *part)
{
	size_t i;

	if (part->base)
		memcpy(part->from, part->base, part->count * 8);
	for (i = 0; i < part->count; i += 64) {
		uint64_t mask = *data++;

		while (mask) {
			part->from[i + (size_t)__builtin_ctzll(mask)] ^=
				*data++;
			mask &= mask - 1;
		}
	}
	return data;
}

static void unpack(const uint64_t *data)
{
	struct part parts[PARTS_MAX];
	unsigned n, i;

	model.clear();
	model.parts(parts);
	data = unpack_part(data, &parts[0]);
	n = model.parts(parts);
	for (i = 1; i < n; i++)
		data = unpack_part(data, &parts[i]);
}

/* The states seen: hashes, and how each was first reached. */
struct seen {
	uint64_t hash;
	uint32_t parent;
	uint32_t choice;
};

static struct seen *seen;
static uint32_t seen_count, seen_size;
static uint32_t *index_of;	/* by hash: place in seen, + 1 */

static void grow(void)
{
	uint32_t size = seen_size ? seen_size * 2 : 1 << 16, i;

	seen = realloc(seen, size * sizeof(*seen));
	free(index_of);
	index_of = calloc((size_t)size * 2, sizeof(*index_of));
	if (!seen || !index_of)
		out_of_memory();
	seen_size = size;
	for (i = 0; i < seen_count; i++) {
		uint64_t at = seen[i].hash;

		while (index_of[at % (2 * (uint64_t)size)])
			at++;
		index_of[at % (2 * (uint64_t)size)] = i + 1;
	}
}

/* Its place in seen; the last if it is new. */
static uint32_t add_seen(uint64_t hash, uint32_t parent, uint32_t choice)
{
	uint64_t at = hash, size;

	if (seen_count == seen_size)
		grow();
	size = 2 * (uint64_t)seen_size;
	for (; index_of[at % size]; at++)
		if (seen[index_of[at % size] - 1].hash == hash)
			return index_of[at % size] - 1;
	seen[seen_count] = (struct seen){ hash, parent, choice };
	index_of[at % size] = seen_count + 1;
	return seen_count++;
}

/* From which state to which one step leads. */
struct step {
	uint32_t from, to;
};

#define AN_END UINT32_MAX

static struct step *step_list;
static uint64_t step_count, step_room;

static void add_step(uint32_t from, uint32_t to)
{
	if (!model.check_end)
		return;
	if (step_count == step_room) {
		step_room = step_room ? step_room * 2 : 1 << 16;
		step_list = realloc(step_list, step_room * sizeof(*step_list));
		if (!step_list)
			out_of_memory();
	}
	step_list[step_count++] = (struct step){ from, to };
}

/* A state from which no end can be reached, or AN_END. */
static uint32_t find_endless(void)
{
	bool *ends = calloc(seen_count, sizeof(*ends)), more = true;
	uint32_t node;
	uint64_t i;

	if (!ends)
		out_of_memory();
	/* Most steps lead to a later state: a few rounds suffice. */
	while (more) {
		more = false;
		for (i = step_count; i--;) {
			const struct step *step = &step_list[i];

			if (ends[step->from] ||
			    (step->to != AN_END && !ends[step->to]))
				continue;
			ends[step->from] = true;
			more = true;
		}
	}
	for (node = 0; node < seen_count && ends[node]; node++)
		;
	free(ends);
	return node < seen_count ? node : AN_END;
}

static void forget_seen(void)
{
	free(seen);
	free(index_of);
	seen = NULL;
	index_of = NULL;
	seen_count = seen_size = 0;
	step_count = 0;
	endless = false;
}

/* ---- what was found ---- */

static void check_end(void)
{
	if (model.check_end)
		model.check_end();
}

static void replay_path(const uint32_t *path, unsigned length)
{
	unsigned i, n;

	trace_line = 0;
	if (!_setjmp(failed)) {
		model.reset();
		tracing = true;
		for (i = 0; i < length; i++) {
			n = model.choices();
			if (path[i] >= n) {
				printf("# there is no choice %u of %u here\n",
				       path[i], n);
				break;
			}
			model.execute(path[i]);
		}
		if (!model.choices())
			check_end();
		if (endless)
			violation("from here on it never comes to an end");
		printf("# nothing is wrong after %u choices\n", length);
	} else {
		printf("# BROKEN: %s\n", failure);
	}
	tracing = false;
}

static void report(const char *program, const uint32_t *path, unsigned length)
{
	unsigned i;

	printf("# %s: %s\n", title->name, title->text);
	replay_path(path, length);
	printf("# again: %s --scenario %s%s --replay ", program, title->name,
	       bounds_options);
	for (i = 0; i < length; i++)
		printf("%s%u", i ? "," : "", path[i]);
	putchar('\n');
}

/* No choice: it is the state itself that is broken. */
#define NO_CHOICE UINT32_MAX

static unsigned path_to(uint32_t node, uint32_t last, uint32_t *path)
{
	unsigned length = last == NO_CHOICE ? 0 : 1, i;
	uint32_t at;

	for (at = node; at; at = seen[at].parent)
		length++;
	i = length;
	if (last != NO_CHOICE)
		path[--i] = last;
	for (at = node; at; at = seen[at].parent)
		path[--i] = seen[at].choice;
	return length;
}

/* ---- exhaustive ---- */

struct level {
	struct packed *states;
	uint32_t *nodes;
	size_t count, room;
};

static void push(struct level *level, const struct packed *packed,
		 uint32_t node)
{
	if (level->count == level->room) {
		level->room = level->room ? level->room * 2 : 1024;
		level->states = realloc(level->states, level->room *
					sizeof(*level->states));
		level->nodes = realloc(level->nodes, level->room *
				       sizeof(*level->nodes));
	}
	level->states[level->count] = *packed;
	level->states[level->count].data = keep(packed);
	level->nodes[level->count++] = node;
}

static void drop(struct level *level)
{
	size_t i;

	for (i = 0; i < level->count; i++)
		free(level->states[i].data);
	level->count = 0;
}

enum { PATH_MAX_STEPS = 100000 };

static uint32_t path[PATH_MAX_STEPS];
static struct level levels[2];
static volatile uint32_t at_node, at_choice;

static void expand(const struct packed *state, uint32_t node,
		   struct level *next, uint64_t *edges)
{
	unsigned n, i;

	unpack(state->data);
	at_node = node;
	at_choice = NO_CHOICE;
	n = model.choices();
	if (!n) {
		check_end();
		add_step(node, AN_END);
	}
	for (i = 0; i < n; i++) {
		struct packed packed;
		uint32_t count = seen_count, to;

		at_choice = i;
		if (i) {
			unpack(state->data);
			model.choices();
		}
		model.execute(i);
		(*edges)++;
		pack(&packed);
		to = add_seen(packed.hash, node, i);
		if (to == count)
			push(next, &packed, to);
		add_step(node, to);
	}
}

/* Of @all states. Without check_end a model may go on for ever. */
static void check_endless(bool all)
{
	uint32_t node = all && model.check_end ? find_endless() : AN_END;

	if (node == AN_END)
		return;
	at_node = node;
	at_choice = NO_CHOICE;
	endless = true;
	violation("endless");
}

int search_all(const char *program, uint64_t limit)
{
	static volatile unsigned depth;
	static uint64_t edges;
	struct packed first;
	clock_t begun = clock();
	size_t i;
	int result = 0;

	forget_seen();
	depth = 0;
	edges = 0;
	at_node = 0;
	at_choice = NO_CHOICE;
	if (_setjmp(failed)) {
		report(program, path, path_to(at_node, at_choice, path));
		result = 1;
		goto out;
	}
	model.reset();
	pack(&first);
	add_seen(first.hash, 0, 0);
	push(&levels[0], &first, 0);
	while (levels[depth & 1].count && seen_count < limit) {
		struct level *now = &levels[depth & 1];

		for (i = 0; i < now->count; i++)
			expand(&now->states[i], now->nodes[i],
			       &levels[~depth & 1], &edges);
		drop(now);
		depth++;
	}
	result = levels[depth & 1].count ? -1 : 0;
	check_endless(result == 0);
out:
	printf("# %s: %u states, %lu transitions, depth %u, %.1f s%s\n",
	       title->name, seen_count, (unsigned long)edges, depth,
	       (double)(clock() - begun) / CLOCKS_PER_SEC,
	       result < 0 ? "; NOT ALL" : "");
	drop(&levels[0]);
	drop(&levels[1]);
	return result;
}

/* ---- random ---- */

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * UINT64_C(6364136223846793005) +
		       UINT64_C(1442695040888963407);
	return (uint32_t)((random_state >> 33) % n);
}

static volatile unsigned walked;

int search_random(const char *program, uint64_t seed, unsigned steps)
{
	unsigned n;

	random_state = seed * UINT64_C(0x9e3779b97f4a7c15);
	walked = 0;
	if (_setjmp(failed)) {
		printf("# seed %lu\n", (unsigned long)seed);
		report(program, path, walked);
		return 1;
	}
	model.reset();
	while (walked < steps && walked < PATH_MAX_STEPS) {
		n = model.choices();
		if (!n) {
			check_end();
			break;
		}
		path[walked] = random_below(n);
		walked++;
		model.execute(path[walked - 1]);
	}
	return 0;
}

void search_path(const char *text)
{
	unsigned n = 0;
	char *end;

	for (;;) {
		path[n++] = (uint32_t)strtoul(text, &end, 10);
		if (*end != ',' || n == PATH_MAX_STEPS)
			break;
		text = end + 1;
	}
	replay_path(path, n);
}

/* What follows a pointer into nowhere is broken, too. */
static void crash(int sig)
{
	(void)sig;
	violation("an access to memory that is not there");
}

static void catch_crashes(void)
{
	static char stack[65536];
	stack_t there = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_handler = crash,
				    .sa_flags = SA_ONSTACK | SA_NODEFER };

	sigaltstack(&there, NULL);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

void search_prepare(unsigned n, uint32_t more, bool unbounded)
{
	size_t words = model.prepare(n, more, unbounded);

	catch_crashes();
	title = model.title(n);
	free(scratch);
	scratch = malloc((words + words / 64 + PARTS_MAX + 1) * 8);
	if (!scratch)
		out_of_memory();
}
