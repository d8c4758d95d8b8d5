// SPDX-License-Identifier: MIT
/*
 * Kernel objects: size classes of 16 bytes to 2 KiB cut from single pages,
 * larger sizes as whole power-of-two runs of pages (up to 2 MiB). A slab whose
 * last object is freed goes back to the page allocator at once.
 */
#ifndef LOOM_MM_KMEM_H
#define LOOM_MM_KMEM_H

#include <stddef.h>

/* 16-byte aligned; NULL if memory is short or @size is over 2 MiB. */
void *kmalloc(size_t size);
void *kzalloc(size_t size);
/* NULL is allowed. Debug builds fill freed memory and catch double frees. */
void kfree(void *ptr);
/* Move to a larger object; the old one stays if memory is short (NULL). */
void *krealloc(void *ptr, size_t old_size, size_t new_size);

#endif
