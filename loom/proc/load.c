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

/* A segment is read from the file in pieces of this size. */
#define PIECE_SIZE	(16 * 1024)

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

/* The bytes that the file has of a segment; the rest reads as zeros. */
static int fill_segment(struct aspace *as, struct file *file,
			const struct elf_segment *s, uint64_t va)
{
	uint8_t *piece = kmalloc(PIECE_SIZE);
	uint64_t done = 0;
	int err = 0;

	if (!piece)
		return -ENOMEM;
	while (!err && done < s->filesz) {
		size_t n = PIECE_SIZE;

		if (n > s->filesz - done)
			n = (size_t)(s->filesz - done);
		err = read_all(file, piece, n, s->offset + done);
		if (!err)
			err = aspace_write(as, va + done, piece, n);
		done += n;
	}
	kfree(piece);
	return err;
}

static int load_segment(struct aspace *as, struct file *file,
			const struct elf_segment *s, uint64_t bias)
{
	uint64_t va = s->vaddr + bias, start = page_down(va);
	int err;

	err = aspace_map(as, start, page_up(va + s->memsz) - start,
			 area_prot(s->flags), AREA_ANON);
	if (!err)
		err = fill_segment(as, file, s, va);
	if (!err && s->flags & ELF_EXEC)
		aspace_sync_icache(as, va, s->filesz);
	return err;
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
	int err = read_headers(&image, file);

	program->error = err ? image.error : NULL;
	return err ? err : load_image(program, &image, file, as);
}
