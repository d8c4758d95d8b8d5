// SPDX-License-Identifier: MIT
/*
 * The devicetree reader: checking the blob, walking its nodes, finding
 * properties. What properties mean (addresses, interrupts, /chosen) is in
 * fdt_meaning.c.
 *
 * fdt_open() looks at every token, bounded by word() and text(). What it has
 * accepted is then read without: step() takes a token as it stands, so that a
 * search costs a few instructions a property. And it notes how the first nodes
 * lie to each other, so that most walks over a tree read no tokens at all.
 */
#include "dev/fdt.h"

#include "lib/string.h"

#define MAGIC		0xd00dfeed
#define HEADER_V16	36	/* without size_dt_struct */
#define HEADER_V17	40
#define VERSION_MIN	16	/* the oldest that may be read */
#define VERSION_KNOWN	17	/* the newest that this file knows */

#define BEGIN_NODE	1
#define END_NODE	2
#define PROP		3
#define NOP		4
#define END		9

/* One token and what belongs to it; offsets count from the struct block. */
struct token {
	uint32_t tag;
	uint32_t next;		/* offset of the token behind it */
	const char *name;	/* node or property */
	const void *value;	/* property */
	uint32_t len;
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static uint64_t be64(const uint8_t *p)
{
	return (uint64_t)be32(p) << 32 | be32(p + 4);
}

/* Does [offset, offset + len) lie inside [0, size)? */
static bool inside(uint64_t offset, uint64_t len, uint64_t size)
{
	return offset <= size && len <= size - offset;
}

/* A NUL-terminated string at @offset of a block, or NULL. */
static const char *text(const struct fdt *f, uint32_t block, uint32_t size,
			uint32_t offset)
{
	const uint8_t *start = f->blob + block;

	if (offset >= size || !memchr(start + offset, 0, size - offset))
		return NULL;
	return (const char *)(start + offset);
}

static bool word(const struct fdt *f, uint32_t offset, uint32_t *value)
{
	if (!inside(offset, 4, f->structs_size))
		return false;
	*value = be32(f->blob + f->structs + offset);
	return true;
}

static uint32_t align4(uint32_t offset)
{
	return (offset + 3) & ~UINT32_C(3);
}

static int read_begin(const struct fdt *f, uint32_t at, struct token *t)
{
	t->name = text(f, f->structs, f->structs_size, at);
	if (!t->name)
		return FDT_E_NAME;
	t->next = align4(at + (uint32_t)strlen(t->name) + 1);
	return 0;
}

static int read_prop(const struct fdt *f, uint32_t at, struct token *t)
{
	uint32_t name;

	if (!word(f, at, &t->len) || !word(f, at + 4, &name))
		return FDT_E_TRUNCATED;
	if (!inside(at + 8, t->len, f->structs_size))
		return FDT_E_PROPERTY;
	t->value = f->blob + f->structs + at + 8;
	t->next = align4(at + 8 + t->len);
	t->name = text(f, f->strings, f->strings_size, name);
	return t->name ? 0 : FDT_E_NAME;
}

/* Read the token at @at. Sizes are below 2^31, so no sum here wraps. */
static int read_token(const struct fdt *f, uint32_t at, struct token *t)
{
	*t = (struct token){ .next = at + 4 };
	if (!word(f, at, &t->tag))
		return FDT_E_TRUNCATED;
	switch (t->tag) {
	case BEGIN_NODE:
		return read_begin(f, at + 4, t);
	case PROP:
		return read_prop(f, at + 4, t);
	case END_NODE:
	case NOP:
	case END:
		return 0;
	default:
		return FDT_E_TOKEN;
	}
}

/* The word at @at of the struct block, which is aligned. */
static inline uint32_t cell(const struct fdt *f, uint32_t at)
{
	return be32(__builtin_assume_aligned(f->blob + f->structs + at, 4));
}

/* The offset behind the name at @at, four characters at once. */
static inline uint32_t skip_name(const struct fdt *f, uint32_t at)
{
	uint32_t c;

	/* A word that holds a NUL borrows at it (in either order of bytes). */
	do {
		c = cell(f, at);
		at += 4;
	} while (!((c - 0x01010101) & ~c & 0x80808080));
	return at;
}

/* As read_token, in a tree that was checked. */
static inline void step(const struct fdt *f, uint32_t at, struct token *t)
{
	const char *start = (const char *)f->blob;

	t->tag = cell(f, at);
	t->next = at + 4;
	if (t->tag == PROP) {
		t->len = cell(f, at + 4);
		t->name = start + f->strings + cell(f, at + 8);
		t->value = start + f->structs + at + 12;
		t->next = align4(at + 12 + t->len);
	} else if (t->tag == BEGIN_NODE) {
		t->name = start + f->structs + at + 4;
		t->next = skip_name(f, at + 4);
	}
}

/*
 * Checking.
 */

static int check_header(struct fdt *f, size_t max)
{
	uint32_t version;
	uint32_t header;

	if (max < HEADER_V17)
		return FDT_E_SIZE;
	if (be32(f->blob) != MAGIC)
		return FDT_E_MAGIC;
	version = be32(f->blob + 20);
	if (version < VERSION_MIN || be32(f->blob + 24) > VERSION_KNOWN ||
	    be32(f->blob + 24) > version)
		return FDT_E_VERSION;
	header = version < 17 ? HEADER_V16 : HEADER_V17;
	f->size = be32(f->blob + 4);
	if (f->size < header || f->size > max || f->size > INT32_MAX)
		return FDT_E_SIZE;

	f->structs = be32(f->blob + 8);
	f->strings = be32(f->blob + 12);
	f->reserved = be32(f->blob + 16);
	f->strings_size = be32(f->blob + 32);
	if (f->structs < header || f->strings < header ||
	    f->reserved < header || f->structs > f->size ||
	    !inside(f->strings, f->strings_size, f->size))
		return FDT_E_BLOCKS;
	if (f->structs % 4 || f->reserved % 8)
		return FDT_E_BLOCKS;
	f->structs_size = version < 17 ? f->size - f->structs :
					 be32(f->blob + 36);
	if (!inside(f->structs, f->structs_size, f->size))
		return FDT_E_BLOCKS;
	return 0;
}

/* The size of the reservation block, its (0, 0) entry included. */
static int check_reserved(const struct fdt *f, uint32_t *size)
{
	uint32_t at = f->reserved;

	for (; inside(at, 16, f->size); at += 16) {
		if (be64(f->blob + at) || be64(f->blob + at + 8))
			continue;
		*size = at + 16 - f->reserved;
		return 0;
	}
	return FDT_E_RESERVED;
}

/* State of the one walk over all tokens that fdt_open() makes. */
struct walk {
	int depth;
	bool rooted;		/* the root was opened */
	bool had_child[FDT_DEPTH_MAX];
	int open[FDT_DEPTH_MAX];	/* the node at each depth */
	/* Where its last child is noted, and 1; 0: nowhere, or it has none. */
	uint32_t child[FDT_DEPTH_MAX];
};

/* @node begins, at w->depth. */
static void note_place(struct fdt *f, struct walk *w, int node)
{
	uint32_t none = 0;
	uint32_t *before = w->depth ? &w->child[w->depth - 1] : &none;

	if (*before)
		f->place[*before - 1].sibling = node;
	*before = 0;
	if (f->nplaces < FDT_PLACES) {
		f->place[f->nplaces++] = (struct fdt_place){
			.node = node,
			.parent = w->depth ? w->open[w->depth - 1] :
					     FDT_E_MISSING,
			.sibling = FDT_E_MISSING,
		};
		*before = f->nplaces;
	}
	w->open[w->depth] = node;
	w->child[w->depth] = 0;
}

static int check_begin(struct fdt *f, struct walk *w, uint32_t at,
		       const struct token *t)
{
	if (w->depth == 0) {
		if (w->rooted)
			return FDT_E_NESTING;
		if (t->name[0])
			return FDT_E_NAME;
		w->rooted = true;
		f->root = (int)at;
	} else {
		if (!t->name[0])
			return FDT_E_NAME;
		w->had_child[w->depth - 1] = true;
	}
	if (w->depth == FDT_DEPTH_MAX)
		return FDT_E_DEPTH;
	note_place(f, w, (int)at);
	w->had_child[w->depth++] = false;
	return 0;
}

/* One token of the walk; 1 at the end of the tree. */
static int check_token(struct fdt *f, struct walk *w, uint32_t at,
		       const struct token *t)
{
	switch (t->tag) {
	case BEGIN_NODE:
		return check_begin(f, w, at, t);
	case END_NODE:
		if (w->depth == 0)
			return FDT_E_NESTING;
		w->depth--;
		return 0;
	case PROP:
		if (w->depth == 0 || w->had_child[w->depth - 1])
			return FDT_E_NESTING;
		return 0;
	case END:
		if (w->depth || !w->rooted)
			return FDT_E_NESTING;
		return 1;
	default:
		return 0;
	}
}

/* Walk the whole tree; *@used is where it ends in the struct block. */
static int check_tree(struct fdt *f, uint32_t *used)
{
	struct walk w = { .depth = 0 };
	struct token t;
	uint32_t at = 0;
	int ret;

	do {
		ret = read_token(f, at, &t);
		if (ret < 0)
			return ret;
		ret = check_token(f, &w, at, &t);
		at = t.next;
	} while (ret == 0);
	*used = at;
	return ret < 0 ? ret : 0;
}

static bool disjoint(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return a_size == 0 || b_size == 0 || a + a_size <= b ||
	       b + b_size <= a;
}

int fdt_open(struct fdt *f, const void *blob, size_t max)
{
	uint32_t reserved_size = 0;
	uint32_t used = 0;
	int ret;

	*f = (struct fdt){ .blob = blob };
	if (!blob || (uintptr_t)blob % 8)
		return FDT_E_ALIGN;
	ret = check_header(f, max);
	if (ret < 0)
		return ret;
	ret = check_reserved(f, &reserved_size);
	if (ret < 0)
		return ret;
	ret = check_tree(f, &used);
	if (ret < 0)
		return ret;
	f->structs_size = used;
	if (!disjoint(f->structs, used, f->strings, f->strings_size) ||
	    !disjoint(f->structs, used, f->reserved, reserved_size) ||
	    !disjoint(f->strings, f->strings_size, f->reserved, reserved_size))
		return FDT_E_OVERLAP;
	return 0;
}

const char *fdt_error(int result)
{
	static const char *const words[] = {
		[-FDT_OK] = "no error",
		[-FDT_E_MISSING] = "no such node, property or entry",
		[-FDT_E_ALIGN] = "the blob is not 8-byte aligned",
		[-FDT_E_SIZE] = "the total size is wrong",
		[-FDT_E_MAGIC] = "the magic number is wrong",
		[-FDT_E_VERSION] = "the version cannot be read",
		[-FDT_E_BLOCKS] = "a block lies outside the blob",
		[-FDT_E_OVERLAP] = "two blocks overlap",
		[-FDT_E_RESERVED] = "the memory reservations do not end",
		[-FDT_E_TOKEN] = "unknown token",
		[-FDT_E_TRUNCATED] = "the tree ends too early",
		[-FDT_E_NESTING] = "nodes and properties do not nest",
		[-FDT_E_DEPTH] = "nodes nest too deeply",
		[-FDT_E_NAME] = "a name is empty, unexpected or not terminated",
		[-FDT_E_PROPERTY] = "a property reaches past the end",
		[-FDT_E_VALUE] = "a property has the wrong length",
		[-FDT_E_CELLS] = "a number of cells is unsupported",
		[-FDT_E_RANGES] = "an address is not reachable from the root",
		[-FDT_E_PARENT] = "no interrupt parent",
	};
	size_t i = 0 - (size_t)result;

	if (i >= sizeof(words) / sizeof(words[0]))
		return "unknown error";
	return words[i];
}

/*
 * Nodes.
 */

/* The token of @node, if there is one at that position. */
static bool node_token(const struct fdt *f, int node, struct token *t)
{
	if (node < 0 || node % 4 || (uint32_t)node >= f->structs_size)
		return false;
	step(f, (uint32_t)node, t);
	return t->tag == BEGIN_NODE;
}

/*
 * The next BEGIN_NODE or END_NODE at *@at or behind it; moves *@at to it and
 * fills *@t. False at the end of the tree.
 */
static bool next_edge(const struct fdt *f, uint32_t *at, struct token *t)
{
	uint32_t tag;

	while ((tag = cell(f, *at)) == PROP || tag == NOP)
		*at += tag == NOP ? 4 : align4(12 + cell(f, *at + 4));
	step(f, *at, t);
	return tag != END;
}

/* Where @node's neighbours are noted; NULL: they are not. */
static const struct fdt_place *find_place(const struct fdt *f, int node)
{
	uint32_t low = 0, high = f->nplaces;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (f->place[mid].node < node)
			low = mid + 1;
		else
			high = mid;
	}
	return low < f->nplaces && f->place[low].node == node ?
	       &f->place[low] : NULL;
}

