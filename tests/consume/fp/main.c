// SPDX-License-Identifier: MIT
/*
 * Takes weft/fp.S and its headers and nothing else of weft: two threads' FP
 * registers, in turn in the CPU, each must find its own again.
 */
#include <stddef.h>
#include <stdint.h>

#include <weft/fp.h>

#define UART_DR		UINT64_C(0x09000000)
#define PSCI_SYSTEM_OFF	UINT64_C(0x84000008)
#define FPCR_RMODE	UINT64_C(0x00c00000)
#define FPSR_IOC	UINT64_C(1)

void kernel_main(void);

static struct weft_fp own[2], found;

__attribute__((used)) void *memset(void *dst, int c, size_t n)
{
	volatile unsigned char *d = dst;

	while (n--)
		*d++ = (unsigned char)c;
	return dst;
}

static void print(const char *s)
{
	for (; *s; s++)
		*(volatile uint32_t *)UART_DR = (unsigned char)*s;
}

__attribute__((noreturn)) static void power_off(void)
{
	register uint64_t x0 __asm__("x0") = PSCI_SYSTEM_OFF;

	__asm__ volatile("hvc #0" : "+r"(x0) :: "memory");
	for (;;)
		__asm__ volatile("wfe");
}

static void fill(struct weft_fp *fp, uint64_t seed)
{
	unsigned i;

	for (i = 0; i < 64; i++)
		fp->v[i] = (seed << 32 | i) * UINT64_C(0x9e3779b97f4a7c15);
	fp->fpcr = seed == 1 ? FPCR_RMODE : 0;
	fp->fpsr = seed == 2 ? FPSR_IOC : 0;
}

static unsigned differences(const struct weft_fp *a, const struct weft_fp *b)
{
	unsigned i, n = 0;

	for (i = 0; i < 64; i++)
		n += a->v[i] != b->v[i];
	return n + (a->fpcr != b->fpcr) + (a->fpsr != b->fpsr);
}

void kernel_main(void)
{
	unsigned i, lost = 0;

	fill(&own[0], 1);
	fill(&own[1], 2);
	if (differences(&own[0], &own[1]) != 66)
		print("the two look alike\n");
	for (i = 0; i < 6; i++) {
		weft_fp_restore(&own[i % 2]);
		found = (struct weft_fp){ 0 };
		weft_fp_save(&found);
		lost += differences(&found, &own[i % 2]);
	}
	print(lost ? "fp: lost\n" : "fp: both threads find their own\n");
	power_off();
}
