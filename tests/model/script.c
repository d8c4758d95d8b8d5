// SPDX-License-Identifier: MIT
/*
 * What the CPUs of the model do: a client of weft, as short as it can be, and
 * the scenarios: how many CPUs, spaces and ASIDs, and which operations.
 *
 * The client keeps weft's contract: one call at a time on a table; who leaves
 * a space synchronizes before the others may see that it did; a space is
 * destroyed when no CPU uses it.
 */
#include <stdio.h>
#include <string.h>

#include <weft-sim/sysreg.h>
#include <weft/arch.h>
#include <weft/asid.h>
#include <weft/errno.h>
#include <weft/pgtable.h>
#include <weft/space.h>
#include <weft/sysreg.h>
#include <weft/tlb.h>

#include "model.h"
#include "search.h"

enum { FREE, CHANGED, DYING };	/* world->busy[] */

#define OPS(name)	(1u << OP_##name)
#define MAPPED		1
#define WRITABLE	2

static struct sim_cpu *me(void)
{
	return &world->cpu[current];
}

static struct weft_pgtable *table_of(unsigned space)
{
	return space == EMPTY ? &world->kernel : &world->tables[space];
}

static uint32_t slots_of(unsigned space)
{
	return space == EMPTY ? scenario->kernel_slots : scenario->slots;
}

static uint64_t va_of(unsigned space, unsigned slot)
{
	return scenario->slot[slot].va + (space == EMPTY ? KERNEL_BASE : 0);
}

/* Memory that no other slot, space or version of a mapping has. */
static uint64_t pa_of(unsigned space, unsigned slot, uint64_t version)
{
	return scenario->slot[slot].pa +
	       ((uint64_t)space * 2 + (version & 1)) * 0x1000000;
}

static unsigned flags_of_slot(unsigned space, unsigned slot)
{
	unsigned flags = scenario->slot[slot].flags;

	return space == EMPTY ? flags & ~WEFT_PT_USER : flags;
}

/* ---- what is allowed ---- */

/* A slot inside the range of @slot: its address there. */
static bool inside(unsigned slot, unsigned other, uint64_t *offset)
{
	*offset = scenario->slot[other].va - scenario->slot[slot].va;
	return *offset < scenario->slot[slot].size;
}

/* From now on @slot may, also, be at @pa with @bits. */
static void expect(unsigned space, unsigned slot, uint64_t pa, uint64_t bits)
{
	uint64_t offset;
	unsigned i;

	for (i = 0; i < slots_of(space); i++)
		if (inside(slot, i, &offset))
			world->pages[space][i].may[1] = (pa + offset) | bits |
							MAPPED;
}

/* What it was before is over. */
static void settle(unsigned space, unsigned slot)
{
	uint64_t offset;
	unsigned i;

	for (i = 0; i < slots_of(space); i++) {
		struct expected *page = &world->pages[space][i];

		if (!inside(slot, i, &offset))
			continue;
		page->may[0] = page->may[1];
		page->may[1] = 0;
	}
}

bool script_allows(unsigned space, unsigned slot, const struct entry *entry)
{
	const struct expected *page = &world->pages[space][slot];
	uint64_t mask = (UINT64_C(1) << 44) - 1, offset, pa, word;

	if (slot >= slots_of(space))
		return true;
	offset = ((va_of(space, slot) >> WEFT_PAGE_SHIFT) & mask) - entry->page;
	if (offset >= UINT64_C(1) << (27 - 9 * entry->level))
		return true;	/* it does not cover this slot */
	pa = (entry->value & WEFT_PTE_ADDR) + (offset << WEFT_PAGE_SHIFT);
	word = pa | MAPPED | (entry->value & WEFT_PTE_RDONLY ? 0 : WRITABLE);
	return word == page->may[0] || word == page->may[1];
}

/* weft gives memory up: no CPU may reach it from here on. */
static void given_up(void *arg, uint64_t pa, size_t size)
{
	unsigned space = (unsigned)(uintptr_t)arg, i;

	trace("cpu %d:   the client gets %#lx back", current,
	      (unsigned long)pa);
	for (i = 0; i < slots_of(space); i++) {
		struct expected *page = &world->pages[space][i];

		if ((page->may[0] & ~UINT64_C(0xfff)) - pa < size)
			page->may[0] = page->may[1] = 0;
	}
	check_given_up(pa, size);
	check_all();
}

/* ---- operations ---- */

static void must(int error, const char *what)
{
	if (error)
		violation("%s returned %d", what, error);
}

