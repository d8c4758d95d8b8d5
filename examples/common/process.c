// SPDX-License-Identifier: MIT
/* Memory of processes, from a small pool of pages that go back all at once. */
#include "process.h"

#include <weft/arch.h>
#include <weft/tlb.h>

#include "board.h"

enum { PAGES = 32, ASIDS_MAX = 256 };

static char pool[PAGES][WEFT_PAGE_SIZE]
	__attribute__((aligned(WEFT_PAGE_SIZE)));
static char empty_root[WEFT_PAGE_SIZE]
	__attribute__((aligned(WEFT_PAGE_SIZE)));
static unsigned used;

static struct weft_asid_cpu asid_cpus[1];
static uint64_t asid_map[WEFT_ASID_MAP_WORDS(ASIDS_MAX)];
struct weft_asid_domain process_domain;
struct weft_space no_process;

static uint64_t physical(const void *address)
{
	return (uint64_t)address - KERNEL_BASE;
}

static void check(bool ok)
{
	if (ok)
		return;
	print("no memory for the processes\n");
	power_off();
}

static uint64_t page_alloc(void *arg)
{
	uint64_t *page;

	if (used == PAGES)
		return 0;
	page = (uint64_t *)pool[used++];
	for (unsigned i = 0; i < WEFT_PAGE_SIZE / sizeof(*page); i++)
		page[i] = 0;
	return physical(page);
}

/* After a failure only, and then check() ends it all. */
static void page_free(void *arg, uint64_t pa)
{
}

static uint64_t *page_address(void *arg, uint64_t pa)
{
	return (uint64_t *)(KERNEL_BASE + pa);
}

static const struct weft_pt_ops ops = {
	.alloc = page_alloc,
	.free = page_free,
	.to_virt = page_address,
};

bool process_memory_start(enum weft_asid_policy policy, uint32_t asids)
{
	used = 0;
	weft_tlb_flush_all(0);
	weft_space_init_empty(&no_process, physical(empty_root));
	return asids <= ASIDS_MAX &&
	       weft_asid_init(&process_domain, policy, asids, asid_map,
			      asid_cpus, 1) == 0;
}

void process_memory_init(struct process_memory *memory, const char *code)
{
	uint64_t data = page_alloc(0);

	check(data && weft_pt_init(&memory->table, 0, &ops, 0) == 0);
	weft_space_init(&memory->space, memory->table.root,
			&process_domain);
	memory->table.space = &memory->space;
	check(weft_pt_map(&memory->table, USER_CODE, physical(code),
			  WEFT_PAGE_SIZE, WEFT_PT_USER | WEFT_PT_EXEC) == 0);
	check(weft_pt_map(&memory->table, USER_DATA, data, WEFT_PAGE_SIZE,
			  WEFT_PT_USER | WEFT_PT_WRITE) == 0);
	memory->data = (char *)page_address(0, data);
}
