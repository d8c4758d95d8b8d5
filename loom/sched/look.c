// SPDX-License-Identifier: MIT
/* Where a thread is; see look.h. Called for /proc. */
#include "sched/look.h"

#include <weft/frame.h>
#include <weft/leaf.h>
#include <weft/pauth.h>
#include <weft/sysreg.h>

#include "lib/lock.h"
#include "lib/relaxed.h"
#include "mm/layout.h"
#include "sched/cpu.h"
#include "sched/thread.h"

/* The scheduler's functions are between these: loom.lds. */
extern const char sched_text_start[], sched_text_end[];

/* Lock the queue that @thread belongs to, only to look. DAIF masked. */
static struct cpu *lock_home(const struct thread *thread)
{
	struct cpu *cpu;

	for (;;) {
		cpu = __atomic_load_n(&thread->cpu, __ATOMIC_ACQUIRE);
		spin_lock_masked(&cpu->lock);
		if (cpu == relaxed_load(&thread->cpu))
			return cpu;
		spin_unlock_masked(&cpu->lock);
	}
}

/* Is there a frame record at @fp, on @thread's stack? */
static bool is_record(const struct thread *thread, uint64_t fp)
{
	uint64_t offset = fp - (uintptr_t)thread->stack;

	return fp % 8 == 0 && offset <= STACK_SIZE - 16;
}

/* Frame records {x29, lr} of a thread that is parked inside the kernel. */
static void trace(const struct thread *thread, struct look *look)
{
	const struct weft_saved *saved =
		(const struct weft_saved *)(uintptr_t)thread->task.sp;
	uint64_t fp = saved->x29, lr = saved->lr;
	unsigned i;

	for (i = 0; i < LOOK_DEPTH && lr; i++) {
		const uint64_t *record = (const uint64_t *)(uintptr_t)fp;

		look->trace[i] = weft_pauth_strip(lr) - 4;
		if (!is_record(thread, fp))
			return;
		fp = record[0];
		lr = record[1];
	}
}

static void copy_program(const struct thread *thread, struct look *look)
{
	const struct weft_frame *frame = thread_user_frame(thread);
	/* It sleeps at its frame, which a leaf call leaves without a number. */
	bool leaf = look->sleeps && thread->task.leaf_cpu;
	unsigned i;

	look->call = (int64_t)(leaf ? frame->x[8] : frame->number);
	look->sp = frame->sp;
	look->pc = frame->pc;
	for (i = 0; i < 6; i++)
		look->arg[i] = frame->x[i];
	if (leaf)
		look->trace[0] = (uint64_t)(uintptr_t)
			weft_leaf_calls[WEFT_LEAF_SLOT(frame->x[8])].fn;
}

void look_at_thread(const struct thread *thread, struct look *look)
{
	uint64_t daif = weft_read_daif();
	struct cpu *cpu;

	*look = (struct look){ .call = -1 };
	weft_mask_all();
	cpu = lock_home(thread);
	look->runs = cpu->current == thread;
	look->sleeps = !look->runs && thread->state == THREAD_BLOCKED;
	if (!look->runs && thread->state != THREAD_NEW &&
	    thread->state != THREAD_DEAD) {
		if (thread->task.pc == (uintptr_t)weft_resume_kernel)
			trace(thread, look);
		if (thread->process)
			copy_program(thread, look);
	}
	spin_unlock_irqrestore(&cpu->lock, daif);
}

uint64_t look_waits_in(const struct look *look)
{
	unsigned i;

	for (i = 0; look->sleeps && i < LOOK_DEPTH; i++) {
		uint64_t pc = look->trace[i];

		if (pc - (uintptr_t)sched_text_start >=
		    (uintptr_t)sched_text_end - (uintptr_t)sched_text_start)
			return pc;
	}
	return 0;
}
