// SPDX-License-Identifier: MIT
/*
 * The kernel's half of virtual memory as the hardware has it: every
 * descriptor under TTBR1 is looked at. And the control registers, whole.
 */
#include <weft/arch.h>
#include <weft/config.h>
#include <weft/cpu.h>
#include <weft/pauth.h>
#include <weft/sysreg.h>
#include <weft/trap.h>

#include "boot_test.h"
#include "lib/string.h"
#include "mm/kvm.h"
#include "mm/layout.h"
#include "mm/page.h"
#include "sched/thread.h"
#include "test_weft_regs.h"

#define ENTRIES 512

extern char _start[], __text_end[], __rodata_end[], __image_end[];

struct leaf {
	uint64_t va, pa, size, entry;
};

struct walk {
	void (*fn)(struct walk *walk, const struct leaf *leaf);
	uint64_t text_start, text_end;	/* physical */
	unsigned leaves, text, constants, linear, devices, stacks;
	unsigned wrong;
};

static void complain(struct walk *walk, const char *what,
		     const struct leaf *leaf)
{
	if (walk->wrong++ < 5)
		boot_note("%s: %#llx: %#llx", what,
			  (unsigned long long)leaf->va,
			  (unsigned long long)leaf->entry);
}

static void walk_table(struct walk *walk, uint64_t pa, unsigned level,
		       uint64_t va)
{
	const uint64_t *table = phys_to_virt(pa);
	uint64_t size = UINT64_C(1) << (39 - 9 * level);
	unsigned i;

	for (i = 0; i < ENTRIES; i++, va += size) {
		uint64_t entry = table[i];
		struct leaf leaf = {
			.va = va,
			.pa = entry & WEFT_PTE_ADDR & ~(size - 1),
			.size = size,
			.entry = entry,
		};

		if (!(entry & WEFT_PTE_VALID))
			continue;
		if (level < 3 && (entry & WEFT_PTE_TABLE)) {
			/* No attributes that would hold for all below. */
			if (entry & ~(WEFT_PTE_ADDR | 3))
				complain(walk, "table attributes", &leaf);
			walk_table(walk, entry & WEFT_PTE_ADDR, level + 1, va);
			continue;
		}
		if (level == 3 && !(entry & WEFT_PTE_PAGE))
			complain(walk, "reserved at level 3", &leaf);
		walk->leaves++;
		walk->fn(walk, &leaf);
	}
}

static void walk_kernel(struct walk *walk)
{
	walk_table(walk, weft_read_ttbr1_el1() & WEFT_TTBR_BADDR, 1,
		   LINEAR_BASE);
}

static bool inside(uint64_t va, const char *start, const char *end)
{
	return va >= (uint64_t)(uintptr_t)start &&
	       va < (uint64_t)(uintptr_t)end;
}

/* The bit of executable pages: landing pads are asked for, if they can be. */
static uint64_t guarded(void)
{
	struct weft_features features;

	weft_features_read(&features);
	return features.bti ? WEFT_PTE_GP : 0;
}

/* What holds of every leaf. */
static void check_any(struct walk *walk, const struct leaf *leaf)
{
	uint64_t e = leaf->entry;

	if (e & WEFT_PTE_USER)
		complain(walk, "for EL0", leaf);
	if (!(e & WEFT_PTE_UXN))
		complain(walk, "executable in EL0", leaf);
	if (e & WEFT_PTE_NG)
		complain(walk, "not global", leaf);
	if (!(e & WEFT_PTE_AF) || (e & WEFT_PTE_CONT))
		complain(walk, "AF or Contiguous", leaf);
	if (!(e & WEFT_PTE_PXN) && !(e & WEFT_PTE_RDONLY))
		complain(walk, "writable and executable", leaf);
	if (!(e & WEFT_PTE_PXN) && !inside(leaf->va, _start, __text_end))
		complain(walk, "executable, not text", leaf);
	if (!(e & WEFT_PTE_PXN) && (e & WEFT_PTE_GP) != guarded())
		complain(walk, "executable, not guarded", leaf);
	if (!(e & WEFT_PTE_RDONLY) && leaf->pa < walk->text_end &&
	    leaf->pa + leaf->size > walk->text_start)
		complain(walk, "text, writable by another address", leaf);
	if (!kvm_is_mapped(leaf->va))
		complain(walk, "kvm does not know it", leaf);
}

static uint64_t memory_of(const struct leaf *leaf)
{
	return leaf->entry & (WEFT_PTE_ATTR(7) | (UINT64_C(3) << 8));
}

#define NORMAL (WEFT_PTE_ATTR(WEFT_MAIR_NORMAL) | WEFT_PTE_SH_INNER)

