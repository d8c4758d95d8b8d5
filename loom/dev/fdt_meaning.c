// SPDX-License-Identifier: MIT
/*
 * What devicetree properties mean: addresses translated through their
 * buses, interrupts and their parents, /chosen and /cpus. Built on the
 * accessors of fdt.c alone; it never looks at the blob itself.
 */
#include "dev/fdt.h"

#include "lib/string.h"

#define CELLS_MAX	2	/* an address or a size is at most 64 bits */

/* A list of big-endian cells that is read from front to back. */
struct cells {
	const uint8_t *p;
	uint32_t left;		/* cells, not bytes */
};

static struct cells cells_of(const struct fdt *f, int node, const char *name)
{
	uint32_t len;
	const void *p = fdt_prop(f, node, name, &len);

	return (struct cells){ .p = p, .left = len / 4 };
}

/* The next @n <= 2 cells as one number; the caller checked that they exist. */
static uint64_t take(struct cells *c, uint32_t n)
{
	uint64_t v = 0;

	for (; n; n--, c->left--, c->p += 4)
		v = v << 32 | (uint64_t)c->p[0] << 24 |
		    (uint64_t)c->p[1] << 16 | (uint64_t)c->p[2] << 8 | c->p[3];
	return v;
}

static void skip(struct cells *c, uint32_t n)
{
	c->p += (size_t)n * 4;
	c->left -= n;
}

static int count_or_default(const struct fdt *f, int node, const char *name,
			    uint32_t missing, uint32_t *cells)
{
	int ret = fdt_prop_u32(f, node, name, cells);

	if (ret != FDT_E_MISSING)
		return ret;
	*cells = missing;
	return 0;
}

int fdt_cells_address(const struct fdt *f, int node, uint32_t *cells)
{
	return count_or_default(f, node, "#address-cells", 2, cells);
}

int fdt_cells_size(const struct fdt *f, int node, uint32_t *cells)
{
	return count_or_default(f, node, "#size-cells", 1, cells);
}

/* The two counts of a bus whose addresses this file can represent. */
static int bus_cells(const struct fdt *f, int bus, uint32_t *na, uint32_t *ns)
{
	int ret = fdt_cells_address(f, bus, na);

	if (ret == 0)
		ret = fdt_cells_size(f, bus, ns);
	if (ret == 0 && (*na < 1 || *na > CELLS_MAX || *ns > CELLS_MAX))
		ret = FDT_E_CELLS;
	return ret;
}

static bool wraps(uint64_t addr, uint64_t size)
{
	return size && size - 1 > UINT64_MAX - addr;
}

/* Does the range of @len bytes at @start hold [addr, addr + size)? */
static bool range_holds(uint64_t start, uint64_t len, uint64_t addr,
			uint64_t size)
{
	uint64_t offset = addr - start;

	return addr >= start && offset < len && size <= len - offset;
}

/* Translate *@addr from the children of @bus to the children of @parent. */
static int translate(const struct fdt *f, int bus, int parent, uint64_t *addr,
		     uint64_t size)
{
	uint32_t na, ns, pna, pns, len;
	struct cells c = cells_of(f, bus, "ranges");
	int ret;

	if (!fdt_prop(f, bus, "ranges", &len))
		return FDT_E_RANGES;
	if (len == 0)
		return 0;	/* the same addresses on both sides */
	ret = bus_cells(f, bus, &na, &ns);
	if (ret == 0)
		ret = bus_cells(f, parent, &pna, &pns);
	if (ret)
		return ret;
	while (c.left >= na + pna + ns) {
		uint64_t start = take(&c, na);
		uint64_t target = take(&c, pna);
		uint64_t bytes = take(&c, ns);

		if (!range_holds(start, bytes, *addr, size))
			continue;
		*addr = target + (*addr - start);
		return wraps(*addr, size) ? FDT_E_RANGES : 0;
	}
	return FDT_E_RANGES;
}

int fdt_reg(const struct fdt *f, int node, uint32_t index, uint64_t *addr,
	    uint64_t *size)
{
	int bus = fdt_node_parent(f, node);
	struct cells c = cells_of(f, node, "reg");
	uint32_t na, ns;
	int ret;

	if (bus < 0)
		return FDT_E_MISSING;
	ret = bus_cells(f, bus, &na, &ns);
	if (ret)
		return ret;
	if (index >= c.left / (na + ns))
		return FDT_E_MISSING;
	skip(&c, index * (na + ns));
	*addr = take(&c, na);
	*size = take(&c, ns);
	if (wraps(*addr, *size))
		return FDT_E_VALUE;
	while (bus != f->root) {
		int parent = fdt_node_parent(f, bus);

		if (parent < 0)
			return FDT_E_MISSING;
		ret = translate(f, bus, parent, addr, *size);
		if (ret < 0)
			return ret;
		bus = parent;
	}
	return 0;
}

/*
 * The node that @node's interrupts go to: follow interrupt-parent, or else
 * the parent, until there is a #interrupt-cells. Phandles can form a loop,
 * so the way is bounded.
 */
static int interrupt_parent(const struct fdt *f, int node)
{
	uint32_t phandle;
	uint32_t len;
	int hops;

	for (hops = 0; node >= 0 && hops < 2 * FDT_DEPTH_MAX; hops++) {
		if (fdt_prop_u32(f, node, "interrupt-parent", &phandle) == 0)
			node = fdt_node_by_phandle(f, phandle);
		else
			node = fdt_node_parent(f, node);
		if (node >= 0 && fdt_prop(f, node, "#interrupt-cells", &len))
			return node;
	}
	return FDT_E_PARENT;
}

