// SPDX-License-Identifier: MIT
/*
 * The first page tables. Runs at EL1 with the MMU off, at the physical address
 * at which the image was loaded: every address here is physical, comes from
 * ADRP, and no table of pointers may be used. Built with -mstrict-align, for
 * without the MMU all memory is Device memory.
 *
 * TTBR0: the image's first 2 MiB, executable, where it is: just enough for
 * weft_mmu_on. TTBR1: the image where it is linked, with the permissions that
 * its parts keep for good, and the device tree, read-only.
 */
#include "boot/early.h"

#include <stddef.h>

#include <weft/arch.h>
#include <weft/sysreg.h>

#include "mm/layout.h"

#define TABLE		(WEFT_PTE_TABLE | WEFT_PTE_VALID)
#define NORMAL		(WEFT_PTE_AF | WEFT_PTE_SH_INNER | WEFT_PTE_UXN | \
			 WEFT_PTE_VALID)
#define CODE		(NORMAL | WEFT_PTE_RDONLY)
#define CONSTANT	(NORMAL | WEFT_PTE_RDONLY | WEFT_PTE_PXN)
#define DATA		(NORMAL | WEFT_PTE_PXN)

extern char _start[], __text_end[], __rodata_end[], __image_end[];

struct early_tables early_tables __attribute__((section(".early")));
uint64_t early_pages[EARLY_TABLES][512]
	__attribute__((section(".early.tables"), aligned(PAGE_SIZE)));

static uint64_t *new_table(void)
{
	uint64_t *table = early_pages[early_tables.used++];
	int i;

	for (i = 0; i < 512; i++)
		table[i] = 0;
	return table;
}

/* The entry of @va at @level (1-3), with the tables above it. */
static uint64_t *entry_of(uint64_t *table, uint64_t va, unsigned level)
{
	unsigned l;

	for (l = 1; l < level; l++) {
		uint64_t *entry = &table[(va >> (39 - 9 * l)) & 511];

		if (!*entry)
			*entry = (uint64_t)(uintptr_t)new_table() | TABLE;
		table = (uint64_t *)(uintptr_t)(*entry & WEFT_PTE_ADDR);
	}
	return &table[(va >> (39 - 9 * level)) & 511];
}

/* The bit is reserved on CPUs that know no landing pads. */
static uint64_t guarded(void)
{
	return weft_read_id_aa64pfr1_el1() & 0xf ? WEFT_PTE_GP : 0;
}

static uint64_t permissions(uint64_t offset)
{
	if (offset < (uint64_t)(__text_end - _start))
		return CODE | guarded();
	if (offset < (uint64_t)(__rodata_end - _start))
		return CONSTANT;
	return DATA;
}

static void map_image(uint64_t *root, uint64_t image)
{
	uint64_t size = (uint64_t)(__image_end - _start);
	uint64_t offset;

	for (offset = 0; offset < size; offset += PAGE_SIZE)
		*entry_of(root, IMAGE_BASE + offset, 3) =
			(image + offset) | permissions(offset) | WEFT_PTE_PAGE;
}

/* The blocks that hold the largest tree; what is in them is seen later. */
static void map_dtb(uint64_t *root, uint64_t dtb)
{
	uint64_t block = dtb & ~(uint64_t)(BLOCK_SIZE - 1);
	uint64_t offset;

	for (offset = 0; offset < DTB_MAX + BLOCK_SIZE; offset += BLOCK_SIZE)
		*entry_of(root, DTB_BASE + offset, 2) =
			(block + offset) | CONSTANT;
}

/*
 * The tables were written around the caches, which may hold older contents of
 * the same lines: drop those, or walks would find them.
 */
static void drop_cached(const void *start, size_t size)
{
	uint64_t line = 4u << ((weft_read_ctr_el0() >> 16) & 0xf);
	uint64_t va = (uint64_t)(uintptr_t)start & ~(line - 1);
	uint64_t end = (uint64_t)(uintptr_t)start + size;

	weft_dsb_sy();		/* our stores before the invalidation */
	for (; va < end; va += line)
		__asm__ volatile("dc ivac, %0" :: "r"(va) : "memory");
	weft_dsb_sy();		/* done before the MMU is on */
}

struct early_tables *early_map(uint64_t image, uint64_t dtb)
{
	uint64_t *user, *kernel;

	early_tables.used = 0;
	user = new_table();
	kernel = new_table();
	*entry_of(user, image, 2) = image | CODE;
	map_image(kernel, image);
	if (dtb)
		map_dtb(kernel, dtb);
	early_tables.ttbr0 = (uint64_t)(uintptr_t)user;
	early_tables.ttbr1 = (uint64_t)(uintptr_t)kernel;
	drop_cached(early_pages, sizeof(early_pages));
	drop_cached(&early_tables, sizeof(early_tables));
	return &early_tables;
}