/* No number of the space is in a local: explore.c would not know it there. */
static void install(void)
{
	me()->uses |= UINT64_C(1) << me()->space;
	me()->transit = 1;
	weft_space_install(&world->cpus[current], &world->spaces[me()->space]);
	weft_isb();
	me()->running = me()->space;
	me()->transit = 0;
	check_all();
	machine_publish(&me()->uses, UINT64_C(1) << me()->space);
}

/* As a handler of page faults does it: false if it is not so simple. */
static bool fill(unsigned space, unsigned slot, uint64_t pa, unsigned flags)
{
	struct weft_pgtable *table = table_of(space);

	if (scenario->slot[slot].size != WEFT_PAGE_SIZE ||
	    !weft_pt_fill(table, va_of(space, slot),
			  pa | weft_pt_page(table, flags)))
		return false;
	weft_isb();		/* its ERET */
	return true;
}

static void map(unsigned space, unsigned slot)
{
	struct expected *page = &world->pages[space][slot];
	uint64_t pa = pa_of(space, slot, ++page->version);
	unsigned flags = flags_of_slot(space, slot);

	expect(space, slot, pa, flags & WEFT_PT_WRITE ? WRITABLE : 0);
	if (!fill(space, slot, pa, flags))
		must(weft_pt_map(table_of(space), va_of(space, slot), pa,
				 scenario->slot[slot].size, flags),
		     "weft_pt_map");
	settle(space, slot);
	check_all();
}

static void unmap(unsigned space, unsigned slot)
{
	must(weft_pt_unmap(table_of(space), va_of(space, slot),
			   scenario->slot[slot].size, given_up,
			   (void *)(uintptr_t)space), "weft_pt_unmap");
	if (world->pages[space][slot].may[0])
		violation("weft_pt_unmap did not give the memory back");
}

static void protect(unsigned space, unsigned slot)
{
	struct expected *page = &world->pages[space][slot];
	uint64_t pa = page->may[0] & ~UINT64_C(0xfff);
	uint64_t bits = (page->may[0] & WRITABLE) ^ WRITABLE;
	unsigned flags = flags_of_slot(space, slot) & ~WEFT_PT_WRITE;

	flags |= bits ? WEFT_PT_WRITE : 0;
	expect(space, slot, pa, bits);
	must(weft_pt_protect(table_of(space), va_of(space, slot),
			     scenario->slot[slot].size, flags),
	     "weft_pt_protect");
	settle(space, slot);
	check_all();
}

static void make_space(unsigned space)
{
	struct weft_pgtable *table = &world->tables[space];

	must(weft_pt_init(table, 0, machine_ops(),
			  (void *)(uintptr_t)(space + 1)), "weft_pt_init");
	table->space = &world->spaces[space];
	table->tlb_flags = scenario->tlb_flags;
	weft_space_init(&world->spaces[space], table->root, &world->domain);
}

static void map_first(unsigned space)
{
	unsigned i;

	for (i = 0; i < slots_of(space); i++)
		if (scenario->slot[i].mapped)
			map(space, i);
}

/* Where parts have changed since the split it is refused. */
static void merge(unsigned space, unsigned slot)
{
	int error = weft_pt_merge(table_of(space), va_of(space, slot));

	if (error != WEFT_EINVAL && error != WEFT_ENOENT)
		must(error, "weft_pt_merge");
}

/* The space ends; another one begins in the same memory. */
static void destroy(unsigned space)
{
	uint32_t c;

	for (c = 0; c < scenario->cpus; c++)
		weft_space_forget(&world->cpus[c], &world->spaces[space]);
	weft_pt_destroy(&world->tables[space], NULL, given_up,
			(void *)(uintptr_t)space);
	make_space(space);
	map_first(space);
}

void script_run(unsigned c)
{
	const struct sim_cpu *cpu = &world->cpu[c];
	unsigned space, slot;

	if (cpu->op == OP_INSTALL) {
		install();
		return;
	}
	space = cpu->space;
	slot = cpu->slot;
	world->busy[space] = cpu->op == OP_DESTROY ? DYING : CHANGED;
	switch (cpu->op) {
	case OP_MAP:
	case OP_KERNEL_MAP:
		map(space, slot);
		break;
	case OP_UNMAP:
	case OP_KERNEL_UNMAP:
		unmap(space, slot);
		break;
	case OP_PROTECT:
		protect(space, slot);
		break;
	case OP_DESTROY:
		destroy(space);
		break;
	case OP_SPLIT:
		must(weft_pt_split(table_of(space), va_of(space, slot)),
		     "weft_pt_split");
		break;
	case OP_MERGE:
		merge(space, slot);
		break;
	case OP_TRIM:
		must(weft_pt_trim(table_of(space), va_of(space, slot),
				  scenario->slot[slot].size), "weft_pt_trim");
		break;
	default:
		violation("operation %u is unknown", cpu->op);
	}
	machine_publish(&world->busy[space], FREE);
}

