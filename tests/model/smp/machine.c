// SPDX-License-Identifier: MIT
/*
 * The simulated machine: DAIF and interrupts of each CPU, time, spinlocks,
 * the switch of stacks, memory for threads; and the functions of loom that the
 * scheduler calls and that are not modelled. Called by loom's files.
 *
 * A CPU stops before it takes a lock and after it lets go of one, before each
 * atomic access, in the middle of a switch, and where it masks or unmasks
 * interrupts: what others may see, and where one may come in.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/arch.h>
#include <weft/fp.h>
#include <weft/sysreg.h>
#include <weft/task.h>

#include "../search.h"
#include "dev/irq.h"
#include "dev/timer.h"
#include "ipc/queue.h"
#include "lib/assert.h"
#include "lib/lock.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/kmem.h"
#include "mm/kvm.h"
#include "model.h"
#include "proc/fpstate.h"
#include "proc/own_files.h"
#include "proc/timers.h"
#include "sched/chaos.h"
#include "sched/clock.h"
#include "sched/ipi.h"
#include "sched/loadavg.h"
#include "sched/sched.h"
#include "sched/watchdog.h"
#include "signal/signal.h"

void model_atomic(const char *what, const char *place);

static struct sim_cpu *self(void)
{
	return &world->cpu[current];
}

const char *running_name(void)
{
	const struct thread *thread = (const struct thread *)self()->running;

	return thread ? thread->name : "";
}

/* ---- what fails ---- */

void assert_failed(const char *file, int line, const char *expr)
{
	const char *slash = strrchr(file, '/');

	violation("assertion of %s:%d: %s", slash ? slash + 1 : file, line,
		  expr);
}

static __attribute__((noreturn)) void fail(const char *fmt, va_list args)
{
	char text[128];

	vsnprintf(text, sizeof(text), fmt, args);
	violation("%s", text);
}

void check_failed(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fail(fmt, args);
}

void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fail(fmt, args);
}

void fatal(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fail(fmt, args);
}

/* ---- shared words ---- */

/*
 * What nobody writes in this scenario, or reads without the lock under which
 * it is written, needs no step.
 */
static bool is_private(const char *place)
{
	return strcmp(place, "&cpu_online_set") == 0 ||
	       strcmp(place, "&self->kill_wakeups") == 0 ||
	       strcmp(place, "&cpu->online") == 0 ||
	       (!scenario->affinity && strcmp(place, "&thread->affinity") == 0);
}

void model_atomic(const char *what, const char *place)
{
	if (current < 0 || booting || is_private(place))
		return;
	point(WAIT_NOTHING, NULL);
	trace("cpu %d %s: %s %s", current, running_name(), what, place + 1);
}

/* ---- DAIF and interrupts ---- */

bool machine_listens(unsigned cpu)
{
	return !(world->cpu[cpu].daif & WEFT_PSTATE_I);
}

uint32_t machine_pending(unsigned cpu)
{
	const struct sim_cpu *at = &world->cpu[cpu];

	return at->pending |
	       (uint32_t)(at->timer <= world->now) << SGIS;
}

uint64_t weft_read_daif(void)
{
	return self()->daif;
}

void weft_write_daif(uint64_t value)
{
	bool opens = self()->daif & ~value & WEFT_PSTATE_I;

	self()->daif = value;
	if (opens)
		point(WAIT_NOTHING, NULL);
}

void weft_mask_all(void)
{
	if (machine_listens((unsigned)current))
		point(WAIT_NOTHING, NULL);
	self()->daif = WEFT_PSTATE_DAIF;
}

void weft_unmask_all(void)
{
	weft_write_daif(0);
}

void weft_wfi(void)
{
	trace("cpu %d %s: waits for an interrupt", current, running_name());
	point(WAIT_INTERRUPT, NULL);
}

void weft_yield_hint(void)
{
	point(WAIT_NOTHING, NULL);
}

static irq_handler handlers[SGIS];

int irq_register(uint32_t irq, bool edge, irq_handler fn, void *arg,
		 const char *name)
{
	(void)edge;
	(void)arg;
	(void)name;
	handlers[irq] = fn;
	return 0;
}

void irq_send_sgi(unsigned cpu, uint32_t sgi)
{
	trace("cpu %d %s: interrupts cpu %u", current, running_name(), cpu);
	world->cpu[cpu].pending |= 1u << sgi;
}

