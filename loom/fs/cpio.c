// SPDX-License-Identifier: MIT
/*
 * The cpio reader; see cpio.h.
 *
 * An entry is a header of 110 characters (a magic number, then thirteen
 * numbers of eight hexadecimal digits), the name with its NUL, and the data;
 * name and data each start and end at a multiple of 4 from the beginning of
 * the archive. An entry called TRAILER!!! ends the archive. More NULs may
 * follow a name, and count as part of it: so the data can begin where a tool
 * wants it to.
 */
#include "fs/cpio.h"

#include "lib/errno.h"
#include "lib/string.h"

#define MAGIC_SIZE	6
#define FIELD_SIZE	8
#define HEADER_SIZE	110
#define FIELDS		((HEADER_SIZE - MAGIC_SIZE) / FIELD_SIZE)
#define TRAILER		"TRAILER!!!"
#define TYPE_MASK	0170000
#define TYPE_FILE	0100000

enum field {
	F_INO, F_MODE, F_UID, F_GID, F_NLINK, F_MTIME, F_SIZE, F_DEV_MAJOR,
	F_DEV_MINOR, F_RDEV_MAJOR, F_RDEV_MINOR, F_NAMESIZE, F_CHECK,
};

_Static_assert(F_CHECK + 1 == FIELDS, "every field of the header has a name");

static int bad(struct cpio *c, const char *why)
{
	c->error = why;
	return -EINVAL;
}

static bool parse_hex(const uint8_t *p, uint32_t *value)
{
	uint32_t v = 0;
	int i;

	for (i = 0; i < FIELD_SIZE; i++) {
		uint8_t c = p[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint32_t)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			v = v << 4 | (uint32_t)(c - 'A' + 10);
		else
			return false;
	}
	*value = v;
	return true;
}

/* Read the header at c->pos; *@summed says whether it has a checksum. */
static int read_header(struct cpio *c, uint32_t field[FIELDS], bool *summed)
{
	const uint8_t *p = c->data + c->pos;
	int i;

	if (c->size - c->pos < HEADER_SIZE)
		return bad(c, "the archive ends inside a header");
	if (memcmp(p, "07070", 5) || (p[5] != '1' && p[5] != '2'))
		return bad(c, "this is not a cpio archive in newc format");
	*summed = p[5] == '2';
	for (i = 0; i < FIELDS; i++) {
		if (!parse_hex(p + MAGIC_SIZE + i * FIELD_SIZE, &field[i]))
			return bad(c, "a header field is not a number");
	}
	return 0;
}

static bool is_dots(const char *part, size_t len)
{
	return (len == 1 && part[0] == '.') ||
	       (len == 2 && part[0] == '.' && part[1] == '.');
}

/* Is each component of the relative path @name a proper name? */
static bool components_are_names(const char *name)
{
	while (*name) {
		const char *slash = strchr(name, '/');
		size_t len = slash ? (size_t)(slash - name) : strlen(name);

		if (len == 0 || is_dots(name, len) || (slash && !slash[1]))
			return false;
		name += slash ? len + 1 : len;
	}
	return true;
}

/* Skip leading "/" and "./"; "." is "". */
static const char *relative(const char *name)
{
	for (;;) {
		if (name[0] == '/')
			name++;
		else if (name[0] == '.' && name[1] == '/')
			name += 2;
		else if (name[0] == '.' && !name[1])
			name++;
		else
			return name;
	}
}

static int check_name(struct cpio *c, const char *name, uint32_t namesize)
{
	if (name[namesize - 1])
		return bad(c, "a name is not terminated where it ends");
	if (!name[0])
		return bad(c, "a name is empty");
	if (!components_are_names(relative(name)))
		return bad(c, "a name has an empty, \".\" or \"..\" part");
	return 0;
}

/* Tools sum the data of files only: that of a symbolic link counts as 0. */
static int check_sum(struct cpio *c, const struct cpio_entry *e, uint32_t want)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < e->size; i++)
		sum += e->data[i];
	return sum == want ? 0 : bad(c, "a checksum is wrong");
}

/* @n rounded up to a multiple of 4, but no further than @end. */
static size_t align4(size_t n, size_t end)
{
	size_t pad = -n & 3;

	return pad > end - n ? end : n + pad;
}

static void fill_entry(struct cpio_entry *e, const uint32_t field[FIELDS])
{
	*e = (struct cpio_entry){
		.size = field[F_SIZE],
		.ino = field[F_INO],
		.mode = field[F_MODE],
		.uid = field[F_UID],
		.gid = field[F_GID],
		.nlink = field[F_NLINK],
		.mtime = field[F_MTIME],
		.dev_major = field[F_DEV_MAJOR],
		.dev_minor = field[F_DEV_MINOR],
		.rdev_major = field[F_RDEV_MAJOR],
		.rdev_minor = field[F_RDEV_MINOR],
	};
}

/* Read the entry at c->pos; the name is as it stands in the archive. */
static int read_entry(struct cpio *c, struct cpio_entry *e)
{
	uint32_t field[FIELDS];
	bool summed = false;
	uint32_t namesize;
	size_t pos;
	int ret;

	ret = read_header(c, field, &summed);
	if (ret < 0)
		return ret;
	fill_entry(e, field);
	namesize = field[F_NAMESIZE];
	pos = c->pos + HEADER_SIZE;
	if (namesize < 1 || namesize > CPIO_NAME_MAX)
		return bad(c, "a name is empty or too long");
	if (namesize > c->size - pos)
		return bad(c, "the archive ends inside a name");
	e->name = (const char *)c->data + pos;
	ret = check_name(c, e->name, namesize);
	if (ret < 0)
		return ret;
	pos = align4(pos + namesize, c->size);
	if (e->size > c->size - pos)
		return bad(c, "the archive ends inside a file");
	e->data = c->data + pos;
	if (summed && (e->mode & TYPE_MASK) == TYPE_FILE)
		ret = check_sum(c, e, field[F_CHECK]);
	if (ret == 0)
		c->pos = align4(pos + e->size, c->size);
	return ret;
}

void cpio_open(struct cpio *c, const void *data, size_t size)
{
	*c = (struct cpio){ .data = data, .size = size };
}

/* What pads an archive may be long. */
static void skip_zeros(struct cpio *c)
{
	uint64_t eight = 0;

	for (; c->size - c->pos >= sizeof(eight); c->pos += sizeof(eight)) {
		__builtin_memcpy(&eight, c->data + c->pos, sizeof(eight));
		if (eight)
			break;
	}
	while (c->pos < c->size && !c->data[c->pos])
		c->pos++;
}

int cpio_next(struct cpio *c, struct cpio_entry *e)
{
	int ret;

	if (c->error)
		return -EINVAL;
	for (;;) {
		if (c->trailed)
			skip_zeros(c);
		if (c->pos == c->size)
			return c->trailed ? 0 :
				bad(c, "the archive ends without a trailer");
		if (c->pos % 4)
			return bad(c, "an archive starts at no multiple of 4");
		ret = read_entry(c, e);
		if (ret < 0)
			return ret;
		c->trailed = !strcmp(e->name, TRAILER);
		if (!c->trailed)
			break;
		c->archive++;
	}
	e->name = relative(e->name);
	e->namelen = strlen(e->name);
	return 1;
}
