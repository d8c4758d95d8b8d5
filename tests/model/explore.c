// SPDX-License-Identifier: MIT
/*
 * Every interleaving, or random ones: which CPU executes its next step, which
 * late store is seen next, which operation an idle CPU begins.
 *
 * A step goes from one access to shared state to just before the next. The
 * code under test runs in coroutines with stacks inside the state, so a state
 * is a copy of struct world: kept without its zeros, and known again by a
 * hash of that. The search goes breadth first: what it finds is among the
 * shortest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#include <weft/arch.h>
#include <weft/assert.h>

#include "model.h"

struct choice {
	uint8_t cpu;
	uint8_t kind;		/* enum kind */
	uint8_t op, space, slot;
	uint8_t index;		/* of a late store */
};

enum kind { STEP, BEGIN, DRAIN };
enum { CHOICES_MAX = 256 };

bool tracing;
static unsigned trace_line;
static jmp_buf scheduler, failed;
static char failure[512];

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

void weft_assert_failed(const char *file, int line, const char *expr)
{
	const char *slash = strrchr(file, '/');

	violation("assertion of %s:%d: %s", slash ? slash + 1 : file, line,
		  expr);
}

/* ---- coroutines ---- */

void yield(enum wait wait)
{
	struct sim_cpu *cpu = &world->cpu[current];

	cpu->wait = wait;
	/* Below this frame nothing is alive; 256 bytes for its own locals. */
	cpu->sp = (uint64_t)(uintptr_t)__builtin_frame_address(0) - 256;
	if (!_setjmp(cpu->context))
		_longjmp(scheduler, 1);
}

static void coroutine(void)
{
	for (;;) {
		yield(WAIT_WORK);
		script_run((unsigned)current);
	}
}

static void resume(unsigned c)
{
	current = (int)c;
	if (!_setjmp(scheduler))
		_longjmp(world->cpu[c].context, 1);
	current = -1;
}

static void start(unsigned c)
{
	static ucontext_t context, back;

	getcontext(&context);
	context.uc_stack.ss_sp = world->stacks[c];
	context.uc_stack.ss_size = sizeof(world->stacks[c]);
	context.uc_link = NULL;
	makecontext(&context, coroutine, 0);
	current = (int)c;
	if (!_setjmp(scheduler))
		swapcontext(&back, &context);
	current = -1;
}

/* ---- choices ---- */

static bool can_step(const struct sim_cpu *cpu)
{
	return cpu->wait == WAIT_NOTHING ||
	       (cpu->wait == WAIT_LOCK && !world->lock);
}

static unsigned list_choices(struct choice *list)
{
	unsigned n = 0, c, i;

	for (c = 0; c < scenario->cpus; c++) {
		const struct sim_cpu *cpu = &world->cpu[c];
		uint32_t op = 0, space = 0, slot = 0;
		bool more = cpu->wait == WAIT_WORK;

		if (can_step(cpu))
			list[n++] = (struct choice){ .cpu = (uint8_t)c,
						     .kind = STEP };
		for (i = 0; i < cpu->store_count; i++)
			if (machine_may_drain(c, i))
				list[n++] = (struct choice){
					.cpu = (uint8_t)c, .kind = DRAIN,
					.index = (uint8_t)i };
		if (more)
			slot = (uint32_t)-1;
		while (more && n < CHOICES_MAX &&
		       script_next(c, &op, &space, &slot))
			list[n++] = (struct choice){
				.cpu = (uint8_t)c, .kind = BEGIN,
				.op = (uint8_t)op, .space = (uint8_t)space,
				.slot = (uint8_t)slot };
	}
	return n;
}

static void begin(const struct choice *choice)
{
	struct sim_cpu *cpu = &world->cpu[choice->cpu];

	cpu->op = choice->op;
	cpu->space = choice->space;
	cpu->slot = choice->slot;
	if (scenario->budget)
		cpu->budget--;
	trace("cpu %u %s", choice->cpu,
	      script_name(choice->op, choice->space, choice->slot));
	resume(choice->cpu);
}

