// SPDX-License-Identifier: MIT
/*
 * The second table, for CPUs with pointer authentication: vectors.S once more,
 * with the entries from EL0 that change keys. An entry that is missing here
 * would run the kernel under the user's key; tools/check_landing.py looks.
 *
 * The unexpected, from which nothing returns, stays as it is: it runs under
 * whatever key is there, and that one does not change any more.
 */
#include <weft/config.h>

#if WEFT_PAUTH
#define weft_vectors		weft_vectors_pauth
#define weft_entry_user_sync	weft_entry_user_sync_pauth
#define weft_entry_user_irq	weft_entry_user_irq_pauth
#include "vectors.S"
#endif