/* ---- which operation may begin ---- */

static bool is_used(unsigned space, int but)
{
	uint32_t c;

	for (c = 0; c < scenario->cpus; c++)
		if ((int)c != but && world->cpu[c].uses >> space & 1)
			return true;
	return false;
}

/*
 * Spaces that never ran are alike, so only the first of them is tried: the
 * others would give the same states under other names.
 */
static bool is_first_new(unsigned space)
{
	unsigned s;

	if (scenario->slots || world->spaces[space].context ||
	    is_used(space, -1))
		return true;
	for (s = 0; s < space; s++)
		if (!world->spaces[s].context && !is_used(s, -1))
			return false;
	return true;
}

static bool may_install(unsigned c, unsigned space)
{
	if (scenario->rollovers &&
	    world->domain.rollovers >= scenario->rollovers)
		return false;
	if (space == EMPTY)
		return scenario->empty;
	if (space >= scenario->spaces || world->busy[space] == DYING ||
	    (!scenario->shared && is_used(space, (int)c)))
		return false;
	return is_first_new(space);
}

/* Is it mapped by a block at this moment? */
static bool is_block(unsigned space, unsigned slot)
{
	struct weft_pt_entry entry;

	if (!(scenario->ops & OPS(SPLIT)))
		return false;
	return !weft_pt_lookup(table_of(space), va_of(space, slot), &entry) &&
	       entry.size != WEFT_PAGE_SIZE;
}

static bool may_change(uint32_t op, unsigned space, unsigned slot)
{
	bool kernel = op == OP_KERNEL_MAP || op == OP_KERNEL_UNMAP;
	const struct expected *page = &world->pages[space][slot];

	if (world->busy[space] || kernel != (space == EMPTY) ||
	    (space != EMPTY && space >= scenario->spaces) ||
	    slot >= slots_of(space))
		return false;
	if (op == OP_TRIM)
		return !slot;
	if (op == OP_MAP || op == OP_KERNEL_MAP)
		return !page->may[0];
	if (op == OP_SPLIT || op == OP_MERGE)
		return page->may[0] &&
		       is_block(space, slot) == (op == OP_SPLIT);
	return page->may[0] && (scenario->slot[slot].size == WEFT_PAGE_SIZE) ==
			       !is_block(space, slot);
}

static bool may_begin(unsigned c, uint32_t op, unsigned space, unsigned slot)
{
	if (!(scenario->ops >> op & 1) || !world->cpu[c].budget)
		return false;
	if (op == OP_INSTALL)
		return !slot && may_install(c, space);
	if (op == OP_DESTROY)
		return !slot && space < scenario->spaces &&
		       !world->busy[space] && !is_used(space, -1);
	return may_change(op, space, slot);
}

bool script_next(unsigned c, uint32_t *op, uint32_t *space, uint32_t *slot)
{
	uint32_t at = (*op * (SPACES + 1) + *space) * SLOTS + *slot;

	while (++at < OP_COUNT * (SPACES + 1) * SLOTS) {
		*slot = at % SLOTS;
		*space = at / SLOTS % (SPACES + 1);
		*op = at / SLOTS / (SPACES + 1);
		if (may_begin(c, *op, *space, *slot))
			return true;
	}
	return false;
}

const char *script_name(uint32_t op, uint32_t space, uint32_t slot)
{
	static char text[80];
	static const char *const names[OP_COUNT] = {
		"installs", "maps in", "unmaps in", "protects in", "destroys",
		"maps in", "unmaps in", "splits in", "merges in", "trims in",
	};
	bool whole = op == OP_INSTALL || op == OP_DESTROY;
	size_t n;

	if (space == EMPTY)
		n = (size_t)snprintf(text, sizeof(text), "%s %s", names[op],
				     whole ? "the empty space" : "the kernel");
	else
		n = (size_t)snprintf(text, sizeof(text), "%s space %u",
				     names[op], space);
	if (!whole)
		snprintf(text + n, sizeof(text) - n, " page %#lx",
			 (unsigned long)va_of(space, slot));
	return text;
}

/* ---- scenarios ---- */

