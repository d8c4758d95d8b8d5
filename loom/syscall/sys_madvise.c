// SPDX-License-Identifier: MIT
/*
 * What programs say and ask about their pages (syscall/sys_mm.h): madvise,
 * msync, mincore, mlock and its like. The work is done in mm/advice.c and
 * mm/fault.c. The table of system calls is the caller.
 */
#include "syscall/sys_mm.h"

#include <stdbool.h>

#include "lib/errno.h"
#include "mm/aspace.h"
#include "mm/inspect.h"
#include "mm/user.h"
#include "proc/process.h"

enum {
	MADV_NORMAL = 0,
	MADV_RANDOM = 1,
	MADV_SEQUENTIAL = 2,
	MADV_WILLNEED = 3,
	MADV_DONTNEED = 4,
	MADV_FREE = 8,
	MADV_DONTFORK = 10,
	MADV_DOFORK = 11,
	MADV_MERGEABLE = 12,
	MADV_UNMERGEABLE = 13,
	MADV_HUGEPAGE = 14,
	MADV_NOHUGEPAGE = 15,
	MADV_DONTDUMP = 16,
	MADV_DODUMP = 17,
	MADV_WIPEONFORK = 18,
	MADV_KEEPONFORK = 19,
	MADV_COLD = 20,
	MADV_PAGEOUT = 21,
	MADV_POPULATE_READ = 22,
	MADV_POPULATE_WRITE = 23,
	MADV_DONTNEED_LOCKED = 24,

	MS_ASYNC = 1,
	MS_INVALIDATE = 2,
	MS_SYNC = 4,

	MLOCK_ONFAULT = 1,
	MCL_CURRENT = 1,
	MCL_FUTURE = 2,
	MCL_ONFAULT = 4,
};

/* Asked for at once of mincore, in pages. */
#define MINCORE_PIECE 256

/* Linux takes tagged addresses in these calls: the tag is the top byte. */
static uint64_t untagged(uint64_t va)
{
	return va >> 55 & 1 ? va : va & UINT64_MAX >> 8;
}

static uint64_t whole_pages(uint64_t len)
{
	return (len + PAGE_SIZE - 1) & -(uint64_t)PAGE_SIZE;
}

static long advise(uint64_t start, uint64_t len, enum aspace_advice advice)
{
	return aspace_advise(process_current()->aspace, start, len, advice, 0,
			     0);
}

static long change_flags(uint64_t start, uint64_t len, unsigned to_clear,
			 unsigned to_set)
{
	return aspace_advise(process_current()->aspace, start, len,
			     ADVICE_FLAGS, to_clear, to_set);
}

static long populate(uint64_t start, uint64_t len, unsigned access)
{
	int err = aspace_populate(process_current()->aspace, start, len,
				  access);

	if (err == -EACCES)
		return -EINVAL;
	return err == -ENXIO || err == -ENOSPC ? -EFAULT : err;
}

/* Advice is an int: the upper half of the register means nothing. */
static long advise_kind(uint64_t start, uint64_t len, uint32_t kind)
{
	switch (kind) {
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
		return advise(start, len, ADVICE_DISCARD);
	case MADV_FREE:
		return advise(start, len, ADVICE_FREE);
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_WILLNEED:
	case MADV_MERGEABLE:
	case MADV_UNMERGEABLE:
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
	case MADV_COLD:
	case MADV_PAGEOUT:
		return advise(start, len, ADVICE_NONE);
	case MADV_DONTFORK:
		return change_flags(start, len, 0, AREA_DONTFORK);
	case MADV_DOFORK:
		return change_flags(start, len, AREA_DONTFORK, 0);
	case MADV_WIPEONFORK:
		return change_flags(start, len, 0, AREA_WIPEONFORK);
	case MADV_KEEPONFORK:
		return change_flags(start, len, AREA_WIPEONFORK, 0);
	case MADV_POPULATE_READ:
		return populate(start, len, AREA_READ);
	case MADV_POPULATE_WRITE:
		return populate(start, len, AREA_WRITE);
	default:
		return -EINVAL;
	}
}