static void handle(uint32_t pending, bool from_user)
{
	unsigned irq = (unsigned)__builtin_ctz(pending);

	if (irq == SGIS) {
		self()->timer = UINT64_MAX;
		clock_interrupt(from_user);
	} else {
		self()->pending &= ~(1u << irq);
		handlers[irq](NULL, NULL);
	}
}

/* As weft_hook_user_exit in loom/trap.c. */
static void leave_to_user(void)
{
	unsigned n = self()->context;

	for (;;) {
		if (sched_need_resched()) {
			sched_switch();
		} else if (signal_pending()) {
			trace("cpu %d %s: acts on the signal", current,
			      running_name());
			world->signal[n] = false;
			world->acted[n] = 1;
		} else {
			return;
		}
	}
}

/* In whoever executes here. As the vectors, and irq_dispatch. */
void machine_interrupt(void)
{
	struct context *context = &world->contexts[self()->context];
	uint64_t daif = self()->daif;
	bool from_user = context->in_user;
	uint32_t pending;

	self()->daif = WEFT_PSTATE_DAIF;
	context->in_user = false;
	while ((pending = machine_pending((unsigned)current))) {
		trace("cpu %d %s: is interrupted (%s)", current,
		      running_name(), pending == 1u << SGIS ? "timer" : "cpu");
		handle(pending, from_user);
		point(WAIT_NOTHING, NULL);
	}
	if (from_user)
		leave_to_user();
	else
		sched_preempt_irq();
	context->in_user = from_user;
	/* Not as a step: the one that was interrupted comes next. */
	self()->daif = daif;
}

void machine_use_cpu(const uint64_t *until)
{
	struct context *context;

	weft_mask_all();
	leave_to_user();
	context = &world->contexts[self()->context];
	context->in_user = true;
	self()->daif = 0;
	point(WAIT_VAR, until);
	context->in_user = false;
}

/* ---- time ---- */

uint64_t timer_now_ns(void)
{
	return world->now;
}

/* A tick is a nanosecond. */
uint64_t timer_ticks_to_ns(uint64_t ticks)
{
	return ticks;
}

uint64_t timer_ns_to_ticks(uint64_t ns)
{
	return ns;
}

uint64_t weft_read_cntvct_el0(void)
{
	return world->now;
}

uint64_t timer_counter(void)
{
	return world->now;
}

void timer_set(uint64_t when)
{
	self()->timer = when;
}

void watchdog_start(struct cpu *cpu)
{
	(void)cpu;
}

void watchdog_tick(struct cpu *cpu, uint64_t now)
{
	(void)cpu;
	(void)now;
}

uint64_t lock_stat_now(void)
{
	return 0;
}

void lock_note_wait(const void *lock, uint64_t asked)
{
	(void)lock;
	(void)asked;
}

void loadavg_tick(uint64_t now_ns)
{
	(void)now_ns;
}

uint64_t loadavg_due(void)
{
	return 0;
}

void timers_tick(void)
{
}

/* ---- spinlocks: next is 1 + the CPU that holds it, or 0 ---- */

static unsigned me(void)
{
	return (unsigned)current + 1;
}

static const char *where(const struct spinlock *lock)
{
	static char text[40];
	unsigned i;

	for (i = 0; i < CPUS; i++)
		if (lock == &cpus[i].lock || lock == &cpus[i].timeout_lock)
			break;
	snprintf(text, sizeof(text), "%s", lock->name);
	if (i < CPUS)
		snprintf(text, sizeof(text), "%s %u", lock->name, i);
	return text;
}

void spin_init(struct spinlock *lock, enum lock_rank rank, const char *name)
{
	*lock = (struct spinlock)SPINLOCK_INIT((uint16_t)rank, name);
}

static void take(struct spinlock *lock)
{
	if (current < 0)
		return;
	if (lock->next == me())
		violation("cpu %d %s: takes %s, which it holds", current,
			  running_name(), where(lock));
	if (lock->rank >= RANK_FIRST_IRQ && machine_listens((unsigned)current))
		violation("cpu %d %s: takes %s with interrupts on", current,
			  running_name(), where(lock));
	point(WAIT_LOCK, lock);
	trace("cpu %d %s: locks %s", current, running_name(), where(lock));
	lock->next = (uint16_t)me();
	self()->locks++;
}

