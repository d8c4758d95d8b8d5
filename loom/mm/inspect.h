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

/* In pages, but for the addresses */
struct aspace_usage {
	size_t mapped;		/* in areas */
	size_t resident;
	size_t peak;		/* the largest that was */
	size_t file;		/* resident: of files, and shared memory */
	size_t text;		/* areas that may be executed */
	size_t data;		/* private, may be written, without the stack */
	size_t stack;
	size_t tables;		/* the page table itself */
	uint64_t brk_start, brk, stack_top;
};

void aspace_usage(struct aspace *as, struct aspace_usage *usage);

struct area_info {
	uint64_t start, end;
	unsigned prot;		/* AREA_READ ... */
	bool shared;
	uint64_t offset;	/* in the file */
	struct inode *inode;	/* NULL: none */
	const char *name;	/* "[heap]", "[stack]", "[sigpage]", or NULL */
};

/*
 * The first area that ends above @va, its inode counted for the caller; false:
 * there is none.
 */
bool aspace_next_area(struct aspace *as, uint64_t va, struct area_info *info);

/*
 * Call @fn for each area, in order, until it returns not 0: that, or 0. No
 * lock is held meanwhile, the inode is counted: what changes between two calls
 * is seen or not, but nothing is seen twice.
 */
int aspace_for_each_area(struct aspace *as,
			 int (*fn)(const struct area_info *info, void *arg),
			 void *arg);

/*
 * Copy from [va, va + len) to @dst what is resident, up to the first page that
 * is not: how many bytes.
 */
size_t aspace_peek(struct aspace *as, uint64_t va, void *dst, size_t len);

#endif