/* The property at *@at or behind NOPs there; false: there is none. */
static inline bool next_prop(const struct fdt *f, uint32_t *at,
			     struct token *t)
{
	while (cell(f, *at) == NOP)
		*at += 4;
	step(f, *at, t);
	return t->tag == PROP;
}

int fdt_node_next(const struct fdt *f, int node)
{
	const struct fdt_place *place;
	struct token t;
	uint32_t at;

	if (node < 0)
		return f->root;
	place = find_place(f, node);
	if (place && place + 1 < f->place + f->nplaces)
		return place[1].node;
	if (!node_token(f, node, &t))
		return FDT_E_MISSING;
	for (at = t.next; next_edge(f, &at, &t); at = t.next) {
		if (t.tag == BEGIN_NODE)
			return (int)at;
	}
	return FDT_E_MISSING;
}

int fdt_node_child(const struct fdt *f, int node)
{
	struct token t;
	uint32_t at;

	if (!node_token(f, node, &t))
		return FDT_E_MISSING;
	at = t.next;
	if (!next_edge(f, &at, &t) || t.tag != BEGIN_NODE)
		return FDT_E_MISSING;
	return (int)at;
}

int fdt_node_sibling(const struct fdt *f, int node)
{
	const struct fdt_place *place = find_place(f, node);
	struct token t;
	uint32_t at;
	int depth = 1;

	if (place)
		return place->sibling;
	if (!node_token(f, node, &t))
		return FDT_E_MISSING;
	for (at = t.next; next_edge(f, &at, &t); at = t.next) {
		if (t.tag == BEGIN_NODE && depth == 0)
			return (int)at;
		depth += t.tag == BEGIN_NODE ? 1 : -1;
		if (depth < 0)
			break;
	}
	return FDT_E_MISSING;
}

