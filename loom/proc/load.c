// SPDX-License-Identifier: MIT
/* Programs into memory; see load.h. Called by exec.c. */
#include "proc/load.h"

#include "boot/payload.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/cmdline.h"
#include "lib/random.h"
#include "mm/aspace.h"
#include "mm/kmem.h"
#include "proc/elf.h"

/* Where static-PIE programs go, clear of what is linked at low addresses. */
#define PIE_BASE	UINT64_C(0x5500000000)

/* How far things are moved at most, in pages: 1 GiB, the heap 32 MiB. */
#define RANDOM_PAGES		UINT64_C(0x40000)
#define RANDOM_HEAP_PAGES	UINT64_C(0x2000)

#define STACK_TOP	(USER_TOP - PAGE_SIZE)

static uint64_t page_down(uint64_t va)
{
	return va & -(uint64_t)PAGE_SIZE;
}

static uint64_t page_up(uint64_t va)
{
	return page_down(va + PAGE_SIZE - 1);
}

/* Less than @pages pages, in bytes; 0 where nothing is randomized. */
static uint64_t random_distance(uint64_t pages)
{
	if (!random_is_seeded() ||
	    cmdline_get(boot_cmdline(), "loom.norandom", NULL, 0))
		return 0;
	return random_u64() % pages * PAGE_SIZE;
}

/* All of @len bytes: less means that the file shrank meanwhile. */
static int read_all(struct file *file, void *dst, size_t len, uint64_t pos)
{
	long n = file_kread(file, dst, len, pos);

	if (n < 0)
		return (int)n;
	return (size_t)n == len ? 0 : -EIO;
}

static uint64_t file_size(struct file *file)
{
	uint64_t size;

	mutex_lock(&file->inode->lock);
	size = file->inode->size;
	mutex_unlock(&file->inode->lock);
	return size;
}

static int read_segments(struct elf_image *image, struct file *file,
			 uint64_t size)
{
	const struct elf_rules rules = {
		.user_start = ASPACE_MIN,
		.user_end = STACK_TOP,
		.allow_write_exec = false,	/* W^X: aspace refuses it */
	};
	size_t len = elf_headers_size(image);
	void *phdrs = kmalloc(len);
	int err;

	if (!phdrs)
		return -ENOMEM;
	err = read_all(file, phdrs, len, image->phoff);
	if (!err)
		err = elf_read_segments(image, phdrs, size, &rules);
	kfree(phdrs);
	return err;
}

static int read_headers(struct elf_image *image, struct file *file)
{
	uint64_t size = file_size(file);
	uint8_t header[ELF_HEADER_SIZE];
	long n = file_kread(file, header, sizeof(header), 0);
	int err;

	if (n < 0)
		return (int)n;
	err = elf_read_header(image, header, (size_t)n, size);
	return err ? err : read_segments(image, file, size);
}

static unsigned area_prot(uint32_t flags)
{
	unsigned prot = 0;

	if (flags & ELF_READ)
		prot |= AREA_READ;
	if (flags & ELF_WRITE)
		prot |= AREA_WRITE;
	if (flags & ELF_EXEC)
		prot |= AREA_EXEC;
	return prot;
}

/*
 * The part of a segment that is in the file: its pages are those of the file,
 * shared with all who run it, until they are written to. Where zeros follow,
 * they begin in the last of them.
 */
static int map_file_part(struct aspace *as, struct file *file,
			 const struct elf_segment *s, uint64_t va)
{
	uint64_t start = page_down(va), end = page_up(va + s->filesz);
	uint64_t data_end = va + s->filesz;
	const struct mapping m = {
		.len = end - start,
		.prot = area_prot(s->flags),
		.may = AREA_ALL,
		.inode = file->inode,
		.offset = page_down(s->offset),
	};
	int err = aspace_map(as, start, &m);

	if (err || s->memsz == s->filesz || data_end == end)
		return err;
	err = aspace_write(as, data_end, NULL, end - data_end);
	if (!err && (s->flags & ELF_EXEC))
		aspace_sync_icache(as, data_end, end - data_end);
	return err;
}

static int load_segment(struct aspace *as, struct file *file,
			const struct elf_segment *s, uint64_t bias)
{
	uint64_t va = s->vaddr + bias, start = page_down(va);
	struct mapping zeros = {
		.prot = area_prot(s->flags),
		.may = AREA_ALL,
	};
	int err;

	if (s->filesz) {
		err = map_file_part(as, file, s, va);
		if (err)
			return err;
		start = page_up(va + s->filesz);
	}
	zeros.len = page_up(va + s->memsz) - start;
	return zeros.len ? aspace_map(as, start, &zeros) : 0;
}

static uint64_t choose_bias(const struct elf_image *image)
{
	if (!image->is_pie)
		return 0;
	return (PIE_BASE + random_distance(RANDOM_PAGES)) & -image->align;
}

static int place_stack_and_heap(struct program *program, struct aspace *as,
				uint64_t image_end)
{
	uint64_t top = STACK_TOP - random_distance(RANDOM_PAGES);
	int err;

	err = aspace_set_stack(as, top, top - ASPACE_STACK_SIZE -
			       random_distance(RANDOM_PAGES),
			       AREA_READ | AREA_WRITE);
	if (err)
		return err;
	aspace_set_brk(as, image_end + random_distance(RANDOM_HEAP_PAGES));
	program->stack_top = top;
	return 0;
}

static int load_image(struct program *program, const struct elf_image *image,
		      struct file *file, struct aspace *as)
{
	uint64_t bias = choose_bias(image);
	int err = 0;

	for (unsigned i = 0; !err && i < image->segments; i++)
		err = load_segment(as, file, &image->segment[i], bias);
	if (!err)
		err = place_stack_and_heap(program, as,
					   image->max_vaddr + bias);
	program->entry = image->entry + bias;
	program->phnum = image->phnum;
	program->phdr = image->phdr_vaddr ? image->phdr_vaddr + bias : 0;
	/* Something is in the place of something else: it does not fit. */
	return err == -EEXIST ? -ENOMEM : err;
}

int program_load(struct program *program, struct file *file,
		 struct aspace *as)
{
	struct elf_image image = { .error = NULL };
	int err;

	program->error = NULL;
	if (!file->inode->pages)
		return -EACCES;
	/* First: nobody changes the file from here on. */
	err = aspace_set_program(as, file->inode);
	if (err)
		return err;
	err = read_headers(&image, file);
	program->error = err ? image.error : NULL;
	return err ? err : load_image(program, &image, file, as);
}
