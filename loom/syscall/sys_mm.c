// SPDX-License-Identifier: MIT
/*
 * mmap, munmap, mprotect, mremap and brk (syscall/sys_mm.h): flags and
 * arguments are checked here in Linux's order, the work is done in
 * mm/mapping.c and mm/mremap.c. The table of system calls is the caller.
 */
#include "syscall/sys_mm.h"

#include <stdbool.h>

#include "fs/file.h"
#include "fs/inode.h"
#include "fs/ramfs.h"
#include "lib/errno.h"
#include "mm/aspace.h"
#include "mm/page.h"
#include "proc/process.h"
#include "syscall/syscall.h"

enum {
	PROT_SEM = 8,
	PROT_GROWSDOWN = 0x01000000,
	PROT_GROWSUP = 0x02000000,

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

	MREMAP_MAYMOVE = 1,
	MREMAP_FIXED = 2,
	MREMAP_DONTUNMAP = 4,
};

/* The size of huge pages. */
#define MAP_HUGE	UINT64_C(0xfc000000)

/* What MAP_SHARED_VALIDATE knows; the other types ignore the rest. */
#define MAP_KNOWN	(MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS |		\
			 MAP_GROWSDOWN | MAP_DENYWRITE |		\
			 MAP_EXECUTABLE | MAP_LOCKED | MAP_NORESERVE |	\
			 MAP_POPULATE | MAP_NONBLOCK | MAP_STACK |	\
			 MAP_HUGETLB | MAP_FIXED_NOREPLACE | MAP_HUGE)

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

/* W^X: the program may not know why it fails, so the report says. */
static bool is_write_exec(uint64_t prot)
{
	if (!(prot & AREA_WRITE) || !(prot & AREA_EXEC))
		return false;
	(void)syscall_part_missing(PART_MMAP_WRITE_EXEC);
	return true;
}

long sys_brk(const uint64_t arg[6])
{
	return (long)aspace_brk(process_current()->aspace, arg[0]);
}

static bool is_shared(const struct mmap_request *rq)
{
	return (rq->flags & MAP_TYPE) != MAP_PRIVATE;
}

/* 0 and its address, or a negative errno. */
static int place(struct aspace *as, const struct mmap_request *rq,
		 const struct mapping *m, uint64_t *start)
{
	uint64_t hint = rq->addr & -(uint64_t)PAGE_SIZE;

	*start = rq->addr;
	if (rq->flags & MAP_FIXED_NOREPLACE)
		return aspace_map(as, rq->addr, m);
	if (rq->flags & MAP_FIXED)
		return aspace_map_over(as, rq->addr, m);
	if (hint && hint < ASPACE_MIN)
		hint = ASPACE_MIN;
	return aspace_map_anywhere(as, hint, m, start);
}

/* Zeros: the program's own, or those of a file that nobody can open. */
static int map_zeros(struct aspace *as, const struct mmap_request *rq,
		     uint64_t *start)
{
	struct mapping m = {
		.len = rq->len,
		.prot = rq->prot,
		.may = AREA_ALL,
		.flags = rq->flags & MAP_GROWSDOWN ? AREA_GROWS : 0,
	};
	int err;

	if (!is_shared(rq))
		return place(as, rq, &m, start);
	m.inode = ramfs_memory(rq->len);
	if (!m.inode)
		return -ENOMEM;
	m.flags = AREA_SHARED;
	err = place(as, rq, &m, start);
	inode_put(m.inode);
	return err;
}

/* May @file be mapped like this? */
static int check_access(const struct file *file, const struct mmap_request *rq)
{
	uint32_t access = file_flags(file) & FILE_ACCMODE;

	if (is_shared(rq) && (rq->prot & AREA_WRITE) && access == FILE_RDONLY)
		return -EACCES;
	return access == FILE_WRONLY ? -EACCES : 0;
}

static bool is_dev_zero(const struct inode *inode)
{
	return inode_is(inode, MODE_CHR) && inode->rdev == DEV_ZERO;
}

static int map_file(struct aspace *as, const struct mmap_request *rq,
		    struct file *file, uint64_t *start)
{
	uint32_t access = file_flags(file) & FILE_ACCMODE;
	struct mapping m = {
		.len = rq->len,
		.prot = rq->prot,
		.may = AREA_ALL,
		.flags = is_shared(rq) ? AREA_SHARED : 0,
		.inode = file->inode,
		.offset = rq->offset,
	};
	int err = check_access(file, rq);

	if (err)
		return err;
	if (!file->inode->pages && !is_dev_zero(file->inode))
		return -ENODEV;
	if (rq->flags & MAP_GROWSDOWN)
		return -EINVAL;
	if (is_dev_zero(file->inode))
		return map_zeros(as, rq, start);
	if (is_shared(rq) && access == FILE_RDONLY)
		m.may &= ~(unsigned)AREA_WRITE;
	return place(as, rq, &m, start);
}

