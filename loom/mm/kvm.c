// SPDX-License-Identifier: MIT
/*
 * The kernel's half of virtual memory. Owns the page table in TTBR1, the empty
 * root of TTBR0, and the ASID domain of all processes.
 *
 * Tables come from boot/early.c's pool until the page allocator works. Those
 * lie in the image, whose alias in the linear map is read-only: they are
 * reached through the image's own mapping.
 */
#include "mm/kvm.h"

#include <weft/arch.h>
#include <weft/asid.h>
#include <weft/cpu.h>
#include <weft/errno.h>
#include <weft/pgtable.h>
#include <weft/space.h>
#include <weft/tlb.h>

#include "boot/early.h"
#include "lib/assert.h"
#include "lib/cmdline.h"
#include "lib/lock.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "lib/relaxed.h"
#include "lib/string.h"
#include "mm/layout.h"
#include "mm/page.h"
#include "sched/chaos.h"
#include "sched/cpu.h"

_Static_assert(STACK_SHIFT == WEFT_STACK_SHIFT,
	       "the vectors know a full stack by this bit");
_Static_assert(STACK_SIZE == 1 << STACK_SHIFT && STACK_SLOT == 2 * STACK_SIZE,
	       "a stack is the upper half of its slot");
_Static_assert(PAGE_SIZE == WEFT_PAGE_SIZE && BLOCK_SIZE == WEFT_BLOCK_SIZE,
	       "loom's pages are weft's");

enum {
	STACK_SLOTS = 8192,	/* threads at once, at most */
	STACKS_KEPT = 8,
	STACK_PAGES = STACK_SIZE / PAGE_SIZE,
	ASID_COUNT_MAX = 65536,
};

static struct spinlock lock = SPINLOCK_INIT(RANK_KVM, "kernel memory");

/* lock */
static struct weft_pgtable table;
static uint64_t slots[STACK_SLOTS / 64];
static unsigned slot_hint;
/* Nobody's, and mapped still: what has ended lately, the last one last. */
static void *kept[STACKS_KEPT];
static unsigned kept_count;
static uint64_t device_next = DEVICE_BASE;
static size_t spare_pages;	/* tables, and in kept stacks; atomic */

/* Set while booting, then only read. */
static uint64_t image_pa;
static bool pool_closed;
static struct weft_space empty_space;
static struct weft_asid_domain domain;
static struct weft_asid_cpu asid_cpus[CPU_MAX];
static uint64_t asid_map[WEFT_ASID_MAP_WORDS(ASID_COUNT_MAX)];
static struct spinlock asid_lock = SPINLOCK_INIT(RANK_ASID, "asid");

struct kvm_flushes kvm_flushes;

static bool in_pool(uint64_t pa)
{
	uint64_t start = (uint64_t)(uintptr_t)early_pages - IMAGE_BASE;

	return pa - image_pa - start < sizeof(early_pages);
}

static uint64_t *table_to_virt(void *arg, uint64_t pa)
{
	(void)arg;
	if (in_pool(pa))
		return (uint64_t *)(uintptr_t)(pa - image_pa + IMAGE_BASE);
	return phys_to_virt(pa);
}

static void count_spare(long pages)
{
	__atomic_store_n(&spare_pages, spare_pages + (size_t)pages,
			 __ATOMIC_RELAXED);
}

static uint64_t table_alloc(void *arg)
{
	uint64_t *page, pa;

	(void)arg;
	if (pool_closed) {
		pa = page_alloc_zeroed();
		if (pa)
			count_spare(1);
		return pa;
	}
	if (early_tables.used == EARLY_TABLES)
		return 0;
	page = early_pages[early_tables.used++];
	memset(page, 0, PAGE_SIZE);
	return (uint64_t)(uintptr_t)page - IMAGE_BASE + image_pa;
}

/* Tables of the kernel's half are never freed: nothing is trimmed or merged. */
static void table_free(void *arg, uint64_t pa)
{
	(void)arg;
	panic("kvm: table %lx is freed", (unsigned long)pa);
}

static const struct weft_pt_ops table_ops = {
	.alloc = table_alloc,
	.free = table_free,
	.to_virt = table_to_virt,
};

