// SPDX-License-Identifier: MIT
/*
 * mmap and its relatives (syscall/sys_mm.h): flags and arguments are checked
 * here in Linux's order, the work is done in mm/mapping.c and mm/mremap.c.
 * The table of system calls is the caller.
 */
#include "syscall/sys_mm.h"

#include <stdbool.h>

#include "fs/file.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "mm/aspace.h"
#include "mm/kmem.h"
#include "mm/page.h"
#include "proc/process.h"

enum {
	PROT_ALL = AREA_READ | AREA_WRITE | AREA_EXEC,
	PROT_SEM = 8,

	MAP_SHARED = 0x1,
	MAP_PRIVATE = 0x2,
	MAP_SHARED_VALIDATE = 0x3,
	MAP_TYPE = 0xf,
	MAP_FIXED = 0x10,
	MAP_ANONYMOUS = 0x20,
	MAP_GROWSDOWN = 0x100,
	MAP_DENYWRITE = 0x800,
	MAP_EXECUTABLE = 0x1000,
	MAP_LOCKED = 0x2000,
	MAP_NORESERVE = 0x4000,
	MAP_POPULATE = 0x8000,
	MAP_NONBLOCK = 0x10000,
	MAP_STACK = 0x20000,
	MAP_HUGETLB = 0x40000,
	MAP_FIXED_NOREPLACE = 0x100000,

	/* What MAP_SHARED_VALIDATE knows; the other types ignore the rest. */
	MAP_KNOWN = MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN |
		MAP_DENYWRITE | MAP_EXECUTABLE | MAP_LOCKED | MAP_NORESERVE |
		MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB |
		MAP_FIXED_NOREPLACE,

	MREMAP_MAYMOVE = 1,
	MREMAP_FIXED = 2,
};

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
	MADV_COLD = 20,
	MADV_PAGEOUT = 21,
};

struct mmap_request {
	uint64_t addr, len;	/* len: whole pages */
	unsigned prot;
	uint64_t flags;
	uint64_t offset;
};

/* Linux takes tagged addresses in these calls: the tag is the top byte. */
static uint64_t untagged(uint64_t va)
{
	return va >> 55 & 1 ? va : va & UINT64_MAX >> 8;
}

/* @len in whole pages; false if that does not fit 64 bits. */
static bool whole_pages(uint64_t *len)
{
	uint64_t up = (*len + PAGE_SIZE - 1) & -(uint64_t)PAGE_SIZE;

	if (up < *len)
		return false;
	*len = up;
	return true;
}

/* Nobody can fill that: refuse it now, not at some page of it. */
static bool exceeds_memory(uint64_t len)
{
	return len >> PAGE_SHIFT > page_total_count();
}

long sys_brk(const uint64_t arg[6])
{
	return (long)aspace_brk(process_current()->aspace, arg[0]);
}

/* Reserve the place: 0 and its address, or a negative errno. */
static int place(struct aspace *as, const struct mmap_request *rq,
		 uint64_t *start)
{
	uint64_t hint = rq->addr & -(uint64_t)PAGE_SIZE;

	*start = rq->addr;
	if ((rq->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) &&
	    rq->addr % PAGE_SIZE)
		return -EINVAL;
	if (rq->flags & MAP_FIXED_NOREPLACE)
		return aspace_map(as, rq->addr, rq->len, rq->prot, AREA_ANON);
	if (rq->flags & MAP_FIXED)
		return aspace_map_over(as, rq->addr, rq->len, rq->prot);
	if (hint && hint < ASPACE_MIN)
		hint = ASPACE_MIN;
	return aspace_map_anywhere(as, hint, rq->len, rq->prot, start);
}

/* May @file be mapped like this? Sets *@zero if it stands for no content. */
static int check_file(const struct file *file, const struct mmap_request *rq,
		      bool *zero)
{
	const struct inode *inode = file->inode;
	unsigned access = file->flags & FILE_ACCMODE;
	bool shared = (rq->flags & MAP_TYPE) != MAP_PRIVATE;

	*zero = (inode->mode & MODE_FMT) == MODE_CHR && inode->rdev == DEV_ZERO;
	if (file->flags & FILE_PATH)
		return -EBADF;
	if (shared && (rq->prot & AREA_WRITE) && access == FILE_RDONLY)
		return -EACCES;
	if (access == FILE_WRONLY)
		return -EACCES;
	if (*zero)
		return 0;
	if ((inode->mode & MODE_FMT) != MODE_REG)
		return -ENODEV;
	return shared && (rq->prot & AREA_WRITE) ? -ENODEV : 0;
}

/* Read @file from rq->offset into the mapping; what is behind its end is 0. */
static int read_in(struct aspace *as, uint64_t start,
		   const struct mmap_request *rq, struct file *file)
{
	uint64_t done = 0;
	void *buf = kmalloc(PAGE_SIZE);
	long n;
	int err = 0;

	if (!buf)
		return -ENOMEM;
	while (done < rq->len && !err) {
		uint64_t part = rq->len - done;

		if (part > PAGE_SIZE)
			part = PAGE_SIZE;
		n = file_kread(file, buf, part, rq->offset + done);
		if (n < 0)
			err = (int)n;
		if (n <= 0)
			break;
		err = aspace_write(as, start + done, buf, (size_t)n);
		done += (uint64_t)n;
	}
	kfree(buf);
	if (!err && (rq->prot & AREA_EXEC))
		aspace_sync_icache(as, start, done);
	return err;
}

static int map_file(struct aspace *as, const struct mmap_request *rq,
		    struct file *file, uint64_t *start)
{
	bool zero;
	int err = check_file(file, rq, &zero);

