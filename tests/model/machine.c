// SPDX-License-Identifier: MIT
/*
 * The simulated machine: memory whose stores may be late, walkers, TLBs, and
 * the invariants.
 *
 * A TLB here is the set of everything that a TLB may hold: each translation,
 * and each pointer to a table, that a walk could have found at any moment
 * since the last invalidation that has completed. A real TLB holds a part of
 * that, so what is true of every member of the set is true of it.
 *
 * A TLBI dooms what it matches and what no walk can find again; the doomed
 * are still there, and usable, until the CPU that issued it executes a DSB
 * that reaches far enough. Something doomed that a walk finds after all is no
 * longer doomed.
 */
#include <stdio.h>
#include <string.h>

#include <weft-sim/sysreg.h>
#include <weft/arch.h>

#include "intercept.h"
#include "model.h"
#include "search.h"

struct world *world;
const struct scenario *scenario;
int current = -1;

/* Table pages have addresses, for arithmetic; what is in them is elsewhere. */
static char region[FRAMES][WEFT_PAGE_SIZE];

#define JUNK	UINT64_C(0x0000dead00000743)	/* a leaf, valid-looking */

uint32_t entries_of_table(void)
{
	return scenario->wide ? ENTRIES : NARROW;
}

size_t world_size(void)
{
	return sizeof(struct world) +
	       (size_t)FRAMES * entries_of_table() * sizeof(uint64_t);
}

static unsigned frame_of(uint64_t pa)
{
	return (unsigned)(((pa & WEFT_PTE_ADDR) - FRAME_BASE) >>
			  WEFT_PAGE_SHIFT);
}

uint64_t *frame_words(uint64_t pa)
{
	return &world->memory[frame_of(pa) * entries_of_table()];
}

/*
 * Where the word at @p is kept; NULL for an entry that is not modelled and
 * reads as zero.
 */
static uint64_t *word_at(const void *p)
{
	const char *at = p;
	size_t offset;
	unsigned index;

	if (at < region[0] || at >= region[FRAMES])
		return (uint64_t *)(uintptr_t)p;
	offset = (size_t)(at - region[0]);
	index = (unsigned)(offset % WEFT_PAGE_SIZE / 8);
	if (index >= entries_of_table())
		return NULL;
	return &world->memory[offset / WEFT_PAGE_SIZE * entries_of_table() +
			      index];
}

static bool in_memory(const uint64_t *word)
{
	return word >= world->memory &&
	       word < world->memory + FRAMES * entries_of_table();
}

/* The first entries of a table are what walks of the scenario look at. */
static uint32_t watched(void)
{
	return scenario->wide ? 2 : NARROW;
}

static bool is_watched(const uint64_t *word)
{
	return !in_memory(word) ||
	       (size_t)(word - world->memory) % entries_of_table() < watched();
}

/* Is @word one of those that @store makes zero? */
static bool is_zeroed(const struct store *store, const uint64_t *word)
{
	return store->zero && word >= store->word &&
	       word < store->word + watched();
}

/* ---- names for the trace ---- */

static const char *word_name(const uint64_t *word)
{
	static char text[2][64];
	static int turn;
	char *out = text[turn ^= 1];
	size_t size = sizeof(text[0]);
	unsigned i;

	for (i = 0; i <= scenario->spaces; i++) {
		unsigned s = i == scenario->spaces ? EMPTY : i;

		if (word == &world->spaces[s].ttbr)
			snprintf(out, size, "space %u's ttbr", s);
		else if (word == &world->spaces[s].context)
			snprintf(out, size, "space %u's context", s);
		else if (word == &world->busy[s])
			snprintf(out, size, "lock of table %u", s);
		else
			continue;
		return out;
	}
	for (i = 0; i < CPUS; i++) {
		if (word == &world->asid_cpus[i].active)
			snprintf(out, size, "active[%u]", i);
		else if (word == &world->cpu[i].uses)
			snprintf(out, size, "what CPU %u uses", i);
		else
			continue;
		return out;
	}
	if (word == &world->domain.generation)
		return "generation";
	if (word == &world->lock)
		return "the domain's lock";
	if (in_memory(word)) {
		size_t index = (size_t)(word - world->memory);

		snprintf(out, size, "entry %zu of table page %zu",
			 index % entries_of_table(),
			 index / entries_of_table());
		return out;
	}
	return "a word";
}

