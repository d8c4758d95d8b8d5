// SPDX-License-Identifier: MIT
/*
 * The state of the scheduler's model and what its parts offer each other:
 *
 *	machine.c	CPUs, interrupts, locks, the switch, memory for threads
 *	check.c		what must never happen
 *	script.c	what the threads do: scenarios
 *	explore.c	which interleavings there are, for search.c
 *
 * All state is in struct world and in the variables of loom's files. Every
 * thread is a coroutine with a stack inside the state, and a CPU is whoever
 * executes one. docs/model.md says what is explored.
 */
#ifndef TESTS_MODEL_SMP_MODEL_H
#define TESTS_MODEL_SMP_MODEL_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm/layout.h"
#include "sched/cpu.h"
#include "sched/mutex.h"
#include "sched/thread.h"
#include "sched/wait.h"

enum {
	CPUS = 3,
	THREADS = 5,		/* the reaper is one */
	CONTEXTS = THREADS + CPUS,	/* the idle threads come last */
	VARS = 8,
	STACK_USED = 4096,	/* at most, but for what prints */
	SGIS = 3,
};

enum wait {
	WAIT_NOTHING,
	WAIT_LOCK,		/* a spinlock */
	WAIT_INTERRUPT,		/* WFI */
	WAIT_VAR,		/* busy elsewhere until a variable is not 0 */
	WAIT_GO,		/* at the start line */
};

struct context {
	jmp_buf regs;
	uint64_t sp;		/* what is below is dead */
	const void *what;	/* it waits for */
	uint32_t wait;		/* enum wait */
	bool used;
	bool saved;		/* parked by a switch, or new */
	bool in_user;
	uint8_t pad;
};

struct sim_cpu {
	struct weft_task *running;	/* TPIDR_EL1 */
	struct weft_task *left;		/* for who comes in */
	uint64_t daif;
	uint64_t timer;			/* the next interrupt of it */
	uint32_t pending;		/* SGIs: bits */
	uint32_t context;		/* on whose stack it is */
	uint32_t locks;			/* held */
	bool deliver;			/* chosen next: an interrupt */
	uint8_t pad[3];
};

struct world {
	struct context contexts[CONTEXTS];
	struct sim_cpu cpu[CPUS];
	struct thread *idle[CPUS];
	uint64_t now;
	uint32_t times;		/* that time may still pass at any moment */
	uint32_t quiet;		/* ... because nothing else can happen */
	uint64_t allocated;	/* threads: bits */
	uint64_t done;		/* scripts that have ended: bits of number */
	/* the scenario's, atomic */
	uint64_t var[VARS];
	uint64_t acted[THREADS];
	bool signal[THREADS];
	uint8_t pad[3];
	struct waitq queue[2];
	struct mutex mutex;
	struct thread pool[THREADS];
	uint8_t stacks[CONTEXTS][STACK_SIZE] __attribute__((aligned(64)));
};

/* A thread of a scenario. Number n is world->pool[n + 1]: 0 is the reaper. */
struct role {
	const char *name;
	void (*body)(void *arg);
	uint64_t affinity;	/* 0: any */
	unsigned prio;		/* 0: PRIO_USER */
	bool is_new;		/* another one starts it */
	bool sleeps;		/* at its end; others use the CPU for ever */
	bool open;		/* it need not come to its end */
};

struct scenario {
	const char *name;
	const char *text;
	uint32_t cpus;
	struct role role[4];
	uint32_t times;		/* time may pass so often at any moment */
	uint32_t quiet;		/* ... and when nothing else can happen */
	bool affinity;		/* it changes */
	bool large;
};

extern struct world *world;
extern const struct scenario *scenario;
extern int current;		/* CPU that executes; -1: the search */
extern bool booting;		/* in one order, no steps */

/* ---- machine.c ---- */

void machine_interrupt(void);
/* In user mode until that is not 0; interrupts come. */
void machine_use_cpu(const uint64_t *until);
/* Bits of SGIs, and one more if the timer is due. */
uint32_t machine_pending(unsigned cpu);
bool machine_listens(unsigned cpu);
unsigned context_of(const struct weft_task *task);
const char *running_name(void);
/* The idle thread of a CPU, from its beginning. */
void machine_boot_cpu(unsigned cpu);

/* ---- check.c ---- */

void check_all(void);
void check_end(void);
void check_free_stack(unsigned context);
void check_free_thread(const struct thread *thread);

/* ---- script.c ---- */

extern const struct scenario scenarios[];

void script_setup(void);
unsigned script_threads(void);

/* ---- explore.c ---- */

/* What executes here stops until it is chosen again. */
void point(enum wait wait, const void *what);
/* A context that never ran: it will call @entry with who ran before it. */
void context_start(unsigned n, void (*entry)(struct weft_task *prev, void *arg),
		   void *arg);

#endif
