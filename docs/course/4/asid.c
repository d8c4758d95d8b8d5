// SPDX-License-Identifier: MIT
/*
 * Lab 4: an ASID allocator, in the place of weft/asid.c. It takes the lock
 * every time, which costs, and makes the rest simple. include/weft/asid.h says
 * what each function is to do; a context is generation | ASID.
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

/* An ASID for a space that has none. */
static uint64_t new_context(struct weft_asid_domain *domain)
{
	if (domain->next == domain->count)
		domain->next = 1;	/* whose was it? */
	return domain->generation | domain->next++;
}

/* True: the caller drops this CPU's TLB before it writes TTBR0. */
bool weft_asid_assign(struct weft_asid_domain *domain, uint32_t cpu,
		      struct weft_space *space)
{
	lock(domain);
	if (!space->context)
		set_context(space, new_context(domain));
	domain->cpus[cpu].active = space->context;
	unlock(domain);
	return false;
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