/* ---- TLBs and walks ---- */

static const char *entry_name(const struct entry *entry)
{
	static const char *const kinds[] = { "root", "table pointer", "leaf" };
	static char text[160];

	snprintf(text, sizeof(text),
		 "%s %#lx for page %#lx at level %u under %s%u",
		 kinds[entry->kind], (unsigned long)entry->value,
		 (unsigned long)entry->page, entry->level,
		 entry->global ? "every ASID, not " : "ASID ", entry->asid);
	return text;
}

static uint64_t page_of(uint64_t va)
{
	return va >> WEFT_PAGE_SHIFT & ((UINT64_C(1) << 44) - 1);
}

/* Pages that an entry of @level covers: a table pointer, or a leaf. */
static uint64_t pages_at(unsigned level)
{
	return UINT64_C(1) << (27 - 9 * level);
}

static uint64_t first_page(uint64_t va, unsigned level)
{
	return page_of(va) & ~(pages_at(level) - 1);
}

static void tlb_insert(struct sim_cpu *cpu, const struct entry *new)
{
	uint32_t i;

	for (i = 0; i < cpu->tlb_count; i++) {
		struct entry *old = &cpu->tlb[i];

		if (old->value == new->value && old->page == new->page &&
		    old->asid == new->asid && old->kind == new->kind &&
		    old->level == new->level && old->global == new->global) {
			old->doom &= new->doom;
			return;
		}
	}
	if (cpu->tlb_count == TLB_MAX)
		violation("the model's TLB is too small");
	cpu->tlb[cpu->tlb_count++] = *new;
}

/*
 * What a walk by @cpu may read at @word: memory, and what is on its way there
 * from the same CPU. At most STORES + 1 values.
 */
static unsigned may_read(const struct sim_cpu *cpu, const uint64_t *word,
			 uint64_t *values)
{
	unsigned n = 0;
	uint32_t i;

	values[n++] = *word;
	for (i = 0; i < cpu->store_count; i++) {
		const struct store *store = &cpu->stores[i];
		bool zeroed = is_zeroed(store, word);

		if (store->word != word && !zeroed)
			continue;
		if (store->own)
			n = 0;
		values[n++] = zeroed ? 0 : store->value;
	}
	return n;
}

static unsigned number(const struct sim_cpu *cpu)
{
	return (unsigned)(cpu - world->cpu);
}

struct walk {
	struct sim_cpu *cpu;
	uint64_t va;
	uint16_t asid;
	uint8_t global;		/* what the kernel's tables lead to */
	uint8_t doom;
};

/* Follow the table at @pa, which translates walk->va at @level. */
static void walk_table(const struct walk *walk, uint64_t pa, unsigned level)
{
	uint64_t values[STORES + 1];
	unsigned index = walk->va >> (39 - 9 * level) & (ENTRIES - 1);
	unsigned i, n;

	if (frame_of(pa) >= FRAMES || !world->owner[frame_of(pa)])
		violation("CPU %u walks page %#lx, which is not a table "
			  "(any more)", number(walk->cpu), (unsigned long)pa);
	n = may_read(walk->cpu, &frame_words(pa)[index], values);
	for (i = 0; i < n; i++) {
		struct entry found = {
			.value = values[i],
			.page = first_page(walk->va, level),
			.asid = walk->asid,
			.level = (uint8_t)level,
			.global = walk->global,
			.doom = walk->doom,
		};

		if (!(values[i] & WEFT_PTE_VALID) ||
		    (level == 3 && !(values[i] & WEFT_PTE_PAGE)))
			continue;
		if (level < 3 && (values[i] & WEFT_PTE_TABLE)) {
			found.kind = ENTRY_TABLE;
			tlb_insert(walk->cpu, &found);
			walk_table(walk, values[i] & WEFT_PTE_ADDR, level + 1);
			continue;
		}
		found.kind = ENTRY_LEAF;
		found.global = !(values[i] & WEFT_PTE_NG);
		tlb_insert(walk->cpu, &found);
	}
}

