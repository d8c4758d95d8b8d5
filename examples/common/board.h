// SPDX-License-Identifier: MIT
/* QEMU's virt board, as start.S maps it: a console, and the power switch. */
#ifndef EXAMPLES_COMMON_BOARD_H
#define EXAMPLES_COMMON_BOARD_H

#include <stdint.h>

__attribute__((noreturn)) void example_main(void);
extern char boot_stack_top[];
#define KERNEL_BASE	0xffffff8000000000	/* physical address 0 */
#define DEVICE(pa)	((volatile uint32_t *)(KERNEL_BASE + (pa)))

static inline void print(const char *text)
{
	for (; *text; text++)
		*DEVICE(0x09000000) = (unsigned char)*text;	/* PL011 */
}

__attribute__((noreturn)) static inline void power_off(void)
{
	__asm__ volatile("mov x0, %0; hvc #0"	/* PSCI's SYSTEM_OFF */
			 :: "r"(0x84000008ull) : "x0", "memory");
	__builtin_unreachable();
}

#endif
