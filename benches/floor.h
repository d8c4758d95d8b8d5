/* SPDX-License-Identifier: MIT */
/*
 * What floor.S and floor.c share: the task, the file, the addresses.
 */
#ifndef BENCHES_FLOOR_H
#define BENCHES_FLOOR_H

/* A task. Its registers come first: SP_EL1 points here while it runs. */
#define T_X9		72
#define T_X10		80
#define T_X12		96
#define T_X30		240	/* with sp */
#define T_PC		256	/* with pstate */
#define T_TPIDR		272
#define T_ROOT		280	/* of its tables, and ASID */
#define T_NEXT		288	/* the ring of who is ready; with prev */
#define T_PREV		296
#define T_RESUME	304	/* where it goes on, in the kernel */
#define T_FILES		312
#define T_PARENT	320
#define T_PID		328
#define T_ENDED		332
#define T_KEY		336	/* the futex, or the file, that it waits for */
#define T_KEY_NEXT	344
#define T_AREA		352	/* first address, end */
#define T_TABLE		368	/* address of its root */
#define T_CHILD		376
#define T_FP		384
#define T_PRIORITY	912

#define F_READ		0	/* operations of a file */
#define F_WRITE		8
#define F_COUNT		16	/* of an eventfd; bytes read of a pipe */
#define F_WRITTEN	24
#define F_WAITER	32
#define F_REFS		40
#define F_RING		44
#define F_BADGE		112
#define RING		64

#define FILES		8
#define BUCKETS		16

#define FORK_PAGES	12	/* what benches/ops has when it forks */

/* The memory again, for EL0: to read and run, and to read and write. */
#define RAM		0x40000000
#define USER_CODE	0x40000000	/* added to an address in RAM */
#define USER_DATA	0x80000000
#define FAULTS		0x100000000	/* where pages come on demand */

#define ROUNDS		16
#define FORK_CHILD	3	/* user instructions of a child */
#define WATCH		5	/* of a look at the counter */

#define TIMER_IRQ	27
#define TIMER_TICKS	4000

#ifndef __ASSEMBLER__

#include <stdint.h>

struct file {
	void (*read)(void);
	void (*write)(void);
	uint64_t count;
	uint64_t written;
	struct task *waiter;
	uint32_t refs;
	char ring[RING];
	uint64_t badge;
};

struct task {
	uint64_t x[31], sp, pc, pstate, tpidr, root;
	struct task *next, *prev;
	void (*resume)(void);
	struct file **files;
	struct task *parent;
	uint32_t pid, ended;
	uint64_t key;
	struct task *key_next;
	uint64_t area[2];
	uint64_t *table;
	struct task *child;
	uint64_t fp[66];
	uint32_t priority;	/* more is more urgent */
} __attribute__((aligned(16)));

/* Enter EL0 as @task; returns what the program says at its end. */
uint64_t floor_run(struct task *task);

#endif
#endif