int fdt_node_parent(const struct fdt *f, int node)
{
	const struct fdt_place *place = find_place(f, node);
	int open[FDT_DEPTH_MAX];
	struct token t;
	uint32_t at = 0;
	int depth = 0;

	if (place)
		return place->parent;
	for (; next_edge(f, &at, &t); at = t.next) {
		if (t.tag == END_NODE) {
			depth--;
			continue;
		}
		if ((int)at == node)
			return depth ? open[depth - 1] : FDT_E_MISSING;
		if (depth == FDT_DEPTH_MAX)
			break;
		open[depth++] = (int)at;
	}
	return FDT_E_MISSING;
}

const char *fdt_node_name(const struct fdt *f, int node)
{
	struct token t;

	return node_token(f, node, &t) ? t.name : "";
}

/* Is @name, of a node, what the path component @part of @len bytes means? */
static bool name_matches(const char *name, const char *part, size_t len)
{
	if (strncmp(name, part, len))
		return false;
	if (!name[len])
		return true;
	return name[len] == '@' && !memchr(part, '@', len);
}

static int child_named(const struct fdt *f, int node, const char *part,
		       size_t len)
{
	int child = fdt_node_child(f, node);

	while (child >= 0 &&
	       !name_matches(fdt_node_name(f, child), part, len))
		child = fdt_node_sibling(f, child);
	return child;
}

