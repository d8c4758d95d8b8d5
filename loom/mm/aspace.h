// SPDX-License-Identifier: MIT
/*
 * The user half of a process's memory: areas (what may be touched, how, and
 * what is there; mm/area.h) and the page table (what was touched). Pages come
 * when they are first touched: zeros, or those of a file (fs/pagetree.h).
 *
 *	aspace.c	life and death, the list of all
 *	fault.c		page faults, copies on write
 *	fork.c		copies of a space
 *	mapping.c	mmap, munmap, mprotect, brk; stack and heap for execve
 *	mremap.c	moves
 *	advice.c	madvise, msync, mincore, mlock
 *	inspect.c	what others ask: futexes, /proc (mm/inspect.h)
 *	filemap.c	truncation of what is mapped
 *	oom.c		what is done when there is no memory
 *
 * as->lock, a mutex, guards everything, page-table writes of faults included.
 * It is never held over a copy from or to user addresses: such a copy may
 * fault, and the fault takes it. Locks of lower rank may be held, and a fault
 * takes none of them.
 *
 * Private memory is nobody else's once it was written to: pages that a fork
 * shares, and a file's, are copied by the first write. What PROT_WRITE or
 * PROT_EXEC allows includes reading, as the page tables have no other way.
 * Nothing is writable and executable at once: a wish for both is -EACCES.
 */
#ifndef LOOM_MM_ASPACE_H
#define LOOM_MM_ASPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/pgtable.h>
#include <weft/space.h>

#include "lib/list.h"
#include "mm/area.h"
#include "mm/futex_key.h"
#include "mm/layout.h"
#include "sched/mutex.h"

#define ASPACE_MIN		0x10000		/* nothing is mapped below */
#define ASPACE_STACK_SIZE	0x800000	/* 8 MiB: RLIMIT_STACK */
#define ASPACE_STACK_FIRST	0x21000		/* 132 KiB: before it grows */

struct aspace {
	struct mutex lock;
	struct weft_space space;
	struct weft_pgtable table;
	uint32_t refs;		/* atomic */
	uint64_t zeros;		/* weft_pt_page: a program's own memory */
	struct list all;	/* every space, the newest last: aspace.c */

	/* lock */
	struct area_set areas;
	uint64_t brk_start, brk;	/* 0: not set, brk(2) does nothing */
	uint64_t mmap_top;	/* mappings without a wish go below this */
	uint64_t stack_top;
	uint64_t signal_page;	/* where handlers return to; 0: nowhere */
	struct inode *program;	/* counted, inode_begin_execute; NULL: none */
	size_t pages;		/* resident user pages; others may read it */
	size_t file_pages;	/* of those, pages of files and shared ones */
	size_t peak;		/* the largest that pages was before it fell */
	bool is_dead;		/* emptied by oom.c: nothing comes any more */