static void release(struct spinlock *lock)
{
	if (current < 0)
		return;
	if (lock->next != me())
		violation("cpu %d %s: lets go of %s, which it does not hold",
			  current, running_name(), where(lock));
	trace("cpu %d %s: unlocks %s", current, running_name(), where(lock));
	lock->next = 0;
	self()->locks--;
}

static void check_masked(const struct spinlock *lock)
{
	if (current >= 0 && machine_listens((unsigned)current))
		violation("cpu %d %s: %s is for masked interrupts", current,
			  running_name(), where(lock));
}

void spin_lock(struct spinlock *lock)
{
	preempt_disable();
	take(lock);
}

void spin_lock_nested(struct spinlock *lock)
{
	spin_lock(lock);
}

void spin_unlock(struct spinlock *lock)
{
	release(lock);
	point(WAIT_NOTHING, NULL);
	preempt_enable();
}

void spin_lock_masked(struct spinlock *lock)
{
	check_masked(lock);
	take(lock);
}

void spin_lock_masked_nested(struct spinlock *lock)
{
	spin_lock_masked(lock);
}

void spin_unlock_masked(struct spinlock *lock)
{
	check_masked(lock);
	release(lock);
	point(WAIT_NOTHING, NULL);
}

uint64_t spin_lock_irqsave(struct spinlock *lock)
{
	uint64_t daif = weft_read_daif();

	weft_mask_all();
	take(lock);
	return daif;
}

void spin_unlock_irqrestore(struct spinlock *lock, uint64_t daif)
{
	release(lock);
	/* Masked, nothing can happen to this CPU between these two. */
	if (daif & WEFT_PSTATE_I)
		point(WAIT_NOTHING, NULL);
	weft_write_daif(daif);
}

bool spin_held(const struct spinlock *lock)
{
	return lock->next == me();
}

static void check_held(const struct spinlock *lock)
{
	if (!spin_held(lock))
		violation("cpu %d %s: hands over %s, which it does not hold",
			  current, running_name(), where(lock));
}

void spin_disown(struct spinlock *lock)
{
	check_held(lock);
}

void spin_adopt(struct spinlock *lock)
{
	check_held(lock);
}

void lock_note(const void *lock, unsigned rank, const char *name, bool nested)
{
	(void)lock;
	(void)rank;
	(void)name;
	(void)nested;
}

void lock_unnote(const void *lock, const char *name)
{
	(void)lock;
	(void)name;
}

void lock_assert_none_spinning(void)
{
	if (self()->locks)
		violation("cpu %d %s: sleeps with a spinlock held", current,
			  running_name());
}

/* ---- the switch ---- */

unsigned context_of(const struct weft_task *task)
{
	const struct thread *thread = (const struct thread *)task;
	unsigned i;

	for (i = 0; i < CPUS; i++)
		if (thread == world->idle[i])
			return THREADS + i;
	return (unsigned)(thread - world->pool);
}

struct weft_task *weft_task_current(void)
{
	return self()->running;
}

void weft_task_init(struct weft_task *task,
		    void (*entry)(struct weft_task *prev, void *arg),
		    void *arg, uint64_t stack_top, struct weft_space *space,
		    struct weft_fp *fp)
{
	unsigned n = context_of(task);

	*task = (struct weft_task){ .space = space, .fp = fp };
	if (stack_top != (uint64_t)(uintptr_t)world->stacks[n + 1])
		violation("a thread without its own stack");
	context_start(n, entry, arg);
	world->contexts[n].saved = true;
}

void weft_task_adopt(struct weft_task *task, struct weft_cpu *cpu,
		     struct weft_space *space)
{
	*task = (struct weft_task){ .cpu = cpu, .space = space };
	world->idle[current] = (struct thread *)task;
	self()->running = task;
}

struct weft_task *weft_switch_to(struct weft_task *prev,
				 struct weft_task *next)
{
	struct context *from = &world->contexts[context_of(prev)];
	struct context *to = &world->contexts[context_of(next)];