static size_t component(const char *path, const char *end)
{
	const char *slash = memchr(path, '/', (size_t)(end - path));

	return (size_t)((slash ? slash : end) - path);
}

static int descend(const struct fdt *f, int node, const char *path,
		   const char *end)
{
	while (node >= 0 && path < end) {
		size_t len = component(path, end);

		if (len)
			node = child_named(f, node, path, len);
		path += len ? len : 1;
	}
	return node;
}

/* One NUL-terminated string that starts with a slash. */
static bool is_path(const struct token *t)
{
	const char *text = t->value;

	return t->len >= 2 && text[0] == '/' &&
	       memchr(text, 0, t->len) == text + t->len - 1;
}

/* The value of the alias @name of @len bytes: an absolute path, or NULL. */
static const char *alias(const struct fdt *f, const char *name, size_t len)
{
	int node = child_named(f, f->root, "aliases", 7);
	struct token t;
	uint32_t at;

	if (!node_token(f, node, &t))
		return NULL;
	for (at = t.next; next_prop(f, &at, &t); at = t.next)
		if (!strncmp(t.name, name, len) && !t.name[len])
			return is_path(&t) ? t.value : NULL;
	return NULL;
}

int fdt_node_by_path_n(const struct fdt *f, const char *path, size_t len)
{
	const char *end = path + len;
	int node = f->root;

	if (!len)
		return FDT_E_MISSING;
	if (*path != '/') {
		size_t n = component(path, end);
		const char *target = alias(f, path, n);

		if (!target)
			return FDT_E_MISSING;
		node = descend(f, node, target, target + strlen(target));
		path += n;
	}
	return descend(f, node, path, end);
}

int fdt_node_by_path(const struct fdt *f, const char *path)
{
	return fdt_node_by_path_n(f, path, strlen(path));
}

int fdt_node_by_compatible(const struct fdt *f, int after, const char *name)
{
	do {
		after = fdt_node_next(f, after);
	} while (after >= 0 && !fdt_node_is_compatible(f, after, name));
	return after;
}

