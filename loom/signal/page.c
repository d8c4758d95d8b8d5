// SPDX-License-Identifier: MIT
/*
 * Where handlers return to: a page of each program with two instructions that
 * make the call rt_sigreturn. glibc passes no restorer on arm64; Linux has
 * these in its vDSO. Debuggers and unwinders know them by their encoding, and
 * look at the instruction before, too: it must be there. A landing pad in
 * that place is for those who branch to it; a return needs none.
 *
 * The page is the program's: what unmaps it loses the way back.
 */
#include <stddef.h>

#include "mm/aspace.h"
#include "signal/signal.h"

static const uint32_t code[] = {
	0xd503245f,		/* bti c */
	0xd2801168,		/* mov x8, #139 */
	0xd4000001,		/* svc #0 */
};

#define RETURN_OFFSET 4		/* of mov */

int signal_map_page(struct aspace *as)
{
	uint64_t at;
	int err = aspace_map_anywhere(as, 0, PAGE_SIZE, AREA_READ | AREA_EXEC,
				      &at);

	if (err)
		return err;
	err = aspace_write(as, at, code, sizeof(code));
	aspace_sync_icache(as, at, sizeof(code));
	as->signal_page = at + RETURN_OFFSET;
	return err;
}