static bool covers(const struct entry *entry, uint64_t va)
{
	return page_of(va) - entry->page < pages_at(entry->level);
}

/* Walks that begin at a table pointer that the TLB holds. */
static void walk_cached(struct walk walk)
{
	uint32_t i;

	/* The set grows while it is gone through. */
	for (i = 0; i < walk.cpu->tlb_count; i++) {
		struct entry entry = walk.cpu->tlb[i];
		uint64_t pa = entry.value & WEFT_PTE_ADDR;

		if (entry.kind != ENTRY_TABLE || !covers(&entry, walk.va) ||
		    entry.global != walk.global ||
		    (!entry.global && entry.asid != walk.asid))
			continue;
		/*
		 * In the middle of a switch the old ASID may be dead already;
		 * only speculation uses it (docs/model.md).
		 */
		if (walk.cpu->transit && !world->owner[frame_of(pa)])
			continue;
		walk.doom = entry.doom;
		walk_table(&walk, pa, entry.level + 1u);
	}
}

/* Everything that @cpu could walk now goes into its TLB. */
static void fill(struct sim_cpu *cpu)
{
	uint32_t r, s;

	for (r = 0; r < cpu->root_count; r++) {
		uint16_t asid = (uint16_t)(cpu->roots[r] >>
					   WEFT_TTBR_ASID_SHIFT);
		uint64_t pa = cpu->roots[r] & WEFT_TTBR_BADDR;
		struct entry root = { .value = pa, .asid = asid };

		if (!scenario->slots && asid)
			tlb_insert(cpu, &root);
		for (s = 0; s < scenario->slots; s++) {
			struct walk walk = { cpu, scenario->slot[s].va, asid,
					     0, 0 };

			walk_table(&walk, pa, 1);
			walk_cached(walk);
		}
	}
	for (s = 0; s < scenario->kernel_slots; s++) {
		struct walk walk = { cpu, KERNEL_BASE + scenario->slot[s].va,
				     0, 1, 0 };

		walk_table(&walk, world->kernel.root, 1);
		walk_cached(walk);
	}
}

static void fill_all(void)
{
	uint32_t c;

	for (c = 0; c < scenario->cpus; c++)
		fill(&world->cpu[c]);
}

/* ---- stores ---- */

static void apply(const struct store *store)
{
	if (store->zero)
		memset(store->word, 0, watched() * sizeof(*store->word));
	else
		*store->word = store->value;
}

bool machine_may_drain(unsigned c, unsigned index)
{
	const struct sim_cpu *cpu = &world->cpu[c];
	const struct store *store = &cpu->stores[index];
	unsigned i;

	for (i = 0; i < index; i++) {
		const struct store *older = &cpu->stores[i];

		if (store->release || older->word == store->word ||
		    is_zeroed(older, store->word))
			return false;
	}
	return true;
}

void machine_drain(unsigned c, unsigned index)
{
	struct sim_cpu *cpu = &world->cpu[c];
	struct store store = cpu->stores[index];

	cpu->store_count--;
	memmove(&cpu->stores[index], &cpu->stores[index + 1],
		(cpu->store_count - index) * sizeof(store));
	memset(&cpu->stores[cpu->store_count], 0, sizeof(store));
	apply(&store);
	trace("cpu %u:   its store to %s is seen by all", c,
	      word_name(store.word));
	fill_all();
	check_all();
}