int fdt_node_by_type(const struct fdt *f, int after, const char *type)
{
	const char *found;

	do {
		after = fdt_node_next(f, after);
		found = fdt_prop_string(f, after, "device_type");
	} while (after >= 0 && (!found || strcmp(found, type)));
	return after;
}

int fdt_node_by_phandle(const struct fdt *f, uint32_t phandle)
{
	uint32_t value;
	int node = -1;

	if (phandle == 0 || phandle == UINT32_MAX)
		return FDT_E_MISSING;
	do {
		node = fdt_node_next(f, node);
		if (fdt_prop_u32(f, node, "phandle", &value) < 0 &&
		    fdt_prop_u32(f, node, "linux,phandle", &value) < 0)
			value = 0;
	} while (node >= 0 && value != phandle);
	return node;
}

bool fdt_node_is_compatible(const struct fdt *f, int node, const char *name)
{
	return fdt_prop_has_string(f, node, "compatible", name);
}

bool fdt_node_is_enabled(const struct fdt *f, int node)
{
	const char *status;
	uint32_t len;

	if (!fdt_prop(f, node, "status", &len))
		return true;
	status = fdt_prop_string(f, node, "status");
	return status && (!strcmp(status, "okay") || !strcmp(status, "ok"));
}

/*
 * Properties.
 */

const void *fdt_prop(const struct fdt *f, int node, const char *name,
		     uint32_t *len)
{
	struct token t;
	uint32_t at;

	*len = 0;
	if (!node_token(f, node, &t))
		return NULL;
	for (at = t.next; next_prop(f, &at, &t); at = t.next) {
		/* Most differ in the first letter. */
		if (t.name[0] == name[0] && !strcmp(t.name, name)) {
			*len = t.len;
			return t.value;
		}
	}
	return NULL;
}

int fdt_prop_u32(const struct fdt *f, int node, const char *name,
		 uint32_t *value)
{
	uint32_t len;
	const void *p = fdt_prop(f, node, name, &len);

	if (!p)
		return FDT_E_MISSING;
	if (len != 4)
		return FDT_E_VALUE;
	*value = be32(p);
	return 0;
}

int fdt_prop_u64(const struct fdt *f, int node, const char *name,
		 uint64_t *value)
{
	uint32_t len;
	const void *p = fdt_prop(f, node, name, &len);

	if (!p)
		return FDT_E_MISSING;
	if (len != 8)
		return FDT_E_VALUE;
	*value = be64(p);
	return 0;
}

int fdt_prop_number(const struct fdt *f, int node, const char *name,
		    uint64_t *value)
{
	uint32_t narrow;
	int ret = fdt_prop_u64(f, node, name, value);

	if (ret != FDT_E_VALUE)
		return ret;
	ret = fdt_prop_u32(f, node, name, &narrow);
	if (ret == 0)
		*value = narrow;
	return ret;
}

int fdt_prop_cell(const struct fdt *f, int node, const char *name,
		  uint32_t index, uint32_t *value)
{
	uint32_t len;
	const uint8_t *p = fdt_prop(f, node, name, &len);

	if (!p || index >= len / 4)
		return FDT_E_MISSING;
	if (len % 4)
		return FDT_E_VALUE;
	*value = be32(p + (size_t)index * 4);
	return 0;
}

const char *fdt_prop_string_at(const struct fdt *f, int node,
			       const char *name, uint32_t index)
{
	uint32_t len;
	const char *p = fdt_prop(f, node, name, &len);
	const char *end = p ? p + len : NULL;

	while (p < end) {
		const char *nul = memchr(p, 0, (size_t)(end - p));

		if (!nul)
			return NULL;
		if (index-- == 0)
			return p;
		p = nul + 1;
	}
	return NULL;
}

const char *fdt_prop_string(const struct fdt *f, int node, const char *name)
{
	return fdt_prop_string_at(f, node, name, 0);
}

bool fdt_prop_has_string(const struct fdt *f, int node, const char *name,
			 const char *string)
{
	uint32_t i;
	const char *s;

	for (i = 0; (s = fdt_prop_string_at(f, node, name, i)); i++) {
		if (!strcmp(s, string))
			return true;
	}
	return false;
}

int fdt_reserved(const struct fdt *f, uint32_t index, uint64_t *addr,
		 uint64_t *size)
{
	uint32_t at = f->reserved;

	for (;; at += 16) {
		if (!inside(at, 16, f->size))
			return FDT_E_MISSING;
		*addr = be64(f->blob + at);
		*size = be64(f->blob + at + 8);
		if (!*addr && !*size)
			return FDT_E_MISSING;
		if (index-- == 0)
			return 0;
	}
}
