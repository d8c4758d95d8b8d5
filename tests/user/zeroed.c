// SPDX-License-Identifier: MIT
/*
 * zeroed: what a program finds when it starts. All registers are zero, fresh
 * memory (stack, bss, heap, mapped pages) is zero, and the initial stack
 * has the arguments, the environment and the auxiliary vector as Linux lays
 * them out. No C library: it would have run before us. zeroed-start.S has
 * the entry point.
 *
 * It means most after other programs have left their traces: irritator in
 * the registers, `zeroed --dirty', which fills memory and ends, in pages.
 */
#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "pattern.h"

#define PAGE 4096u
#define FRESH (1024u * 1024)
#define STACK_BELOW (64u * 1024)

int zeroed_main(const struct pattern_regs *regs, uint64_t *stack);

extern const char _start[], __ehdr_start[];

static unsigned char bss[FRESH];
static int count, failed;

static long call6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0" : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4),
			   "r"(x5)
			 : "memory");
	return x0;
}

static size_t length(const char *text)
{
	size_t n = 0;

	while (text[n] != '\0')
		n++;
	return n;
}

static void put(const char *text)
{
	call6(SYS_write, 1, (long)text, (long)length(text), 0, 0, 0);
}

static void put_number(uint64_t value, unsigned int base)
{
	char text[24];
	size_t at = sizeof(text) - 1;

	text[at] = '\0';
	do {
		text[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	put(text + at);
}

static void check(bool passed, const char *name)
{
	put(passed ? "ok " : "not ok ");
	put_number((uint64_t)++count, 10);
	put(" - ");
	put(name);
	put("\n");
	failed += !passed;
}

static void note(const char *what, uint64_t value)
{
	put("# ");
	put(what);
	put(" is 0x");
	put_number(value, 16);
	put("\n");
}

static void note_register(const char *kind, int number, uint64_t value)
{
	put("# ");
	put(kind);
	put_number((uint64_t)number, 10);
	note("", value);
}

static void check_registers(const struct pattern_regs *r)
{
	bool x = true, v = true;

	for (int i = 0; i < 31; i++)
		if (r->x[i] != 0) {
			x = false;
			note_register("x", i, r->x[i]);
		}
	for (int i = 0; i < 32; i++)
		if ((r->v[i][0] | r->v[i][1]) != 0) {
			v = false;
			note_register("v", i, r->v[i][0] | r->v[i][1]);
		}
	check(x, "x0-x30 are zero");
	check(v, "v0-v31 are zero");
	check(r->nzcv == 0, "the flags are clear");
	check(r->fpcr == 0, "fpcr is zero");
	check(r->fpsr == 0, "fpsr is zero");
	check(r->tpidr == 0, "TPIDR_EL0 is zero");
	if ((r->nzcv | r->fpcr | r->fpsr | r->tpidr) != 0) {
		note("nzcv", r->nzcv);
		note("fpcr", r->fpcr);
		note("fpsr", r->fpsr);
		note("TPIDR_EL0", r->tpidr);
	}
}

static bool all_zero(const volatile unsigned char *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (p[i] != 0) {
			note("a byte of fresh memory", p[i]);
			return false;
		}
	return true;
}

/* @regs is the lowest that this program has used so far, but for C. */
static void check_memory(const struct pattern_regs *regs)
{
	const unsigned char *below = (const unsigned char *)regs;
	long brk = call6(SYS_brk, 0, 0, 0, 0, 0, 0);
	long page = call6(SYS_mmap, 0, FRESH, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* The frames of this program's own calls are within a page. */
	check(all_zero(below - PAGE - STACK_BELOW, STACK_BELOW),
	      "the stack below sp is zero");
	check(all_zero(bss, sizeof(bss)), "bss is zero");
	check(brk > 0 && call6(SYS_brk, brk + FRESH, 0, 0, 0, 0, 0) ==
	      brk + (long)FRESH, "the heap can grow");
	check(all_zero((const unsigned char *)brk, FRESH),
	      "the heap is zero");
	check(page > 0, "pages can be mapped");
	if (page > 0)
		check(all_zero((const unsigned char *)page, FRESH),
		      "mapped pages are zero");
}

static const uint64_t *find_aux(const uint64_t *aux, uint64_t type)
{
	for (; aux[0] != AT_NULL; aux += 2)
		if (aux[0] == type)
			return aux + 1;
	return NULL;
}

static bool aux_is(const uint64_t *aux, uint64_t type, uint64_t value)
{
	const uint64_t *found = find_aux(aux, type);

	if (found != NULL && *found == value)
		return true;
	note(found != NULL ? "the entry" : "a missing entry",
	     found != NULL ? *found : type);
	return false;
}

static void check_random(const uint64_t *aux)
{
	const uint64_t *found = find_aux(aux, AT_RANDOM);
	const unsigned char *bytes;
	unsigned int sum = 0;

	if (found != NULL && *found != 0) {
		bytes = (const unsigned char *)*found;
		for (int i = 0; i < 16; i++)
			sum |= bytes[i];
	}
	check(sum != 0, "AT_RANDOM points to 16 bytes, not all zero");
}

static void check_aux(const uint64_t *aux)
{
	const Elf64_Ehdr *ehdr = (const Elf64_Ehdr *)__ehdr_start;
	const uint64_t *hwcap = find_aux(aux, AT_HWCAP);
	const uint64_t *execfn = find_aux(aux, AT_EXECFN);

	check(aux_is(aux, AT_PAGESZ, PAGE), "AT_PAGESZ is 4096");
	check(aux_is(aux, AT_PHDR, (uint64_t)__ehdr_start + ehdr->e_phoff),
	      "AT_PHDR is where the program headers are");
	check(aux_is(aux, AT_PHNUM, ehdr->e_phnum), "AT_PHNUM is right");
	check(aux_is(aux, AT_PHENT, sizeof(Elf64_Phdr)), "AT_PHENT is right");
	check(aux_is(aux, AT_ENTRY, (uint64_t)_start),
	      "AT_ENTRY is the entry point");
	check(aux_is(aux, AT_BASE, 0), "AT_BASE is 0: no interpreter");
	check(aux_is(aux, AT_SECURE, 0), "AT_SECURE is 0");
	check(aux_is(aux, AT_CLKTCK, 100), "AT_CLKTCK is 100");
	/* FP and ASIMD are the first two bits. */
	check(hwcap != NULL && (*hwcap & 3) == 3,
	      "AT_HWCAP has FP and ASIMD");
	check(execfn != NULL && *execfn != 0 &&
	      length((const char *)*execfn) > 0, "AT_EXECFN is a path");
	check_random(aux);
}

/* Strings of a vector, which ends in NULL; all lie above the stack's top. */
static bool strings_above(char **list, const uint64_t *stack)
{
	for (; *list != NULL; list++)
		if ((uintptr_t)*list <= (uintptr_t)stack)
			return false;
	return true;
}

static const uint64_t *check_vectors(uint64_t *stack)
{
	uint64_t argc = stack[0];
	char **argv = (char **)(stack + 1), **envp = argv + argc + 1;
	char **end = envp;

	check((uintptr_t)stack % 16 == 0, "sp is 16-byte aligned");
	check(argc >= 1 && argc < 1000, "argc is at sp");
	check(argv[argc] == NULL, "argv ends in NULL");
	check(length(argv[0]) > 0, "argv[0] is the program's name");
	check(strings_above(argv, stack) && strings_above(envp, stack),
	      "the strings are above sp");
	while (*end != NULL)
		end++;
	return (const uint64_t *)(end + 1);
}

/* Leave traces: write to all the memory whose zeroes the others check. */
static int dirty(unsigned char *stack)
{
	long page = call6(SYS_mmap, 0, 4 * FRESH, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile unsigned char *p = (volatile unsigned char *)page;

	for (size_t i = 0; page > 0 && i < 4 * FRESH; i++)
		p[i] = 0xa5;
	for (size_t i = 0; i < FRESH; i++)
		((volatile unsigned char *)bss)[i] = 0xa5;
	for (size_t i = PAGE; i < STACK_BELOW; i++)
		((volatile unsigned char *)stack)[-(ptrdiff_t)i] = 0xa5;
	return page > 0 ? 0 : 1;
}

int zeroed_main(const struct pattern_regs *regs, uint64_t *stack)
{
	const uint64_t *aux;

	if (stack[0] > 1) {
		const char *option = (const char *)stack[2];

		if (option[0] == '-' && option[1] == '-' && option[2] == 'd')
			return dirty((unsigned char *)regs);
	}
	check_registers(regs);
	check_memory(regs);
	aux = check_vectors(stack);
	check_aux(aux);
	put("1..");
	put_number((uint64_t)count, 10);
	put("\n");
	return failed == 0 ? 0 : 1;
}
