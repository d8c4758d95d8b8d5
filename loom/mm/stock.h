// SPDX-License-Identifier: MIT
/*
 * What a CPU has at hand of single pages: a part of struct cpu that belongs to
 * mm/page.c, which says how it is used.
 */
#ifndef LOOM_MM_STOCK_H
#define LOOM_MM_STOCK_H

#include <stdint.h>

enum { STOCK_MAX = 128 };

/* The count of a stock of which somebody has all, to change it. */
#define STOCK_TAKEN UINT32_MAX

struct page;

/* A page that is on no list and nobody's: its state is PAGE_BODY, refs 0. */
struct single {
	uint64_t pa;
	struct page *page;
};

/* All zeros at first. */
struct stock {
	uint32_t count;		/* of single[], or STOCK_TAKEN; atomic */
	struct single single[STOCK_MAX];
};

#endif