void kvm_init(uint64_t image)
{
	struct weft_features features;
	uint64_t root;

	image_pa = image;
	weft_pt_adopt(&table, early_tables.ttbr1, LINEAR_BASE, &table_ops,
		      NULL);
	table.flushes = &kvm_flushes.kernel;
	weft_features_read(&features);
	if (features.tlbirange)
		table.tlb_flags = WEFT_TLB_RANGE;
	root = table_alloc(NULL);
	if (!root)
		panic("kvm: no table for the empty root");
	weft_space_init_empty(&empty_space, root);
}

unsigned kvm_tlb_flags(void)
{
	return table.tlb_flags;
}

static bool is_image(uint64_t block, uint64_t start, uint64_t end)
{
	return block < end && block + BLOCK_SIZE > start;
}

uint64_t kvm_map_memory(uint64_t start, uint64_t end, uint64_t image_start,
			uint64_t image_end)
{
	uint64_t pa;
	int err;

	for (pa = start; pa < end; pa += BLOCK_SIZE) {
		unsigned flags = WEFT_PT_BLOCKS;

		if (!is_image(pa, image_start, image_end))
			flags |= WEFT_PT_WRITE;
		err = weft_pt_map(&table, pa + LINEAR_BASE, pa, BLOCK_SIZE,
				  flags);
		if (err == WEFT_ENOMEM) {
			klog("memory: nothing above %lx is used\n",
			     (unsigned long)pa);
			break;
		}
		if (err)
			fatal("memory at %lx is there twice",
			      (unsigned long)pa);
	}
	return pa;
}

bool kvm_is_memory(uint64_t pa)
{
	struct weft_pt_entry entry;

	return pa < LINEAR_SIZE &&
	       weft_pt_lookup(&table, pa + LINEAR_BASE, &entry) == 0;
}

bool kvm_is_mapped(uint64_t va)
{
	struct weft_pt_entry entry;

	return weft_pt_lookup(&table, va, &entry) == 0;
}

size_t kvm_spare_pages(void)
{
	return __atomic_load_n(&spare_pages, __ATOMIC_RELAXED);
}

void kvm_leave_identity(void)
{
	pool_closed = true;
	/*
	 * The identity mapping of boot/early.c is not in TTBR0 any more
	 * (weft_task_adopt installed the empty space); what is cached of it is
	 * under ASID 0, as the empty space is.
	 */
	weft_tlb_flush_all(0);
}

struct weft_space *kvm_empty_space(void)
{
	return &empty_space;
}

struct weft_asid_domain *kvm_asid_domain(void)
{
	return &domain;
}

/* DAIF is masked already: a switch is in progress. */
static void asid_take(void *arg)
{
	spin_lock_masked(arg);
}

/*
 * Each generation asks all CPUs for a flush, and who assigns an ASID takes on
 * what is asked of its CPU: so here it is seen that it will flush. (Not so in
 * an assertion, which only looks.)
 */
static void asid_drop(void *arg)
{
	struct cpu *cpu = cpu_current();

	if (cpu->asid_rollovers != domain.rollovers &&
	    !asid_cpus[cpu->weft.index].flush) {
		cpu->asid_rollovers = domain.rollovers;
		relaxed_store(&cpu->asid_flushes, cpu->asid_flushes + 1);
	}
	spin_unlock_masked(arg);
}

void kvm_asid_usage(struct kvm_asid_usage *usage)
{
	uint64_t daif = spin_lock_irqsave(&asid_lock);

	*usage = (struct kvm_asid_usage){
		.policy = domain.policy,
		.count = domain.count,
		.generation = domain.era,
		.rollovers = domain.rollovers,
		.next = domain.next,
	};
	spin_unlock_irqrestore(&asid_lock, daif);
}

