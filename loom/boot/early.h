// SPDX-License-Identifier: MIT
/*
 * The first page tables, made with the MMU off (early.c) and taken over by
 * mm/kvm.c. They lie in the image.
 */
#ifndef LOOM_BOOT_EARLY_H
#define LOOM_BOOT_EARLY_H

#include <stdint.h>

enum {
	/*
	 * Roots of both halves; the identity block; image, device tree and
	 * their pages; the rest serves kvm.c until memory is known. One table
	 * of the linear map covers 1 GiB.
	 */
	EARLY_TABLES = 64,
	DTB_MAX = 0x200000,	/* the boot protocol's limit */
};

struct early_tables {
	uint64_t ttbr0, ttbr1;	/* first: head.S loads them as a pair */
	uint64_t used;		/* of early_pages */
};

/* Physical addresses in, everything physical; MMU off. */
struct early_tables *early_map(uint64_t image, uint64_t dtb);

extern struct early_tables early_tables;
extern uint64_t early_pages[EARLY_TABLES][512];

#endif
