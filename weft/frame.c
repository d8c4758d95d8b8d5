// SPDX-License-Identifier: MIT
/* What a frame that enters user mode may contain. */
#include <weft/frame.h>

#include <weft/config.h>

#include "flags.h"

#if WEFT_USER
void weft_frame_init_user(struct weft_frame *frame, uint64_t pc, uint64_t sp)
{
	*frame = (struct weft_frame){
		.sp = sp,
		.pc = pc,
		.pstate = WEFT_PSTATE_EL0T,
		.number = WEFT_NO_SYSCALL,
	};
}

bool weft_pstate_user_ok(uint64_t pstate)
{
	/* BTYPE: an exception of the target of an indirect branch keeps it. */
	uint64_t allowed = WEFT_PSTATE_NZCV | WEFT_PSTATE_SSBS |
			   WEFT_PSTATE_DIT | WEFT_PSTATE_TCO |
			   WEFT_PSTATE_BTYPE;

	return (pstate & ~allowed) == WEFT_PSTATE_EL0T;
}
#endif
