// SPDX-License-Identifier: MIT
/* A system call with known registers, for ipcfast (ipcfast.S). */
#ifndef TESTS_USER_IPCFAST_H
#define TESTS_USER_IPCFAST_H

#define IMAGE_V		0
#define IMAGE_TPIDR	512
#define IMAGE_X		520

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct image {
	uint64_t v[64];
	uint64_t tpidr;
	uint64_t x[8];
};

_Static_assert(offsetof(struct image, v) == IMAGE_V &&
	       offsetof(struct image, tpidr) == IMAGE_TPIDR &&
	       offsetof(struct image, x) == IMAGE_X,
	       "ipcfast.S has them there");

/*
 * Make the call @number with the registers of @in, and leave in @out what is
 * in them afterwards; v0-v31 only if @with_fp. TPIDR_EL0 is the C library's
 * again when it returns.
 */
void image_call(uint64_t number, const struct image *in, struct image *out,
		uint64_t with_fp);
#endif

#endif
