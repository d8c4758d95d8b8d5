// SPDX-License-Identifier: MIT
/*
 * The user half of a process's memory: areas (what may be touched, and how;
 * mm/area.h) and the page table (what is there). Pages come when they are
 * first touched.
 *
 * mm/aspace.c has its life and its faults, mm/mapping.c and mm/mremap.c what
 * system calls ask for. A process holds one reference; a child of vfork another
 * until it execs.
 *
 * aspace->lock, a mutex, guards everything, page-table writes of faults
 * included. It is never held over a copy from or to user addresses: such a
 * copy may fault, and the fault takes it. Locks of lower rank may be held.
 *
 * Memory is all anonymous and private. What PROT_WRITE or PROT_EXEC allows
 * includes reading, as the page tables have no other way. Nothing is writable
 * and executable at once: a wish for both is -EACCES.
 */
#ifndef LOOM_MM_ASPACE_H
#define LOOM_MM_ASPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/pgtable.h>
#include <weft/space.h>

#include "mm/area.h"
#include "mm/futex_key.h"
#include "mm/layout.h"
#include "sched/mutex.h"

struct inode;

#define ASPACE_MIN		0x10000		/* nothing is mapped below */
#define ASPACE_STACK_SIZE	0x800000	/* 8 MiB */

struct aspace {
	struct weft_space space;
	struct weft_pgtable table;
	struct mutex lock;
	uint32_t refs;		/* atomic */

	/* lock */
	struct area_set areas;
	uint64_t brk_start, brk;	/* 0: not set, brk(2) does nothing */
	uint64_t mmap_top;	/* mappings without a wish go below this */
	uint64_t stack_top;
	uint64_t signal_page;	/* where handlers return to; only execve
				 * writes it */
	size_t pages;		/* resident user pages */

	/* For /proc; set by execve, fixed once a program runs in it. */
	struct inode *exe;	/* the program's file, counted; or NULL */
	/* its arguments' strings, and behind them those of the environment */
	uint64_t arg_start, arg_end, env_end;
};

/*
 * An empty space whose stack_top and mmap_top are the highest there are.
 * NULL: no memory.
 */
struct aspace *aspace_create(void);
void aspace_get(struct aspace *as);

/*
 * The last reference frees all of it. Then the space is in no CPU's TTBR0:
 * who exits or execs has installed another (kvm_empty_space, or the new one).
 */
void aspace_put(struct aspace *as);

/*
 * A copy, as fork(2) makes it: the same areas and contents. Pages are shared
 * until one of the two writes; nobody may write to a shared page any more when
 * this returns. Takes the lock of @from. NULL: no memory.
 */
struct aspace *aspace_fork(struct aspace *from);

/*
 * For execve, on a space that no thread runs on yet. The stack's area of
 * ASPACE_STACK_SIZE below @stack_top, and where mappings go from then on
 * (at most up to the gap under the stack): 0, -EEXIST, -ENOMEM, -EINVAL.
 */
int aspace_set_stack(struct aspace *as, uint64_t stack_top, uint64_t mmap_top,
		     unsigned prot);
/* Where brk(2) starts: any address, usually the page after the program. */
void aspace_set_brk(struct aspace *as, uint64_t start);

/*
 * The calls below take the lock. Addresses and lengths are page multiples
 * unless said; all that is not fully inside the user half is -EINVAL or
 * -ENOMEM as Linux has it.
 */

/* A new area at exactly @start; -EEXIST if something is there. */
int aspace_map(struct aspace *as, uint64_t start, size_t len, unsigned prot,
	       enum area_kind kind);

/* The same for MAP_FIXED: what is there goes. */
int aspace_map_over(struct aspace *as, uint64_t start, size_t len,
		    unsigned prot);

/*
 * As mmap: the area at @hint, if that is not 0 and free, else at the highest
 * place below mmap_top, else anywhere. The gap under a stack is not free.
 */
int aspace_map_anywhere(struct aspace *as, uint64_t hint, size_t len,
			unsigned prot, uint64_t *start);

int aspace_unmap(struct aspace *as, uint64_t start, size_t len);

/* Up to the first hole, which is -ENOMEM, as Linux does. */
int aspace_protect(struct aspace *as, uint64_t start, size_t len,
		   unsigned prot);

/*
 * As mremap(2). With REMAP_FIXED *@start says where to, and what is there
 * goes. The pages move; the result is in *@start.
 */
enum {
	REMAP_MAY_MOVE = 1,
	REMAP_FIXED = 2,	/* implies REMAP_MAY_MOVE */
};

int aspace_remap(struct aspace *as, uint64_t old, size_t old_len,
		 size_t new_len, unsigned flags, uint64_t *start);

/*
 * As madvise: 0, or -ENOMEM if there are holes in the range. With @discard
 * the pages go, what is touched afterwards reads as zeros.
 */
int aspace_advise(struct aspace *as, uint64_t start, size_t len, bool discard);

/* As brk(2): the new break, or the old one if it cannot be. */
uint64_t aspace_brk(struct aspace *as, uint64_t wish);

/*
 * A fault at @va (any address): 0 when the access may be tried again,
 * -EFAULT (no area: SIGSEGV, MAPERR), -EACCES (area forbids it: SEGV_ACCERR),
 * -ENOMEM. @access is one of AREA_READ, AREA_WRITE, AREA_EXEC.
 */
int aspace_fault(struct aspace *as, uint64_t va, unsigned access);

/*
 * The key of the futex word at @va, any address. With @shared (no
 * FUTEX_PRIVATE_FLAG) it is that of the object which is mapped there, if it is
 * mapped shared; else that of the address in @as. 0 or -EFAULT: no area there.
 * A private one is not looked for, it takes no lock: reading the word tells.
 */
int aspace_futex_key(struct aspace *as, uint64_t va, bool shared,
		     struct futex_key *key);

/*
 * Write into a space that need not be the running one (execve builds the next
 * program with it), whatever the area's protection: 0, -EFAULT, -ENOMEM; @va
 * and @len are any. aspace_sync_icache makes [va, va+len) fit for execution
 * afterwards.
 */
int aspace_write(struct aspace *as, uint64_t va, const void *src, size_t len);
void aspace_sync_icache(struct aspace *as, uint64_t va, size_t len);

#endif
