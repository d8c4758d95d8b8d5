// SPDX-License-Identifier: MIT
/*
 * TLB maintenance: the one layer that issues TLBIs for page-table changes.
 *
 * All forms here are broadcast to the Inner Shareable domain, except those
 * named local. Each is complete when it returns: what was invalidated is used
 * by no CPU any more, and the page-table writes before it are seen by all
 * walkers. The order is the architecture's (Arm ARM D8.13): dsb ishst; tlbi;
 * dsb ish; isb.
 */
#ifndef WEFT_TLB_H
#define WEFT_TLB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * New entries were written over invalid ones: make them visible to walkers.
 * Invalid entries are never cached, so nothing is invalidated.
 */
void weft_tlb_publish(void);

/*
 * Drop translations of [@va, @va + @size) under @asid; multiples of the page
 * size. @leaf_only: no table page was unlinked, walk caches may stay. Above
 * WEFT_TLB_RANGE_MAX pages the whole ASID is dropped instead.
 */
void weft_tlb_flush_range(uint16_t asid, uint64_t va, size_t size,
			  bool leaf_only);

/* The same for the kernel's half: global entries, whatever the ASID. */
void weft_tlb_flush_kernel(uint64_t va, size_t size, bool leaf_only);

/* Everything under one ASID, walk caches included. */
void weft_tlb_flush_asid(uint16_t asid);

/* Everything on every CPU; on this CPU. */
void weft_tlb_flush_all(void);
void weft_tlb_flush_local(void);

/* Everything under one ASID, on this CPU. */
void weft_tlb_flush_asid_local(uint16_t asid);

#define WEFT_TLB_RANGE_MAX 64

/*
 * Debug hook (WEFT_DEBUG): called at each invalidation, before it is issued.
 * @asid -1: all; @size 0: all addresses.
 */
void weft_debug_tlbi(int32_t asid, uint64_t va, size_t size, bool leaf_only);

#ifdef __cplusplus
}
#endif
#endif
