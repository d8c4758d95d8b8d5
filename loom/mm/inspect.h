// SPDX-License-Identifier: MIT
/*
 * Looking into an address space that need not be the running one, for /proc:
 * what areas it has, how much memory, and what is in it. Each call takes the
 * lock of the space; it may change between two of them.
 */
#ifndef LOOM_MM_INSPECT_H
#define LOOM_MM_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aspace;
struct inode;

/* In pages */
struct aspace_usage {
	size_t mapped;		/* in areas */
	size_t resident;
	size_t text;		/* areas that may be executed */
	size_t data;		/* that may be written, without the stack */
	size_t stack;
};

void aspace_usage(struct aspace *as, struct aspace_usage *usage);

struct area_info {
	uint64_t start, end;
	unsigned prot;		/* AREA_READ ... */
	unsigned kind;		/* enum area_kind */
};

/* The first area that ends above @va; false: there is none. */
bool aspace_next_area(struct aspace *as, uint64_t va, struct area_info *info);

/*
 * Copy from [va, va + len) to @dst what is resident, up to the first page that
 * is not: how many bytes.
 */
size_t aspace_peek(struct aspace *as, uint64_t va, void *dst, size_t len);

#endif