	/*
	 * Arguments' strings, and behind them those of the environment; execve
	 * sets it, fixed once a program runs.
	 */
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
 * this returns. @pc is where the child goes on. Takes the lock of @from. NULL:
 * no memory.
 */
struct aspace *aspace_fork(struct aspace *from, uint64_t pc);

/* What is mapped; the page table follows. */
struct mapping {
	size_t len;
	unsigned prot;
	unsigned may;		/* what mprotect may make of prot, at most */
	unsigned flags;		/* enum area_flags */
	/* With inode->pages, or NULL: zeros. The callee counts it itself. */
	struct inode *inode;
	uint64_t offset;	/* in the file: whole pages */
};

/*
 * For execve, on a space that no thread runs on yet. The stack below
 * @stack_top, which grows to ASPACE_STACK_SIZE, and where mappings go from
 * then on (at most up to the gap under the stack): 0, -EEXIST, -ENOMEM,
 * -EINVAL.
 */
int aspace_set_stack(struct aspace *as, uint64_t stack_top, uint64_t mmap_top,
		     unsigned prot);
/* Where brk(2) starts: any address, usually the page after the program. */
void aspace_set_brk(struct aspace *as, uint64_t start);
/*
 * The file that it runs; nobody writes to it as long: 0 or -ETXTBSY. Without
 * this there is none. Once.
 */
int aspace_set_program(struct aspace *as, struct inode *program);
/*
 * Map the first page of @inode where there is room, read-only and executable:
 * signal handlers return to @offset in it. 0 or -ENOMEM.
 */
int aspace_map_signal_page(struct aspace *as, struct inode *inode,
			   uint64_t offset);

/*
 * The calls below take the lock. Addresses and lengths are page multiples
 * unless said; all that is not fully inside the user half is -EINVAL or
 * -ENOMEM as Linux has it.
 */

/* A new area at exactly @start; -EEXIST if something is there. */
int aspace_map(struct aspace *as, uint64_t start, const struct mapping *m);

/* The same for MAP_FIXED: what is there goes. */
int aspace_map_over(struct aspace *as, uint64_t start,
		    const struct mapping *m);

/*
 * As mmap: the area at @hint, if that is not 0 and free, else at the highest
 * place below mmap_top, else anywhere. The gap under a stack is not free.
 */
int aspace_map_anywhere(struct aspace *as, uint64_t hint,
			const struct mapping *m, uint64_t *start);

int aspace_unmap(struct aspace *as, uint64_t start, size_t len);

/*
 * Up to the first hole, which is -ENOMEM, or the first area of which @prot
 * cannot be made, -EACCES, as Linux does. With @to_start_of_stack, @start is
 * in an area that grows, and all of it below counts (PROT_GROWSDOWN): else
 * -EINVAL.
 */
int aspace_protect(struct aspace *as, uint64_t start, size_t len,
		   unsigned prot, bool to_start_of_stack);

/*
 * As mremap(2). With REMAP_FIXED *@start says where to, and what is there
 * goes. The pages move; the result is in *@start. @old_len 0: a shared mapping
 * is made a second time.
 */
enum {
	REMAP_MAY_MOVE = 1,
	REMAP_FIXED = 2,	/* implies REMAP_MAY_MOVE */
};

int aspace_remap(struct aspace *as, uint64_t old, size_t old_len,
		 size_t new_len, unsigned flags, uint64_t *start);

enum aspace_advice {
	ADVICE_NONE,		/* just looks */
	ADVICE_DISCARD,		/* zeros, or what the file holds, come again */
	ADVICE_FREE,		/* the same; but a file's is -EINVAL */
	ADVICE_FLAGS,		/* area flags change */
};

/*
 * As madvise: 0, or -ENOMEM if there are holes in the range, which stop
 * nothing. @to_clear, @to_set: of ADVICE_FLAGS.
 */
int aspace_advise(struct aspace *as, uint64_t start, size_t len,
		  enum aspace_advice advice, unsigned to_clear,
		  unsigned to_set);

/*
 * One byte a page into @map: 1 if it can be touched without being fetched
 * from anywhere. 0, or -ENOMEM if something of the range is not mapped.
 */
int aspace_resident(struct aspace *as, uint64_t start, size_t pages,
		    uint8_t *map);

/*
 * Touch all pages: for writing where the program may write and nobody else
 * sees it, else for reading, or as @access says if it is not 0. 0, -ENOMEM
 * (also: a hole), -EACCES, -ENXIO, -ENOSPC, -EINTR (something deadly).
 */
int aspace_populate(struct aspace *as, uint64_t start, size_t len,
		    unsigned access);

/* As brk(2): the new break, or the old one if it cannot be. */
uint64_t aspace_brk(struct aspace *as, uint64_t wish);

/*
 * A fault at @va (any address): 0 when the access may be tried again,
 * -EFAULT (no area: SIGSEGV, MAPERR), -EACCES (area forbids it: SEGV_ACCERR),
 * -ENXIO (the file ends before) and -ENOSPC (there is no space for more of it
 * in the file system): SIGBUS, ADRERR; -ENOMEM. @access is one of AREA_READ,
 * AREA_WRITE, AREA_EXEC.
 */
int aspace_fault(struct aspace *as, uint64_t va, unsigned access);

/*
 * The same for a load or store of the running program at @va, any address,
 * with all of DAIF masked, if it is simple: the first touch of a page of its
 * own memory (private, anonymous, readable and writable), with nobody else in
 * the way. False: it is not, or has become more meanwhile; then aspace_fault
 * does what is left to do.
 */
bool aspace_fault_masked(struct aspace *as, uint64_t va);

/*
 * Write into a space that need not be the running one (execve builds the next
 * program with it), zeros if @src is NULL, whatever the area's protection: 0,
 * -EFAULT, -ENXIO, -ENOSPC, -ENOMEM; @va and @len are any. Private areas only.
 * aspace_sync_icache makes [va, va+len) fit for execution afterwards.
 */
int aspace_write(struct aspace *as, uint64_t va, const void *src, size_t len);
void aspace_sync_icache(struct aspace *as, uint64_t va, size_t len);

/*
 * The key of the futex word at @va, any address. With @shared (no
 * FUTEX_PRIVATE_FLAG) it is that of the object which is mapped there, if it is
 * mapped shared; else that of the address in @as. 0 or -EFAULT: no area there.
 * A private one is not looked for, it takes no lock: reading the word tells.
 */
int aspace_futex_key(struct aspace *as, uint64_t va, bool shared,
		     struct futex_key *key);

/* The file that it runs, counted, or NULL. */
struct inode *aspace_program(struct aspace *as);

/*
 * Give all of a program's memory back at once, because it is being killed;
 * its threads may still run, and fault.
 */
void aspace_reap(struct aspace *as);

/*
 * Each space in turn, counted: the one after @as (whose reference goes), NULL:
 * the first. NULL: there are no more.
 */
struct aspace *aspace_each(struct aspace *as);

#endif
