// SPDX-License-Identifier: MIT
/*
 * loom/dev/fdt.c and fdt_meaning.c. Usage: test_fdt EDGE.dtb TREE.dtb...
 *
 * The first argument is fdt_edge.dts compiled, whose numbers are known here.
 * All trees are compared with what libfdt reads from them, and then damaged
 * in repeatable ways: whatever fdt_open() still accepts, every accessor must
 * survive under the sanitizers, and where libfdt accepts it too, both must
 * read the same.
 *
 * HOST_TEST_SEED and HOST_TEST_ROUNDS (damaged trees for each tree) vary it.
 */
#include "check.h"

#include <string.h>

#include <libfdt.h>

#include "dev/fdt.h"

#define TREES_MAX	16
#define ROUNDS		250

struct tree {
	const char *name;
	unsigned char *blob;
	size_t size;
};

static struct tree trees[TREES_MAX];
static int tree_count;
static struct fdt edge;

static void load(struct tree *t, const char *name)
{
	FILE *file = fopen(name, "rb");
	static unsigned char bytes[1 << 21];
	size_t n;

	if (!file) {
		perror(name);
		exit(1);
	}
	n = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	if (fdt_check_full(bytes, n) || fdt_pack(bytes)) {
		fprintf(stderr, "%s: not a devicetree\n", name);
		exit(1);
	}
	t->name = name;
	t->size = fdt_totalsize(bytes);
	t->blob = check_copy(bytes, t->size);
}

static int at(const char *path)
{
	int node = fdt_node_by_path(&edge, path);

	assert_true(node >= 0);
	return node;
}

/*
 * The edge tree.
 */

static void finds_nodes_by_path(void **state)
{
	uint32_t v = 9;

	(void)state;
	assert_int_equal(at("/"), edge.root);
	assert_int_equal(at("//bus//bridge/"), at("/bus/bridge"));
	assert_int_equal(at("serial0"), at("/bus/bridge/uart@300"));
	assert_int_equal(at("here/bridge/uart"), at("/bus/bridge/uart@300"));
	assert_int_equal(fdt_prop_u32(&edge, at("/twins"), "which", &v), 0);
	assert_int_equal(v, 1);
	assert_int_equal(fdt_prop_u32(&edge, at("/twins@2"), "which", &v), 0);
	assert_int_equal(v, 2);
	assert_int_equal(fdt_prop_u32(&edge, at("/twin"), "which", &v), 0);
	assert_int_equal(v, 0);
	assert_int_equal(fdt_node_by_path(&edge, "/twi"), FDT_E_MISSING);
	assert_int_equal(fdt_node_by_path(&edge, "/twins@"), FDT_E_MISSING);
	assert_int_equal(fdt_node_by_path(&edge, "/bus/x"), FDT_E_MISSING);
	assert_int_equal(fdt_node_by_path(&edge, "bus"), FDT_E_MISSING);
	assert_int_equal(fdt_node_by_path(&edge, "relative"), FDT_E_MISSING);
	assert_int_equal(fdt_node_by_path(&edge, ""), FDT_E_MISSING);
	assert_int_equal(fdt_node_by_path_n(&edge, "/bus/bridge", 4),
			 at("/bus"));
}

static void walks_nodes(void **state)
{
	int bus = at("/bus");

	(void)state;
	assert_int_equal(fdt_node_child(&edge, bus), at("/bus/bridge"));
	assert_int_equal(fdt_node_sibling(&edge, at("/bus/bridge")),
			 at("/bus/closed"));
	assert_int_equal(fdt_node_sibling(&edge, at("/bus/defaults")),
			 FDT_E_MISSING);
	assert_int_equal(fdt_node_child(&edge, at("/psci")), FDT_E_MISSING);
	assert_int_equal(fdt_node_sibling(&edge, edge.root), FDT_E_MISSING);
	assert_int_equal(fdt_node_parent(&edge, edge.root), FDT_E_MISSING);
	assert_int_equal(fdt_node_parent(&edge, at("serial0")),
			 at("/bus/bridge"));
	assert_int_equal(fdt_node_parent(&edge, bus + 4), FDT_E_MISSING);
	assert_int_equal(fdt_node_next(&edge, bus + 2), FDT_E_MISSING);
	assert_int_equal(fdt_node_next(&edge, 1 << 30), FDT_E_MISSING);
	assert_string_equal(fdt_node_name(&edge, at("serial0")), "uart@300");
	assert_string_equal(fdt_node_name(&edge, -1), "");
}

