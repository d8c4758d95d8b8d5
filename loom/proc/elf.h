// SPDX-License-Identifier: MIT
/*
 * What an ELF64 file says about itself, checked: static and static-PIE
 * programs for AArch64. Pure computation on bytes that execve has read; it
 * maps nothing and touches no user memory.
 *
 * Two steps, because the program headers may be anywhere in the file: read
 * the first ELF_HEADER_SIZE bytes and give them to elf_read_header(); read
 * elf_headers_size() bytes at image->phoff and give them to
 * elf_read_segments(). After that every segment may be mapped as it stands:
 * sorted, page-aligned as mmap needs it, inside the file and the user's
 * addresses, no page shared by two.
 *
 * Two segments that share a page are refused even when their bytes are
 * disjoint: the page would need the permissions of both. Linkers for arm64
 * separate segments by up to 64 KiB, so that only odd files are concerned.
 *
 * On failure both return a negative errno value, Linux's where Linux checks
 * the same, and image->error is the reason in words.
 */
#ifndef LOOM_PROC_ELF_H
#define LOOM_PROC_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_HEADER_SIZE		64
#define ELF_PHDR_SIZE		56	/* AT_PHENT */
#define ELF_PHDRS_MAX		64
#define ELF_SEGMENTS_MAX	16

/* struct elf_segment.flags, as in the file */
#define ELF_EXEC		1
#define ELF_WRITE		2
#define ELF_READ		4

struct elf_segment {
	uint64_t vaddr;		/* of its first byte, without the bias */
	uint64_t offset;	/* of that byte in the file */
	uint64_t filesz;	/* from the file, then zeros up to memsz */
	uint64_t memsz;		/* never 0 */
	uint32_t flags;
};

struct elf_image {
	uint64_t entry;		/* this and all addresses: without the bias */
	uint64_t phoff;
	unsigned int phnum;	/* AT_PHNUM */
	uint64_t phdr_vaddr;	/* AT_PHDR; 0: no segment holds the headers */
	uint64_t min_vaddr;	/* of all segments, rounded to pages */
	uint64_t max_vaddr;
	uint64_t align;		/* of the bias; a power of 2, a page or more */
	bool is_pie;		/* the caller chooses a bias, else it is 0 */
	bool stack_exec;	/* the program asks for an executable stack */
	unsigned int segments;
	struct elf_segment segment[ELF_SEGMENTS_MAX];
	const char *error;
};

struct elf_rules {
	uint64_t user_start;	/* where programs may be: both page-aligned, */
	uint64_t user_end;	/* the second the first address too high */
	bool allow_write_exec;	/* segments both writable and executable */
};

/*
 * Check the first @size bytes of a file of @file_size, at least
 * ELF_HEADER_SIZE where the file has them. -ENOEXEC: this is no program for
 * this machine.
 */
int elf_read_header(struct elf_image *image, const void *header, size_t size,
		    uint64_t file_size);

/* How many bytes of program headers there are at image->phoff. */
static inline size_t elf_headers_size(const struct elf_image *image)
{
	return (size_t)image->phnum * ELF_PHDR_SIZE;
}

/*
 * Check the program headers of an image whose header was read. -ENOEXEC: the
 * file cannot be what it says, or needs an interpreter; -EINVAL: segments
 * that cannot be mapped; -ENOMEM: a PIE larger than the address space.
 */
int elf_read_segments(struct elf_image *image, const void *phdrs,
		      uint64_t file_size, const struct elf_rules *rules);

#endif
