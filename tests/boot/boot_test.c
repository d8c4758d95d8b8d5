// SPDX-License-Identifier: MIT
/*
 * What the boot tests share: output, worker threads, expected failures.
 */
#include "boot_test.h"

#include <stdarg.h>

#include <weft/cpu.h>
#include <weft/sysreg.h>
#include <weft/task.h>

#include "dev/timer.h"
#include "dev/uart.h"
#include "lib/assert.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "sched/clock.h"
#include "sched/sched.h"
#include "sched/thread.h"

#define JOIN_MS 10000

/* One for all: a worker's own could vanish while it wakes the joiner. */
static struct waitq ended = WAITQ_INIT("workers", ended);

void boot_note(const char *fmt, ...)
{
	char text[200];
	va_list args;

	va_start(args, fmt);
	format_v(text, sizeof(text) - 2, fmt, args);
	va_end(args);
	uart_write_now("# ", 2);
	uart_write_now(text, strlen(text));
	uart_write_now("\n", 1);
}

int boot_fail(const char *file, int line, const char *what)
{
	boot_note("%s:%d: failed: %s", file, line, what);
	return BOOT_FAIL;
}

int boot_fail_values(const char *file, int line, const char *what,
		     uint64_t left, uint64_t right)
{
	boot_note("%s:%d: failed: %s (%llu, %llu)", file, line, what,
		  (unsigned long long)left, (unsigned long long)right);
	return BOOT_FAIL;
}

/* Workers */

static void end_worker(struct worker *worker)
{
	uint64_t daif = weft_read_daif();

	weft_mask_all();
	sched_account(false);
	worker->runtime_ns =
		timer_ticks_to_ns(thread_cpu_time(thread_current()));
	weft_write_daif(daif);
	__atomic_store_n(&worker->done, true, __ATOMIC_RELEASE);
	wait_wake_all(&ended);
}

static void run_worker(void *arg)
{
	struct worker *worker = arg;

	worker->fn(worker->arg);
	end_worker(worker);
	thread_exit();
}

bool worker_create(struct worker *worker, const char *name,
		   void (*fn)(void *arg), void *arg, unsigned prio)
{
	worker->fn = fn;
	worker->arg = arg;
	worker->done = false;
	worker->runtime_ns = 0;
	worker->thread = thread_create(name, run_worker, worker, NULL);
	if (!worker->thread)
		return false;
	sched_set_prio(worker->thread, prio);
	return true;
}

void worker_go(struct worker *worker)
{
	thread_start(worker->thread);
}

bool worker_start(struct worker *worker, const char *name,
		  void (*fn)(void *arg), void *arg, unsigned prio)
{
	if (!worker_create(worker, name, fn, arg, prio))
		return false;
	worker_go(worker);
	return true;
}

bool worker_done(const struct worker *worker)
{
	return __atomic_load_n(&worker->done, __ATOMIC_ACQUIRE);
}

bool worker_join(struct worker *worker)
{
	uint64_t deadline = clock_deadline(JOIN_MS * BOOT_MS);
	struct waiter w;
	int err = 0;

	for (;;) {
		wait_prepare(&ended, &w, WAIT_UNINTERRUPTIBLE);
		if (worker_done(worker) || err)
			break;
		err = wait_sleep(&w, deadline);
	}
	wait_finish(&w);
	if (!worker_done(worker))
		boot_note("a worker did not end within %d ms", JOIN_MS);
	return worker_done(worker);
}

void boot_sleep_ms(unsigned ms)
{
	wait_until(clock_deadline(ms * BOOT_MS));
}

void boot_spin_us(unsigned us)
{
	uint64_t end = clock_deadline(us * UINT64_C(1000));

	while (clock_now() < end)
		boot_pause();
}

uint64_t boot_fp_policy(uint64_t policy)
{
	uint64_t daif = weft_read_daif(), old;
	struct weft_cpu *cpu;

	weft_mask_all();
	cpu = weft_task_current()->cpu;
	old = cpu->fp_policy;
	cpu->fp_policy = policy;
	weft_write_daif(daif);
	return old;
}

/* Expected failures */

static struct worker victim;
static struct thread *condemned;
static char failure[160];

/*
 * In the failing context: whatever @condemned held is given up without being
 * released, so the locks that it breaks belong to the test.
 */
static void take_failure(const char *text)
{
	struct thread *self = thread_current();

	if (self != __atomic_load_n(&condemned, __ATOMIC_ACQUIRE))
		return;
	__atomic_store_n(&condemned, NULL, __ATOMIC_RELEASE);
	strlcpy(failure, text, sizeof(failure));
#if LOOM_DEBUG
	self->held.count = 0;
#endif
	self->mutexes = 0;
	self->preempt = 0;
	sched_cancel_block();
	weft_unmask_all();
	end_worker(&victim);
	thread_exit();
}

static bool contains(const char *text, const char *part)
{
	size_t n = strlen(part);

	for (; *text; text++)
		if (!strncmp(text, part, n))
			return true;
	return false;
}

bool boot_expect_failure(void (*fn)(void *arg), void *arg, const char *text)
{
	bool ok;

	failure[0] = '\0';
	if (!worker_create(&victim, "victim", fn, arg, BOOT_PRIO_MIDDLE))
		return false;
	__atomic_store_n(&condemned, victim.thread, __ATOMIC_RELEASE);
	assert_set_hook(take_failure);
	worker_go(&victim);
	ok = worker_join(&victim);
	assert_set_hook(NULL);
	__atomic_store_n(&condemned, NULL, __ATOMIC_RELEASE);
	if (ok && contains(failure, text))
		return true;
	boot_note("expected a failure with \"%s\", got \"%s\"", text, failure);
	return false;
}