/* What each part of the half must be (mm/layout.h). */
static void check_part(struct walk *walk, const struct leaf *leaf)
{
	bool readonly = leaf->entry & WEFT_PTE_RDONLY;
	bool device = (leaf->entry & WEFT_PTE_ATTR(7)) ==
		      WEFT_PTE_ATTR(WEFT_MAIR_DEVICE);

	if (leaf->va < IMAGE_BASE) {
		walk->linear++;
		if (leaf->size != BLOCK_SIZE ||
		    leaf->pa != leaf->va - LINEAR_BASE)
			complain(walk, "linear map", leaf);
	} else if (leaf->va < DEVICE_BASE) {
		walk->text += inside(leaf->va, _start, __text_end);
		walk->constants += inside(leaf->va, __text_end, __rodata_end);
		if (readonly != inside(leaf->va, _start, __rodata_end) ||
		    !inside(leaf->va, _start, __image_end))
			complain(walk, "image", leaf);
	} else if (leaf->va < STACK_BASE) {
		walk->devices++;
		if (!device || readonly)
			complain(walk, "device", leaf);
	} else if (leaf->va < DTB_BASE) {
		walk->stacks++;
		if (readonly || !(leaf->va & STACK_SIZE))
			complain(walk, "stack", leaf);
	} else if (!readonly) {
		complain(walk, "device tree", leaf);
	}
	if (leaf->va < DEVICE_BASE && memory_of(leaf) != NORMAL)
		complain(walk, "kind of memory", leaf);
}

static void check_leaf(struct walk *walk, const struct leaf *leaf)
{
	check_any(walk, leaf);
	check_part(walk, leaf);
}

/* Where the image is: its first page says. */
static void find_text(struct walk *walk, const struct leaf *leaf)
{
	if (leaf->va != IMAGE_BASE)
		return;
	walk->text_start = leaf->pa;
	walk->text_end = leaf->pa + (uint64_t)(__text_end - _start);
}

static int test_walk(void)
{
	struct walk walk = { .fn = find_text };

	walk_kernel(&walk);
	CHECK_NUM(walk.text_end, >, walk.text_start);
	walk.fn = check_leaf;
	walk.leaves = 0;
	walk_kernel(&walk);
	CHECK_NUM(walk.wrong, ==, 0);
	CHECK_NUM(walk.text, ==, (uint64_t)(__text_end - _start) / PAGE_SIZE);
	CHECK_NUM(walk.constants, ==,
		  (uint64_t)(__rodata_end - __text_end) / PAGE_SIZE);
	CHECK_NUM(walk.linear, >, 8);
	CHECK_NUM(walk.devices, >, 2);
	CHECK_NUM(walk.stacks, >=, STACK_SIZE / PAGE_SIZE);
	boot_note("%u leaves, %u of them text", walk.leaves, walk.text);
	return BOOT_PASS;
}

static int test_walk_can_fail(void)
{
	struct walk walk = { .text_start = 0x1000, .text_end = 0x3000 };
	struct leaf good = {
		.va = (uint64_t)(uintptr_t)_start, .pa = 0x40000000,
		.size = PAGE_SIZE,
		.entry = NORMAL | WEFT_PTE_AF | WEFT_PTE_UXN |
			 WEFT_PTE_RDONLY | guarded() | 3,
	};
	const uint64_t flips[] = {
		WEFT_PTE_RDONLY, WEFT_PTE_USER, WEFT_PTE_UXN, WEFT_PTE_NG,
		WEFT_PTE_AF, WEFT_PTE_CONT, WEFT_PTE_ATTR(1), WEFT_PTE_GP,
	};
	struct leaf bad;
	unsigned i;

	check_leaf(&walk, &good);
	CHECK_NUM(walk.wrong, ==, 0);
	for (i = 0; i < sizeof(flips) / sizeof(flips[0]); i++) {
		bad = good;
		bad.entry ^= flips[i];
		walk.wrong = 5;		/* known: not reported */
		check_leaf(&walk, &bad);
		CHECK_NUM(walk.wrong, >, 5);
	}
	bad = good;
	bad.pa = 0x2000;
	bad.va = (uint64_t)(uintptr_t)__rodata_end;
	bad.entry = (good.entry | WEFT_PTE_PXN) & ~WEFT_PTE_RDONLY;
	walk.wrong = 5;
	check_leaf(&walk, &bad);
	CHECK_NUM(walk.wrong, ==, 6);
	return BOOT_PASS;
}

/* The page below every stack, and what a device's neighbour would be. */
static void look_below(struct thread *thread, void *arg)
{
	uint64_t stack = (uint64_t)(uintptr_t)thread->stack;

	/* The boot thread's is in the image. */
	if (stack < STACK_BASE)
		return;
	if (kvm_is_mapped(stack - 8) || kvm_is_mapped(stack - STACK_SIZE) ||
	    !kvm_is_mapped(stack) || kvm_is_mapped(stack + STACK_SIZE))
		*(unsigned *)arg += 1;
}