static void drain_all(unsigned c)
{
	while (world->cpu[c].store_count)
		machine_drain(c, 0);
}

static void store_late(const struct store *store)
{
	struct sim_cpu *cpu = &world->cpu[current];

	if (cpu->store_count == STORES)
		machine_drain((unsigned)current, 0);
	cpu->stores[cpu->store_count++] = *store;
	fill(cpu);
	check_all();
}

static uint64_t own_view(const uint64_t *word)
{
	uint64_t value = *word;
	uint32_t i;

	if (current < 0)
		return value;
	for (i = 0; i < world->cpu[current].store_count; i++) {
		const struct store *store = &world->cpu[current].stores[i];

		if (store->word == word)
			value = store->value;
		if (is_zeroed(store, word))
			value = 0;
	}
	return value;
}

/*
 * Before what only this CPU notices: a step of its own where page tables or
 * late stores make a difference to when it happens.
 */
static void local_step(void)
{
	if (scenario->slots || scenario->kernel_slots || scenario->late)
		yield(WAIT_NOTHING);
}

/*
 * Nobody writes @word while this CPU reads it: it is a table's, under the
 * client's lock, or the domain's lock is held, under which contexts and the
 * generation are written.
 */
static bool is_steady(const uint64_t *word)
{
	const char *at = (const char *)word;
	const char *spaces = (const char *)world->spaces;

	if (in_memory(word))
		return true;
	return world->lock == (uint64_t)current + 1 &&
	       (word == &world->domain.generation ||
		(at >= spaces && at < spaces + sizeof(world->spaces)));
}

uint64_t model_load(const void *p, int order)
{
	uint64_t *word = word_at(p);
	uint64_t value;

	(void)order;
	if (!word)
		return 0;
	if (current >= 0 && !is_steady(word))
		yield(WAIT_NOTHING);
	value = own_view(word);
	if (!in_memory(word))
		trace("cpu %d:   reads %s: %#lx", current, word_name(word),
		      (unsigned long)value);
	return value;
}

void model_store(void *p, uint64_t value, int order)
{
	uint64_t *word = word_at(p);
	struct store store = { .word = word, .value = value,
			       .release = order != __ATOMIC_RELAXED };

	if (!word) {
		if (value)
			violation("a store to an entry that is not modelled");
		return;
	}
	if (in_memory(word) &&
	    !world->owner[(size_t)(word - world->memory) / entries_of_table()])
		violation("a store to a table page that is free");
	if (current < 0 || !is_watched(word)) {
		*word = value;
		return;
	}
	/* No step of its own: the others see it when it drains. */
	if (in_memory(word) || scenario->late) {
		trace("cpu %d:   writes %s: %#lx", current, word_name(word),
		      (unsigned long)value);
		store_late(&store);
		return;
	}
	yield(WAIT_NOTHING);
	trace("cpu %d:   writes %s: %#lx", current, word_name(word),
	      (unsigned long)value);
	*word = value;
	check_all();
}

/* A release: what this CPU stored before is seen before. */
uint64_t model_exchange(void *p, uint64_t value, int order)
{
	uint64_t *word = word_at(p);
	uint64_t old;

	if (current >= 0) {
		yield(WAIT_NOTHING);
		if (order == __ATOMIC_ACQ_REL || order == __ATOMIC_SEQ_CST ||
		    order == __ATOMIC_RELEASE)
			drain_all((unsigned)current);
	}
	old = own_view(word);
	*word = value;
	trace("cpu %d:   exchanges %s: %#lx for %#lx", current,
	      word_name(word), (unsigned long)old, (unsigned long)value);
	return old;
}