static void finds_nodes_by_content(void **state)
{
	int uart = at("serial0");

	(void)state;
	assert_int_equal(fdt_node_by_compatible(&edge, -1, "ns16550"), uart);
	assert_int_equal(fdt_node_by_compatible(&edge, uart, "ns16550"),
			 FDT_E_MISSING);
	assert_int_equal(fdt_node_by_compatible(&edge, -1, "ns1655"),
			 FDT_E_MISSING);
	assert_int_equal(fdt_node_by_type(&edge, -1, "memory"), at("/memory"));
	assert_int_equal(fdt_node_by_phandle(&edge, 2), at("/gpio"));
	assert_int_equal(fdt_node_by_phandle(&edge, 0), FDT_E_MISSING);
	assert_int_equal(fdt_node_by_phandle(&edge, UINT32_MAX),
			 FDT_E_MISSING);
	assert_int_equal(fdt_node_by_phandle(&edge, 77), FDT_E_MISSING);
}

static void knows_which_nodes_are_enabled(void **state)
{
	static const char enabled[] = "ab----g";
	char path[] = "/status/a";
	int i;

	(void)state;
	for (i = 0; i < 7; i++) {
		path[8] = (char)('a' + i);
		assert_int_equal(fdt_node_is_enabled(&edge, at(path)),
				 enabled[i] != '-');
	}
}

static void reads_values(void **state)
{
	int node = at("/values");
	uint64_t wide = 1;
	uint32_t v = 1;
	uint32_t len;

	(void)state;
	assert_int_equal(fdt_prop_u32(&edge, node, "one", &v), 0);
	assert_int_equal(v, 0x12345678);
	assert_int_equal(fdt_prop_u32(&edge, node, "two", &v), FDT_E_VALUE);
	assert_int_equal(fdt_prop_u32(&edge, node, "no", &v), FDT_E_MISSING);
	assert_int_equal(fdt_prop_u64(&edge, node, "two", &wide), 0);
	assert_true(wide == 0x123456789abcdef0);
	assert_int_equal(fdt_prop_u64(&edge, node, "one", &wide),
			 FDT_E_VALUE);
	assert_int_equal(fdt_prop_number(&edge, node, "one", &wide), 0);
	assert_true(wide == 0x12345678);
	assert_int_equal(fdt_prop_number(&edge, node, "two", &wide), 0);
	assert_true(wide == 0x123456789abcdef0);
	assert_int_equal(fdt_prop_number(&edge, node, "three", &wide),
			 FDT_E_VALUE);
	assert_int_equal(fdt_prop_number(&edge, node, "no", &wide),
			 FDT_E_MISSING);
	assert_int_equal(fdt_prop_cell(&edge, node, "three", 2, &v), 0);
	assert_int_equal(v, 3);
	assert_int_equal(fdt_prop_cell(&edge, node, "three", 3, &v),
			 FDT_E_MISSING);
	assert_int_equal(fdt_prop_cell(&edge, node, "odd", 0, &v),
			 FDT_E_VALUE);
	assert_non_null(fdt_prop(&edge, node, "empty", &len));
	assert_int_equal(len, 0);
	assert_null(fdt_prop(&edge, node, "no", &len));
	assert_null(fdt_prop(&edge, -1, "one", &len));
}

static void reads_strings(void **state)
{
	int node = at("/values");

	(void)state;
	assert_string_equal(fdt_prop_string(&edge, node, "strings"), "a");
	assert_string_equal(fdt_prop_string_at(&edge, node, "strings", 1), "");
	assert_string_equal(fdt_prop_string_at(&edge, node, "strings", 2),
			    "bc");
	assert_null(fdt_prop_string_at(&edge, node, "strings", 3));
	assert_null(fdt_prop_string(&edge, node, "unterminated"));
	assert_null(fdt_prop_string(&edge, node, "empty"));
	assert_null(fdt_prop_string(&edge, node, "no"));
	assert_true(fdt_prop_has_string(&edge, node, "strings", ""));
	assert_true(fdt_prop_has_string(&edge, node, "strings", "bc"));
	assert_false(fdt_prop_has_string(&edge, node, "strings", "b"));
	assert_false(fdt_prop_has_string(&edge, node, "unterminated", "ab"));
}

static void reg_is(const char *path, uint32_t index, int want, uint64_t addr,
		   uint64_t size)
{
	uint64_t a = 0;
	uint64_t s = 0;

	assert_int_equal(fdt_reg(&edge, at(path), index, &a, &s), want);
	if (want == 0) {
		assert_true(a == addr);
		assert_true(s == size);
	}
}

