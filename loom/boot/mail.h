// SPDX-License-Identifier: MIT
/*
 * What a CPU that starts reads with its MMU off: boot/secondary.c writes it,
 * boot/head.S reads it.
 */
#ifndef LOOM_BOOT_MAIL_H
#define LOOM_BOOT_MAIL_H

#include <weft/layout.h>

/* The largest cache line of the architecture: nothing else is in it. */
#define SECONDARY_MAIL_ALIGN	2048

#define MAIL_MPIDR		0
#define MAIL_TTBR0		8
#define MAIL_TTBR1		16
#define MAIL_STACK_TOP		24
#define MAIL_CPU		32

#ifndef __ASSEMBLER__
#include <stdint.h>

struct secondary_mail {
	uint64_t mpidr;		/* whose it is: its affinity fields */
	uint64_t ttbr0, ttbr1;	/* to turn the MMU on with */
	uint64_t stack_top;	/* virtual, as is the next */
	uint64_t cpu;		/* its struct cpu */
};

WEFT_OFFSET(MAIL_MPIDR, secondary_mail, mpidr);
WEFT_OFFSET(MAIL_TTBR0, secondary_mail, ttbr0);
WEFT_OFFSET(MAIL_TTBR1, secondary_mail, ttbr1);
WEFT_OFFSET(MAIL_STACK_TOP, secondary_mail, stack_top);
WEFT_OFFSET(MAIL_CPU, secondary_mail, cpu);
WEFT_PAIR(secondary_mail, ttbr0, ttbr1);

extern struct secondary_mail secondary_mail;
#endif
#endif
