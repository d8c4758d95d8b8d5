// SPDX-License-Identifier: MIT
/* Address spaces for the tests of weft. */
#include "test_weft_user.h"

#include <weft/sysreg.h>
#include <weft/task.h>

#include "mm/kvm.h"

static uint64_t alloc_table(void *arg)
{
	(void)arg;
	return page_alloc_zeroed();
}

static void free_table(void *arg, uint64_t pa)
{
	(void)arg;
	page_free(pa, 0);
}

static uint64_t *see_table(void *arg, uint64_t pa)
{
	(void)arg;
	return phys_to_virt(pa);
}

static const struct weft_pt_ops ops = {
	.alloc = alloc_table,
	.free = free_table,
	.to_virt = see_table,
};

void user_mem_free(void *arg, uint64_t pa, size_t size)
{
	(void)arg;
	page_free(pa, size == PAGE_SIZE ? 0 : PAGE_MAX_ORDER);
}

bool user_mem_init(struct user_mem *mem, struct weft_asid_domain *domain)
{
	if (weft_pt_init(&mem->table, 0, &ops, NULL))
		return false;
	weft_space_init(&mem->space, mem->table.root,
			domain ? domain : kvm_asid_domain());
	mem->table.space = &mem->space;
	mem->table.tlb_flags = kvm_tlb_flags();
	return true;
}

void user_mem_destroy(struct user_mem *mem)
{
	uint64_t daif = weft_read_daif();

	weft_mask_all();
	kvm_forget_space(&mem->space);
	weft_write_daif(daif);
	weft_pt_destroy(&mem->table, NULL, user_mem_free, NULL);
}

uint64_t user_mem_add(struct user_mem *mem, uint64_t va, unsigned flags)
{
	uint64_t pa = page_alloc_zeroed();

	if (!pa)
		return 0;
	if (weft_pt_map(&mem->table, va, pa, PAGE_SIZE, flags)) {
		page_free(pa, 0);
		return 0;
	}
	return pa;
}

bool user_mem_remove(struct user_mem *mem, uint64_t va)
{
	return weft_pt_unmap(&mem->table, va, PAGE_SIZE, user_mem_free,
			     NULL) == 0;
}

void user_mem_enter(struct user_mem *mem)
{
	uint64_t daif = weft_read_daif();

	weft_mask_all();
	weft_task_set_space(weft_task_current(),
			    mem ? &mem->space : kvm_empty_space());
	weft_write_daif(daif);
}
