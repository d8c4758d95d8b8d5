// SPDX-License-Identifier: MIT
/* The SVE registers of a process as scalable.S loads and stores them. */
#ifndef CONFORMANCE_SCALABLE_H
#define CONFORMANCE_SCALABLE_H

#define SVE_MAX_VL 256
#define SVE_IMAGE_MAX (32 * SVE_MAX_VL + 17 * SVE_MAX_VL / 8)

#ifndef __ASSEMBLER__
#include <stdint.h>

/* The vector length in bytes. */
unsigned int sve_vl(void);

/*
 * An image is z0-z31, p0-p15 and FFR, vl and vl / 8 bytes each. Load all from
 * @want, count @spins down, make the system call @call(@arg, 0) unless it is
 * -1, store all to @got.
 */
void sve_window(const void *want, void *got, uint64_t spins, long call,
		const void *arg);

/* Store all, nothing else. */
void sve_store(void *got);

/* Load all from @want, change the vector length to @vl, store all to @got. */
void sve_change(const void *want, void *got, unsigned int vl);
#endif

#endif
