// SPDX-License-Identifier: MIT
/*
 * The state of the model and what its three parts offer each other:
 *
 *   machine.c   memory, store buffers, walkers, TLBs, what must never happen
 *   script.c    what the CPUs do: operations of weft's client, and scenarios
 *   explore.c   which interleavings there are, for search.c
 *
 * All state is in struct world, so that a state can be kept, compared and
 * gone back to: memory, CPUs, and the stacks of the code under test. docs/
 * model.md says what the machine may do and what is explored.
 */
#ifndef TESTS_MODEL_MODEL_H
#define TESTS_MODEL_MODEL_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/asid.h>
#include <weft/cpu.h>
#include <weft/pgtable.h>
#include <weft/space.h>

enum {
	CPUS = 3,
	SPACES = 8,
	EMPTY = SPACES,		/* the space without entries */
	SLOTS = 4,		/* pages of a space that are looked at */
	FRAMES = 24,		/* pages for tables */
	NARROW = 8,		/* entries of a table that are modelled */
	ENTRIES = 512,
	TLB_MAX = 64,
	STORES = 12,
	ROOTS = 4,
	STACK = 8192,
	MAP_WORDS = 4,
};

/* Of table pages: no number that means anything else looks like one. */
#define FRAME_BASE	UINT64_C(0x5eaf40000000)
#define KERNEL_BASE	UINT64_C(0xffffff8000000000)

/* A store that not everyone sees yet. */
struct store {
	uint64_t *word;
	uint64_t value;
	uint8_t release;	/* not before what is older */
	uint8_t own;		/* this CPU's walker sees it for certain */
	uint8_t zero;		/* the whole table page becomes zeros */
	uint8_t pad[5];
};

enum entry_kind { ENTRY_ROOT, ENTRY_TABLE, ENTRY_LEAF };

/* Something that a TLB may hold. */
struct entry {
	uint64_t value;		/* the descriptor; of a root its address */
	uint64_t page;		/* VA[55:12], of the first page it covers */
	uint16_t asid;
	uint8_t kind;
	uint8_t level;
	uint8_t global;
	uint8_t doom;		/* CPUs whose next DSB ends it */
	uint8_t pad[2];
};

enum wait { WAIT_NOTHING, WAIT_WORK, WAIT_LOCK, WAIT_STORE };

enum op {
	OP_INSTALL, OP_MAP, OP_UNMAP, OP_PROTECT, OP_DESTROY, OP_KERNEL_MAP,
	OP_KERNEL_UNMAP, OP_SPLIT, OP_MERGE, OP_TRIM, OP_COUNT,
};

struct sim_cpu {
	struct entry tlb[TLB_MAX];
	struct store stores[STORES];
	uint64_t roots[ROOTS];	/* what TTBR0 may be; the last is newest */
	uint32_t tlb_count;
	uint32_t store_count;
	uint32_t root_count;
	uint32_t running;	/* space */
	uint64_t uses;		/* spaces in use here: bits */
	uint32_t transit;	/* TTBR0 is being changed */
	uint32_t wait;
	uint32_t budget;	/* operations left */
	uint32_t op, space, slot;
	uint64_t sp;		/* what is below is dead */
	jmp_buf context;
};

/* What a page of a space may be at this moment: up to two answers. */
struct expected {
	uint64_t may[2];	/* see page_word() in script.c; 0: nothing */
	uint64_t version;
};

struct world {
	struct weft_asid_domain domain;
	struct weft_asid_cpu asid_cpus[CPUS];
	uint64_t asid_map[MAP_WORDS];
	struct weft_cpu cpus[CPUS];
	struct weft_space spaces[SPACES + 1];
	struct weft_pgtable tables[SPACES + 1];
	struct weft_pgtable kernel;
	struct expected pages[SPACES + 1][SLOTS];	/* the last: kernel */
	uint64_t busy[SPACES + 1];	/* the client's locks of tables */
	uint64_t lock;			/* the domain's */
	uint8_t owner[FRAMES];	/* of a table page: space + 1; 0: free */
	struct sim_cpu cpu[CPUS];
	uint64_t stacks[CPUS][STACK / 8];
	uint64_t memory[];		/* of the table pages */
};

/* One page, or block, whose translations are followed. */
struct slot {
	uint64_t va;
	uint64_t size;
	uint64_t pa;		/* of version 0 in space 0 */
	unsigned flags;		/* for weft_pt_map */
	bool mapped;		/* from the start */
};

struct scenario {
	const char *name;
	const char *text;
	uint32_t cpus, spaces, asids;
	enum weft_asid_policy policy;
	uint32_t slots;		/* 0: a space is one entry of the TLB */
	const struct slot *slot;
	uint32_t kernel_slots;
	uint32_t ops;		/* which may be chosen: bits of enum op */
	uint32_t budget;	/* operations of each CPU; 0: no limit */
	uint32_t first_budget;	/* of CPU 0, if it has more */
	uint32_t rollovers;	/* no operation begins after so many */
	bool late;		/* all stores may be late, not only tables' */
	bool wide;		/* tables of 512 entries, not 8 */
	bool too_few;		/* CPUs + 1 ASIDs are tried first */
	bool wraps;		/* the generation is about to wrap */
	uint32_t taken;		/* ASIDs that spaces have that never come */
	unsigned tlb_flags;	/* of the tables */
	bool empty;		/* the empty space is installed too */
	bool only_random;	/* too large to be explored */
	bool shared;		/* each space may run on several CPUs */
	uint32_t running;	/* CPUs that run space 0 at the start: bits */
};

extern struct world *world;
extern const struct scenario *scenario;
extern int current;		/* CPU that executes; -1: the test itself */

/* ---- machine.c ---- */

uint32_t entries_of_table(void);
size_t world_size(void);
void machine_reset(void);
/* Let the @index-th late store of @cpu be seen by all. */
bool machine_may_drain(unsigned cpu, unsigned index);
void machine_drain(unsigned cpu, unsigned index);
/* Every invariant; does not return if one is broken. */
void check_all(void);
void check_given_up(uint64_t pa, uint64_t size);
uint64_t *frame_words(uint64_t pa);
const struct weft_pt_ops *machine_ops(void);
void machine_lock(void *arg);
void machine_unlock(void *arg);
/* A store of the client: visible when everything before it is. */
void machine_publish(uint64_t *word, uint64_t value);

/* ---- script.c ---- */

extern const struct scenario scenarios[];

void script_setup(void);
/* Is there work for an idle CPU? Lists the next after (op, space, slot). */
bool script_next(unsigned cpu, uint32_t *op, uint32_t *space, uint32_t *slot);
void script_run(unsigned cpu);
const char *script_name(uint32_t op, uint32_t space, uint32_t slot);
/* May a translation of @space at @slot be @entry now? */
bool script_allows(unsigned space, unsigned slot, const struct entry *entry);

/* ---- explore.c ---- */

/* The coroutine of this CPU stops here until it is chosen again. */
void yield(enum wait wait);

#endif