static int check_flags(const struct mmap_request *rq)
{
	uint64_t type = rq->flags & MAP_TYPE;
	bool is_anonymous = rq->flags & MAP_ANONYMOUS;

	if (type != MAP_SHARED && type != MAP_PRIVATE &&
	    (type != MAP_SHARED_VALIDATE || is_anonymous))
		return -EINVAL;
	if (type == MAP_SHARED_VALIDATE && (rq->flags & ~MAP_KNOWN))
		return -EOPNOTSUPP;
	if (is_anonymous && type == MAP_SHARED && (rq->flags & MAP_GROWSDOWN))
		return -EINVAL;
	return rq->flags & MAP_HUGETLB ? -EINVAL : 0;
}

/* Does the mapping take memory that no file has already? */
static bool takes_memory(const struct mmap_request *rq)
{
	if (rq->flags & MAP_NORESERVE)
		return false;
	if (is_shared(rq))
		return rq->flags & MAP_ANONYMOUS;
	return rq->prot & AREA_WRITE;
}

static int check_size(struct mmap_request *rq)
{
	if (rq->len == 0)
		return -EINVAL;
	if (!whole_pages(&rq->len) || rq->len > USER_TOP)
		return -ENOMEM;
	if (rq->offset + rq->len < rq->offset)
		return -EOVERFLOW;
	if ((rq->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) &&
	    rq->addr % PAGE_SIZE)
		return -EINVAL;
	return takes_memory(rq) && exceeds_memory(rq->len) ? -ENOMEM : 0;
}

static int check_request(struct mmap_request *rq)
{
	int err = check_size(rq);

	if (!err)
		err = check_flags(rq);
	if (!err && is_write_exec(rq->prot))
		err = -EACCES;
	return err;
}

static int map_fd(struct aspace *as, struct mmap_request *rq, int fd,
		  uint64_t *start)
{
	struct file *file = files_lookup(process_current()->files, fd);
	int err;

	if (!file)
		return -EBADF;
	err = file_flags(file) & FILE_PATH ? -EBADF : check_request(rq);
	if (!err)
		err = map_file(as, rq, file, start);
	file_put(file);
	return err;
}

static int map_anonymous(struct aspace *as, struct mmap_request *rq,
			 uint64_t *start)
{
	int err = check_request(rq);

	return err ? err : map_zeros(as, rq, start);
}

long sys_mmap(const uint64_t arg[6])
{
	struct mmap_request rq = {
		.addr = arg[0], .len = arg[1], .prot = arg[2] & AREA_ALL,
		.flags = arg[3], .offset = arg[5],
	};
	struct aspace *as = process_current()->aspace;
	uint64_t start;
	int err;

	if (rq.offset % PAGE_SIZE)
		return -EINVAL;
	if (rq.flags & MAP_ANONYMOUS)
		err = map_anonymous(as, &rq, &start);
	else
		err = map_fd(as, &rq, (int)arg[4], &start);
	if (err)
		return err;
	/* A wish: where memory ends, faults go on later. */
	if ((rq.flags & MAP_LOCKED) ||
	    (rq.flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE)
		(void)aspace_populate(as, start, rq.len, 0);
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
	const uint64_t grows = PROT_GROWSDOWN | PROT_GROWSUP;
	uint64_t start = untagged(arg[0]), len = arg[1], prot = arg[2];

	if ((prot & grows) == grows || start % PAGE_SIZE)
		return -EINVAL;
	if (len == 0)
		return 0;
	if (!whole_pages(&len))
		return -ENOMEM;
	/* Nothing grows upwards, so there is no area for PROT_GROWSUP. */
	if (prot & ~(uint64_t)(AREA_ALL | PROT_SEM | PROT_GROWSDOWN))
		return -EINVAL;
	if ((prot & AREA_WRITE) && exceeds_memory(len))
		return -ENOMEM;
	if (is_write_exec(prot))
		return -EACCES;
	return aspace_protect(process_current()->aspace, start, len,
			      prot & AREA_ALL, prot & PROT_GROWSDOWN);
}

static int check_remap_flags(uint64_t flags)
{
	if (flags & ~(uint64_t)(MREMAP_MAYMOVE | MREMAP_FIXED |
				MREMAP_DONTUNMAP))
		return -EINVAL;
	if ((flags & MREMAP_FIXED) && !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if (!(flags & MREMAP_DONTUNMAP))
		return 0;
	/* As of a Linux that does not know it yet, but not silently. */
	(void)syscall_part_missing(PART_MREMAP_DONTUNMAP);
	return -EINVAL;
}

long sys_mremap(const uint64_t arg[6])
{
	uint64_t old = untagged(arg[0]), old_len = arg[1], new_len = arg[2];
	uint64_t flags = arg[3], start = arg[4];
	unsigned how = 0;
	int err = check_remap_flags(flags);

	if (err)
		return err;
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