static void translates_addresses(void **state)
{
	(void)state;
	reg_is("/memory", 0, 0, 0x40000000, 0x8000000);
	reg_is("/memory", 1, 0, 0x100000000, 0xffffffff00000000);
	reg_is("/memory", 2, 0, 0xfffffffffffff000, 0x1000);
	reg_is("/memory", 3, FDT_E_VALUE, 0, 0);
	reg_is("/memory", 4, FDT_E_MISSING, 0, 0);
	reg_is("/memory", UINT32_MAX, FDT_E_MISSING, 0, 0);
	reg_is("serial0", 0, 0, 0x10001300, 0x100);
	reg_is("serial0", 1, 0, 0x410000000, 0x1000);
	reg_is("serial0", 2, FDT_E_RANGES, 0, 0);
	reg_is("serial0", 3, FDT_E_RANGES, 0, 0);
	reg_is("serial0", 4, FDT_E_RANGES, 0, 0);
	reg_is("/bus/closed/dev", 0, FDT_E_RANGES, 0, 0);
	reg_is("/bus/defaults/dev", 0, 0, 0x10005000, 0x10);
	reg_is("/reserved-memory/pool", 0, 0, 0x50000000, 0x100000);
	reg_is("/pci/dev", 0, FDT_E_CELLS, 0, 0);
	reg_is("/chosen", 0, FDT_E_MISSING, 0, 0);
	reg_is("/", 0, FDT_E_MISSING, 0, 0);
}

static void interrupt_is(const char *path, uint32_t index, int want,
			 uint32_t count, uint32_t second)
{
	uint32_t cells[FDT_INTERRUPT_CELLS] = { 0 };
	uint32_t n = 0;

	assert_int_equal(fdt_interrupt(&edge, at(path), index, cells, &n),
			 want);
	if (want >= 0) {
		assert_int_equal(n, count);
		assert_int_equal(cells[1], second);
	}
}

static void finds_interrupts(void **state)
{
	int gic = at("/controller");
	int gpio = at("/gpio");

	(void)state;
	interrupt_is("serial0", 0, gic, 3, 33);
	interrupt_is("serial0", 1, gic, 3, 34);
	interrupt_is("serial0", 2, FDT_E_MISSING, 0, 0);
	interrupt_is("/gpio", 0, gic, 3, 7);
	interrupt_is("/gpio-user", 1, gpio, 2, 4);
	interrupt_is("/gpio-user", 2, FDT_E_MISSING, 0, 0);
	interrupt_is("/extended", 0, gic, 3, 13);
	interrupt_is("/extended", 1, gpio, 2, 6);
	interrupt_is("/extended", 2, gic, 3, 14);
	interrupt_is("/extended", 3, FDT_E_MISSING, 0, 0);
	interrupt_is("/wide-user", 0, FDT_E_CELLS, 0, 0);
	interrupt_is("/loop-a", 0, FDT_E_PARENT, 0, 0);
	interrupt_is("/lost", 0, FDT_E_PARENT, 0, 0);
	interrupt_is("/psci", 0, FDT_E_MISSING, 0, 0);
}

static void reads_what_the_loader_says(void **state)
{
	struct fdt_chosen c;
	uint64_t addr, size, mpidr;
	int cpu;

	(void)state;
	assert_int_equal(fdt_chosen(&edge, &c), 0);
	assert_string_equal(c.bootargs, "quiet -- sh");
	assert_int_equal(c.stdout_node, at("serial0"));
	assert_string_equal(c.stdout_options, "115200n8");
	assert_true(c.initrd_start == 0x48000000);
	assert_true(c.initrd_end == 0x48123456);
	assert_int_equal(c.rng_seed_len, 10);
	assert_memory_equal(c.rng_seed, "\0\1\2\3\4\5\6\7\10\11", 10);
	assert_true(c.kaslr_seed == 0x100000002);

	assert_int_equal(fdt_reserved(&edge, 0, &addr, &size), 0);
	assert_true(addr == 0x1000 && size == 0x2000);
	assert_int_equal(fdt_reserved(&edge, 1, &addr, &size), 0);
	assert_true(addr == 0x123456789000 && size == 0x10);
	assert_int_equal(fdt_reserved(&edge, 2, &addr, &size), FDT_E_MISSING);

	cpu = fdt_cpu(&edge, -1, &mpidr);
	assert_int_equal(cpu, at("/cpus/cpu@0"));
	assert_true(mpidr == 0);
	cpu = fdt_cpu(&edge, cpu, &mpidr);
	assert_int_equal(cpu, at("/cpus/cpu@100000100"));
	assert_true(mpidr == 0x100000100);
	assert_false(fdt_node_is_enabled(&edge, cpu));
	assert_int_equal(fdt_cpu(&edge, cpu, &mpidr), FDT_E_MISSING);
}

/*
 * Small trees made here with libfdt, for what no source can say.
 */

static int open_changed(const struct tree *t, uint32_t offset, uint32_t value)
{
	unsigned char *copy = check_copy(t->blob, t->size);
	struct fdt f;
	int ret;

	copy[offset] = (unsigned char)(value >> 24);
	copy[offset + 1] = (unsigned char)(value >> 16);
	copy[offset + 2] = (unsigned char)(value >> 8);
	copy[offset + 3] = (unsigned char)value;
	ret = fdt_open(&f, copy, t->size);
	free(copy);
	return ret;
}