static void execute(const struct choice *choice)
{
	if (choice->kind == DRAIN)
		machine_drain(choice->cpu, choice->index);
	else if (choice->kind == BEGIN)
		begin(choice);
	else
		resume(choice->cpu);
}

static void reset(void)
{
	unsigned c;

	memset(world, 0, world_size());
	current = -1;
	script_setup();
	for (c = 0; c < scenario->cpus; c++)
		start(c);
}

/* ---- when two states are the same ---- */

static void out_of_memory(void)
{
	fprintf(stderr, "model: out of memory\n");
	exit(2);
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

/*
 * What tells one space from another. Where spaces have no pages they are
 * alike but for what they own and who uses them: two states in which such
 * spaces have changed places are one.
 */
static uint64_t signs[SPACES + 1];

static void sign_space(unsigned s)
{
	uint64_t sign = mix(world->spaces[s].context,
			    world->spaces[s].ttbr >> WEFT_TTBR_ASID_SHIFT);
	uint64_t root = world->tables[s].root, held = 0;
	uint32_t c, i;

	if (scenario->slots || s == EMPTY)
		sign = mix(sign, s + 1);
	for (c = 0; c < scenario->cpus; c++) {
		const struct sim_cpu *cpu = &world->cpu[c];

		sign = mix(sign, cpu->running == s);
		sign = mix(sign, cpu->wait != WAIT_WORK && cpu->space == s);
		sign = mix(sign, cpu->uses >> s & 1);
		for (i = 0; i < cpu->tlb_count; i++)
			if (cpu->tlb[i].kind == ENTRY_ROOT &&
			    cpu->tlb[i].value == root)
				held += mix(cpu->tlb[i].asid + 65536u * c,
					    cpu->tlb[i].doom + 1u);
	}
	signs[s] = mix(sign, held);
}

/* A word that names a space, by pointer or root, names it by its sign. */
static uint64_t anonymous(uint64_t word)
{
	uint64_t offset = word - (uint64_t)(uintptr_t)world->spaces;
	uint64_t root = word & WEFT_TTBR_BADDR;
	unsigned s;

	if (offset < sizeof(world->spaces))
		return mix(signs[offset / sizeof(world->spaces[0])],
			   offset % sizeof(world->spaces[0]));
	if (root < FRAME_BASE || root >= FRAME_BASE + FRAMES * 4096)
		return word;
	for (s = 0; s <= SPACES; s++)
		if (root == world->tables[s].root)
			return mix(signs[s], word >> WEFT_TTBR_ASID_SHIFT);
	return word;
}

static uint64_t hash_words(uint64_t hash, const void *from, size_t size)
{
	const uint64_t *words = from;
	size_t i;

	for (i = 0; i < size / 8; i++)
		hash = mix(hash, anonymous(words[i]));
	return hash;
}

static uint64_t hash_cpu(uint64_t hash, unsigned c)
{
	const struct sim_cpu *cpu = &world->cpu[c];
	const uint64_t *sp = (const uint64_t *)(uintptr_t)
			     (cpu->sp & ~UINT64_C(7));
	uint64_t set = 0;
	uint32_t i;

	for (i = 0; i < cpu->tlb_count; i++)
		if (cpu->tlb[i].kind != ENTRY_ROOT)
			set += hash_words(3, &cpu->tlb[i],
					  sizeof(cpu->tlb[i]));
	hash = mix(hash, set);
	hash = hash_words(hash, cpu->stores,
			  cpu->store_count * sizeof(cpu->stores[0]));
	hash = hash_words(hash, cpu->roots, cpu->root_count * 8);
	hash = mix(hash, cpu->store_count | cpu->root_count << 8 |
			 cpu->transit << 16 | cpu->wait << 24 |
			 (uint64_t)cpu->budget << 32);
	if (cpu->wait == WAIT_WORK)
		return hash;	/* between operations all stacks are alike */
	hash = mix(hash, cpu->op | cpu->slot << 8);
	hash = hash_words(hash, &cpu->context, sizeof(cpu->context));
	return hash_words(hash, sp, (size_t)((const char *)
			  world->stacks[c + 1] - (const char *)sp));
}

static uint64_t hash_state(void)
{
	uint64_t hash = 1, set = 0;
	unsigned c, s;

	for (s = 0; s <= SPACES; s++)
		sign_space(s);
	for (s = 0; s <= SPACES; s++)
		set += mix(signs[s], 7);
	hash = mix(hash, set);
	hash = hash_words(hash, world, offsetof(struct world, cpus));
	hash = hash_words(hash, world->cpus, sizeof(world->cpus));
	if (scenario->slots || scenario->kernel_slots)
		hash = hash_words(hash, world->pages,
				  offsetof(struct world, cpu) -
				  offsetof(struct world, pages));
	else
		hash = mix(hash, world->lock);
	for (c = 0; c < scenario->cpus; c++)
		hash = hash_cpu(hash, c);
	if (scenario->slots || scenario->kernel_slots)
		hash = hash_words(hash, world->memory, (size_t)FRAMES *
				  entries_of_table() * 8);
	return hash ? hash : 1;
}

/* ---- states ---- */

/* A state without its zeros: for each 64 words a mask and what is not 0. */
struct packed {
	uint64_t hash;
	size_t words;
	uint64_t *data;
};

/* A part of struct world, in words. */
struct part {
	uint64_t *from;
	size_t count;
};

static uint64_t *scratch;

/*
 * The state is all of struct world but for what is below a stack pointer. The
 * first part has the stack pointers, which say what the others are.
 */
static unsigned list_parts(struct part *parts)
{
	uint64_t *begin = (uint64_t *)(void *)world;
	unsigned n = 0, c;

	parts[n].from = begin;
	parts[n++].count = (size_t)(&world->stacks[0][0] - begin);
	parts[n].from = world->memory;
	parts[n++].count = (size_t)FRAMES * entries_of_table();
	for (c = 0; c < scenario->cpus; c++) {
		uint64_t *sp = (uint64_t *)(uintptr_t)
			       (world->cpu[c].sp & ~UINT64_C(7));

		parts[n].from = sp;
		parts[n++].count = (size_t)(world->stacks[c + 1] - sp);
	}
	return n;
}

static uint64_t *pack_part(uint64_t *out, const struct part *part)
{
	size_t i, j;

	for (i = 0; i < part->count; i += 64) {
		const uint64_t *words = part->from + i;
		size_t most = part->count - i < 64 ? part->count - i : 64;
		uint64_t *mask = out++;

		*mask = 0;
		for (j = 0; j < most; j++) {
			*out = words[j];
			*mask |= (uint64_t)(words[j] != 0) << j;
			out += words[j] != 0;
		}
	}
	return out;
}

static void pack(struct packed *packed)
{
	struct part parts[CPUS + 2];
	unsigned n = list_parts(parts), i;
	uint64_t *out = scratch;

	for (i = 0; i < n; i++)
		out = pack_part(out, &parts[i]);
	packed->words = (size_t)(out - scratch);
	packed->hash = hash_state();
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

	for (i = 0; i < part->count; i += 64) {
		uint64_t mask = *data++;

		while (mask) {
			part->from[i + (size_t)__builtin_ctzll(mask)] = *data++;
			mask &= mask - 1;
		}
	}
	return data;
}

/* Stacks below their pointers become zeros, the same in every run. */
static void unpack(const uint64_t *data)
{
	struct part parts[CPUS + 2];
	unsigned n, i;

	memset(world, 0, world_size());
	list_parts(parts);
	data = unpack_part(data, &parts[0]);
	n = list_parts(parts);
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

static bool add_seen(uint64_t hash, uint32_t parent, uint32_t choice)
{
	uint64_t at = hash, size;

	if (seen_count == seen_size)
		grow();
	size = 2 * (uint64_t)seen_size;
	for (; index_of[at % size]; at++)
		if (seen[index_of[at % size] - 1].hash == hash)
			return false;
	seen[seen_count] = (struct seen){ hash, parent, choice };
	index_of[at % size] = ++seen_count;
	return true;
}

static void forget_seen(void)
{
	free(seen);
	free(index_of);
	seen = NULL;
	index_of = NULL;
	seen_count = seen_size = 0;
}

/* ---- what was found ---- */

static void replay_path(const uint32_t *path, unsigned length)
{
	struct choice list[CHOICES_MAX];
	unsigned i, n;

	tracing = true;
	trace_line = 0;
	if (!_setjmp(failed)) {
		reset();
		for (i = 0; i < length; i++) {
			n = list_choices(list);
			if (path[i] >= n) {
				printf("# there is no choice %u of %u here\n",
				       path[i], n);
				break;
			}
			execute(&list[path[i]]);
		}
		printf("# nothing is wrong after %u choices\n", length);
	} else {
		printf("# BROKEN: %s\n", failure);
	}
	tracing = false;
}

static void report(const char *program, const uint32_t *path, unsigned length)
{
	unsigned i;

	printf("# %s: %s\n", scenario->name, scenario->text);
	replay_path(path, length);
	printf("# again: %s --scenario %s --replay ", program, scenario->name);
	for (i = 0; i < length; i++)
		printf("%s%u", i ? "," : "", path[i]);
	putchar('\n');
}

static unsigned path_to(uint32_t node, uint32_t last, uint32_t *path)
{
	uint32_t at = node;
	unsigned length = 1, i;

	for (; at; at = seen[at].parent)
		length++;
	path[length - 1] = last;
	for (at = node, i = length - 1; at; at = seen[at].parent)
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
	struct choice list[CHOICES_MAX];
	unsigned n, i;

	unpack(state->data);
	n = list_choices(list);
	for (i = 0; i < n; i++) {
		struct packed packed;

		at_node = node;
		at_choice = i;
		if (i)
			unpack(state->data);
		execute(&list[i]);
		(*edges)++;
		pack(&packed);
		if (add_seen(packed.hash, node, i))
			push(next, &packed, seen_count - 1);
	}
}

/* 0: nothing; 1: something is broken; -1: more than @limit states. */
int explore_all(const char *program, uint64_t limit)
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
	at_node = at_choice = 0;
	if (_setjmp(failed)) {
		report(program, path, path_to(at_node, at_choice, path));
		result = 1;
		goto out;
	}
	reset();
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
out:
	printf("# %s: %u states, %lu transitions, depth %u, %.1f s%s\n",
	       scenario->name, seen_count, (unsigned long)edges, depth,
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

int explore_random(const char *program, uint64_t seed, unsigned steps)
{
	struct choice list[CHOICES_MAX];
	unsigned n;

	random_state = seed * UINT64_C(0x9e3779b97f4a7c15);
	walked = 0;
	if (_setjmp(failed)) {
		printf("# seed %lu\n", (unsigned long)seed);
		report(program, path, walked);
		return 1;
	}
	reset();
	while (walked < steps && walked < PATH_MAX_STEPS) {
		n = list_choices(list);
		if (!n)
			break;
		path[walked] = random_below(n);
		walked++;
		execute(&list[path[walked - 1]]);
	}
	return 0;
}

void explore_path(const char *text)
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

void explore_prepare(void)
{
	free(world);
	free(scratch);
	world = aligned_alloc(64, (world_size() + 63) / 64 * 64);
	scratch = malloc(world_size() + world_size() / 64 + 64);
	if (!world || !scratch)
		out_of_memory();
}
