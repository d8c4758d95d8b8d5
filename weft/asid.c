// SPDX-License-Identifier: MIT
/*
 * The ASID allocator. include/weft/asid.h has the facts and the invariant.
 *
 * One worked sequence, 2 CPUs, ASIDs 1-3. A runs on CPU 0 as (1,1), B on
 * CPU 1 as (1,2), C has (1,3). D comes to CPU 0: none is free. Generation 2
 * begins: active[0] = (1,1) and active[1] = (1,2) become reserved and 0, the
 * map holds {0,1,2}, both CPUs owe a flush. D gets (2,3); CPU 0 drops its TLB
 * and runs D. B's thread on CPU 1 is switched away and back: active[1] is 0,
 * so the slow path; (1,2) is reserved, so B becomes (2,2), same ASID; CPU 1
 * drops its TLB. C comes to CPU 1: (1,3) is old, 3 is taken, and so is 1 by
 * A's reservation: generation 3.
 *
 * The fast path takes no lock. It publishes @context in active with a
 * compare-and-swap that fails if a rollover took the old value meanwhile
 * (set it to 0): either the rollover sees the new context in active and
 * reserves it, or the switch sees the 0 and takes the lock. The exchange in
 * reserve_running is its partner.
 */
#include <weft/asid.h>

#include <stddef.h>

#include <weft/arch.h>
#include <weft/assert.h>
#include <weft/config.h>
#include <weft/errno.h>
#include <weft/space.h>
#include <weft/sysreg.h>
#include <weft/trace.h>

#include "flags.h"

WEFT_STATIC_ASSERT(WEFT_ASID_MASK + 1 == 1 << WEFT_SPACE_ASID_BITS &&
		   WEFT_ASID_GENERATION == 1 << WEFT_SPACE_ASID_BITS,
		   "a context is generation and ASID");

/* No ASID is taken but 0, which is nobody's. */
static __attribute__((noinline)) void
clear_map(const struct weft_asid_domain *domain)
{
	uint32_t i;

	for (i = 0; i < WEFT_ASID_MAP_WORDS(domain->count); i++)
		domain->map[i] = 0;
	domain->map[0] = 1;
}

int weft_asid_init(struct weft_asid_domain *domain,
		   enum weft_asid_policy policy, uint32_t count,
		   uint64_t *map, struct weft_asid_cpu *cpus, uint32_t ncpus)
{
	uint32_t i;

	domain->policy = policy;
	domain->count = count;
	domain->ncpus = ncpus;
	domain->next = 1;
	domain->generation = WEFT_ASID_GENERATION;
	domain->era = domain->generation >> WEFT_SPACE_ASID_BITS;
	domain->rollovers = 0;
	domain->map = map;
	domain->cpus = cpus;
	domain->lock = NULL;
	domain->unlock = NULL;
	domain->lock_arg = NULL;
	if (policy != WEFT_ASID_GENERATIONS)
		return 0;
	/*
	 * 0 is nobody's, each CPU may hold one back, and the space that comes
	 * needs one more.
	 */
	if (!WEFT_ASID || !ncpus || count > WEFT_ASID_MASK + 1 ||
	    count < (uint64_t)ncpus + 2)
		return WEFT_EINVAL;
	clear_map(domain);
	for (i = 0; i < ncpus; i++)
		cpus[i] = (struct weft_asid_cpu){ 0 };
	return 0;
}

#if WEFT_ASID

