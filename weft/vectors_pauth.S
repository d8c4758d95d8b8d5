// SPDX-License-Identifier: MIT
/*
 * The second table, for CPUs with pointer authentication: every entry from
 * EL0 changes keys. One that did not would run the kernel under the user's
 * key; tools/check_landing.py looks.
 */
#include "entry.h"

#if WEFT_USER && WEFT_PAUTH
	vectors	weft_vectors_pauth, _pauth
#endif
