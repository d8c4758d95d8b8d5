// SPDX-License-Identifier: MIT
/*
 * Processes that run program.S under each policy of ASIDs and of FP; what
 * they find is told by try_processes.
 */
#include <weft/asid.h>
#include <weft/config.h>
#include <weft/fp.h>
#include <weft/frame.h>
#include <weft/pauth.h>
#include <weft/space.h>
#include <weft/sve.h>
#include <weft/trap.h>
#include <weft/uaccess.h>

#include "../../examples/common/process.h"
#include "kernel.h"
#include "program.h"

enum { SVE_SIZE = 16 * 1024 };

struct process {
	struct weft_task task;
	struct process_memory memory;
	struct weft_fp fp;
	struct weft_keys keys;
	uint64_t signature;	/* of PROGRAM_POINTER */
	bool live;
};

extern const char program[];

static struct process processes[TASKS];
static char sve_buffers[TASKS][SVE_SIZE] __attribute__((aligned(16)));

/* What the processes of all runs found: bits TRY_*, and counts. */
static unsigned wrong, trapped, failed_copies, faults;

static struct process *self(void)
{
	return (struct process *)weft_task_current();
}

static unsigned tried(void)
{
	unsigned bits = 1 << TRY_MEMORY | 1 << TRY_FP | 1 << TRY_TLS |
			1 << TRY_PAUTH;

	if (features.sve)
		bits |= 1 << TRY_SVE;
	return bits;
}

static void start(struct weft_task *prev, void *arg)
{
	struct weft_frame *frame = arg;
	struct process *p = self();

	weft_frame_init_user(frame, USER_CODE, USER_STACK);
	frame->x[19] = USER_DATA;
	frame->x[20] = *(uint64_t *)p->memory.data;
	frame->x[21] = tried();
	frame->x[22] = ROUNDS;
	weft_enter_user(frame);
}

static void give_keys(struct process *p, uint64_t value)
{
#if WEFT_PAUTH
	p->keys = (struct weft_keys){ .ia = { value, ~value } };
	if (weft_pauth_on())
		weft_task_set_keys(&p->task, &p->keys);
#else
	(void)p, (void)value;
#endif
}

static void give_sve(struct process *p, char *buffer)
{
#if WEFT_SVE
	struct weft_sve *sve = (struct weft_sve *)buffer;

	if (!features.sve)
		return;
	if (weft_sve_init(sve, SVE_SIZE, weft_sve_max_vl()))
		tell("sve", "no buffer");
	else
		weft_task_set_sve(&p->task, sve);
#else
	(void)p, (void)buffer;
#endif
}

static void process_init(int i)
{
	struct process *p = &processes[i];
	uint64_t value = 0x0123456789abcdefull * (uint64_t)(i + 1);

	process_memory_init(&p->memory, program);
	*(uint64_t *)p->memory.data = value;
	weft_task_init(&p->task, start,
		       (void *)(stack_top(i) - WEFT_FRAME_SIZE), stack_top(i),
		       &p->memory.space, WEFT_FP ? &p->fp : NULL);
	p->live = true;
	give_keys(p, value);
	give_sve(p, sve_buffers[i]);
}

/* The next process that lives, or the boot task when there is none. */
static struct weft_task *next_task(void)
{
	int i, me = (int)(self() - processes);

	for (i = 1; i <= TASKS; i++) {
		struct process *p = &processes[(me + i) % TASKS];

		if (p->live)
			return &p->task;
	}
	return &boot;
}

static void yield(void)
{
	struct weft_task *next = next_task();

	if (next != weft_task_current())
		weft_switch_to(weft_task_current(), next);
}

/* There and back, and from where nothing is. */
static bool copies_work(void)
{
	uint64_t here[2] = { 5, 6 }, back[2] = { 0, 0 };
	uint64_t there = USER_DATA + 64;

	if (weft_copy_to_user(there, here, sizeof(here)) ||
	    weft_copy_from_user(back, there, sizeof(back)) ||
	    back[0] != 5 || back[1] != 6)
		return false;
	return weft_copy_from_user(back, UNMAPPED, sizeof(back)) ==
	       sizeof(back);
}

void weft_hook_syscall(struct weft_frame *frame)
{
	uint64_t arg = weft_frame_arg(frame, 0);

	switch (weft_frame_syscall(frame)) {
	case CALL_YIELD:
		yield();
		break;
	case CALL_WRONG:
		wrong |= 1u << arg;
		break;
	case CALL_SIGNED:
		self()->signature = arg;
		break;
	case CALL_COPY:
		failed_copies += !copies_work();
		break;
	case CALL_EXIT:
		self()->live = false;
		yield();
		break;
	}
}

bool weft_hook_page_fault(struct weft_frame *frame,
			  const struct weft_page_fault *fault)
{
	if (!fault->user)
		return false;
	if (fault->address != UNMAPPED || fault->access != WEFT_ACCESS_READ ||
	    fault->kind != WEFT_FAULT_TRANSLATION)
		weft_hook_unexpected(frame,
				     WEFT_VECTOR_EL0_64 | WEFT_VECTOR_SYNC);
	faults++;
	frame->pc += 4;
	return true;
}

void weft_hook_user_trap(struct weft_frame *frame, enum weft_trap trap)
{
	if (trap == WEFT_TRAP_FP)
		trapped |= 1 << TRY_FP;
	else if (trap == WEFT_TRAP_SVE)
		trapped |= 1 << TRY_SVE;
	else
		weft_hook_unexpected(frame,
				     WEFT_VECTOR_EL0_64 | WEFT_VECTOR_SYNC);
	frame->pc += 4;
}

static void forget(struct process *p)
{
	weft_space_forget(&cpu, &p->memory.space);
	if (WEFT_FP)
		weft_task_forget_fp(&cpu, &p->fp);
}

/* All processes from beginning to end. */
static void run(enum weft_fp_policy policy)
{
	int i;

	cpu.fp_policy = policy;
	for (i = 0; i < TASKS; i++)
		process_init(i);
	weft_switch_to(&boot, &processes[0].task);
	for (i = 0; i < TASKS; i++)
		forget(&processes[i]);
}

static const char *verdict(unsigned bit)
{
	if (trapped & 1u << bit)
		return "traps";
	return wrong & 1u << bit ? "lost" : "works";
}

static const char *signatures(void)
{
	uint64_t a = processes[0].signature, b = processes[1].signature;

	if (a == PROGRAM_POINTER && b == PROGRAM_POINTER)
		return "signs nothing";
	return a == b ? "one key for all" : verdict(TRY_PAUTH);
}

void try_processes(void)
{
	/* Fewer ASIDs than processes: generations pass. */
	if (process_memory_start(WEFT_ASID_GENERATIONS, TASKS)) {
		run(WEFT_FP_EAGER);
		tell("asid generations", process_domain.rollovers > ROUNDS ?
		     "work" : "never change");
	} else {
		tell("asid generations", "left out");
	}
	process_memory_start(WEFT_ASID_FLUSH_CHANGE, 0);
	run(WEFT_FP_LAZY);
	process_memory_start(WEFT_ASID_FLUSH_ALWAYS, 0);
	run(WEFT_FP_TRACKED);

	tell("memory", verdict(TRY_MEMORY));
	tell("copies", failed_copies ? "fail" : "work");
	tell("faults", faults % TASKS || !faults ? "lost" : "work");
	tell("fp", verdict(TRY_FP));
	tell("sve", features.sve ? verdict(TRY_SVE) : "not in this CPU");
	tell("tls", verdict(TRY_TLS));
	tell("pauth", signatures());
}