static void set_bit(uint64_t *map, uint32_t bit)
{
	map[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static bool test_bit(const uint64_t *map, uint32_t bit)
{
	return map[bit / 64] >> (bit % 64) & 1;
}

static uint32_t asid_of(uint64_t context)
{
	return (uint32_t)(context & WEFT_ASID_MASK);
}

static bool current_generation(const struct weft_asid_domain *domain,
			       uint64_t context)
{
	uint64_t generation = __atomic_load_n(&domain->generation,
					      __ATOMIC_RELAXED);

	return (context & ~WEFT_ASID_MASK) == generation;
}

static void next_generation(struct weft_asid_domain *domain)
{
	uint64_t generation = domain->generation + WEFT_ASID_GENERATION;

	/* Not 0 after the wrap: who never ran would pass for current. */
	if (!generation)
		generation = WEFT_ASID_GENERATION;
	__atomic_store_n(&domain->generation, generation, __ATOMIC_RELAXED);
	if (WEFT_LEAF)
		__atomic_store_n(&domain->era,
				 generation >> WEFT_SPACE_ASID_BITS,
				 __ATOMIC_RELAXED);
	domain->rollovers++;
	weft_trace(WEFT_TRACE_ROLLOVER, generation, domain->rollovers);
}

/* A new generation: those that run keep their ASID, all CPUs owe a flush. */
static void reserve_running(struct weft_asid_domain *domain)
{
	uint32_t i;

	clear_map(domain);
	for (i = 0; i < domain->ncpus; i++) {
		struct weft_asid_cpu *cpu = &domain->cpus[i];
		uint64_t context = __atomic_exchange_n(&cpu->active, 0,
						       __ATOMIC_ACQ_REL);

		/*
		 * 0: that CPU has not switched since the last rollover, it
		 * still runs what was reserved then.
		 */
		if (context)
			cpu->reserved = context;
		set_bit(domain->map, asid_of(cpu->reserved));
		cpu->flush = true;
	}
}

/*
 * If @context is held back for some CPU it lives on as @renewed; on every CPU
 * that holds it, or the next rollover would see the old one there.
 */
static bool renew_reserved(struct weft_asid_domain *domain, uint64_t context,
			   uint64_t renewed)
{
	bool found = false;
	uint32_t i;

	for (i = 0; i < domain->ncpus; i++) {
		if (domain->cpus[i].reserved == context) {
			domain->cpus[i].reserved = renewed;
			found = true;
		}
	}
	return found;
}

/* A free ASID, or 0. Looked for twice: one copy. */
static __attribute__((noinline)) uint32_t
find_free(const struct weft_asid_domain *domain)
{
	uint32_t i;

	for (i = domain->next; i < domain->count; i++) {
		if (!test_bit(domain->map, i))
			return i;
	}
	return 0;
}

/* One that was nobody's: of the next generation, if it has to be. */
static uint32_t fresh_asid(struct weft_asid_domain *domain)
{
	uint32_t asid = find_free(domain);

	if (!asid) {
		next_generation(domain);
		reserve_running(domain);
		domain->next = 1;
		asid = find_free(domain);
		weft_assert(asid);
	}
	domain->next = asid + 1;
	return asid;
}

static uint64_t new_context(struct weft_asid_domain *domain, uint64_t old)
{
	uint32_t asid = asid_of(old);
	uint64_t same = domain->generation | asid;

	if (old && renew_reserved(domain, old, same))
		return same;
	/* The old number, if nobody took it in this generation; 0 is taken. */
	if (test_bit(domain->map, asid))
		asid = fresh_asid(domain);
	set_bit(domain->map, asid);
	return domain->generation | asid;
}

static void set_context(struct weft_space *space, uint64_t context)
{
	uint64_t root = space->ttbr & WEFT_TTBR_BADDR;
	uint64_t asid = asid_of(context);

	__atomic_store_n(&space->ttbr, root | asid << WEFT_TTBR_ASID_SHIFT,
			 __ATOMIC_RELAXED);
	/* Pairs with the acquire of the fast path, which takes no lock. */
	__atomic_store_n(&space->context, context, __ATOMIC_RELEASE);
}

/* Not part of the fast path: that saves no register. */
static __attribute__((noinline)) bool
assign_slow(struct weft_asid_domain *domain, struct weft_asid_cpu *cpu,
	    struct weft_space *space)
{
	uint64_t context;
	bool flush;

	if (domain->lock)
		domain->lock(domain->lock_arg);
	context = __atomic_load_n(&space->context, __ATOMIC_RELAXED);
	if (!current_generation(domain, context)) {
		context = new_context(domain, context);
		set_context(space, context);
		weft_trace(WEFT_TRACE_ASID, context,
			   space->ttbr & WEFT_TTBR_BADDR);
		/*
		 * All CPUs see the new ASID before a walk here uses it: who
		 * changes the table and then reads the old ASID to invalidate
		 * (weft/pgtable.c) did so before the first such walk, which
		 * sees the change.
		 */
		weft_dsb_ishst();
	}
	flush = cpu->flush;
	cpu->flush = false;
	__atomic_store_n(&cpu->active, context, __ATOMIC_RELEASE);
	if (domain->unlock)
		domain->unlock(domain->lock_arg);
	return flush;
}

bool weft_asid_assign(struct weft_asid_domain *domain, uint32_t cpu_index,
		      struct weft_space *space)
{
	struct weft_asid_cpu *cpu = &domain->cpus[cpu_index];
	/* Acquire: space->ttbr is read after it, and has the same ASID. */
	uint64_t context = __atomic_load_n(&space->context, __ATOMIC_ACQUIRE);
	uint64_t active = __atomic_load_n(&cpu->active, __ATOMIC_RELAXED);

	weft_assert(cpu_index < domain->ncpus);
	if (active && current_generation(domain, context) &&
	    __atomic_compare_exchange_n(&cpu->active, &active, context, false,
					__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return false;
	return assign_slow(domain, cpu, space);
}

bool weft_asid_is_live(struct weft_asid_domain *domain, uint32_t cpu_index,
		       const struct weft_space *space)
{
	const struct weft_asid_cpu *cpu = &domain->cpus[cpu_index];
	uint64_t context, active;
	bool live;

	/* A rollover moves active to reserved under the lock. */
	if (domain->lock)
		domain->lock(domain->lock_arg);
	context = __atomic_load_n(&space->context, __ATOMIC_RELAXED);
	active = __atomic_load_n(&cpu->active, __ATOMIC_RELAXED);
	live = context && context == (active ? active : cpu->reserved);
	if (domain->unlock)
		domain->unlock(domain->lock_arg);
	return live;
}

#endif