void kvm_init_asids(const char *cmdline, unsigned ncpus)
{
	enum weft_asid_policy policy = WEFT_ASID_GENERATIONS;
	struct weft_features features;
	uint64_t count;
	unsigned scarce;
	bool asked;

	weft_features_read(&features);
	count = UINT64_C(1) << features.asid_bits;
	scarce = chaos_init(cmdline, ncpus);
	if (scarce)
		count = scarce;
	asked = cmdline_u64(cmdline, "loom.asids", &count);
	if (count > (UINT64_C(1) << features.asid_bits))
		fatal("loom.asids=%lu: this CPU has %d bits",
		      (unsigned long)count, features.asid_bits);
	if (count <= 1)
		policy = count ? WEFT_ASID_FLUSH_CHANGE :
				 WEFT_ASID_FLUSH_ALWAYS;
	if (weft_asid_init(&domain, policy, (uint32_t)count, asid_map,
			   asid_cpus, ncpus)) {
		if (asked)
			fatal("loom.asids=%lu: at least %u are needed and "
			      "weft's allocator, or 1 or 0 to flush",
			      (unsigned long)count, ncpus + 2);
		/* Built with WEFT_ASID=0. */
		weft_asid_init(&domain, WEFT_ASID_FLUSH_CHANGE, 0, NULL, NULL,
			       ncpus);
	}
	domain.lock = asid_take;
	domain.unlock = asid_drop;
	domain.lock_arg = &asid_lock;
}

void kvm_forget_space(struct weft_space *space)
{
	uint64_t left;

	/* Others have run nothing yet. */
	for (left = cpu_online(); left; left &= left - 1)
		weft_space_forget(&cpus[__builtin_ctzll(left)].weft, space);
}