static void setup_domain(void)
{
	struct weft_asid_domain *domain = &world->domain;
	uint32_t i;

	/* Too few are refused; otherwise it is seen what comes of them. */
	if (!scenario->too_few ||
	    weft_asid_init(domain, scenario->policy, scenario->cpus + 1,
			   world->asid_map, world->asid_cpus, scenario->cpus))
		must(weft_asid_init(domain, scenario->policy, scenario->asids,
				    world->asid_map, world->asid_cpus,
				    scenario->cpus), "weft_asid_init");
	domain->lock = machine_lock;
	domain->unlock = machine_unlock;
	if (scenario->wraps)
		domain->generation = -(uint64_t)WEFT_ASID_GENERATION;
	for (i = 1; i <= scenario->taken; i++)
		world->asid_map[i / 64] |= UINT64_C(1) << i % 64;
}

void script_setup(void)
{
	uint32_t i;

	setup_domain();
	must(weft_pt_init(&world->tables[EMPTY], 0, machine_ops(),
			  (void *)(uintptr_t)(EMPTY + 1)), "weft_pt_init");
	weft_space_init_empty(&world->spaces[EMPTY],
			      world->tables[EMPTY].root);
	must(weft_pt_init(&world->kernel, KERNEL_BASE, machine_ops(),
			  (void *)(uintptr_t)(EMPTY + 1)), "weft_pt_init");
	machine_reset();
	map_first(EMPTY);
	for (i = 0; i < scenario->cpus; i++) {
		world->cpus[i].index = i;
		world->cpus[i].ttbr0 = world->tables[EMPTY].root;
		world->cpu[i].uses = UINT64_C(1) << EMPTY;
	}
	for (i = 0; i < scenario->spaces; i++) {
		make_space(i);
		map_first(i);
	}
	for (i = 0; i < scenario->cpus; i++) {
		if (!(scenario->running >> i & 1))
			continue;
		current = -1;
		weft_space_install(&world->cpus[i], &world->spaces[0]);
		world->cpu[i].roots[0] = world->cpus[i].ttbr0;
		world->cpu[i].running = 0;
		world->cpu[i].uses = 1;
	}
}

#define USER_RW	(WEFT_PT_USER | WEFT_PT_WRITE)

/* Two pages under one table page, of which one is there from the start. */
static const struct slot two_pages[] = {
	{ 0x1000, 0x1000, 0x40001000, USER_RW, true },
	{ 0x2000, 0x1000, 0x40002000, USER_RW, false },
};

static const struct slot one_page[] = {
	{ 0x1000, 0x1000, 0x40001000, USER_RW, true },
};

/* A block of 2 MiB, and two pages in it where that is split. */
static const struct slot block[] = {
	{ 0x200000, 0x200000, 0x40000000, USER_RW | WEFT_PT_BLOCKS, true },
	{ 0x200000, 0x1000, 0x40000000, USER_RW, false },
	{ 0x201000, 0x1000, 0x40001000, USER_RW, false },
};

#define COMMON	.cpus = 2, .asids = 4
#define CHANGES	(OPS(MAP) | OPS(UNMAP) | OPS(PROTECT))