bool model_cas(void *p, void *expected, uint64_t value, int order)
{
	uint64_t *word = word_at(p);
	uint64_t wanted;

	if (current >= 0) {
		yield(WAIT_NOTHING);
		if (order == __ATOMIC_ACQ_REL || order == __ATOMIC_SEQ_CST ||
		    order == __ATOMIC_RELEASE)
			drain_all((unsigned)current);
	}
	memcpy(&wanted, expected, sizeof(wanted));
	if (own_view(word) != wanted) {
		wanted = own_view(word);
		memcpy(expected, &wanted, sizeof(wanted));
		trace("cpu %d:   compare-and-swap of %s fails: %#lx", current,
		      word_name(word), (unsigned long)wanted);
		return false;
	}
	*word = value;
	trace("cpu %d:   compare-and-swap of %s: %#lx", current,
	      word_name(word), (unsigned long)value);
	check_all();
	return true;
}

void machine_lock(void *arg)
{
	(void)arg;
	if (current < 0)
		return;
	yield(WAIT_LOCK);
	world->lock = (uint64_t)current + 1;
	trace("cpu %d:   takes the domain's lock", current);
}

void machine_unlock(void *arg)
{
	(void)arg;
	if (current >= 0)
		model_store(&world->lock, 0, __ATOMIC_RELEASE);
}

void machine_publish(uint64_t *word, uint64_t value)
{
	struct store store = { .word = word, .value = value, .release = 1 };

	if (current >= 0 && world->cpu[current].store_count)
		store_late(&store);
	else
		*word = value;
}

/* ---- system registers, barriers, TLBIs ---- */

uint64_t model_read_ttbr0(void)
{
	const struct sim_cpu *cpu = &world->cpu[current < 0 ? 0 : current];

	return cpu->roots[cpu->root_count - 1];
}

void model_write_ttbr0(uint64_t value)
{
	struct sim_cpu *cpu;

	if (current < 0)
		return;
	local_step();
	cpu = &world->cpu[current];
	if (cpu->root_count == ROOTS)
		violation("TTBR0 is written %d times without an ISB", ROOTS);
	cpu->roots[cpu->root_count++] = value;
	trace("cpu %d:   msr ttbr0_el1: root %#lx, ASID %lu", current,
	      (unsigned long)(value & WEFT_TTBR_BADDR),
	      (unsigned long)(value >> WEFT_TTBR_ASID_SHIFT));
	fill(cpu);
	check_all();
}

/* What CPU @by doomed at CPU @at is gone. */
static void complete(unsigned by, unsigned at)
{
	struct sim_cpu *cpu = &world->cpu[at];
	uint32_t i = 0;

	while (i < cpu->tlb_count) {
		if (!(cpu->tlb[i].doom >> by & 1)) {
			i++;
			continue;
		}
		cpu->tlb[i] = cpu->tlb[--cpu->tlb_count];
		memset(&cpu->tlb[cpu->tlb_count], 0, sizeof(cpu->tlb[0]));
	}
}

static void isb(struct sim_cpu *cpu)
{
	uint64_t newest = cpu->roots[cpu->root_count - 1];

	memset(cpu->roots, 0, sizeof(cpu->roots));
	cpu->roots[0] = newest;
	cpu->root_count = 1;
}

void model_barrier(enum model_barrier which)
{
	static const char *const names[] = {
		"isb", "dsb ish", "dsb ishst", "dsb nsh", "dsb nshst",
		"dsb sy",
	};
	bool all = which == MODEL_DSB_ISH || which == MODEL_DSB_SY;
	struct sim_cpu *cpu;
	uint32_t i;

	if (current < 0)
		return;
	local_step();
	cpu = &world->cpu[current];
	trace("cpu %d:   %s", current, names[which]);
	if (which == MODEL_ISB)
		isb(cpu);
	else if (which == MODEL_DSB_NSH || which == MODEL_DSB_NSHST)
		for (i = 0; i < cpu->store_count; i++)
			cpu->stores[i].own = 1;
	else
		drain_all((unsigned)current);
	for (i = 0; all && i < scenario->cpus; i++)
		complete((unsigned)current, i);
	if (which == MODEL_DSB_NSH)
		complete((unsigned)current, (unsigned)current);
	check_all();
}

