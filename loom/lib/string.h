// SPDX-License-Identifier: MIT
/*
 * Memory and string functions with the meaning that ISO C gives them, and
 * the two page operations. Everybody calls them; the compiler emits calls
 * to memcpy, memmove, memset and memcmp by itself. The first three and the
 * page operations are in mem.S, the rest in string.c; none uses a vector
 * register, so all may run in any context once the MMU is on.
 */
#ifndef LOOM_LIB_STRING_H
#define LOOM_LIB_STRING_H

#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int byte, size_t n);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);

/*
 * Copy @src to @dst[@size], cut to fit and always NUL-terminated unless
 * @size is 0. Returns strlen(@src): a result >= @size means it was cut.
 */
size_t strlcpy(char *restrict dst, const char *restrict src, size_t size);

/* Zero, or copy, one 4 KiB page; both addresses are page-aligned. */
void page_clear(void *page);
void page_copy(void *restrict dst, const void *restrict src);

#endif