static void refuses_bad_headers(void **state)
{
	const struct tree *t = &trees[0];
	uint32_t size = (uint32_t)t->size;
	uint32_t structs = fdt_off_dt_struct(t->blob);
	struct fdt f;
	size_t n;

	(void)state;
	for (n = 0; n < t->size; n += n < 64 ? 1 : 61) {
		unsigned char *cut = check_copy(t->blob, n);

		assert_int_equal(fdt_open(&f, cut, n), FDT_E_SIZE);
		free(cut);
	}
	assert_int_equal(fdt_open(&f, NULL, 4096), FDT_E_ALIGN);
	assert_int_equal(fdt_open(&f, t->blob + 4, t->size - 4), FDT_E_ALIGN);
	assert_int_equal(open_changed(t, 0, 0xd00dfeee), FDT_E_MAGIC);
	assert_int_equal(open_changed(t, 4, 39), FDT_E_SIZE);
	assert_int_equal(open_changed(t, 4, size + 1), FDT_E_SIZE);
	assert_int_equal(open_changed(t, 4, UINT32_MAX), FDT_E_SIZE);
	assert_int_equal(open_changed(t, 8, 0), FDT_E_BLOCKS);
	assert_int_equal(open_changed(t, 8, structs + 2), FDT_E_BLOCKS);
	assert_int_equal(open_changed(t, 8, size + 4), FDT_E_BLOCKS);
	assert_int_equal(open_changed(t, 8, UINT32_MAX - 3), FDT_E_BLOCKS);
	assert_int_equal(open_changed(t, 12, size), FDT_E_BLOCKS);
	assert_int_equal(open_changed(t, 12, UINT32_MAX), FDT_E_BLOCKS);
	assert_int_equal(open_changed(t, 12, structs), FDT_E_OVERLAP);
	assert_int_equal(open_changed(t, 16, 0), FDT_E_BLOCKS);
	assert_int_equal(open_changed(t, 16, 44), FDT_E_BLOCKS);
	assert_int_equal(open_changed(t, 16, size & ~7u), FDT_E_RESERVED);
	assert_int_equal(open_changed(t, 16, UINT32_MAX - 7),
			 FDT_E_RESERVED);
	assert_int_equal(open_changed(t, 20, 15), FDT_E_VERSION);
	assert_int_equal(open_changed(t, 24, 18), FDT_E_VERSION);
	assert_int_equal(open_changed(t, 32, UINT32_MAX), FDT_E_BLOCKS);
	assert_int_equal(open_changed(t, 36, UINT32_MAX), FDT_E_BLOCKS);
	assert_int_equal(open_changed(t, 36, 8), FDT_E_TRUNCATED);
	assert_int_equal(open_changed(t, structs, 7), FDT_E_TOKEN);
	assert_int_equal(open_changed(t, structs, 9), FDT_E_NESTING);
	assert_int_equal(open_changed(t, structs, 2), FDT_E_NESTING);
	assert_int_equal(open_changed(t, structs, 4), FDT_E_TOKEN);
	assert_int_equal(open_changed(t, structs + 4, 0x61000000), FDT_E_NAME);
}

/* Version 16 has no size_dt_struct: the same tree, one field poorer. */
static void accepts_version_16(void **state)
{
	const struct tree *t = &trees[0];
	unsigned char *copy = check_copy(t->blob, t->size);
	struct fdt f;

	(void)state;
	fdt_set_version(copy, 16);
	fdt_set_last_comp_version(copy, 16);
	fdt_set_size_dt_struct(copy, UINT32_MAX);
	assert_int_equal(fdt_open(&f, copy, t->size), 0);
	assert_int_equal(fdt_node_by_path(&f, "/bus"),
			 fdt_node_by_path(&edge, "/bus"));
	free(copy);
}

/* Only a component without a unit address leaves it open. */
static void takes_unit_addresses_whole(void **state)
{
	uint64_t blob[64];
	struct fdt f;

	(void)state;
	assert_int_equal(fdt_create(blob, sizeof(blob)), 0);
	assert_int_equal(fdt_finish_reservemap(blob), 0);
	assert_int_equal(fdt_begin_node(blob, ""), 0);
	assert_int_equal(fdt_begin_node(blob, "a@1@2"), 0);
	assert_int_equal(fdt_end_node(blob), 0);
	assert_int_equal(fdt_end_node(blob), 0);
	assert_int_equal(fdt_finish(blob), 0);
	assert_int_equal(fdt_open(&f, blob, sizeof(blob)), 0);
	assert_int_equal(fdt_node_by_path(&f, "/a@1"), FDT_E_MISSING);
	assert_true(fdt_node_by_path(&f, "/a") >= 0);
	assert_int_equal(fdt_node_by_path(&f, "/a@1@2"),
			 fdt_node_by_path(&f, "/a"));
}

