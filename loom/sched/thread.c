// SPDX-License-Identifier: MIT
/*
 * Threads come and go: creation, the first moments, the end, and who frees
 * what is left: the thread that runs next, or the reaper. Called by process
 * code and by kernel threads' owners; sched/sched.c buries the dead here.
 */
#include "sched/thread.h"

#include <weft/frame.h>
#include <weft/sysreg.h>

#include "ipc/queue.h"
#include "lib/assert.h"
#include "lib/lock.h"
#include "lib/panic.h"
#include "lib/relaxed.h"
#include "lib/string.h"
#include "mm/aspace.h"
#include "mm/kmem.h"
#include "mm/kvm.h"
#include "mm/layout.h"
#include "proc/own_files.h"
#include "proc/process.h"
#include "sched/cpu.h"
#include "sched/sched.h"
#include "sched/wait.h"
#include "signal/signal.h"

_Static_assert(offsetof(struct thread, task) == 0,
	       "TPIDR_EL1 names the thread and its task by one address");

/* Guards the next four, and thread->all. */
static struct spinlock threads_lock =
	SPINLOCK_INIT(RANK_THREADS, "threads");
static struct list threads = LIST_INIT(threads);
static unsigned count;
static uint64_t past_switches;	/* of threads that are not on it any more */
static struct list graves = LIST_INIT(graves);	/* DEAD, by thread->run */

static struct waitq reaper_queue = WAITQ_INIT("reaper", reaper_queue);

static void enter_list(struct thread *thread)
{
	uint64_t daif = spin_lock_irqsave(&threads_lock);

	list_add_tail(&threads, &thread->all);
	count++;
	spin_unlock_irqrestore(&threads_lock, daif);
}

/* All but its stack. */
static void forget(struct thread *thread)
{
	uint64_t daif;

	fpstate_release(thread);
	daif = spin_lock_irqsave(&threads_lock);
	list_del(&thread->all);
	count--;
	past_switches += thread->voluntary + thread->involuntary;
	spin_unlock_irqrestore(&threads_lock, daif);
	kfree(thread);
}

static void release(struct thread *thread)
{
	if (!kvm_stack_keep(thread->stack))
		kvm_stack_free(thread->stack);
	forget(thread);
}

/* Where a new thread comes up, DAIF masked, the run queue locked. */
static void first_run(struct weft_task *prev, void *arg)
{
	struct thread *self = arg;

	sched_finish_switch(prev);
	/* The reaper may have been woken. */
	sched_preempt_irq();
	weft_unmask_all();
	self->entry(self->arg);
	panic("thread %s returned from its entry", self->name);
}

static void init_fields(struct thread *thread, const char *name)
{
	thread->state = THREAD_NEW;
	thread->prio = PRIO_USER;
	thread->base_prio = PRIO_USER;
	thread->affinity = UINT64_MAX;
	list_init(&thread->run);
	list_init(&thread->all);
	signal_init_thread(thread);
	ipc_init_thread(thread);
	thread->own_files = &own_files_none;
	list_init(&thread->sibling);
	strlcpy(thread->name, name, sizeof(thread->name));
}

static void init_task(struct thread *thread)
{
	struct process *process = thread->process;
	struct weft_space *space = process && process->aspace ?
		&process->aspace->space : kvm_empty_space();

	weft_task_init(&thread->task, first_run, thread,
		       (uintptr_t)thread->stack + STACK_SIZE, space,
		       process ? &thread->fp : NULL);
}

struct thread *thread_create(const char *name, void (*entry)(void *arg),
			     void *arg, struct process *process)
{
	struct thread *self = thread_current();
	struct thread *thread = kmalloc(sizeof(*thread));

	if (!thread)
		return NULL;
	memset(thread, 0, offsetof(struct thread, fp));
	thread->stack = kvm_stack_alloc();
	if (!thread->stack) {
		kfree(thread);
		return NULL;
	}
	init_fields(thread, name);
	thread->entry = entry;
	thread->arg = arg;
	thread->process = process;
	thread->cpu = self->cpu;
	thread->experiment = self->experiment;
	if (process) {
		if (self->process) {
			thread->prio = self->base_prio;
			thread->base_prio = self->base_prio;
			thread->affinity = self->affinity;
		}
	}
	init_task(thread);
	enter_list(thread);
	return thread;
}