struct tlbi {
	enum model_scope scope;
	uint16_t asid;
	uint64_t page, count;
};

static bool matches(const struct tlbi *tlbi, const struct entry *entry)
{
	enum model_scope scope = tlbi->scope;
	bool leaf_only = scope == MODEL_VA_LEAF || scope == MODEL_VAA_LEAF ||
			 scope == MODEL_RANGE_LEAF ||
			 scope == MODEL_RANGE_ANY_LEAF;
	bool any_asid = scope == MODEL_VAA || scope == MODEL_VAA_LEAF ||
			scope == MODEL_RANGE_ANY ||
			scope == MODEL_RANGE_ANY_LEAF;
	uint64_t mask = (UINT64_C(1) << 44) - 1;

	if (scope == MODEL_ALL)
		return true;
	if (scope == MODEL_ASID)
		return !entry->global && entry->asid == tlbi->asid;
	/* Cached walks of the kernel's half have some ASID or other. */
	if (!any_asid && entry->global && entry->kind == ENTRY_TABLE)
		return false;
	if (!any_asid && !entry->global && entry->asid != tlbi->asid)
		return false;
	if (leaf_only && entry->kind != ENTRY_LEAF)
		return false;
	/* The two ranges of pages meet. */
	return ((entry->page - tlbi->page) & mask) < tlbi->count ||
	       ((tlbi->page - entry->page) & mask) < pages_at(entry->level);
}

/* The operand of the range forms: TG, SCALE, NUM and BaseADDR (C5.5). */
static void decode_range(struct tlbi *tlbi, uint64_t arg)
{
	uint64_t num = arg >> 39 & 31, scale = arg >> 44 & 3;
	uint64_t base = arg & ((UINT64_C(1) << 37) - 1);

	if ((arg >> 46 & 3) != 1)
		violation("a TLBI by range for another granule: %#lx",
			  (unsigned long)arg);
	if (base >> 36)
		base |= UINT64_C(0x7f) << 37;
	tlbi->page = base;
	tlbi->count = (num + 1) << (5 * scale + 1);
}

void model_tlbi(enum model_scope scope, int broadcast, uint64_t arg,
		const char *name)
{
	struct tlbi tlbi = { .scope = scope, .asid = (uint16_t)(arg >> 48),
			     .page = arg & ((UINT64_C(1) << 44) - 1),
			     .count = 1 };
	uint32_t c, i;

	if (current < 0)
		return;
	local_step();
	trace("cpu %d:   tlbi %s, %#lx", current, name, (unsigned long)arg);
	if (scope >= MODEL_RANGE)
		decode_range(&tlbi, arg);
	for (c = 0; c < scenario->cpus; c++) {
		struct sim_cpu *cpu = &world->cpu[c];

		if (!broadcast && c != (uint32_t)current)
			continue;
		for (i = 0; i < cpu->tlb_count; i++)
			if (matches(&tlbi, &cpu->tlb[i]))
				cpu->tlb[i].doom |= (uint8_t)(1u << current);
		fill(cpu);
	}
	check_all();
}

/* ---- table pages ---- */

static uint64_t frame_alloc(void *arg)
{
	struct store zeros = { .zero = 1 };
	uint64_t *words;
	unsigned f, i;

	for (f = 0; f < FRAMES && world->owner[f]; f++)
		;
	if (f == FRAMES)
		return 0;
	world->owner[f] = (uint8_t)(uintptr_t)arg;
	words = &world->memory[f * entries_of_table()];
	for (i = 0; i < entries_of_table(); i++)
		words[i] = current < 0 || i >= watched() ? 0 : JUNK;
	zeros.word = words;
	if (current >= 0) {
		trace("cpu %d:   fills table page %u with zeros", current, f);
		store_late(&zeros);
	}
	return FRAME_BASE + f * (uint64_t)WEFT_PAGE_SIZE;
}