/* A tree of @depth nested nodes, the root included. */
static int open_nested(int depth)
{
	static uint64_t blob[1024];
	struct fdt f;
	int i;

	assert_int_equal(fdt_create(blob, sizeof(blob)), 0);
	assert_int_equal(fdt_finish_reservemap(blob), 0);
	for (i = 0; i < depth; i++)
		assert_int_equal(fdt_begin_node(blob, i ? "n" : ""), 0);
	for (i = 0; i < depth; i++)
		assert_int_equal(fdt_end_node(blob), 0);
	assert_int_equal(fdt_finish(blob), 0);
	return fdt_open(&f, blob, sizeof(blob));
}

static void bounds_the_depth(void **state)
{
	(void)state;
	assert_int_equal(open_nested(1), 0);
	assert_int_equal(open_nested(FDT_DEPTH_MAX), 0);
	assert_int_equal(open_nested(FDT_DEPTH_MAX + 1), FDT_E_DEPTH);
	assert_int_equal(open_nested(200), FDT_E_DEPTH);
}

/*
 * Open a blob made of a header, @n words as its struct block, and a string
 * block of one NUL; the reservations are at @reserved.
 */
static int open_blob(const uint32_t *words, size_t n, uint32_t reserved)
{
	static uint64_t aligned[64];
	unsigned char *blob = (unsigned char *)aligned;
	uint32_t header[14] = { 0xd00dfeed, 0, 56, 0, 0, 17, 16, 0, 1, 0 };
	struct fdt f;
	size_t i;

	memset(aligned, 0, sizeof(aligned));
	header[1] = (uint32_t)(56 + 4 * n + 1);
	header[3] = (uint32_t)(56 + 4 * n);
	header[4] = reserved;
	header[9] = (uint32_t)(4 * n);
	for (i = 0; i < 14; i++)
		fdt32_st(blob + 4 * i, header[i]);
	for (i = 0; i < n; i++)
		fdt32_st(blob + 56 + 4 * i, words[i]);
	return fdt_open(&f, blob, header[1]);
}

static int open_words(const uint32_t *words, size_t n)
{
	return open_blob(words, n, 40);
}

static void refuses_bad_structure(void **state)
{
	static const struct {
		uint32_t words[12];
		size_t n;
		int want;
	} cases[] = {
		{ { 1, 0, 2, 9 }, 4, 0 },
		{ { 4, 1, 0, 4, 2, 4, 9, 77 }, 8, 0 },
		{ { 9 }, 1, FDT_E_NESTING },
		{ { 1, 0, 9 }, 3, FDT_E_NESTING },
		{ { 1, 0, 2 }, 3, FDT_E_TRUNCATED },
		{ { 1, 0, 2, 2, 9 }, 5, FDT_E_NESTING },
		{ { 1, 0, 2, 1, 0, 2, 9 }, 7, FDT_E_NESTING },
		{ { 3, 0, 0, 1, 0, 2, 9 }, 7, FDT_E_NESTING },
		{ { 1, 0, 2, 3, 0, 0, 9 }, 7, FDT_E_NESTING },
		{ { 1, 0, 1, 0x61 << 24, 2, 3, 0, 0, 2, 9 }, 10,
		  FDT_E_NESTING },
		{ { 1, 0, 1, 0, 2, 2, 9 }, 7, FDT_E_NAME },
		{ { 1, 0, 1, 0x61616161 }, 4, FDT_E_NAME },
		{ { 1, 0, 3, 0, 0, 2, 9 }, 7, 0 },
		{ { 1, 0, 3, 0, 1, 2, 9 }, 7, FDT_E_NAME },
		{ { 1, 0, 3, 9, 0, 2, 9 }, 7, FDT_E_PROPERTY },
		{ { 1, 0, 3, 8, 0, 2, 9 }, 7, FDT_E_TRUNCATED },
		{ { 1, 0, 3, UINT32_MAX, 0, 2, 9 }, 7, FDT_E_PROPERTY },
		{ { 1, 0, 3, 0 }, 4, FDT_E_TRUNCATED },
		{ { 1, 0, 5, 2, 9 }, 5, FDT_E_TOKEN },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int ret = open_words(cases[i].words, cases[i].n);

		if (ret != cases[i].want)
			print_message("# case %zu: %s\n", i, fdt_error(ret));
		assert_int_equal(ret, cases[i].want);
	}
}

/* Blocks that are fine one by one but share bytes. */
static void refuses_overlaps(void **state)
{
	/* a property of 20 zero bytes, which start at byte 76 of the blob */
	static const uint32_t words[] = { 1, 0, 3, 20, 0, 0, 0, 0, 0, 0, 2,
		9, 0, 0, 0, 0 };
	const struct tree *t = &trees[0];

	(void)state;
	assert_int_equal(open_blob(words, 16, 40), 0);
	assert_int_equal(open_blob(words, 16, 80), FDT_E_OVERLAP);
	assert_int_equal(open_blob(words, 16, 104), 0);
	/* strings inside the tree, which ends in NULs often enough */
	assert_int_equal(open_changed(t, 12, fdt_off_dt_struct(t->blob)),
			 FDT_E_OVERLAP);
}

