// SPDX-License-Identifier: MIT
/*
 * Interrupts between CPUs: software-generated interrupts of the GIC, one
 * number for each thing that is asked for (enum ipi). Called by the scheduler,
 * by membarrier(2) and by the crash report.
 *
 * Order: what the sender did before it sends is visible to the handler. The
 * interrupt controller's driver has the pair of barriers for that (DSB before
 * the sending, DSB after the acknowledgement), so nothing here needs one.
 */
#include "sched/ipi.h"

#include <stdbool.h>
#include <stddef.h>

#include <weft/sysreg.h>

#include "dev/irq.h"
#include "lib/assert.h"
#include "lib/lock.h"
#include "lib/panic.h"
#include "lib/relaxed.h"
#include "sched/chaos.h"
#include "sched/clock.h"
#include "sched/cpu.h"
#include "sched/mutex.h"
#include "sched/sched.h"

/* How long a CPU may take to stop, in ns. */
#define STOP_PATIENCE	UINT64_C(100000000)

static struct mutex call_mutex;

/* Written by the holder of call_mutex while pending is 0. */
static struct {
	void (*fn)(void *arg);
	void *arg;
	/* Atomic: the CPUs that have not called it yet. */
	uint64_t pending;
} call;

/* All there is to do is done on the way out of the interrupt. */
static void on_reschedule(void *arg, struct weft_frame *frame)
{
	(void)arg;
	(void)frame;
	chaos_delay();
}

static void on_call(void *arg, struct weft_frame *frame)
{
	uint64_t self = UINT64_C(1) << cpu_current()->weft.index;

	(void)arg;
	(void)frame;
	/* A second interrupt for the same call finds nothing to do. */
	if (!(__atomic_load_n(&call.pending, __ATOMIC_ACQUIRE) & self))
		return;
	call.fn(call.arg);
	/* Release: with the caller's acquire, what fn did is seen. */
	__atomic_fetch_and(&call.pending, ~self, __ATOMIC_RELEASE);
}

static void on_stop(void *arg, struct weft_frame *frame)
{
	(void)arg;
	cpu_stop(frame);
}

static void listen(uint32_t sgi, irq_handler fn, const char *name)
{
	if (irq_register(sgi, true, fn, NULL, name))
		fatal("interrupt %u between CPUs cannot be used", sgi);
}

void ipi_init(void)
{
	mutex_init(&call_mutex, RANK_IPI, "calls between CPUs");
	listen(IPI_RESCHEDULE, on_reschedule, "ipi_reschedule");
	listen(IPI_CALL, on_call, "ipi_call");
	listen(IPI_STOP, on_stop, "ipi_stop");
}

/* To CPU @to. The caller cannot be moved, nor interrupted by one that sends. */
static void send(unsigned to, enum ipi what)
{
	uint32_t *sent = &cpu_current()->ipis_sent[what];

	relaxed_store(sent, *sent + 1);
	irq_send_sgi(to, what);
}

void ipi_reschedule(struct cpu *cpu)
{
	chaos_delay();
	send((unsigned)cpu->weft.index, IPI_RESCHEDULE);
}

static void send_to(uint64_t set, enum ipi what)
{
	for (; set; set &= set - 1)
		send((unsigned)__builtin_ctzll(set), what);
}

void ipi_call(uint64_t on, void (*fn)(void *arg), void *arg)
{
	uint64_t others;

	lock_assert_none_spinning();
	if (cpu_online() == 1)
		return;
	mutex_lock(&call_mutex);
	/* Stay here: else "the calling one" would be another meanwhile. */
	preempt_disable();
	others = on & cpu_online() &
		 ~(UINT64_C(1) << cpu_current()->weft.index);
	call.fn = fn;
	call.arg = arg;
	__atomic_store_n(&call.pending, others, __ATOMIC_RELEASE);
	send_to(others, IPI_CALL);
	while (__atomic_load_n(&call.pending, __ATOMIC_ACQUIRE))
		weft_yield_hint();
	preempt_enable();
	mutex_unlock(&call_mutex);
}

static bool all_stopped(uint64_t set)
{
	for (; set; set &= set - 1)
		if (!__atomic_load_n(&cpus[__builtin_ctzll(set)].stopped,
				     __ATOMIC_ACQUIRE))
			return false;
	return true;
}

void ipi_stop_others(void)
{
	uint64_t others = cpu_online();
	uint64_t start;

	/* One CPU, or so early that there is none yet. */
	if (!(others & (others - 1)))
		return;
	others &= ~(UINT64_C(1) << cpu_current()->weft.index);
	send_to(others, IPI_STOP);
	start = clock_now();
	while (!all_stopped(others) && clock_now() - start < STOP_PATIENCE)
		weft_yield_hint();
}