void thread_start(struct thread *thread)
{
	sched_start(thread);
}

void thread_discard(struct thread *thread)
{
	assert(thread->state == THREAD_NEW);
	release(thread);
}

void thread_exit(void)
{
	assert(thread_current()->mutexes == 0);
	assert(thread_current()->preempt == 0);
	sched_exit();
}

void thread_init_idle(struct thread *thread, struct cpu *cpu)
{
	uintptr_t sp = (uintptr_t)__builtin_frame_address(0);

	init_fields(thread, "idle");
	thread->prio = PRIO_IDLE;
	thread->base_prio = PRIO_IDLE;
	thread->state = THREAD_READY;
	/* It gives way in its loop (sched_idle), and nowhere else. */
	thread->preempt = 1;
	thread->cpu = cpu;
	/* The boot stack is laid out as every kernel stack (mm/layout.h). */
	thread->stack = (void *)(sp & ~(uintptr_t)(STACK_SIZE - 1));
}

struct weft_frame *thread_user_frame(const struct thread *thread)
{
	return (struct weft_frame *)((uintptr_t)thread->stack + STACK_SIZE -
				     sizeof(struct weft_frame));
}

void thread_for_each(void (*fn)(struct thread *thread, void *arg), void *arg)
{
	uint64_t daif = spin_lock_irqsave(&threads_lock);
	struct thread *thread;

	list_for_each_entry(thread, &threads, struct thread, all)
		fn(thread, arg);
	spin_unlock_irqrestore(&threads_lock, daif);
}

unsigned thread_count(void)
{
	uint64_t daif = spin_lock_irqsave(&threads_lock);
	unsigned n = count;

	spin_unlock_irqrestore(&threads_lock, daif);
	return n;
}

uint64_t thread_switches(void)
{
	uint64_t daif = spin_lock_irqsave(&threads_lock);
	uint64_t n = past_switches;
	const struct thread *thread;

	list_for_each_entry(thread, &threads, struct thread, all)
		n += relaxed_load(&thread->voluntary) +
		     relaxed_load(&thread->involuntary);
	spin_unlock_irqrestore(&threads_lock, daif);
	return n;
}

/*
 * The reaper frees those whose stack has to be unmapped: that waits until every
 * CPU's TLB has dropped it, too long for a successor whose DAIF is masked.
 * Mostly the stack is kept (mm/kvm.h), and there is nothing to wait for.
 */

void thread_bury(struct thread *thread)
{
	if (kvm_stack_keep(thread->stack)) {
		forget(thread);
		return;
	}
	spin_lock_masked(&threads_lock);
	list_add_tail(&graves, &thread->run);
	spin_unlock_masked(&threads_lock);
	wait_wake_one(&reaper_queue);
}

static struct thread *next_grave(void)
{
	uint64_t daif = spin_lock_irqsave(&threads_lock);
	struct list *node = list_pop(&graves);

	spin_unlock_irqrestore(&threads_lock, daif);
	return node ? container_of(node, struct thread, run) : NULL;
}

static void reaper(void *arg)
{
	struct thread *dead;
	struct waiter w;

	(void)arg;
	for (;;) {
		for (;;) {
			wait_prepare(&reaper_queue, &w, WAIT_UNINTERRUPTIBLE);
			dead = next_grave();
			if (dead)
				break;
			wait_sleep(&w, WAIT_FOREVER);
		}
		wait_finish(&w);
		kvm_stack_free(dead->stack);
		forget(dead);
	}
}

void thread_start_reaper(void)
{
	static bool started;
	struct thread *thread;

	if (__atomic_exchange_n(&started, true, __ATOMIC_RELAXED))
		return;
	thread = thread_create("reaper", reaper, NULL, NULL);
	if (!thread)
		fatal("no memory for the first kernel thread");
	sched_set_prio(thread, PRIO_HIGHEST);
	thread_start(thread);
}