static void explains_every_result(void **state)
{
	int i, j;

	(void)state;
	for (i = FDT_OK; i >= FDT_E_PARENT; i--) {
		assert_true(strlen(fdt_error(i)) > 5);
		for (j = FDT_OK; j > i; j--)
			assert_string_not_equal(fdt_error(i), fdt_error(j));
	}
	assert_string_equal(fdt_error(FDT_E_PARENT - 1), "unknown error");
	assert_string_equal(fdt_error(1), "unknown error");
	assert_string_equal(fdt_error(INT32_MIN), "unknown error");
}

/*
 * All accessors on everything, for the sanitizers.
 */

static uint64_t sink;		/* what was read is used */

static void touch(const void *p, size_t n)
{
	size_t i;

	for (i = 0; p && i < n; i++)
		sink += ((const unsigned char *)p)[i];
}

static void touch_string(const char *s)
{
	if (s)
		sink += strlen(s);
}

static void exercise_node(const struct fdt *f, int node)
{
	static const char *const names[] = { "reg", "compatible", "status",
		"interrupts", "ranges", "phandle", "method" };
	uint32_t cells[FDT_INTERRUPT_CELLS];
	uint64_t a, b;
	uint32_t i, len, n;
	const void *p;

	touch_string(fdt_node_name(f, node));
	sink += (uint64_t)fdt_node_is_enabled(f, node);
	sink += (uint64_t)fdt_node_is_compatible(f, node, "arm,pl011");
	sink += (uint64_t)fdt_node_parent(f, node);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		p = fdt_prop(f, node, names[i], &len);
		touch(p, len);
		touch_string(fdt_prop_string(f, node, names[i]));
		fdt_prop_number(f, node, names[i], &a);
		fdt_prop_cell(f, node, names[i], 2, &n);
	}
	for (i = 0; i < 40 && fdt_reg(f, node, i, &a, &b) == 0; i++)
		sink += a + b;
	for (i = 0; i < 40 && fdt_interrupt(f, node, i, cells, &n) >= 0; i++)
		touch(cells, n * sizeof(cells[0]));
}

static void exercise(const struct fdt *f)
{
	struct fdt_chosen c;
	uint64_t a, b;
	uint32_t i;
	int node, steps = 0;

	for (node = fdt_node_next(f, -1); node >= 0;
	     node = fdt_node_next(f, node)) {
		exercise_node(f, node);
		assert_true(++steps < 100000);
	}
	for (i = 0; fdt_reserved(f, i, &a, &b) == 0; i++)
		sink += a + b;
	fdt_chosen(f, &c);
	touch_string(c.bootargs);
	touch_string(c.stdout_options);
	touch(c.rng_seed, c.rng_seed_len);
	for (node = fdt_cpu(f, -1, &a); node >= 0; node = fdt_cpu(f, node, &a))
		assert_true(++steps < 200000);
	sink += (uint64_t)fdt_node_by_path(f, "/cpus/cpu@0/x");
	sink += (uint64_t)fdt_node_by_compatible(f, -1, "arm,psci-1.0");
	sink += (uint64_t)fdt_node_by_type(f, -1, "memory");
	sink += (uint64_t)fdt_node_by_phandle(f, 0x8001);
}

/*
 * The same questions to both readers.
 */

static void compare_properties(const struct fdt *f, const void *blob, int node)
{
	int prop;

	fdt_for_each_property_offset(prop, blob, node) {
		const char *name;
		int theirs_len = -1;
		uint32_t len;
		const void *theirs;

		assert_non_null(fdt_getprop_by_offset(blob, prop, &name,
						      NULL));
		theirs = fdt_getprop(blob, node, name, &theirs_len);
		assert_ptr_equal(fdt_prop(f, node, name, &len), theirs);
		assert_int_equal(len, theirs_len);
		if (len && ((const char *)theirs)[len - 1] == '\0') {
			int i, count = fdt_stringlist_count(blob, node, name);

			for (i = 0; i <= count && i < 8; i++)
				assert_ptr_equal(
				    fdt_prop_string_at(f, node, name,
						       (uint32_t)i),
				    fdt_stringlist_get(blob, node, name, i,
						       NULL));
		}
	}
	assert_true(prop == -FDT_ERR_NOTFOUND);
}

