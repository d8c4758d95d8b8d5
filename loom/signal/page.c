// SPDX-License-Identifier: MIT
/*
 * Where handlers return to: a page, the same in each program, with two
 * instructions that make the call rt_sigreturn. glibc passes no restorer on
 * arm64; Linux has these in its vDSO. Debuggers and unwinders know them by
 * their encoding, and look at the instruction before, too: it must be there. A
 * landing pad in that place is for those who branch to it; a return needs none.
 *
 * The mapping is the program's: what unmaps it loses the way back.
 */
#include "fs/inode.h"
#include "fs/ramfs.h"
#include "lib/panic.h"
#include "mm/aspace.h"
#include "signal/signal.h"

static const uint32_t code[] = {
	0xd503245f,		/* bti c */
	0xd2801168,		/* mov x8, #139 */
	0xd4000001,		/* svc #0 */
};

#define RETURN_OFFSET 4		/* of mov */

static struct inode *page;	/* fixed after signal_init */

void signal_init(void)
{
	long n;

	page = ramfs_memory(PAGE_SIZE);
	if (!page)
		fatal("no memory for the signal page");
	mutex_lock(&page->lock);
	n = page->ops->pwrite(page, code, sizeof(code), 0);
	mutex_unlock(&page->lock);
	if (n != sizeof(code))
		fatal("no memory for the signal page");
}

int signal_map_page(struct aspace *as)
{
	return aspace_map_signal_page(as, page, RETURN_OFFSET);
}