	if (err)
		return err;
	err = place(as, rq, start);
	if (err || zero)
		return err;
	err = read_in(as, *start, rq, file);
	if (err)
		aspace_unmap(as, *start, rq->len);
	return err;
}

static int map_fd(struct aspace *as, const struct mmap_request *rq, int fd,
		  uint64_t *start)
{
	struct file *file = files_lookup(process_current()->files, fd);
	int err;

	if (!file)
		return -EBADF;
	err = map_file(as, rq, file, start);
	file_put(file);
	return err;
}

/* MAP_POPULATE is a wish: where memory ends, faults go on later. */
static void populate(struct aspace *as, const struct mmap_request *rq,
		     uint64_t start)
{
	unsigned access = rq->prot & AREA_WRITE ? AREA_WRITE : AREA_READ;
	uint64_t va;

	if (!rq->prot)
		return;
	for (va = start; va < start + rq->len; va += PAGE_SIZE)
		if (aspace_fault(as, va, access))
			return;
}

static int check_flags(uint64_t flags)
{
	uint64_t type = flags & MAP_TYPE;

	if (type != MAP_SHARED && type != MAP_PRIVATE &&
	    (type != MAP_SHARED_VALIDATE || (flags & MAP_ANONYMOUS)))
		return -EINVAL;
	if (type == MAP_SHARED_VALIDATE && (flags & ~(uint64_t)MAP_KNOWN))
		return -EOPNOTSUPP;
	return flags & MAP_HUGETLB ? -EINVAL : 0;
}

static int check_size(struct mmap_request *rq)
{
	if (rq->len == 0)
		return -EINVAL;
	if (!whole_pages(&rq->len) || rq->len > USER_TOP)
		return -ENOMEM;
	if (rq->offset + rq->len < rq->offset)
		return -EOVERFLOW;
	/* A file is read in at once, whatever its mapping's protection. */
	if ((!(rq->flags & MAP_ANONYMOUS) ||
	     ((rq->prot & AREA_WRITE) && !(rq->flags & MAP_NORESERVE))) &&
	    exceeds_memory(rq->len))
		return -ENOMEM;
	return 0;
}

long sys_mmap(const uint64_t arg[6])
{
	struct mmap_request rq = {
		.addr = arg[0], .len = arg[1], .prot = arg[2] & PROT_ALL,
		.flags = arg[3], .offset = arg[5],
	};
	struct aspace *as = process_current()->aspace;
	uint64_t start;
	int err;

	if (rq.offset % PAGE_SIZE)
		return -EINVAL;
	err = check_size(&rq);
	if (!err)
		err = check_flags(rq.flags);
	if (err)
		return err;
	if (rq.flags & MAP_ANONYMOUS)
		err = place(as, &rq, &start);
	else
		err = map_fd(as, &rq, (int)arg[4], &start);
	if (err)
		return err;
	if ((rq.flags & MAP_LOCKED) ||
	    (rq.flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE)
		populate(as, &rq, start);
	return (long)start;
}

long sys_munmap(const uint64_t arg[6])
{
	uint64_t start = untagged(arg[0]), len = arg[1];

	if (!whole_pages(&len))
		return -EINVAL;
	return aspace_unmap(process_current()->aspace, start, len);
}

long sys_mprotect(const uint64_t arg[6])
{
	uint64_t start = untagged(arg[0]), len = arg[1], prot = arg[2];

	if (start % PAGE_SIZE)
		return -EINVAL;
	if (len == 0)
		return 0;
	if (!whole_pages(&len))
		return -ENOMEM;
	/* PROT_GROWSDOWN too: it is for areas that grow, here none does. */
	if (prot & ~(uint64_t)(PROT_ALL | PROT_SEM))
		return -EINVAL;
	if ((prot & AREA_WRITE) && exceeds_memory(len))
		return -ENOMEM;
	return aspace_protect(process_current()->aspace, start, len,
			      prot & PROT_ALL);
}

long sys_mremap(const uint64_t arg[6])
{
	uint64_t old = untagged(arg[0]), old_len = arg[1], new_len = arg[2];
	uint64_t flags = arg[3], start = arg[4];
	unsigned how = 0;
	int err;

	if (flags & ~(uint64_t)(MREMAP_MAYMOVE | MREMAP_FIXED))
		return -EINVAL;
	if ((flags & MREMAP_FIXED) && !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if (!whole_pages(&old_len) || !whole_pages(&new_len))
		return -EINVAL;
	if (new_len > old_len && exceeds_memory(new_len - old_len))
		return -ENOMEM;
	if (flags & MREMAP_MAYMOVE)
		how |= REMAP_MAY_MOVE;
	if (flags & MREMAP_FIXED)
		how |= REMAP_FIXED;
	err = aspace_remap(process_current()->aspace, old, old_len, new_len,
			   how, &start);
	return err ? err : (long)start;
}

/* Advice is an int: the upper half of the register means nothing. */
static int advice_kind(uint32_t advice, bool *discard)
{
	*discard = false;
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_FREE:
		*discard = true;
		return 0;
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
		return 0;
	case MADV_DONTFORK:	/* what a fork would copy: there is none */
	case MADV_DOFORK:
		return 0;
	default:
		return -EINVAL;
	}
}

long sys_madvise(const uint64_t arg[6])
{
	uint64_t start = untagged(arg[0]), len = arg[1];
	bool discard;

	if (advice_kind((uint32_t)arg[2], &discard))
		return -EINVAL;
	if (!whole_pages(&len) || start + len < start)
		return -EINVAL;
	return aspace_advise(process_current()->aspace, start, len, discard);
}