static int interrupt_cells(const struct fdt *f, int parent, uint32_t *n)
{
	int ret = fdt_prop_u32(f, parent, "#interrupt-cells", n);

	if (ret < 0)
		return FDT_E_PARENT;
	if (*n < 1 || *n > FDT_INTERRUPT_CELLS)
		return FDT_E_CELLS;
	return 0;
}

static void take_interrupt(struct cells *c, uint32_t *cells, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		cells[i] = (uint32_t)take(c, 1);
}

/* interrupts-extended: a phandle before each interrupt. */
static int interrupt_extended(const struct fdt *f, struct cells c,
			      uint32_t index, uint32_t *cells, uint32_t *n)
{
	int parent;
	int ret;

	while (c.left) {
		parent = fdt_node_by_phandle(f, (uint32_t)take(&c, 1));
		if (parent < 0)
			return FDT_E_PARENT;
		ret = interrupt_cells(f, parent, n);
		if (ret < 0)
			return ret;
		if (*n > c.left)
			return FDT_E_VALUE;
		if (index-- == 0) {
			take_interrupt(&c, cells, *n);
			return parent;
		}
		skip(&c, *n);
	}
	return FDT_E_MISSING;
}

int fdt_interrupt(const struct fdt *f, int node, uint32_t index,
		  uint32_t cells[FDT_INTERRUPT_CELLS], uint32_t *n)
{
	struct cells c = cells_of(f, node, "interrupts-extended");
	int parent;
	int ret;

	if (c.p)
		return interrupt_extended(f, c, index, cells, n);
	c = cells_of(f, node, "interrupts");
	if (!c.p)
		return FDT_E_MISSING;
	parent = interrupt_parent(f, node);
	if (parent < 0)
		return parent;
	ret = interrupt_cells(f, parent, n);
	if (ret < 0)
		return ret;
	if (index >= c.left / *n)
		return FDT_E_MISSING;
	skip(&c, index * *n);
	take_interrupt(&c, cells, *n);
	return parent;
}

/* stdout-path is a path or alias, then perhaps a colon and options. */
static void chosen_stdout(const struct fdt *f, int node,
			  struct fdt_chosen *chosen)
{
	const char *path = fdt_prop_string(f, node, "stdout-path");
	const char *colon;

	if (!path)
		path = fdt_prop_string(f, node, "linux,stdout-path");
	if (!path)
		return;
	colon = strchr(path, ':');
	if (colon)
		chosen->stdout_options = colon + 1;
	chosen->stdout_node = fdt_node_by_path_n(f, path, colon ?
		(size_t)(colon - path) : strlen(path));
}

static int chosen_initrd(const struct fdt *f, int node,
			 struct fdt_chosen *chosen)
{
	uint64_t start = 0;
	uint64_t end = 0;
	int first = fdt_prop_number(f, node, "linux,initrd-start", &start);
	int last = fdt_prop_number(f, node, "linux,initrd-end", &end);

	if (first == FDT_E_MISSING && last == FDT_E_MISSING)
		return 0;
	if (first < 0 || last < 0 || end < start)
		return FDT_E_VALUE;
	chosen->initrd_start = start;
	chosen->initrd_end = end;
	return 0;
}

int fdt_chosen(const struct fdt *f, struct fdt_chosen *chosen)
{
	int node = fdt_node_by_path(f, "/chosen");
	const char *args;
	uint32_t len;
	int seed;
	int ret;

	*chosen = (struct fdt_chosen){
		.bootargs = "",
		.stdout_node = FDT_E_MISSING,
		.stdout_options = "",
	};
	if (node < 0)
		return 0;
	chosen->rng_seed = fdt_prop(f, node, "rng-seed",
				    &chosen->rng_seed_len);
	args = fdt_prop_string(f, node, "bootargs");
	if (args)
		chosen->bootargs = args;
	chosen_stdout(f, node, chosen);
	ret = chosen_initrd(f, node, chosen);
	seed = fdt_prop_number(f, node, "kaslr-seed", &chosen->kaslr_seed);
	if (ret == 0 && seed == FDT_E_VALUE)
		ret = FDT_E_VALUE;
	if (ret == 0 && !args && fdt_prop(f, node, "bootargs", &len) && len)
		ret = FDT_E_VALUE;
	return ret;
}

/* Is @node, a child of /cpus, a CPU and not a cpu-map or a cache? */
static bool is_cpu(const struct fdt *f, int node)
{
	const char *type = fdt_prop_string(f, node, "device_type");

	return type && !strcmp(type, "cpu");
}

int fdt_cpu(const struct fdt *f, int after, uint64_t *mpidr)
{
	int cpus = fdt_node_by_path(f, "/cpus");
	uint32_t na;
	struct cells c;
	int ret;

	if (cpus < 0)
		return FDT_E_MISSING;
	ret = fdt_cells_address(f, cpus, &na);
	if (ret < 0)
		return ret;
	if (na < 1 || na > CELLS_MAX)
		return FDT_E_CELLS;
	after = after < 0 ? fdt_node_child(f, cpus) :
			    fdt_node_sibling(f, after);
	while (after >= 0 && !is_cpu(f, after))
		after = fdt_node_sibling(f, after);
	if (after < 0)
		return FDT_E_MISSING;
	c = cells_of(f, after, "reg");
	if (c.left < na)
		return FDT_E_VALUE;
	*mpidr = take(&c, na);
	return after;
}
