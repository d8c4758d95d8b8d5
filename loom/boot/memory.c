// SPDX-License-Identifier: MIT
/*
 * Finding physical memory: /memory nodes, less the image, the device tree,
 * the initramfs and what the tree reserves.
 */
#include "boot/memory.h"

#include <stdbool.h>

#include "dev/fdt.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "mm/kvm.h"
#include "mm/layout.h"
#include "mm/page.h"

enum {
	MAX_RANGES = 64,
	/* The least with which init, a shell and a program run. */
	MIN_MEMORY = 12 << 20,
};

struct range {
	uint64_t start, end;
};

static struct range taken[MAX_RANGES];
static unsigned ntaken;
static struct range initrd;
static bool initrd_adopted;

static uint64_t page_down(uint64_t pa)
{
	return pa & ~(uint64_t)(PAGE_SIZE - 1);
}

static uint64_t page_up(uint64_t pa)
{
	return page_down(pa + PAGE_SIZE - 1);
}

/* Insert by start address; overlaps are fine. */
static void take(uint64_t start, uint64_t size)
{
	uint64_t end = start + size;
	unsigned i = ntaken;

	if (!size || end < start)
		return;
	if (ntaken == MAX_RANGES)
		fatal("the device tree reserves more than %d ranges of memory",
		      MAX_RANGES);
	for (; i > 0 && taken[i - 1].start > page_down(start); i--)
		taken[i] = taken[i - 1];
	taken[i] = (struct range){ page_down(start), page_up(end) };
	ntaken++;
}

static void take_tree_reservations(const struct fdt *fdt)
{
	uint64_t addr, size;
	uint32_t i, j;
	int node, child;

	for (i = 0; fdt_reserved(fdt, i, &addr, &size) == FDT_OK; i++)
		take(addr, size);
	node = fdt_node_by_path(fdt, "/reserved-memory");
	if (node < 0)
		return;
	for (child = fdt_node_child(fdt, node); child >= 0;
	     child = fdt_node_sibling(fdt, child)) {
		for (j = 0; fdt_reg(fdt, child, j, &addr, &size) == FDT_OK; j++)
			take(addr, size);
	}
}

/* What of [start, end) nobody took, to the page allocator. */
static void add_free(uint64_t start, uint64_t end)
{
	unsigned i;

	for (i = 0; i < ntaken && start < end; i++) {
		if (taken[i].end <= start || taken[i].start >= end)
			continue;
		if (taken[i].start > start)
			page_add_range(start, taken[i].start);
		start = taken[i].end;
	}
	if (start < end)
		page_add_range(start, end);
}

static void add_memory(uint64_t start, uint64_t end,
		       const struct boot_image *image)
{
	/* The linear map has whole blocks only. */
	start = (start + BLOCK_SIZE - 1) & ~(uint64_t)(BLOCK_SIZE - 1);
	end &= ~(uint64_t)(BLOCK_SIZE - 1);
	if (end > LINEAR_SIZE)
		end = LINEAR_SIZE;
	if (start >= end)
		return;
	end = kvm_map_memory(start, end, image->start, image->end);
	add_free(start, end);
}

static void find_memory(const struct fdt *fdt, const struct boot_image *image)
{
	uint64_t addr, size;
	int node = -1;
	uint32_t i;

	while ((node = fdt_node_by_type(fdt, node, "memory")) >= 0) {
		for (i = 0; fdt_reg(fdt, node, i, &addr, &size) == FDT_OK; i++)
			add_memory(addr, addr + size, image);
	}
}

static void take_initrd(const struct fdt_chosen *chosen)
{
	if (chosen->initrd_end <= chosen->initrd_start)
		return;
	initrd.start = chosen->initrd_start;
	initrd.end = chosen->initrd_end;
	take(initrd.start, initrd.end - initrd.start);
}

void memory_init(const struct fdt *fdt, const struct fdt_chosen *chosen,
		 const struct boot_image *image, uint64_t dtb)
{
	/* Blocks that the image touches have a read-only alias. */
	uint64_t start = image->start & ~(uint64_t)(BLOCK_SIZE - 1);
	uint64_t end = (image->end + BLOCK_SIZE - 1) &
		       ~(uint64_t)(BLOCK_SIZE - 1);

	take(start, end - start);
	take(dtb, fdt->size);
	take_initrd(chosen);
	take_tree_reservations(fdt);
	find_memory(fdt, image);
	if (page_free_count() < MIN_MEMORY / PAGE_SIZE)
		fatal("%zu KiB of memory are free, loom needs %d KiB",
		      page_free_count() * (PAGE_SIZE / 1024),
		      MIN_MEMORY / 1024);
	klog("memory: %zu MiB, %zu MiB free\n",
	     page_total_count() * PAGE_SIZE >> 20,
	     page_free_count() * PAGE_SIZE >> 20);
}

/* True if all of it lies in memory that is mapped. */
static bool initrd_mapped(void)
{
	return kvm_is_memory(initrd.start) && kvm_is_memory(initrd.end - 1);
}

const void *memory_initrd(size_t *size)
{
	if (!initrd.end || !initrd_mapped())
		return NULL;
	initrd_adopted = page_adopt_range(page_down(initrd.start),
					  page_up(initrd.end));
	*size = initrd.end - initrd.start;
	return phys_to_virt(initrd.start);
}

void memory_release_initrd(void)
{
	uint64_t start = page_down(initrd.start);
	uint64_t end = page_up(initrd.end);

	if (initrd_adopted)
		page_put_run(start, (end - start) >> PAGE_SHIFT);
	else
		page_release_range(start, end);
	initrd = (struct range){ 0, 0 };
}
