// SPDX-License-Identifier: MIT
/*
 * FP and SIMD registers to and from struct weft_fp. Only fp_regs.h and sve.S
 * name vector registers.
 */
#include <weft/asm.h>
#include <weft/config.h>
#include <weft/fp.h>

#include "fp_regs.h"

#if WEFT_FP

// void weft_fp_save(struct weft_fp *fp)
// Clobbers: x1, x2
func weft_fp_save
	fp_save	x0, x1, x2
	ret
endfunc weft_fp_save

// void weft_fp_restore(const struct weft_fp *fp)
// Clobbers: x1, x2
func weft_fp_restore
	fp_restore x0, x1, x2
	ret
endfunc weft_fp_restore

#endif