static void compare_node(const struct fdt *f, const void *blob, int node)
{
	char path[512];
	uint32_t phandle = fdt_get_phandle(blob, node);
	int parent = fdt_parent_offset(blob, node);
	int theirs;

	assert_string_equal(fdt_node_name(f, node),
			    fdt_get_name(blob, node, NULL));
	assert_int_equal(fdt_node_parent(f, node), parent < 0 ? -1 : parent);
	theirs = fdt_first_subnode(blob, node);
	assert_int_equal(fdt_node_child(f, node), theirs < 0 ? -1 : theirs);
	theirs = fdt_next_subnode(blob, node);
	if (node != f->root)
		assert_int_equal(fdt_node_sibling(f, node),
				 theirs < 0 ? -1 : theirs);
	if (phandle && phandle != UINT32_MAX)
		assert_int_equal(fdt_node_by_phandle(f, phandle),
				 fdt_node_offset_by_phandle(blob, phandle));
	if (fdt_get_path(blob, node, path, sizeof(path)) == 0) {
		theirs = fdt_path_offset(blob, path);
		assert_int_equal(fdt_node_by_path(f, path),
				 theirs < 0 ? -1 : theirs);
	}
	compare_properties(f, blob, node);
}

static void compare_all(const struct fdt *f, const void *blob)
{
	int node = -1;
	int theirs = -1;
	int rsv, count = fdt_num_mem_rsv(blob);
	uint64_t a, s, ta, ts;

	if (f->root != 0)
		return;		/* libfdt's path functions take 0 for granted */
	do {
		node = fdt_node_next(f, node);
		theirs = fdt_next_node(blob, theirs, NULL);
		assert_int_equal(node, theirs < 0 ? -1 : theirs);
		if (node >= 0)
			compare_node(f, blob, node);
	} while (node >= 0);
	for (rsv = 0; rsv < count; rsv++) {
		/* libfdt ends the list at the first size of 0 */
		assert_int_equal(fdt_get_mem_rsv(blob, rsv, &ta, &ts), 0);
		assert_int_equal(fdt_reserved(f, (uint32_t)rsv, &a, &s), 0);
		assert_true(a == ta && s == ts);
	}
	theirs = fdt_node_offset_by_compatible(blob, -1, "arm,cortex-a15-gic");
	assert_int_equal(fdt_node_by_compatible(f, -1, "arm,cortex-a15-gic"),
			 theirs < 0 ? -1 : theirs);
}

/* With all places noted that there is room for, with a few, and without. */
static void compare(const struct fdt *f, const void *blob)
{
	struct fdt less = *f;

	compare_all(f, blob);
	less.nplaces = f->nplaces / 3;
	compare_all(&less, blob);
	less.nplaces = 0;
	compare_all(&less, blob);
}

static void reads_whole_trees_like_libfdt(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < tree_count; i++) {
		struct fdt f;

		assert_int_equal(fdt_open(&f, trees[i].blob, trees[i].size), 0);
		compare(&f, trees[i].blob);
		exercise(&f);
	}
}

/* What loom needs from the machine it runs on, in every dumped tree. */
static void finds_what_loom_needs(void **state)
{
	int i;

	(void)state;
	for (i = 1; i < tree_count; i++) {
		uint32_t cells[FDT_INTERRUPT_CELLS], n;
		struct fdt_chosen c;
		uint64_t a, s;
		struct fdt f;
		int gic, node;

		assert_int_equal(fdt_open(&f, trees[i].blob, trees[i].size), 0);
		assert_int_equal(fdt_chosen(&f, &c), 0);
		assert_string_equal(c.bootargs, "console=ttyAMA0 a=1");
		assert_true(c.initrd_end > c.initrd_start);
		gic = fdt_node_by_compatible(&f, -1, "arm,gic-v3");
		if (gic < 0)
			gic = fdt_node_by_compatible(&f, -1,
						     "arm,cortex-a15-gic");
		assert_int_equal(fdt_reg(&f, gic, 0, &a, &s), 0);
		assert_true(a == 0x8000000);
		assert_int_equal(fdt_reg(&f, gic, 1, &a, &s), 0);
		assert_true(fdt_node_is_compatible(&f, c.stdout_node,
						   "arm,pl011"));
		assert_int_equal(fdt_reg(&f, c.stdout_node, 0, &a, &s), 0);
		assert_true(a == 0x9000000 && s == 0x1000);
		assert_int_equal(fdt_interrupt(&f, c.stdout_node, 0, cells,
					       &n), gic);
		assert_int_equal(n, 3);
		assert_int_equal(cells[1], 1);
		node = fdt_node_by_compatible(&f, -1, "arm,armv8-timer");
		assert_int_equal(fdt_interrupt(&f, node, 1, cells, &n), gic);
		assert_int_equal(cells[1], 14);
		node = fdt_node_by_type(&f, -1, "memory");
		while (node >= 0 && !fdt_node_is_enabled(&f, node))
			node = fdt_node_by_type(&f, node, "memory");
		assert_int_equal(fdt_reg(&f, node, 0, &a, &s), 0);
		assert_true(a >= 0x40000000 || !fdt_node_is_enabled(&f, node));
		assert_true(fdt_cpu(&f, -1, &a) >= 0);
		assert_true(fdt_node_by_compatible(&f, -1, "arm,psci-0.2") >=
			    0);
	}
}