static int test_guards(void)
{
	uint64_t stack = (uint64_t)(uintptr_t)thread_current()->stack;
	unsigned wrong = 0;
	uint64_t value;

	thread_for_each(look_below, &wrong);
	CHECK_NUM(wrong, ==, 0);
	CHECK(try_load(stack, &value));
	CHECK(!try_load(stack - 8, &value));
	CHECK(!try_store(stack - 8, 0));
	CHECK(!try_load(stack + STACK_SIZE, &value));
	return BOOT_PASS;
}

static const uint64_t constant[2] = { 1, 2 };

static int test_stores(void)
{
	uint64_t text = (uint64_t)(uintptr_t)_start;
	uint64_t image = 0, value;
	struct walk walk = { .fn = find_text };
	static uint64_t variable;

	walk_kernel(&walk);
	image = (uint64_t)(uintptr_t)phys_to_virt(walk.text_start);
	CHECK(try_store((uint64_t)(uintptr_t)&variable, 5) && variable == 5);
	CHECK(!try_store(text, 0));
	CHECK(!try_store((uint64_t)(uintptr_t)__text_end - 8, 0));
	CHECK(!try_store((uint64_t)(uintptr_t)&constant[1], 0));
	CHECK(!try_store((uint64_t)(uintptr_t)weft_vectors, 0));
	/* The same memory by its other address. */
	CHECK(try_load(image, &value));
	CHECK_NUM(value, ==, *(const uint64_t *)_start);
	CHECK(!try_store(image, 0));
	CHECK(!try_store(image + (uint64_t)(__rodata_end - _start), 0));
	CHECK(try_load(DTB_BASE, &value) && !try_store(DTB_BASE, value));
	/* Nothing of the boot's identity mapping is left. */
	CHECK(!try_load(walk.text_start, &value));
	CHECK(!try_user_load(walk.text_start, &value));
	CHECK_NUM(constant[1], ==, 2);
	return BOOT_PASS;
}

static int test_registers(void)
{
	uint64_t tcr = WEFT_TCR_KERNEL;
	uint64_t mmfr0 = weft_read_id_aa64mmfr0_el1();
	uint64_t range = mmfr0 & 0xf, sctlr = WEFT_SCTLR_KERNEL;
	const char *vectors = weft_vectors;
	struct weft_features features;

	weft_features_read(&features);
	tcr |= (range < 5 ? range : 5) << WEFT_TCR_IPS_SHIFT;
	if (features.asid_bits == 16)
		tcr |= WEFT_TCR_AS;
	if (features.e0pd)
		tcr |= WEFT_TCR_E0PD1;
	if (features.bti)
		sctlr |= WEFT_SCTLR_BTI;
	if (!features.pan)
		sctlr |= WEFT_SCTLR_SPAN;
	if (WEFT_PAUTH && features.pauth) {
		sctlr |= WEFT_SCTLR_PAUTH;
		vectors = weft_vectors_pauth;
	}
	/* As numbers, too: a constant that is wrong in the header shows. */
	CHECK_NUM(WEFT_SCTLR_KERNEL, ==, UINT64_C(0x3455d99d));
	CHECK_NUM(WEFT_SCTLR_BTI, ==, UINT64_C(0x1800000000));
	CHECK_NUM(WEFT_SCTLR_PAUTH, ==, UINT64_C(0xc8002000));
	CHECK_NUM(WEFT_TCR_KERNEL, ==, UINT64_C(0x20b5193519));
	CHECK_NUM(weft_read_sctlr_el1(), ==, sctlr);
	CHECK_NUM(weft_read_tcr_el1(), ==, tcr);
	CHECK_NUM(weft_read_mair_el1(), ==, UINT64_C(0x4404ff));
	CHECK_NUM(weft_read_cpacr_el1(), ==,
		  features.sve ? UINT64_C(0x110000) : UINT64_C(0x100000));
	CHECK_NUM(weft_read_cntkctl_el1(), ==, 2);
	CHECK_NUM(weft_read_mdscr_el1(), ==, 0);
	CHECK_NUM(weft_read_contextidr_el1(), ==, 0);
	CHECK(weft_read_vbar_el1() == (uint64_t)(uintptr_t)vectors);
	CHECK_NUM(weft_read_ttbr1_el1() >> WEFT_TTBR_ASID_SHIFT, ==, 0);
	CHECK_NUM((uint64_t)(weft_read_currentel() >> 2), ==, 1);
	return BOOT_PASS;
}

const struct boot_test weft_tables_tests[] = {
	{ "weft.tables.walk", "nothing of the kernel's half is writable and "
	  "executable, or other than laid out", test_walk },
	{ "weft.tables.can_fail", "a wrong descriptor is noticed",
	  test_walk_can_fail },
	{ "weft.tables.guards", "nothing is mapped below and above a stack",
	  test_guards },
	{ "weft.tables.stores", "stores to text and constants fault, by all "
	  "their addresses", test_stores },
	{ "weft.tables.registers", "SCTLR, TCR, MAIR, CPACR ... are as "
	  "documented, whole", test_registers },
	{ NULL, NULL, NULL },
};