/*
 * Memory that is given up is in no TLB, under whatever ASID; but for CPUs that
 * flush all before they run anything else.
 */
void check_given_up(uint64_t pa, uint64_t size)
{
	uint32_t c, i;

	for (c = 0; c < scenario->cpus; c++) {
		const struct sim_cpu *cpu = &world->cpu[c];

		if (cpu->transit || world->asid_cpus[c].flush)
			continue;
		for (i = 0; i < cpu->tlb_count; i++)
			if (cpu->tlb[i].kind != ENTRY_ROOT &&
			    (cpu->tlb[i].value & WEFT_PTE_ADDR) - pa < size)
				violation("%#lx is given up, and CPU %u may "
					  "hold %s", (unsigned long)pa, c,
					  entry_name(&cpu->tlb[i]));
	}
}

static void frame_free(void *arg, uint64_t pa)
{
	(void)arg;
	check_given_up(pa, WEFT_PAGE_SIZE);
	/* The lock of an allocator: who gets the page next comes after all. */
	if (current >= 0)
		drain_all((unsigned)current);
	trace("cpu %d:   table page %u is free", current, frame_of(pa));
	world->owner[frame_of(pa)] = 0;
	fill_all();
	check_all();
}

static uint64_t *frame_to_virt(void *arg, uint64_t pa)
{
	(void)arg;
	if (frame_of(pa) >= FRAMES)
		violation("%#lx is no table page", (unsigned long)pa);
	return (uint64_t *)(void *)region[frame_of(pa)];
}

const struct weft_pt_ops *machine_ops(void)
{
	static const struct weft_pt_ops ops = {
		.alloc = frame_alloc,
		.free = frame_free,
		.to_virt = frame_to_virt,
	};

	return &ops;
}

/* ---- invariants ---- */

static unsigned space_of_root(uint64_t root)
{
	unsigned s;

	for (s = 0; s < scenario->spaces; s++)
		if (world->tables[s].root == root)
			return s;
	return EMPTY;
}

/* May @cpu use @entry while it runs @space? EMPTY: of the kernel alone. */
static void check_entry(const struct sim_cpu *cpu, const struct entry *entry,
			unsigned space)
{
	uint64_t pa = entry->value & WEFT_PTE_ADDR;
	unsigned of = entry->global ? EMPTY : space, s;

	if (entry->kind == ENTRY_ROOT &&
	    entry->value != world->tables[space].root)
		violation("CPU %u runs space %u and may hold translations of "
			  "another: %s", number(cpu), space,
			  entry_name(entry));
	if (entry->kind == ENTRY_TABLE &&
	    (frame_of(pa) >= FRAMES || world->owner[frame_of(pa)] != of + 1))
		violation("CPU %u runs space %u and may hold a table pointer "
			  "that is not its own (any more): %s", number(cpu),
			  space, entry_name(entry));
	if (entry->kind != ENTRY_LEAF)
		return;
	for (s = 0; s < SLOTS; s++)
		if (!script_allows(of, s, entry))
			violation("CPU %u runs space %u and may hold a "
				  "translation that is gone: %s", number(cpu),
				  space, entry_name(entry));
}

#define PERMISSIONS							\
	(WEFT_PTE_USER | WEFT_PTE_RDONLY | WEFT_PTE_PXN | WEFT_PTE_UXN)

/* Break before make: two leaves for one page differ in permissions only. */
static void check_pair(const struct sim_cpu *cpu, const struct entry *a,
		       const struct entry *b)
{
	uint64_t last = a->page + pages_at(a->level);

	if (a->kind != ENTRY_LEAF || b->kind != ENTRY_LEAF ||
	    a->page >= b->page + pages_at(b->level) || b->page >= last)
		return;
	if (a->level == b->level && a->global == b->global &&
	    !((a->value ^ b->value) & ~PERMISSIONS))
		return;
	violation("break before make: CPU %u may hold two translations: "
		  "value %#lx at level %u and %s", number(cpu),
		  (unsigned long)a->value, a->level, entry_name(b));
}