long sys_madvise(const uint64_t arg[6])
{
	uint64_t start = untagged(arg[0]), len = whole_pages(arg[1]);

	if (start % PAGE_SIZE || len < arg[1] || start + len < start)
		return -EINVAL;
	return advise_kind(start, len, (uint32_t)arg[2]);
}

long sys_msync(const uint64_t arg[6])
{
	uint64_t start = untagged(arg[0]), len = whole_pages(arg[1]);
	uint32_t flags = (uint32_t)arg[2];

	if (flags & ~(uint32_t)(MS_ASYNC | MS_INVALIDATE | MS_SYNC))
		return -EINVAL;
	if (start % PAGE_SIZE)
		return -EINVAL;
	if ((flags & MS_ASYNC) && (flags & MS_SYNC))
		return -EINVAL;
	if (len < arg[1] || start + len < start)
		return -ENOMEM;
	return advise(start, len, ADVICE_NONE);
}

long sys_mincore(const uint64_t arg[6])
{
	struct aspace *as = process_current()->aspace;
	uint64_t start = untagged(arg[0]), vec = arg[2];
	uint64_t pages = whole_pages(arg[1]) / PAGE_SIZE;
	uint8_t map[MINCORE_PIECE];
	int err;

	if (start % PAGE_SIZE)
		return -EINVAL;
	if (!user_range_ok(start, arg[1]))
		return -ENOMEM;
	if (!user_range_ok(vec, pages))
		return -EFAULT;
	while (pages) {
		size_t n = pages < MINCORE_PIECE ? pages : MINCORE_PIECE;

		err = aspace_resident(as, start, n, map);
		if (err)
			return err;
		if (copy_to_user(vec, map, n))
			return -EFAULT;
		start += n * PAGE_SIZE;
		vec += n;
		pages -= n;
	}
	return 0;
}

/* All pages that [start, start + len) touches, @len not 0: 0 or -EINVAL. */
static int lock_range(const uint64_t arg[6], uint64_t *start, uint64_t *len)
{
	uint64_t at = untagged(arg[0]);

	*start = at & -(uint64_t)PAGE_SIZE;
	*len = whole_pages(arg[1] + (at - *start));
	return *len < arg[1] || *start + *len < *start ? -EINVAL : 0;
}

static long lock(const uint64_t arg[6], bool fetch)
{
	uint64_t start, len;
	long err = lock_range(arg, &start, &len);

	if (err)
		return err;
	err = advise(start, len, ADVICE_NONE);
	if (err || !fetch)
		return err;
	err = aspace_populate(process_current()->aspace, start, len, 0);
	/* As POSIX has it: some of the range cannot be locked, or not now. */
	if (err == -ENOMEM)
		return -EAGAIN;
	return err == -EINTR ? err : err ? -ENOMEM : 0;
}

long sys_mlock(const uint64_t arg[6])
{
	return lock(arg, true);
}

long sys_mlock2(const uint64_t arg[6])
{
	if ((uint32_t)arg[2] & ~(uint32_t)MLOCK_ONFAULT)
		return -EINVAL;
	return lock(arg, !((uint32_t)arg[2] & MLOCK_ONFAULT));
}

long sys_munlock(const uint64_t arg[6])
{
	return lock(arg, false);
}

static int fetch_area(const struct area_info *info, void *as)
{
	/* As far as it goes, as Linux: an area's failure is not the call's. */
	return aspace_populate(as, info->start, info->end - info->start, 0) ==
	       -EINTR;
}

long sys_mlockall(const uint64_t arg[6])
{
	struct aspace *as = process_current()->aspace;
	uint32_t flags = (uint32_t)arg[0];

	if (!flags || flags == MCL_ONFAULT ||
	    (flags & ~(uint32_t)(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)))
		return -EINVAL;
	if ((flags & MCL_CURRENT) && !(flags & MCL_ONFAULT))
		(void)aspace_for_each_area(as, fetch_area, as);
	return 0;
}

long sys_munlockall(const uint64_t arg[6])
{
	(void)arg;
	return 0;
}