void *kvm_map_device(uint64_t pa, size_t size)
{
	uint64_t start = pa & ~(uint64_t)(PAGE_SIZE - 1);
	uint64_t end = (pa + size + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
	uint64_t limit = DEVICE_BASE + DEVICE_SIZE - PAGE_SIZE;
	uint64_t daif, va = 0;

	if (!size || end <= start)
		return NULL;
	daif = spin_lock_irqsave(&lock);
	/* A page stays free behind each: a wild access finds nothing. */
	if (end - start <= limit - device_next &&
	    weft_pt_map(&table, device_next, start, end - start,
			WEFT_PT_WRITE | WEFT_PT_DEVICE) == 0) {
		va = device_next + (pa - start);
		device_next += end - start + PAGE_SIZE;
	}
	spin_unlock_irqrestore(&lock, daif);
	return (void *)(uintptr_t)va;
}

static void free_stack_page(void *arg, uint64_t pa, size_t size)
{
	(void)arg;
	assert(size == PAGE_SIZE);
	page_free(pa, 0);
}

static void *slot_stack(unsigned slot)
{
	return (void *)(uintptr_t)(STACK_BASE + (uint64_t)slot * STACK_SLOT +
				   STACK_SIZE);
}

/* A free slot, taken; STACK_SLOTS if there is none. */
static unsigned take_slot(void)
{
	unsigned i, slot;

	for (i = 0; i < STACK_SLOTS; i++) {
		slot = (slot_hint + i) % STACK_SLOTS;
		if (!(slots[slot / 64] >> (slot % 64) & 1)) {
			slots[slot / 64] |= UINT64_C(1) << (slot % 64);
			slot_hint = slot + 1;
			return slot;
		}
	}
	return STACK_SLOTS;
}

static bool map_stack(uint64_t va)
{
	uint64_t offset, pa;

	for (offset = 0; offset < STACK_SIZE; offset += PAGE_SIZE) {
		pa = page_alloc(0);
		if (pa && weft_pt_map(&table, va + offset, pa, PAGE_SIZE,
				      WEFT_PT_WRITE) == 0)
			continue;
		if (pa)
			page_free(pa, 0);
		if (offset)
			weft_pt_unmap(&table, va, offset, free_stack_page,
				      NULL);
		return false;
	}
	return true;
}

/* A stack that was not there before. The lock is held. */
static void *make_stack(void)
{
	unsigned slot = take_slot();
	void *stack = slot_stack(slot);

	if (slot == STACK_SLOTS)
		return NULL;
	if (map_stack((uint64_t)(uintptr_t)stack))
		return stack;
	slots[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
	return NULL;
}

static void unmake_stack(void *stack)
{
	uint64_t va = (uint64_t)(uintptr_t)stack;
	unsigned slot = (unsigned)((va - STACK_BASE) / STACK_SLOT);

	weft_pt_unmap(&table, va, STACK_SIZE, free_stack_page, NULL);
	slots[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
	if (slot < slot_hint)
		slot_hint = slot;
}

static void unmake_kept(void)
{
	while (kept_count) {
		unmake_stack(kept[--kept_count]);
		count_spare(-STACK_PAGES);
	}
}

void *kvm_stack_alloc(void)
{
	uint64_t daif;
	void *stack;

	/* One that is kept is refused on purpose as one that is made. */
	if (page_refused(__builtin_return_address(0)))
		return NULL;
	daif = spin_lock_irqsave(&lock);
	if (kept_count) {
		stack = kept[--kept_count];
		count_spare(-STACK_PAGES);
	} else {
		stack = make_stack();
	}
	spin_unlock_irqrestore(&lock, daif);
	return stack;
}

bool kvm_stack_keep(void *stack)
{
	uint64_t daif = spin_lock_irqsave(&lock);
	bool keep = kept_count < STACKS_KEPT && !page_is_short();

	if (keep) {
		kept[kept_count++] = stack;
		count_spare(STACK_PAGES);
	}
	spin_unlock_irqrestore(&lock, daif);
	return keep;
}

void kvm_stack_free(void *stack)
{
	uint64_t va = (uint64_t)(uintptr_t)stack;
	uint64_t daif;

	assert(va - STACK_BASE < (uint64_t)STACK_SLOTS * STACK_SLOT);
	daif = spin_lock_irqsave(&lock);
	if (page_is_short())
		unmake_kept();
	unmake_stack(stack);
	spin_unlock_irqrestore(&lock, daif);
}

void kvm_stacks_give_back(void)
{
	uint64_t daif = spin_lock_irqsave(&lock);

	unmake_kept();
	spin_unlock_irqrestore(&lock, daif);
}

#if WEFT_DEBUG
/* A program's half or the kernel's? By the address, not by what pt says. */
static void check_leaf(uint64_t va, uint64_t entry)
{
	bool user = !(va >> 63);
	uint64_t never = user ? WEFT_PTE_UXN : WEFT_PTE_PXN;

	if (!(entry & WEFT_PTE_RDONLY) && !(entry & never))
		check_failed("pgtable: %lx is writable and executable",
			     (unsigned long)va);
	if (user && !(entry & WEFT_PTE_PXN))
		check_failed("pgtable: %lx of a program is executable in EL1",
			     (unsigned long)va);
	if (user && !(entry & WEFT_PTE_NG))
		check_failed("pgtable: %lx of a program is global",
			     (unsigned long)va);
	if (!user && (entry & WEFT_PTE_USER))
		check_failed("pgtable: %lx of the kernel is for programs",
			     (unsigned long)va);
}

/*
 * What weft's page-table writer is about to do, in debug builds: nothing that
 * the architecture forbids, no page both writable and executable.
 */
void weft_debug_pte(const struct weft_pgtable *pt, uint64_t va, unsigned level,
		    uint64_t before, uint64_t after)
{
	uint64_t changeable = WEFT_PTE_USER | WEFT_PTE_RDONLY | WEFT_PTE_PXN |
			      WEFT_PTE_UXN | WEFT_PTE_GP;
	bool leaf = level == 3 || !(after & WEFT_PTE_TABLE);

	(void)pt;
	if ((before & WEFT_PTE_VALID) && (after & WEFT_PTE_VALID) &&
	    ((before ^ after) & ~changeable))
		check_failed("pgtable: %lx at level %u: %lx -> %lx without "
			     "break-before-make", (unsigned long)va, level,
			     (unsigned long)before, (unsigned long)after);
	if ((after & WEFT_PTE_VALID) && leaf)
		check_leaf(va, after);
}

void weft_debug_tlbi(int32_t asid, uint64_t va, size_t size, bool leaf_only)
{
	(void)va;
	(void)size;
	(void)leaf_only;
	if (asid == 0)
		check_failed("tlb: the empty space has nothing to invalidate");
}
#endif
