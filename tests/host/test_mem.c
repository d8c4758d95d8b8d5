// SPDX-License-Identifier: MIT
/*
 * loom/lib/mem.S, run as a static AArch64 program. The build renames its
 * memcpy, memmove and memset to kernel_*. Every length up to 300 at every
 * alignment is tried against a byte loop, with the ends of both buffers at
 * an unmapped page, and every overlap within 80 bytes for memmove.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#undef memcpy
#undef memmove
#undef memset

void *kernel_memcpy(void *dst, const void *src, size_t n);
void *kernel_memmove(void *dst, const void *src, size_t n);
void *kernel_memset(void *dst, int byte, size_t n);
void page_clear(void *page);
void page_copy(void *dst, const void *src);

#define PAGE		4096
#define LENGTH_MAX	300
#define MARGIN		80

static int tests;
static int failures;

static void report(int ok, const char *name)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++tests, name);
	failures += !ok;
}

/* A readable page between two that are not mapped. */
static uint8_t *fenced_page(void)
{
	uint8_t *p = mmap(NULL, 3 * PAGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED ||
	    mprotect(p + PAGE, PAGE, PROT_READ | PROT_WRITE)) {
		puts("Bail out! cannot map pages");
		exit(1);
	}
	return p + PAGE;
}

static void fill(uint8_t *p, size_t n, unsigned int seed)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 7 + (i >> 8) * 13 + seed);
}

static int equal(const uint8_t *a, const uint8_t *b, size_t n)
{
	return !memcmp(a, b, n);
}

/* dst[at, at + n) is src[from, ...) and nothing else of the page changed. */
static int copied(const uint8_t *dst, size_t at, const uint8_t *src,
		  size_t from, size_t n, const uint8_t *before)
{
	return equal(dst, before, at) && equal(dst + at, src + from, n) &&
	       equal(dst + at + n, before + at + n, PAGE - at - n);
}

static int try_copy(void *(*copy)(void *, const void *, size_t), uint8_t *dst,
		    size_t at, const uint8_t *src, size_t from, size_t n,
		    const uint8_t *before)
{
	__builtin_memcpy(dst, before, PAGE);	/* the C library's */
	return copy(dst + at, src + from, n) == dst + at &&
	       copied(dst, at, src, from, n, before);
}

static int test_copy(void *(*copy)(void *, const void *, size_t))
{
	static uint8_t before[PAGE];
	uint8_t *dst = fenced_page();
	uint8_t *src = fenced_page();
	size_t n, a, b;

	fill(before, PAGE, 1);
	fill(src, PAGE, 99);
	for (n = 0; n <= LENGTH_MAX; n++) {
		/* each end of each buffer at a fence */
		if (!try_copy(copy, dst, 0, src, PAGE - n, n, before) ||
		    !try_copy(copy, dst, PAGE - n, src, 0, n, before))
			return 0;
		for (a = 0; a < 16; a++) {
			b = (a * 5 + n) % 16;
			if (!try_copy(copy, dst, 32 + a, src, 32 + b, n,
				      before) ||
			    !try_copy(copy, dst, PAGE - n - a, src, b, n,
				      before))
				return 0;
		}
	}
	return 1;
}

static int test_overlap(void)
{
	static uint8_t before[PAGE];
	uint8_t *page = fenced_page();
	size_t n;
	int distance;

	fill(before, PAGE, 1);
	for (n = 0; n <= LENGTH_MAX; n++) {
		for (distance = -MARGIN; distance <= MARGIN; distance++) {
			uint8_t *src = page + MARGIN;
			uint8_t *dst = src + distance;

			__builtin_memcpy(page, before, PAGE);
			if (kernel_memmove(dst, src, n) != dst ||
			    !copied(page, (size_t)(dst - page), before, MARGIN,
				    n, before)) {
				printf("# n %zu, distance %d\n", n, distance);
				return 0;
			}
		}
	}
	return 1;
}

static int test_set(void)
{
	static const int bytes[] = { 0, 1, 0x5a, 0xff, -1, 0x1234 };
	static uint8_t before[PAGE], want[LENGTH_MAX];
	uint8_t *page = fenced_page();
	size_t n, at, b, i;

	fill(before, PAGE, 1);
	for (b = 0; b < sizeof(bytes) / sizeof(bytes[0]); b++) {
		for (i = 0; i < LENGTH_MAX; i++)
			want[i] = (uint8_t)bytes[b];
		for (n = 0; n <= LENGTH_MAX; n++) {
			for (at = 0; at < 18; at++) {
				size_t start = at < 17 ? at : PAGE - n;

				__builtin_memcpy(page, before, PAGE);
				if (kernel_memset(page + start, bytes[b], n) !=
				    page + start ||
				    !copied(page, start, want, 0, n, before))
					return 0;
			}
		}
	}
	return 1;
}

static int test_pages(void)
{
	static const uint8_t zero[PAGE];
	static uint8_t before[PAGE];
	uint8_t *dst = fenced_page();
	uint8_t *src = fenced_page();
	int ok;

	fill(before, PAGE, 5);
	fill(src, PAGE, 5);
	page_copy(dst, src);
	ok = equal(dst, before, PAGE) && equal(src, before, PAGE);
	page_clear(dst);
	return ok && equal(dst, zero, PAGE) && equal(src, before, PAGE);
}

int main(void)
{
	report(test_copy(kernel_memcpy), "memcpy");
	report(test_copy(kernel_memmove), "memmove of separate ranges");
	report(test_overlap(), "memmove of overlapping ranges");
	report(test_set(), "memset");
	report(test_pages(), "page_clear and page_copy");
	printf("1..%d\n", tests);
	return failures != 0;
}
