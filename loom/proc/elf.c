// SPDX-License-Identifier: MIT
/* The checks of an ELF file's headers; see elf.h. Called by execve. */
#include "proc/elf.h"

#include "lib/errno.h"
#include "lib/string.h"

#define PAGE_SIZE	UINT64_C(4096)
#define ALIGN_MAX	(UINT64_C(1) << 30)

/* e_ident, e_type, e_machine */
#define CLASS_64	2
#define DATA_LITTLE	1
#define VERSION		1
#define TYPE_EXEC	2
#define TYPE_DYN	3
#define MACHINE_AARCH64	183

/* p_type */
#define PT_LOAD		1
#define PT_INTERP	3
#define PT_GNU_STACK	0x6474e551

struct phdr {
	uint32_t type;
	uint32_t flags;
	uint64_t offset;
	uint64_t vaddr;
	uint64_t filesz;
	uint64_t memsz;
	uint64_t align;
};

static uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t le32(const uint8_t *p)
{
	return le16(p) | (uint32_t)le16(p + 2) << 16;
}

static uint64_t le64(const uint8_t *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

static int bad(struct elf_image *image, int error, const char *why)
{
	image->error = why;
	return error;
}

static uint64_t page_floor(uint64_t addr)
{
	return addr & ~(PAGE_SIZE - 1);
}

static uint64_t page_ceil(uint64_t addr)
{
	return page_floor(addr + PAGE_SIZE - 1);
}

/* Does [offset, offset + len) lie inside [0, size)? */
static bool inside(uint64_t offset, uint64_t len, uint64_t size)
{
	return offset <= size && len <= size - offset;
}

static int check_kind(struct elf_image *image, const uint8_t *h)
{
	if (h[4] != CLASS_64)
		return bad(image, -ENOEXEC, "not a 64-bit program");
	if (h[5] != DATA_LITTLE)
		return bad(image, -ENOEXEC, "not a little-endian program");
	if (h[6] != VERSION || le32(h + 20) != VERSION)
		return bad(image, -ENOEXEC, "unknown ELF version");
	if (le16(h + 18) != MACHINE_AARCH64)
		return bad(image, -ENOEXEC, "a program for another machine");
	if (le16(h + 16) != TYPE_EXEC && le16(h + 16) != TYPE_DYN)
		return bad(image, -ENOEXEC, "an ELF file but no program");
	return 0;
}

int elf_read_header(struct elf_image *image, const void *header, size_t size,
		    uint64_t file_size)
{
	const uint8_t *h = header;
	int ret;

	*image = (struct elf_image){ .align = PAGE_SIZE };
	if (size < 4 || memcmp(h, "\177ELF", 4))
		return bad(image, -ENOEXEC, "not an ELF file");
	if (size < ELF_HEADER_SIZE || file_size < ELF_HEADER_SIZE)
		return bad(image, -ENOEXEC, "the file ends inside its header");
	ret = check_kind(image, h);
	if (ret < 0)
		return ret;
	image->is_pie = le16(h + 16) == TYPE_DYN;
	image->entry = le64(h + 24);
	image->phoff = le64(h + 32);
	image->phnum = le16(h + 56);
	if (image->phnum == 0)
		return bad(image, -ENOEXEC, "no program headers");
	if (image->phnum > ELF_PHDRS_MAX)
		return bad(image, -ENOEXEC, "too many program headers");
	if (le16(h + 54) != ELF_PHDR_SIZE)
		return bad(image, -ENOEXEC, "program headers of unknown size");
	if (!inside(image->phoff, elf_headers_size(image), file_size))
		return bad(image, -ENOEXEC,
			   "the program headers are outside the file");
	return 0;
}

static struct phdr read_phdr(const uint8_t *p)
{
	return (struct phdr){
		.type = le32(p),
		.flags = le32(p + 4),
		.offset = le64(p + 8),
		.vaddr = le64(p + 16),
		.filesz = le64(p + 32),
		.memsz = le64(p + 40),
		.align = le64(p + 48),
	};
}

/* Can this one be mapped, were it alone? */
static int check_load(struct elf_image *image, const struct phdr *ph,
		      uint64_t file_size, const struct elf_rules *rules)
{
	uint32_t wx = ELF_WRITE | ELF_EXEC;

	if (ph->filesz > ph->memsz)
		return bad(image, -EINVAL, "a segment larger than its memory");
	if (!inside(ph->offset, ph->filesz, file_size))
		return bad(image, -ENOEXEC, "a segment is outside the file");
	if (!inside(ph->vaddr, ph->memsz, rules->user_end))
		return bad(image, -EINVAL,
			   "a segment is outside the user's addresses");
	if ((ph->vaddr ^ ph->offset) & (PAGE_SIZE - 1))
		return bad(image, -EINVAL, "a segment cannot be page-aligned");
	if ((ph->align & (ph->align - 1)) || ph->align > ALIGN_MAX)
		return bad(image, -EINVAL, "the alignment of a segment");
	if ((ph->flags & wx) == wx && !rules->allow_write_exec)
		return bad(image, -ENOEXEC,
			   "a segment both writable and executable");
	return 0;
}

static int add_load(struct elf_image *image, const struct phdr *ph)
{
	struct elf_segment *s;

	if (image->segments == ELF_SEGMENTS_MAX)
		return bad(image, -ENOEXEC, "too many segments");
	if (image->segments && page_floor(ph->vaddr) < image->max_vaddr)
		return bad(image, -EINVAL,
			   "segments overlap, share a page or are not sorted");
	if (image->segments == 0)
		image->min_vaddr = page_floor(ph->vaddr);
	image->max_vaddr = page_ceil(ph->vaddr + ph->memsz);
	if (ph->align > image->align)
		image->align = ph->align;
	s = &image->segment[image->segments++];
	*s = (struct elf_segment){
		.vaddr = ph->vaddr,
		.offset = ph->offset,
		.filesz = ph->filesz,
		.memsz = ph->memsz,
		.flags = ph->flags & (ELF_READ | ELF_WRITE | ELF_EXEC),
	};
	if (!image->phdr_vaddr && image->phoff >= s->offset &&
	    inside(image->phoff, elf_headers_size(image),
		   s->offset + s->filesz))
		image->phdr_vaddr = s->vaddr + (image->phoff - s->offset);
	return 0;
}

static bool is_code(const struct elf_image *image, uint64_t addr)
{
	unsigned int i;

	for (i = 0; i < image->segments; i++) {
		const struct elf_segment *s = &image->segment[i];

		if (addr >= s->vaddr && addr - s->vaddr < s->memsz)
			return s->flags & ELF_EXEC;
	}
	return false;
}

static int check_image(struct elf_image *image, const struct elf_rules *rules)
{
	uint64_t room = rules->user_end - rules->user_start;

	if (image->segments == 0)
		return bad(image, -ENOEXEC, "nothing to load");
	if (image->is_pie && image->max_vaddr - image->min_vaddr > room)
		return bad(image, -ENOMEM, "too large for the address space");
	if (!image->is_pie && image->min_vaddr < rules->user_start)
		return bad(image, -EINVAL,
			   "a segment is outside the user's addresses");
	if (image->entry % 4 || !is_code(image, image->entry))
		return bad(image, -ENOEXEC, "the entry point is not code");
	return 0;
}

int elf_read_segments(struct elf_image *image, const void *phdrs,
		      uint64_t file_size, const struct elf_rules *rules)
{
	const uint8_t *p = phdrs;
	unsigned int i;
	int ret;

	for (i = 0; i < image->phnum; i++, p += ELF_PHDR_SIZE) {
		struct phdr ph = read_phdr(p);

		if (ph.type == PT_INTERP)
			return bad(image, -ENOEXEC,
				   "dynamically linked, which is unsupported");
		if (ph.type == PT_GNU_STACK)
			image->stack_exec = ph.flags & ELF_EXEC;
		if (ph.type != PT_LOAD || ph.memsz == 0)
			continue;
		ret = check_load(image, &ph, file_size, rules);
		if (ret == 0)
			ret = add_load(image, &ph);
		if (ret < 0)
			return ret;
	}
	return check_image(image, rules);
}
