// SPDX-License-Identifier: MIT
/*
 * faults KIND: do one thing that a program must die from (or, for the kinds
 * at the end of the table, must not). `faults --list' prints each kind with
 * the signal that Linux ends it with; faulttest runs them all.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define KERNEL_ADDRESS 0xffffff8000000000u

/* Hidden from the compiler, which would rather not dereference them. */
static volatile uintptr_t zero, page_size = 4096;
static const char *const constant = "read only";
static uint32_t data_code[] = { 0xd65f03c0 };	/* ret */

static void *fresh_page(int protection)
{
	void *page = mmap(NULL, page_size, protection,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED) {
		perror("faults: mmap");
		exit(3);
	}
	return page;
}

static void load(uintptr_t address)
{
	__asm__ volatile("ldrb w9, [%0]" : : "r"(address) : "x9", "memory");
}

static void store(uintptr_t address)
{
	__asm__ volatile("strb wzr, [%0]" : : "r"(address) : "memory");
}

static void call(uintptr_t address)
{
	__asm__ volatile("blr %0" : : "r"(address) : "x30", "memory");
}

static void null_read(void) { load(zero); }
static void null_write(void) { store(zero + 8); }
static void null_call(void) { call(zero); }
static void text_write(void) { store((uintptr_t)null_read); }
static void rodata_write(void) { store((uintptr_t)constant); }
static void data_call(void) { call((uintptr_t)data_code); }
static void kernel_read(void) { load(KERNEL_ADDRESS); }
static void kernel_write(void) { store(KERNEL_ADDRESS + 0x80000); }
static void kernel_call(void) { call(KERNEL_ADDRESS); }
static void hole_read(void) { load(0x7123456000); }
static void wild_read(void) { load(0x00f0000000000000); }
static void misaligned_pc(void) { call((uintptr_t)null_read + 2); }

static void stack_call(void)
{
	uint32_t code[1] = { 0xd65f03c0 };

	call((uintptr_t)code);
}

static void unmapped_read(void)
{
	char *page = fresh_page(PROT_READ | PROT_WRITE);

	*(volatile char *)page = 1;
	munmap(page, page_size);
	load((uintptr_t)page);
}

static void readonly_write(void)
{
	char *page = fresh_page(PROT_READ | PROT_WRITE);

	*(volatile char *)page = 1;
	mprotect(page, page_size, PROT_READ);
	store((uintptr_t)page);
}

static void none_read(void)
{
	load((uintptr_t)fresh_page(PROT_NONE));
}

static void page_call(void)
{
	uint32_t *page = fresh_page(PROT_READ | PROT_WRITE);

	page[0] = data_code[0];
	call((uintptr_t)page);
}

/* More than any sensible stack limit, a page at a time. */
static void stack_overflow(void)
{
	__asm__ volatile("1: sub sp, sp, #4096\n"
			 "strb wzr, [sp]\n"
			 "b 1b" : : : "memory");
}

static void misaligned_exclusive(void)
{
	char *page = fresh_page(PROT_READ | PROT_WRITE);

	__asm__ volatile("ldxr x9, [%0]" : : "r"(page + 1) : "x9", "memory");
}

static void undefined(void)
{
	__asm__ volatile(".inst 0x00000000");
}

static void privileged_mrs(void)
{
	__asm__ volatile("mrs x9, sctlr_el1" : : : "x9");
}

static void privileged_msr(void)
{
	__asm__ volatile("msr vbar_el1, xzr");
}

static void mask_interrupts(void)
{
	__asm__ volatile("msr daifset, #2");
}

static void tlb_invalidate(void)
{
	__asm__ volatile("tlbi vmalle1");
}

static void exception_return(void)
{
	__asm__ volatile("eret");
}

static void hypervisor_call(void)
{
	__asm__ volatile(".inst 0xd4000002");	/* hvc #0 */
}

static void breakpoint(void)
{
	__asm__ volatile("brk #0");
}

static void abort_call(void) { abort(); }
static void raise_term(void) { raise(SIGTERM); }

static void nothing(void) { }

static void divide(void)
{
	__asm__ volatile("udiv x9, xzr, xzr" : : : "x9");
}

static void tagged_read(void)
{
	load((uintptr_t)&page_size | 0x5a00000000000000);
}

static void misaligned_read(void)
{
	char *page = fresh_page(PROT_READ | PROT_WRITE);

	__asm__ volatile("ldr x9, [%0]" : : "r"(page + 1) : "x9", "memory");
}

static const struct kind {
	const char *name;
	void (*run)(void);
	int sig;		/* 0: it lives */
} kinds[] = {
	{ "null-read", null_read, SIGSEGV },
	{ "null-write", null_write, SIGSEGV },
	{ "null-call", null_call, SIGSEGV },
	{ "text-write", text_write, SIGSEGV },
	{ "rodata-write", rodata_write, SIGSEGV },
	{ "data-call", data_call, SIGSEGV },
	{ "stack-call", stack_call, SIGSEGV },
	{ "page-call", page_call, SIGSEGV },
	{ "kernel-read", kernel_read, SIGSEGV },
	{ "kernel-write", kernel_write, SIGSEGV },
	{ "kernel-call", kernel_call, SIGSEGV },
	{ "hole-read", hole_read, SIGSEGV },
	{ "wild-read", wild_read, SIGSEGV },
	{ "unmapped-read", unmapped_read, SIGSEGV },
	{ "readonly-write", readonly_write, SIGSEGV },
	{ "none-read", none_read, SIGSEGV },
	{ "stack-overflow", stack_overflow, SIGSEGV },
	{ "misaligned-pc", misaligned_pc, SIGBUS },
	{ "misaligned-exclusive", misaligned_exclusive, SIGBUS },
	{ "undefined", undefined, SIGILL },
	{ "privileged-mrs", privileged_mrs, SIGILL },
	{ "privileged-msr", privileged_msr, SIGILL },
	{ "mask-interrupts", mask_interrupts, SIGILL },
	{ "tlb-invalidate", tlb_invalidate, SIGILL },
	{ "exception-return", exception_return, SIGILL },
	{ "hypervisor-call", hypervisor_call, SIGILL },
	{ "breakpoint", breakpoint, SIGTRAP },
	{ "abort", abort_call, SIGABRT },
	{ "raise-term", raise_term, SIGTERM },
	{ "nothing", nothing, 0 },
	{ "divide-by-zero", divide, 0 },
	{ "tagged-read", tagged_read, 0 },
	{ "misaligned-read", misaligned_read, 0 },
};

int main(int argc, char **argv)
{
	size_t count = sizeof(kinds) / sizeof(*kinds);

	for (size_t i = 0; argc == 2 && i < count; i++) {
		if (strcmp(argv[1], "--list") == 0)
			printf("%s %d\n", kinds[i].name, kinds[i].sig);
		if (strcmp(argv[1], kinds[i].name) == 0) {
			kinds[i].run();
			return 0;
		}
	}
	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return 0;
	fputs("usage: faults KIND\n       faults --list\n", stderr);
	return 2;
}
