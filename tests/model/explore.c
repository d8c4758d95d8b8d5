// SPDX-License-Identifier: MIT
/*
 * The model of spaces and TLBs as search.c sees it: which CPU executes its
 * next step, which late store is seen next, which operation an idle CPU
 * begins; and when two states are the same.
 *
 * A step goes from one access to shared state to just before the next. The
 * code under test runs in coroutines with stacks inside the state, so a state
 * is a copy of struct world.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <weft/arch.h>
#include <weft/assert.h>

#include "model.h"
#include "search.h"

struct choice {
	uint8_t cpu;
	uint8_t kind;		/* enum kind */
	uint8_t op, space, slot;
	uint8_t index;		/* of a late store */
};

enum kind { STEP, BEGIN, DRAIN };

static jmp_buf scheduler;

void weft_assert_failed(const char *file, int line, const char *expr)
{
	const char *slash = strrchr(file, '/');

	violation("assertion of %s:%d: %s", slash ? slash + 1 : file, line,
		  expr);
}

/* Debug hooks of weft that the model has no use for. */
void weft_debug_pte(const struct weft_pgtable *table, uint64_t va,
		    unsigned level, uint64_t before, uint64_t after);
void weft_debug_tlbi(int32_t asid, uint64_t va, size_t size, bool leaf_only);

void weft_debug_pte(const struct weft_pgtable *table, uint64_t va,
		    unsigned level, uint64_t before, uint64_t after)
{
	(void)table;
	(void)va;
	(void)level;
	(void)before;
	(void)after;
}

void weft_debug_tlbi(int32_t asid, uint64_t va, size_t size, bool leaf_only)
{
	(void)asid;
	(void)va;
	(void)size;
	(void)leaf_only;
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

static struct choice list[CHOICES_MAX];

static unsigned list_choices(void)
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

static void execute(unsigned n)
{
	const struct choice *choice = &list[n];

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

/*
 * The state is all of struct world but for what is below a stack pointer. The
 * first part has the stack pointers, which say what the others are.
 */
static unsigned list_parts(struct part *parts)
{
	uint64_t *begin = (uint64_t *)(void *)world;
	unsigned n = 0, c;

	parts[n++] = (struct part){
		begin, NULL, (size_t)(&world->stacks[0][0] - begin) };
	parts[n++] = (struct part){
		world->memory, NULL, (size_t)FRAMES * entries_of_table() };
	for (c = 0; c < scenario->cpus; c++) {
		uint64_t *sp = (uint64_t *)(uintptr_t)
			       (world->cpu[c].sp & ~UINT64_C(7));

		parts[n++] = (struct part){
			sp, NULL, (size_t)(world->stacks[c + 1] - sp) };
	}
	return n;
}

/* Stacks below their pointers become zeros, the same in every run. */
static void clear(void)
{
	memset(world, 0, world_size());
}

/* ---- scenarios ---- */

static const struct title *title_of(unsigned n)
{
	static struct title title;
	unsigned i;

	for (i = 0; i <= n; i++)
		if (!scenarios[i].name)
			return NULL;
	title = (struct title){ scenarios[n].name, scenarios[n].text,
				scenarios[n].only_random, false };
	return &title;
}

static size_t prepare(unsigned n, uint32_t more, bool unbounded)
{
	static struct scenario copy;

	copy = scenarios[n];
	if (unbounded)
		copy.budget = copy.first_budget = copy.rollovers = 0;
	if (copy.budget)
		copy.budget += more;
	if (copy.first_budget)
		copy.first_budget += more;
	scenario = &copy;
	free(world);
	world = aligned_alloc(64, (world_size() + 63) / 64 * 64);
	if (!world) {
		fprintf(stderr, "model: out of memory\n");
		exit(2);
	}
	return world_size() / 8;
}

const struct model model = {
	.title = title_of,
	.prepare = prepare,
	.reset = reset,
	.choices = list_choices,
	.execute = execute,
	.parts = list_parts,
	.clear = clear,
	.hash = hash_state,
};
