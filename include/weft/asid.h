// SPDX-License-Identifier: MIT
/*
 * ASIDs: which tag a space's translations carry in the TLB.
 *
 * There may be more spaces than ASIDs. A space keeps its ASID as long as the
 * generation lasts; when ASIDs run out a new generation begins, in which every
 * space must ask again, but for those running on some CPU: they keep theirs.
 * Before a CPU runs anything in a new generation it drops its TLB.
 *
 * Facts kept:
 *   space->context      generation | ASID, 0 for a space that never ran
 *   domain->generation  the present one
 *   cpu[i].active       context that CPU i runs, 0 while a rollover looks
 *   cpu[i].reserved     context that CPU i ran at the last rollover
 *   cpu[i].flush        CPU i has yet to drop its TLB for this generation
 * Invariant: two spaces whose context is of the present generation, or is
 * active or reserved, never share an ASID.
 *
 * ASID 0 is never handed out: it is the empty space's.
 */
#ifndef WEFT_ASID_H
#define WEFT_ASID_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_space;

/* How spaces get their ASIDs. */
enum weft_asid_policy {
	/* Generations, as above: a switch invalidates nothing. */
	WEFT_ASID_GENERATIONS,
	/*
	 * All spaces share ASID 1; a CPU drops what its own TLB holds under it
	 * when it turns to another space than the last one. For CPUs and
	 * kernels without a use for ASIDs, and to make missing invalidations
	 * show in tests.
	 */
	WEFT_ASID_FLUSH_CHANGE,
	/*
	 * The same at every weft_space_install, be it of the space that was
	 * there. Needs no trust in what cpu->tlb_space says.
	 */
	WEFT_ASID_FLUSH_ALWAYS,
};

/* What all spaces run under without an allocator. */
#define WEFT_ASID_COMMON	1

/* What the allocator knows of a CPU: see above. */
struct weft_asid_cpu {
	uint64_t active;	/* context that it runs; atomic */
	uint64_t reserved;	/* context that it ran at the last rollover */
	bool flush;		/* it has yet to drop its TLB */
};

/* The ASIDs of all CPUs that share TLB maintenance; weft_asid_init. */
struct weft_asid_domain {
	enum weft_asid_policy policy;	/* never changes */
	uint32_t count;			/* ASIDs, 0 included: 0..count-1 */
	uint32_t ncpus;			/* CPUs, the size of cpus */
	uint32_t next;			/* where the search goes on */
	uint64_t generation;		/* multiple of WEFT_ASID_GENERATION */
	uint64_t era;			/* the same as 1, 2 ...; atomic too */
	uint64_t rollovers;		/* generations begun, for statistics */
	uint64_t *map;			/* one bit an ASID, client's memory */
	struct weft_asid_cpu *cpus;	/* ncpus of them, client's memory */
	/* The client's lock, taken with DAIF masked; NULL: one CPU. */
	void (*lock)(void *arg);
	void (*unlock)(void *arg);
	void *lock_arg;
};

#define WEFT_ASID_GENERATION	0x10000ull	/* above 16 bits of ASID */
#define WEFT_ASID_MASK		0xffffull
#define WEFT_ASID_MAP_WORDS(count)	(((count) + 63) / 64)

/*
 * @count ASIDs, from ncpus + 2 to 65536, @map of WEFT_ASID_MAP_WORDS(count)
 * words, @cpus of @ncpus. 0 or WEFT_EINVAL. The flush policies use neither
 * @count nor @map nor @cpus.
 *
 * CPUs + 1 usable ASIDs suffice, and with ASID 0 that is a count of
 * ncpus + 2: right after a rollover each CPU holds at most one back, so one
 * is free for the space that asks. With one fewer, every CPU may hold another
 * one and the space that asks finds none.
 *
 * Built with WEFT_ASID=0 there is no allocator: WEFT_ASID_GENERATIONS is
 * WEFT_EINVAL.
 */
int weft_asid_init(struct weft_asid_domain *domain,
		   enum weft_asid_policy policy, uint32_t count,
		   uint64_t *map, struct weft_asid_cpu *cpus, uint32_t ncpus);

/*
 * CPU @cpu is about to run @space: give it an ASID of the present generation
 * (space->ttbr is complete afterwards). True if the caller must drop the
 * local TLB before it writes TTBR0. For WEFT_ASID_GENERATIONS only. DAIF
 * masked.
 */
bool weft_asid_assign(struct weft_asid_domain *domain, uint32_t cpu,
		      struct weft_space *space);

/*
 * Does @space, which runs on CPU @cpu, own its ASID: is the context the one
 * that this CPU has active or reserved? For assertions; DAIF masked.
 */
bool weft_asid_is_live(struct weft_asid_domain *domain, uint32_t cpu,
		       const struct weft_space *space);

#ifdef __cplusplus
}
#endif
#endif
