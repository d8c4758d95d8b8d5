// SPDX-License-Identifier: MIT
/*
 * Physical memory as the device tree describes it: what there is, less what
 * is taken, goes to the page allocator.
 */
#ifndef LOOM_BOOT_MEMORY_H
#define LOOM_BOOT_MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct fdt;
struct fdt_chosen;

/* The image's place, as head.S found it. */
struct boot_image {
	uint64_t start, end;	/* physical */
};

/*
 * Map all memory linearly and give what is free to the page allocator.
 * @dtb is the tree's physical address. fatal() if there is too little.
 */
void memory_init(const struct fdt *fdt, const struct fdt_chosen *chosen,
		 const struct boot_image *image, uint64_t dtb);

/*
 * The initramfs where it can be read, once; NULL if there is none. Its pages
 * are adopted (mm/page.h), if that is possible.
 */
const void *memory_initrd(size_t *size);

/* After that: what of it became no file's is free. */
void memory_release_initrd(void);

#endif
