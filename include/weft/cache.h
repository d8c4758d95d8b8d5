// SPDX-License-Identifier: MIT
/*
 * Cache maintenance: for instructions that were written as data, and for
 * memory that is shared with a device that does not look into the caches.
 *
 * All take addresses of the caller that are mapped, as normal memory (a fault
 * is taken as by an access), and can be called at EL1 with any DAIF. All are
 * complete when they return, on every CPU. A length of 0 does nothing.
 */
#ifndef WEFT_CACHE_H
#define WEFT_CACHE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Make what was written to [@start, @start + @len) fit for execution on every
 * CPU: clean the data cache to the point of unification, invalidate the
 * instruction cache, each where CTR_EL0 does not say that it is not needed
 * (Arm ARM B2.4.4). The calling CPU may execute it when this returns; others
 * need a context synchronization (an ERET) after they learn of it.
 */
void weft_cache_sync_code(const void *start, size_t len);

/*
 * The unit in which caches write memory back, in bytes: the alignment and the
 * size of a buffer that shares no unit with anything else.
 */
size_t weft_cache_granule(void);

/*
 * The device is going to read what the CPU wrote: write it back to the point
 * of coherency. After the last store, before the device is told; a device
 * register is written after this without a further barrier. No alignment.
 */
void weft_cache_clean(const void *start, size_t len);

/*
 * The same, and drop it from the caches: before memory is mapped, or used,
 * non-cacheable, or given to a device that reads and writes. No alignment; but
 * a neighbour in the same unit that is touched while the device writes comes
 * back to the caches with the buffer, and is written over it.
 */
void weft_cache_clean_invalidate(const void *start, size_t len);

/*
 * The device is going to write, or has written: drop what the caches have of
 * it, with stores that are not written back. Both times are needed: before, so
 * that no dirty line is written over what the device writes; after it is done
 * and before the first load, for a CPU may have fetched lines speculatively.
 * @start and @len are multiples of weft_cache_granule(): half a line cannot be
 * dropped, and its other half would be lost. The memory is mapped writable.
 */
void weft_cache_invalidate(void *start, size_t len);

#ifdef __cplusplus
}
#endif
#endif
