// SPDX-License-Identifier: MIT
/*
 * A reader of flattened devicetrees (Devicetree Specification v0.4, chapter
 * 5), the description of the machine that the boot loader passes. Used
 * while the kernel starts, by whoever looks for a device.
 *
 * fdt_open() checks the whole blob once: every block, token, name and
 * property lies inside it and the nodes nest, at most FDT_DEPTH_MAX deep.
 * What the accessors return afterwards points into the blob and never
 * outside it, whatever the blob says. They need no memory but the caller's,
 * change nothing, and do not recurse. The blob must stay mapped and
 * unchanged as long as the reader is used.
 *
 * A node is named by an int, its position in the blob (0 or more). A
 * negative result is one of enum fdt_result; fdt_error() has it in words.
 */
#ifndef LOOM_DEV_FDT_H
#define LOOM_DEV_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FDT_DEPTH_MAX		32	/* nested nodes, the root included */
#define FDT_PLACES		128	/* nodes whose neighbours are noted */
#define FDT_INTERRUPT_CELLS	4	/* most cells that one interrupt has */

enum fdt_result {
	FDT_OK = 0,
	FDT_E_MISSING = -1,	/* no such node, property or entry */
	FDT_E_ALIGN = -2,
	FDT_E_SIZE = -3,
	FDT_E_MAGIC = -4,
	FDT_E_VERSION = -5,
	FDT_E_BLOCKS = -6,
	FDT_E_OVERLAP = -7,
	FDT_E_RESERVED = -8,
	FDT_E_TOKEN = -9,
	FDT_E_TRUNCATED = -10,
	FDT_E_NESTING = -11,
	FDT_E_DEPTH = -12,
	FDT_E_NAME = -13,
	FDT_E_PROPERTY = -14,
	FDT_E_VALUE = -15,	/* a property has the wrong length */
	FDT_E_CELLS = -16,
	FDT_E_RANGES = -17,
	FDT_E_PARENT = -18,
};

/* What the check finds out about a node; FDT_E_MISSING: there is none. */
struct fdt_place {
	int node, parent, sibling;
};

struct fdt {
	const uint8_t *blob;
	uint32_t size;		/* totalsize of the header */
	uint32_t structs;	/* offsets and sizes of the blocks */
	uint32_t structs_size;
	uint32_t strings;
	uint32_t strings_size;
	uint32_t reserved;
	int root;
	/* The first nodes, by position; others are searched for. */
	uint32_t nplaces;
	struct fdt_place place[FDT_PLACES];
};

/*
 * Check the blob at @blob, of which at most @max bytes may be read, and
 * make *@f a reader of it. The blob is 8-byte aligned, as the arm64 boot
 * protocol asks. Returns 0 or the reason to refuse it.
 */
int fdt_open(struct fdt *f, const void *blob, size_t max);

/* A result of this file in words, for a message; never NULL. */
const char *fdt_error(int result);

/*
 * Nodes: what a function here returned, also if that was an error.
 */

/*
 * The node after @node in the order of the blob, each parent before its
 * children; pass -1 for the first, which is the root.
 */
int fdt_node_next(const struct fdt *f, int node);

/* The first child of @node, the next child of @node's parent, the parent. */
int fdt_node_child(const struct fdt *f, int node);
int fdt_node_sibling(const struct fdt *f, int node);
int fdt_node_parent(const struct fdt *f, int node);

/* The name with its unit address; "" for the root. */
const char *fdt_node_name(const struct fdt *f, int node);

/*
 * The node at @path: absolute, or starting with an alias of /aliases. A
 * component without a unit address finds the first child of that name. The
 * second form ends the path at @len bytes.
 */
int fdt_node_by_path(const struct fdt *f, const char *path);
int fdt_node_by_path_n(const struct fdt *f, const char *path, size_t len);

/* The next node behind @after (-1: from the start) that has the property. */
int fdt_node_by_compatible(const struct fdt *f, int after, const char *name);
int fdt_node_by_type(const struct fdt *f, int after, const char *type);

int fdt_node_by_phandle(const struct fdt *f, uint32_t phandle);

bool fdt_node_is_compatible(const struct fdt *f, int node, const char *name);

/* False when the status property says something else than okay. */
bool fdt_node_is_enabled(const struct fdt *f, int node);

/*
 * Properties.
 */

/* The value of property @name, or NULL; its length goes to *@len. */
const void *fdt_prop(const struct fdt *f, int node, const char *name,
		     uint32_t *len);

/* A value that must be one cell, two cells, or either. */
int fdt_prop_u32(const struct fdt *f, int node, const char *name,
		 uint32_t *value);
int fdt_prop_u64(const struct fdt *f, int node, const char *name,
		 uint64_t *value);
int fdt_prop_number(const struct fdt *f, int node, const char *name,
		    uint64_t *value);

/* Cell @index of a property that is a list of cells. */
int fdt_prop_cell(const struct fdt *f, int node, const char *name,
		  uint32_t index, uint32_t *value);

/* The first string of the value when it is NUL-terminated, or NULL. */
const char *fdt_prop_string(const struct fdt *f, int node, const char *name);

/* String @index of a string list, or NULL. */
const char *fdt_prop_string_at(const struct fdt *f, int node,
			       const char *name, uint32_t index);

/* Is @string one of the strings of a string list? */
bool fdt_prop_has_string(const struct fdt *f, int node, const char *name,
			 const char *string);

/*
 * Addresses and interrupts.
 */

/* #address-cells and #size-cells of @node, for its children: 2 and 1 where
 * they are not given. */
int fdt_cells_address(const struct fdt *f, int node, uint32_t *cells);
int fdt_cells_size(const struct fdt *f, int node, uint32_t *cells);

/*
 * Entry @index of the reg property of @node as a physical address: what the
 * node's own bus says, translated through the ranges of every bus up to the
 * root. The whole entry lies inside one range and does not wrap.
 */
int fdt_reg(const struct fdt *f, int node, uint32_t index, uint64_t *addr,
	    uint64_t *size);

/*
 * Interrupt @index of @node, from interrupts-extended or interrupts: *@n
 * cells go to @cells. Returns the interrupt parent's node, which the caller
 * compares with the controller it drives. An interrupt-map is not followed.
 */
int fdt_interrupt(const struct fdt *f, int node, uint32_t index,
		  uint32_t cells[FDT_INTERRUPT_CELLS], uint32_t *n);

/*
 * What the boot loader says.
 */

/*
 * Entry @index of the memory reservation block. What /reserved-memory
 * reserves is in its children: fdt_node_child() and fdt_reg() read it.
 */
int fdt_reserved(const struct fdt *f, uint32_t index, uint64_t *addr,
		 uint64_t *size);

struct fdt_chosen {
	const char *bootargs;		/* "" when not given */
	int stdout_node;		/* negative when not given or unknown */
	const char *stdout_options;	/* behind the colon, "" when none */
	uint64_t initrd_start;		/* both 0 when there is no initrd */
	uint64_t initrd_end;
	const void *rng_seed;		/* NULL when not given */
	uint32_t rng_seed_len;
	uint64_t kaslr_seed;		/* 0 when not given */
};

/*
 * What /chosen says. A missing node or property is no error; one that is
 * malformed is FDT_E_VALUE, and the fields found so far are still set.
 */
int fdt_chosen(const struct fdt *f, struct fdt_chosen *chosen);

/*
 * The next CPU behind @after (-1: the first), enabled or not; its reg (the
 * affinity fields of MPIDR_EL1) goes to *@mpidr.
 */
int fdt_cpu(const struct fdt *f, int after, uint64_t *mpidr);

#endif
