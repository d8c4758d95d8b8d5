// SPDX-License-Identifier: MIT
/*
 * Lab 4, solved: an ASID allocator, in the place of weft/asid.c. It takes the
 * lock every time, which costs, and makes the rest simple.
 * include/weft/asid.h says what each function is to do; a context is
 * generation | ASID.
 */
#include <weft/asid.h>

#include <stddef.h>

#include <weft/arch.h>
#include <weft/errno.h>
#include <weft/space.h>

int weft_asid_init(struct weft_asid_domain *domain,
		   enum weft_asid_policy policy, uint32_t count,
		   uint64_t *map, struct weft_asid_cpu *cpus, uint32_t ncpus)
{
	uint32_t i;

	*domain = (struct weft_asid_domain){
		.policy = policy, .count = count, .ncpus = ncpus, .next = 1,
		.generation = WEFT_ASID_GENERATION, .map = map, .cpus = cpus,
	};
	if (policy != WEFT_ASID_GENERATIONS)
		return 0;
	if (!ncpus || count < ncpus + 2 || count > WEFT_ASID_MASK + 1)
		return WEFT_EINVAL;
	for (i = 0; i < WEFT_ASID_MAP_WORDS(count); i++)
		map[i] = 0;
	for (i = 0; i < ncpus; i++)
		cpus[i] = (struct weft_asid_cpu){ 0 };
	return 0;
}

static void lock(struct weft_asid_domain *domain)
{
	if (domain->lock)
		domain->lock(domain->lock_arg);
}

static void unlock(struct weft_asid_domain *domain)
{
	if (domain->unlock)
		domain->unlock(domain->lock_arg);
}

static void set_context(struct weft_space *space, uint64_t context)
{
	uint64_t root = space->ttbr & WEFT_TTBR_BADDR;

	space->ttbr = root | (context & WEFT_ASID_MASK) << 48;
	__atomic_store_n(&space->context, context, __ATOMIC_RELEASE);
}

static void take(struct weft_asid_domain *domain, uint64_t context)
{
	uint64_t asid = context & WEFT_ASID_MASK;

	domain->map[asid / 64] |= UINT64_C(1) << (asid % 64);
}

static bool is_taken(const struct weft_asid_domain *domain, uint64_t asid)
{
	return domain->map[asid / 64] >> (asid % 64) & 1;
}

/*
 * All ASIDs are free again but those in TTBR0 somewhere, and every CPU owes a
 * flush. They stay taken for the whole generation: a CPU that has flushed
 * still walks the old tables, and fills its TLB, until it writes TTBR0.
 */
static void next_generation(struct weft_asid_domain *domain)
{
	uint32_t i;

	domain->generation += WEFT_ASID_GENERATION;
	if (!domain->generation)	/* 0 would be a space that never ran */
		domain->generation = WEFT_ASID_GENERATION;
	domain->rollovers++;
	domain->next = 1;
	for (i = 0; i < WEFT_ASID_MAP_WORDS(domain->count); i++)
		domain->map[i] = 0;
	for (i = 0; i < domain->ncpus; i++) {
		take(domain, domain->cpus[i].active);
		domain->cpus[i].flush = true;
	}
}

/* One that nobody has in this generation. */
static uint64_t new_context(struct weft_asid_domain *domain)
{
	for (;;) {
		if (domain->next == domain->count)
			next_generation(domain);
		if (!is_taken(domain, domain->next))
			return domain->generation | domain->next++;
		domain->next++;
	}
}

/*
 * A space that runs on some CPU goes on under its ASID: also there, or the
 * next rollover would take it for another's.
 */
static bool renew(struct weft_asid_domain *domain, uint64_t old,
		  uint64_t renewed)
{
	bool found = false;
	uint32_t i;

	for (i = 0; old && i < domain->ncpus; i++) {
		if (domain->cpus[i].active == old) {
			domain->cpus[i].active = renewed;
			found = true;
		}
	}
	return found;
}

/* True: the caller drops this CPU's TLB before it writes TTBR0. */
bool weft_asid_assign(struct weft_asid_domain *domain, uint32_t cpu,
		      struct weft_space *space)
{
	struct weft_asid_cpu *self = &domain->cpus[cpu];
	uint64_t old, same;
	bool flush;

	lock(domain);
	old = space->context;
	same = domain->generation | (old & WEFT_ASID_MASK);
	if (old != same || !old)
		set_context(space, renew(domain, old, same) ? same :
			    new_context(domain));
	self->active = space->context;
	flush = self->flush;
	self->flush = false;
	unlock(domain);
	return flush;
}

bool weft_asid_is_live(struct weft_asid_domain *domain, uint32_t cpu,
		       const struct weft_space *space)
{
	bool live;

	lock(domain);
	live = space->context && space->context == domain->cpus[cpu].active;
	unlock(domain);
	return live;
}
