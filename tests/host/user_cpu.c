// SPDX-License-Identifier: MIT
/* The CPU of user_cpu.h. */
#include "user_cpu.h"

#include "check.h"
#include "machine.h"

#include <weft/arch.h>
#include <weft/assert.h>
#include <weft/cache.h>
#include <weft/pgtable.h>
#include <weft/space.h>
#include <weft/sysreg.h>
#include <weft/tlb.h>

#include "lib/assert.h"
#include "lib/string.h"
#include "mm/aspace.h"
#include "mm/kvm.h"
#include "mm/page.h"
#include "mm/tables.h"

enum {
	FIRST_ASID = 5,		/* of the first space; each has its own */
	TLB_SIZE = 8192,
	RAM_PAGES = 65536,
	TRIES = 3,		/* a mended fault does not come back */
};

struct translation {
	uint64_t asid;
	uint64_t va, pa;
	unsigned flags;
};

struct kvm_flushes kvm_flushes;
unsigned user_cpu_forgotten;
unsigned user_cpu_quick;
static unsigned misses;

static struct translation tlb[TLB_SIZE];
static size_t ncached;
static uint64_t next_asid;
/* What each physical page held when its caches were made to agree, or 0. */
static uint64_t synced[RAM_PAGES];
static char domain[1];		/* only its address is used */

static uint64_t *sync_state(uint64_t pa)
{
	size_t page = (pa - MACHINE_RAM) / PAGE_SIZE;

	assert_true(page < RAM_PAGES);
	return &synced[page];
}

/* A number for the contents of a page; never 0. */
static uint64_t contents(uint64_t pa)
{
	const uint64_t *words = phys_to_virt(pa);
	uint64_t hash = 1;
	size_t i;

	for (i = 0; i < PAGE_SIZE / 8; i++)
		hash = (hash ^ words[i]) * UINT64_C(0x100000001b3);
	return hash | 1;
}

void user_cpu_reset(void)
{
	ncached = 0;
	next_asid = FIRST_ASID;
	user_cpu_forgotten = 0;
	memset(synced, 0, sizeof(synced));
}

size_t user_cpu_cached(void)
{
	return ncached;
}

static struct translation *cached(uint64_t asid, uint64_t va)
{
	size_t i;

	for (i = 0; i < ncached; i++)
		if (tlb[i].va == va && tlb[i].asid == asid)
			return &tlb[i];
	return NULL;
}

static struct translation *translate(struct aspace *as, uint64_t va)
{
	struct translation *t = cached(as->space.context, va);
	struct weft_pt_entry entry;

	if (t || weft_pt_lookup(&as->table, va, &entry))
		return t;
	assert_true(ncached < TLB_SIZE);
	t = &tlb[ncached++];
	t->asid = as->space.context;
	t->va = va;
	t->pa = entry.pa;
	t->flags = entry.flags;
	return t;
}

static bool permits(const struct translation *t, unsigned access)
{
	if (!(t->flags & WEFT_PT_USER))
		return false;
	if (access & AREA_WRITE)
		return t->flags & WEFT_PT_WRITE;
	return !(access & AREA_EXEC) || (t->flags & WEFT_PT_EXEC);
}

void *user_cpu_access(struct aspace *as, uint64_t va, unsigned access,
		      int *err)
{
	unsigned i;

	for (i = 0; i < TRIES; i++) {
		const struct translation *t =
			translate(as, va & -(uint64_t)PAGE_SIZE);

		if (t && permits(t, access)) {
			if (access & AREA_EXEC)
				assert_int_equal(*sync_state(t->pa),
						 contents(t->pa));
			*err = 0;
			return (char *)phys_to_virt(t->pa) + va % PAGE_SIZE;
		}
		/* A missing page, of data: by turns the short way first. */
		if (!t && access != AREA_EXEC && misses++ % 2 &&
		    aspace_fault_masked(as, va)) {
			user_cpu_quick++;
			continue;
		}
		*err = aspace_fault(as, va, access);
		if (*err)
			return NULL;
	}
	fail_msg("the fault at %#llx comes back", (unsigned long long)va);
	return NULL;
}

/* Up to here the pages could be used: they are not free yet. */
static void drop(uint64_t asid, uint64_t start, uint64_t end)
{
	size_t i = 0;

	while (i < ncached) {
		const struct page *page = page_of(tlb[i].pa);

		if (tlb[i].asid != asid || tlb[i].va < start ||
		    tlb[i].va >= end) {
			i++;
			continue;
		}
		assert_non_null(page);
		assert_true(page->refs > 0);
		tlb[i] = tlb[--ncached];
	}
}

uint64_t tables_alloc(void)
{
	return page_alloc_zeroed();
}

void tables_free(uint64_t pa)
{
	const uint64_t *word = phys_to_virt(pa);
	size_t i;

	for (i = 0; i < PAGE_SIZE / sizeof(*word); i++)
		assert_int_equal(word[i], 0);
	page_free(pa, 0);
}

/* A barrier of pgtable.c itself: its walks see every store. */
void sim_note(enum sim_op op, uint64_t arg)
{
	(void)op;
	(void)arg;
}

void weft_tlb_publish(void)
{
}

void weft_tlb_batch_add(struct weft_tlb_batch *batch, uint64_t va, size_t size,
			unsigned flags)
{
	if (batch->n < WEFT_TLB_BATCH_MAX)
		batch->ranges[batch->n++] =
			(struct weft_tlb_range){ va, size, flags };
	else
		batch->n = WEFT_TLB_BATCH_MAX + 1;
}

void weft_tlb_batch_flush(struct weft_tlb_batch *batch,
			  const struct weft_space *space, unsigned flags)
{
	unsigned i;

	(void)flags;
	assert_non_null(space);
	if (batch->n > WEFT_TLB_BATCH_MAX)
		drop(space->context, 0, UINT64_MAX);
	for (i = 0; i < batch->n && i < WEFT_TLB_BATCH_MAX; i++)
		drop(space->context, batch->ranges[i].va,
		     batch->ranges[i].va + batch->ranges[i].size);
	batch->n = 0;
}

void weft_debug_pte(const struct weft_pgtable *table, uint64_t va,
		    unsigned level, uint64_t before, uint64_t after)
{
	(void)table;
	(void)va;
	(void)level;
	/* Break before make: a valid entry never leads elsewhere at once. */
	if ((before & WEFT_PTE_VALID) && (after & WEFT_PTE_VALID))
		assert_int_equal((before ^ after) & WEFT_PTE_ADDR, 0);
}

void weft_assert_failed(const char *file, int line, const char *expr)
{
	assert_failed(file, line, expr);
}

void weft_space_init(struct weft_space *space, uint64_t root,
		     struct weft_asid_domain *asids)
{
	assert_ptr_equal(asids, domain);
	*space = (struct weft_space){ .ttbr = root, .domain = asids,
		.context = next_asid++ };
}

unsigned kvm_tlb_flags(void)
{
	return 0;
}

struct weft_asid_domain *kvm_asid_domain(void)
{
	return (struct weft_asid_domain *)domain;
}

void kvm_forget_space(struct weft_space *space)
{
	assert_non_null(space);
	user_cpu_forgotten++;
}

void weft_cache_sync_code(const void *start, size_t len)
{
	uint64_t pa = virt_to_phys(start), at;

	for (at = pa & -(uint64_t)PAGE_SIZE; at < pa + len; at += PAGE_SIZE)
		*sync_state(at) = contents(at);
}