/*
 * Damage.
 */

static uint32_t interesting(uint64_t *rng, size_t size)
{
	static const uint32_t values[] = { 0, 1, 2, 3, 4, 5, 8, 9, 12, 16,
		0x7fffffff, 0x80000000, 0xfffffffc, 0xfffffffe, 0xffffffff };
	size_t n = sizeof(values) / sizeof(values[0]);
	size_t i = check_below(rng, n + 2);

	if (i < n)
		return values[i];
	return (uint32_t)(i == n ? check_below(rng, size + 64) :
				   check_random(rng) >> 32);
}

static void damage(unsigned char *blob, size_t size, uint64_t *rng)
{
	size_t changes = 1 + check_below(rng, 4);

	while (changes--) {
		size_t where = check_below(rng, size);

		switch (check_below(rng, 5)) {
		case 0:
			blob[where] ^= (unsigned char)(1u <<
						       check_below(rng, 8));
			break;
		case 1:
			blob[where] = (unsigned char)check_random(rng);
			break;
		case 2:	/* a word of the tree */
			where = where / 4 * 4;
			if (where + 4 <= size)
				fdt32_st(blob + where,
					 interesting(rng, size));
			break;
		case 3:	/* a word near its old value */
			where = where / 4 * 4;
			if (where + 4 <= size)
				fdt32_st(blob + where,
					 fdt32_ld((fdt32_t *)(blob + where)) +
					 (uint32_t)check_below(rng, 17) - 8);
			break;
		default: /* a word of the header, behind the magic number */
			fdt32_st(blob + 4 + 4 * check_below(rng, 9),
				 interesting(rng, size));
			break;
		}
	}
}

/* Bit 0: fdt_open() accepts it, bit 1: so does libfdt. */
static int try_damaged(const struct tree *t, uint64_t *rng)
{
	size_t size = t->size;
	unsigned char *blob;
	struct fdt f;
	int accepted = 0;

	if (check_below(rng, 8) == 0)
		size = check_below(rng, size + 1);
	blob = check_copy(t->blob, size);
	if (size >= 40)
		damage(blob, size, rng);
	if (fdt_open(&f, blob, size) == 0) {
		accepted |= 1;
		exercise(&f);
	}
	/* only then: libfdt 1.6 crashes on some of the others */
	if (accepted && fdt_check_full(blob, size) == 0) {
		accepted |= 2;
		compare(&f, blob);
	}
	free(blob);
	return accepted;
}

static void survives_damaged_trees(void **state)
{
	const char *text = getenv("HOST_TEST_ROUNDS");
	int rounds = text ? atoi(text) : ROUNDS;
	uint64_t seed = check_seed(1);
	int counts[4] = { 0 };
	int i, round;

	(void)state;
	for (i = 0; i < tree_count; i++) {
		for (round = 0; round < rounds; round++) {
			uint64_t rng = (seed << 32 | (uint64_t)i << 24 |
					(uint64_t)round) * 2 + 1;

			check_random(&rng);
			counts[try_damaged(&trees[i], &rng)]++;
		}
	}
	print_message("# seed %llu: refused %d, accepted %d and by libfdt "
		      "too %d\n", (unsigned long long)seed, counts[0],
		      counts[1], counts[3]);
	assert_true(counts[0] > 0 && counts[3] > 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_nodes_by_path),
		cmocka_unit_test(walks_nodes),
		cmocka_unit_test(finds_nodes_by_content),
		cmocka_unit_test(knows_which_nodes_are_enabled),
		cmocka_unit_test(reads_values),
		cmocka_unit_test(reads_strings),
		cmocka_unit_test(translates_addresses),
		cmocka_unit_test(finds_interrupts),
		cmocka_unit_test(reads_what_the_loader_says),
		cmocka_unit_test(refuses_bad_headers),
		cmocka_unit_test(accepts_version_16),
		cmocka_unit_test(takes_unit_addresses_whole),
		cmocka_unit_test(bounds_the_depth),
		cmocka_unit_test(refuses_bad_structure),
		cmocka_unit_test(refuses_overlaps),
		cmocka_unit_test(explains_every_result),
		cmocka_unit_test(reads_whole_trees_like_libfdt),
		cmocka_unit_test(finds_what_loom_needs),
		cmocka_unit_test(survives_damaged_trees),
	};
	int i, ret;

	if (argc < 3 || argc - 1 > TREES_MAX) {
		fprintf(stderr, "usage: test_fdt EDGE.dtb TREE.dtb...\n");
		return 2;
	}
	for (i = 1; i < argc; i++)
		load(&trees[tree_count++], argv[i]);
	if (fdt_open(&edge, trees[0].blob, trees[0].size) < 0)
		return 1;
	ret = cmocka_run_group_tests_name("fdt", tests, NULL, NULL);
	for (i = 0; i < tree_count; i++)
		free(trees[i].blob);
	return ret;
}
