/* SPDX-License-Identifier: MIT */
/* Lab 6: what main.c and probe.S ask of switch.S. For C and assembly. */
#ifndef COURSE_H
#define COURSE_H

#define CONTEXT_SIZE	128

#ifndef __ASSEMBLER__
#include <stdint.h>

/* A thread that does not run; what is in it is yours. */
struct course_context {
	uint64_t word[CONTEXT_SIZE / 8];
};

/*
 * Set up a thread that never ran: at the first switch to it entry() is called
 * on the stack that ends at @stack_top.
 */
void course_start(struct course_context *context, void (*entry)(void),
		  void *stack_top);

/* Save the caller in @from and go on with @to. */
void course_switch(struct course_context *from, struct course_context *to);

/*
 * probe.S: fill x19-x29 with @seed, @seed + 1 ..., switch from @from to @to.
 * When it comes back: 0, or the number of the first that is another.
 */
uint64_t course_probe(struct course_context *from, struct course_context *to,
		      uint64_t seed);
#endif
#endif
