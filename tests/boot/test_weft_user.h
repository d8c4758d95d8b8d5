// SPDX-License-Identifier: MIT
/*
 * A user address space of a test's own: a page table and a space, on which
 * the calling kernel thread may run.
 */
#ifndef TESTS_BOOT_TEST_WEFT_USER_H
#define TESTS_BOOT_TEST_WEFT_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/pgtable.h>
#include <weft/space.h>

#include "mm/page.h"

#define USER_VA		UINT64_C(0x10000000)
#define USER_RW		(WEFT_PT_USER | WEFT_PT_WRITE)
#define USER_RO		WEFT_PT_USER

struct user_mem {
	struct weft_pgtable table;
	struct weft_space space;
};

/* Under the ASIDs of @domain, NULL: the kernel's. False: no memory. */
bool user_mem_init(struct user_mem *mem, struct weft_asid_domain *domain);

/* Frees the tables and all that is mapped. Nobody runs on it. */
void user_mem_destroy(struct user_mem *mem);

/* A page of zeros at @va: its physical address, 0 if it cannot be. */
uint64_t user_mem_add(struct user_mem *mem, uint64_t va, unsigned flags);

/* Take the page at @va away and free it. */
bool user_mem_remove(struct user_mem *mem, uint64_t va);

/* The calling thread runs on @mem, NULL: on the empty space. */
void user_mem_enter(struct user_mem *mem);

/* For weft_pt_unmap and weft_pt_destroy: free what is no longer mapped. */
void user_mem_free(void *arg, uint64_t pa, size_t size);

#endif