const struct scenario scenarios[] = {
	{ .name = "asid", .text = "6 spaces come and go, 3 generations",
	  COMMON, .spaces = 6, .ops = OPS(INSTALL), .rollovers = 2,
	  .budget = 3 },
	{ .name = "asid-threads", .text = "spaces that run on both CPUs",
	  COMMON, .spaces = 4, .ops = OPS(INSTALL), .rollovers = 4,
	  .budget = 1, .first_budget = 6, .taken = 2, .running = 3,
	  .shared = true },
	{ .name = "asid-reserved", .text = "many rollovers while a CPU does "
	  "not switch",
	  COMMON, .spaces = 5, .ops = OPS(INSTALL), .rollovers = 5,
	  .budget = 1, .first_budget = 8, .taken = 2, .running = 2 },
	{ .name = "asid-idle", .text = "the empty space between others",
	  COMMON, .spaces = 3, .ops = OPS(INSTALL), .rollovers = 3,
	  .budget = 3, .taken = 2, .empty = true },
	{ .name = "asid-three", .text = "3 CPUs, 4 ASIDs for use: one more",
	  .cpus = 3, .asids = 5, .spaces = 4, .ops = OPS(INSTALL),
	  .rollovers = 2, .budget = 1, .taken = 3, .running = 7,
	  .shared = true },
	{ .name = "asid-few", .text = "one CPU, 2 ASIDs for use, many rounds",
	  .cpus = 1, .asids = 3, .spaces = 4, .ops = OPS(INSTALL),
	  .budget = 8 },
	{ .name = "asid-8", .text = "8-bit ASIDs, all but three taken",
	  .cpus = 2, .asids = 256, .spaces = 5, .ops = OPS(INSTALL),
	  .rollovers = 2, .budget = 3, .taken = 252 },
	{ .name = "asid-too-few", .text = "as many ASIDs for use as CPUs are "
	  "refused; one more suffices",
	  COMMON, .spaces = 4, .ops = OPS(INSTALL), .budget = 2,
	  .too_few = true },
	{ .name = "asid-wrap", .text = "the generation wraps",
	  COMMON, .spaces = 4, .ops = OPS(INSTALL), .rollovers = 4,
	  .budget = 3, .taken = 2, .wraps = true },
	{ .name = "asid-late", .text = "every store may be late",
	  COMMON, .spaces = 3, .ops = OPS(INSTALL), .rollovers = 2,
	  .budget = 1, .taken = 3, .running = 1, .late = true,
	  .shared = true },
	{ .name = "change", .text = "pages change under a space on two CPUs",
	  COMMON, .spaces = 1, .slots = 2, .slot = two_pages, .ops = CHANGES,
	  .budget = 3, .running = 3, .shared = true },
	{ .name = "change-range", .text = "the same, TLBIs by range",
	  COMMON, .spaces = 1, .slots = 2, .slot = two_pages, .ops = CHANGES,
	  .budget = 3, .running = 3, .shared = true,
	  .tlb_flags = WEFT_TLB_RANGE },
	{ .name = "rollover", .text = "pages change while ASIDs run out",
	  COMMON, .spaces = 2, .slots = 1, .slot = one_page,
	  .ops = OPS(INSTALL) | OPS(UNMAP), .budget = 2, .taken = 3,
	  .running = 1, .shared = true },
	{ .name = "first", .text = "pages change while a space gets an ASID; "
	  "every store may be late",
	  COMMON, .spaces = 2, .slots = 1, .slot = one_page,
	  .ops = OPS(INSTALL) | OPS(UNMAP), .budget = 1, .late = true,
	  .shared = true },
	{ .name = "flush-change", .text = "no ASIDs: flush when spaces change",
	  COMMON, .spaces = 2, .slots = 1, .slot = one_page,
	  .policy = WEFT_ASID_FLUSH_CHANGE, .empty = true, .shared = true,
	  .ops = OPS(INSTALL) | OPS(UNMAP), .budget = 2 },
	{ .name = "flush-always", .text = "no ASIDs: flush at every switch",
	  COMMON, .spaces = 2, .slots = 1, .slot = one_page,
	  .policy = WEFT_ASID_FLUSH_ALWAYS, .empty = true, .shared = true,
	  .ops = OPS(INSTALL) | OPS(UNMAP), .budget = 2 },
	{ .name = "exit", .text = "spaces end while others run",
	  COMMON, .spaces = 2, .slots = 1, .slot = one_page, .empty = true,
	  .ops = OPS(INSTALL) | OPS(DESTROY), .budget = 2, .running = 1,
	  .taken = 1 },
	{ .name = "trim", .text = "empty table pages are freed",
	  COMMON, .spaces = 1, .slots = 1, .slot = one_page,
	  .ops = OPS(UNMAP) | OPS(TRIM) | OPS(MAP), .budget = 4, .running = 3,
	  .shared = true },
	{ .name = "block", .text = "a block is split and merged",
	  COMMON, .spaces = 1, .slots = 3, .slot = block,
	  .ops = OPS(SPLIT) | OPS(MERGE) | OPS(PROTECT), .budget = 2,
	  .running = 3, .shared = true, .wide = true },
	{ .name = "block-range", .text = "the same, TLBIs by range",
	  COMMON, .spaces = 1, .slots = 3, .slot = block,
	  .ops = OPS(SPLIT) | OPS(MERGE) | OPS(PROTECT), .budget = 2,
	  .running = 3, .shared = true, .wide = true,
	  .tlb_flags = WEFT_TLB_RANGE },
	{ .name = "kernel", .text = "the kernel's pages come and go",
	  COMMON, .spaces = 1, .kernel_slots = 2, .slot = two_pages,
	  .ops = OPS(KERNEL_MAP) | OPS(KERNEL_UNMAP), .budget = 4,
	  .running = 1 },
	{ .name = "all", .text = "everything that programs cause, 3 CPUs",
	  .cpus = 3, .asids = 5, .spaces = 3, .slots = 2, .slot = two_pages,
	  .ops = OPS(INSTALL) | OPS(MAP) | OPS(UNMAP) | OPS(PROTECT) |
		 OPS(DESTROY) | OPS(TRIM), .first_budget = 1, .budget = 1,
	  .running = 1, .taken = 3, .empty = true, .shared = true,
	  .only_random = true },
	{ .name = NULL },
};
