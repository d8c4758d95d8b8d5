// SPDX-License-Identifier: MIT
/* The default of weft_debug_pte: nobody watches the page tables. */
#include <weft/pgtable.h>

#include "../flags.h"

void weft_debug_pte(const struct weft_pgtable *table, uint64_t va,
		    unsigned level, uint64_t before, uint64_t after)
{
	(void)table;
	(void)va;
	(void)level;
	(void)before;
	(void)after;
}