/* Is a store to @word on its way? */
static bool is_late(const uint64_t *word)
{
	uint32_t c, i;

	for (c = 0; c < scenario->cpus; c++)
		for (i = 0; i < world->cpu[c].store_count; i++)
			if (world->cpu[c].stores[i].word == word)
				return true;
	return false;
}

static void check_cpu(const struct sim_cpu *cpu)
{
	uint64_t ttbr = cpu->roots[cpu->root_count - 1];
	uint16_t asid = (uint16_t)(ttbr >> WEFT_TTBR_ASID_SHIFT);
	unsigned space = space_of_root(ttbr & WEFT_TTBR_BADDR);
	uint32_t i, j;

	/* In the middle of a switch nobody's user memory is meant. */
	if (cpu->transit)
		return;
	if (space != cpu->running)
		violation("CPU %u runs space %u with the root of %u",
			  number(cpu), cpu->running, space);
	if (asid != (world->spaces[space].context & WEFT_ASID_MASK) &&
	    !is_late(&world->spaces[space].context))
		violation("CPU %u runs space %u under ASID %u, and who "
			  "invalidates uses %lu", number(cpu), space, asid,
			  (unsigned long)(world->spaces[space].context &
					  WEFT_ASID_MASK));
	for (i = 0; i < cpu->tlb_count; i++) {
		const struct entry *a = &cpu->tlb[i];

		if (!a->global && a->asid != asid)
			continue;
		check_entry(cpu, a, space);
		for (j = i + 1; j < cpu->tlb_count; j++)
			if (cpu->tlb[j].global || cpu->tlb[j].asid == asid)
				check_pair(cpu, a, &cpu->tlb[j]);
	}
}

static bool allocates(void)
{
	return world->domain.policy == WEFT_ASID_GENERATIONS;
}

/* Two spaces that own their ASIDs never share one. */
static void check_owners(void)
{
	unsigned a, b, c;

	for (a = 0; a < scenario->spaces; a++) {
		uint64_t context = world->spaces[a].context;

		for (b = a + 1; b < scenario->spaces; b++)
			if (context && (context & ~WEFT_ASID_MASK) ==
				       world->domain.generation &&
			    world->spaces[b].context == context)
				violation("spaces %u and %u own context %#lx",
					  a, b, (unsigned long)context);
	}
	for (a = 0; a < scenario->cpus; a++)
		for (c = a + 1; c < scenario->cpus; c++) {
			const struct sim_cpu *x = &world->cpu[a];
			const struct sim_cpu *y = &world->cpu[c];

			if (x->transit || y->transit || x->running == EMPTY ||
			    y->running == EMPTY || x->running == y->running)
				continue;
			if (!((x->roots[0] ^ y->roots[0]) >>
			      WEFT_TTBR_ASID_SHIFT))
				violation("CPUs %u and %u run spaces %u and "
					  "%u under one ASID", a, c,
					  x->running, y->running);
		}
}

void check_all(void)
{
	uint32_t c;

	for (c = 0; c < scenario->cpus; c++)
		check_cpu(&world->cpu[c]);
	if (allocates() && !world->lock)
		check_owners();
}

void machine_reset(void)
{
	uint32_t c;

	for (c = 0; c < scenario->cpus; c++) {
		struct sim_cpu *cpu = &world->cpu[c];

		cpu->roots[0] = world->tables[EMPTY].root;
		cpu->root_count = 1;
		cpu->running = EMPTY;
		cpu->budget = scenario->budget ? scenario->budget : ~0u;
		if (!c && scenario->first_budget)
			cpu->budget = scenario->first_budget;
	}
	fill_all();
}
