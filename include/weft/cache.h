// SPDX-License-Identifier: MIT
/* Cache maintenance for instructions that were written as data (B2.4.4). */
#ifndef WEFT_CACHE_H
#define WEFT_CACHE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Make what was written to [@start, @start + @len) fit for execution on every
 * CPU: clean the data cache to the point of unification, invalidate the
 * instruction cache. The calling CPU may execute it when this returns; others
 * need a context synchronization (an ERET) after they learn of it.
 */
void weft_cache_sync_code(const void *start, size_t len);

#ifdef __cplusplus
}
#endif
#endif
