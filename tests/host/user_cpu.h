// SPDX-License-Identifier: MIT
/*
 * A CPU that runs programs in address spaces, each under an ASID of its own: it
 * uses weft/pgtable.c's tables through a TLB that keeps every translation until
 * it is told to drop it, and faults into aspace_fault. In place of weft/tlb.c,
 * space.c and cache.c, and of mm/kvm.c. With tests/host/machine.h.
 */
#ifndef TESTS_HOST_USER_CPU_H
#define TESTS_HOST_USER_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aspace;

/* An empty TLB; nothing counted. */
void user_cpu_reset(void);

/*
 * One access by the program: where the memory is, or NULL with *@err what
 * aspace_fault said.
 */
void *user_cpu_access(struct aspace *as, uint64_t va, unsigned access,
		      int *err);

/* Translations in the TLB. */
size_t user_cpu_cached(void);

/* Spaces that kvm_forget_space was told of. */
extern unsigned user_cpu_forgotten;

/*
 * Of the pages that were missing, how many aspace_fault_masked has put there;
 * it is tried for every other one.
 */
extern unsigned user_cpu_quick;

#endif