	if (self()->daif != WEFT_PSTATE_DAIF)
		violation("cpu %d %s: switches with interrupts on", current,
			  running_name());
	/* @prev is not saved yet; the books say that it is gone. */
	point(WAIT_NOTHING, NULL);
	trace("cpu %d %s: goes on with %s", current, running_name(),
	      ((struct thread *)next)->name);
	if (prev != self()->running || !to->used || !to->saved)
		violation("cpu %d: %s goes on, whose context is not saved",
			  current, ((struct thread *)next)->name);
	next->cpu = prev->cpu;
	from->saved = true;
	from->sp = (uint64_t)(uintptr_t)__builtin_frame_address(0) - 256;
	to->saved = false;
	self()->context = (uint32_t)(to - world->contexts);
	self()->running = next;
	self()->left = prev;
	if (!_setjmp(from->regs))
		_longjmp(to->regs, 1);
	/* Perhaps on another CPU. */
	prev = self()->left;
	self()->left = NULL;
	return prev;
}

void weft_task_forget_fp(struct weft_cpu *cpu, const struct weft_fp *fp)
{
	(void)fp;
	if (cpu != self()->running->cpu)
		violation("cpu %d: forgets registers of another CPU", current);
}

/* As join() in loom/boot/secondary.c. */
static void boot_cpu(struct weft_task *prev, void *arg)
{
	struct cpu *cpu = arg;

	(void)prev;

	sched_init(cpu);
	clock_init();
	cpu_set_online(cpu);
	sched_idle();
}

void machine_boot_cpu(unsigned cpu)
{
	unsigned n = THREADS + cpu;

	cpus[cpu].weft.index = cpu;
	current = (int)cpu;
	context_start(n, boot_cpu, &cpus[cpu]);
	current = -1;
}

/* ---- no chaos: here it is a choice ---- */

bool chaos_on(void)
{
	return false;
}

bool chaos_happens(unsigned n)
{
	(void)n;
	return false;
}

unsigned chaos_pick(uint64_t set)
{
	return (unsigned)__builtin_ctzll(set);
}

void chaos_delay(void)
{
}

/* ---- memory for threads ---- */

void *kmalloc(size_t size)
{
	unsigned n = (unsigned)__builtin_ctzll(~world->allocated);

	if (size != sizeof(struct thread) || n >= THREADS)
		violation("no memory for %zu bytes", size);
	world->allocated |= UINT64_C(1) << n;
	return &world->pool[n];
}

void kfree(void *p)
{
	struct thread *thread = p;

	check_free_thread(thread);
	trace("cpu %d %s: frees thread %s", current, running_name(),
	      thread->name);
	world->allocated &= ~(UINT64_C(1) << (thread - world->pool));
	memset(thread, 0, sizeof(*thread));
}

/* Always just after the thread. */
void *kvm_stack_alloc(void)
{
	return world->stacks[63 - __builtin_clzll(world->allocated)];
}

/* Every other one: the end of a thread takes both ways. */
bool kvm_stack_keep(void *stack)
{
	unsigned n = (unsigned)((uint8_t (*)[STACK_SIZE])stack -
				world->stacks);

	if (n % 2)
		return false;
	kvm_stack_free(stack);
	return true;
}

void kvm_stack_free(void *stack)
{
	unsigned n = (unsigned)((uint8_t (*)[STACK_SIZE])stack -
				world->stacks);

	check_free_stack(n);
	trace("cpu %d %s: frees the stack of %s", current, running_name(),
	      world->pool[n].name);
	memset(&world->contexts[n], 0, sizeof(world->contexts[n]));
	memset(stack, 0, STACK_SIZE);
}

struct weft_space *kvm_empty_space(void)
{
	return NULL;
}

void fpstate_release(struct thread *thread)
{
	(void)thread;
}

size_t strlcpy(char *restrict dst, const char *restrict src, size_t size)
{
	snprintf(dst, size, "%s", src);
	return strlen(src);
}

/* ---- signals: one for each thread, which ends any sleep ---- */

struct files own_files_none;

void ipc_init_thread(struct thread *thread)
{
	(void)thread;
}

void signal_init_thread(struct thread *thread)
{
	(void)thread;
}

bool signal_pending(void)
{
	if (self()->context >= THREADS)
		return false;
	model_atomic("looks for", "&a signal");
	return world->signal[self()->context];
}

bool signal_is_deadly(void)
{
	return signal_pending();
}
