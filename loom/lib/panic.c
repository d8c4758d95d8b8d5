// SPDX-License-Identifier: MIT
/*
 * The crash report: what happened, registers with the fault explained, the
 * running thread, a backtrace with names, what the other CPUs were doing, the
 * last messages if they were not shown. It goes to the console directly,
 * whatever state anything is in; a fault in the report itself ends it.
 */
#include "lib/panic.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/cpu.h>
#include <weft/frame.h>
#include <weft/pauth.h>
#include <weft/sysreg.h>
#include <weft/trap.h>

#include "dev/power.h"
#include "dev/uart.h"
#include "lib/ksyms.h"
#include "lib/lock.h"
#include "lib/lockset.h"
#include "lib/log.h"
#include "lib/printf.h"
#include "lib/stackscan.h"
#include "lib/string.h"
#include "mm/kvm.h"
#include "mm/layout.h"
#include "proc/process.h"
#include "sched/cpu.h"
#include "sched/ipi.h"
#include "sched/mutex.h"
#include "sched/thread.h"

enum { BACKTRACE_MAX = 32, GUESSES_MAX = 4 };

/* The CPU that reports, by its block; atomic. */
static const void *reporter;

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Lines for a terminal. */
static void emit(const char *text, size_t len)
{
	size_t i, start = 0;

	for (i = 0; i < len; i++) {
		if (text[i] != '\n')
			continue;
		uart_write_now(text + start, i - start);
		uart_write_now("\r\n", 2);
		start = i + 1;
	}
	uart_write_now(text + start, len - start);
}

static void say(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	format_v(text, sizeof(text), fmt, ap);
	va_end(ap);
	emit(text, strlen(text));
}

static void say_registers(const struct weft_frame *f)
{
	unsigned i;

	for (i = 0; i < 30; i += 3)
		say("x%-2u %016lx  x%-2u %016lx  x%-2u %016lx\n",
		    i, (unsigned long)f->x[i],
		    i + 1, (unsigned long)f->x[i + 1],
		    i + 2, (unsigned long)f->x[i + 2]);
	say("x30 %016lx  sp  %016lx  pc  %016lx\n", (unsigned long)f->x[30],
	    (unsigned long)f->sp, (unsigned long)f->pc);
	say("pstate %08lx  esr %08lx  far %016lx\n", (unsigned long)f->pstate,
	    (unsigned long)f->esr, (unsigned long)f->far);
}

static void say_fault(const struct weft_frame *f)
{
	static const char *const access[] = { "read", "write", "execution" };
	unsigned ec = (f->esr >> WEFT_ESR_EC_SHIFT) & WEFT_ESR_EC_MASK;
	struct weft_page_fault fault;

	say("%s", weft_esr_class_name(f->esr));
	if (ec == WEFT_EC_DABT_EL1 || ec == WEFT_EC_IABT_EL1 ||
	    ec == WEFT_EC_DABT_EL0 || ec == WEFT_EC_IABT_EL0) {
		weft_page_fault_decode(f, &fault);
		say(": %s at %016lx, %s", access[fault.access],
		    (unsigned long)fault.address, weft_esr_fault_name(f->esr));
		if (fault.address < 4096)
			say(" (a null pointer)");
	}
	say("\n");
}

#if LOOM_DEBUG
static const char *lock_name(const void *lock, unsigned rank)
{
	if (!kvm_is_mapped((uint64_t)(uintptr_t)lock))
		return "?";
	return rank <= RANK_LAST_MUTEX ? ((const struct mutex *)lock)->name :
					 ((const struct spinlock *)lock)->name;
}

/* Of a thread that may run: another CPU's books are read as they are. */
static void say_locks(const struct thread *t)
{
	const struct lockset *held = &t->held;
	uint32_t i;

	if (!held->count)
		return;
	say("locks, held or waited for:");
	for (i = 0; i < held->count && i < LOCKSET_MAX; i++)
		say("%s %s", i ? "," : "",
		    lock_name(held->lock[i], held->rank[i]));
	say("\n");
}
#else
static void say_locks(const struct thread *t)
{
	(void)t;
}
#endif

static void say_thread(const struct thread *t)
{
	if (!t) {
		say("thread: none yet\n");
		return;
	}
	say("thread: %s, tid %u, preempt %u", t->name, t->tid, t->preempt);
	if (t->process)
		say(", process %d", t->process->pid);
	if (t->task.cpu)
		say(", cpu %lu", (unsigned long)t->task.cpu->index);
	say("\n");
	say_locks(t);
}

static void say_address(uint64_t pc)
{
	struct ksym sym;

	if (ksym_lookup(pc, &sym))
		say("  %016lx %s+0x%lx\n", (unsigned long)pc, sym.name,
		    (unsigned long)sym.offset);
	else
		say("  %016lx\n", (unsigned long)pc);
}

static bool is_record(uint64_t fp)
{
	return fp && fp % 8 == 0 && kvm_is_mapped(fp) && kvm_is_mapped(fp + 8);
}

/*
 * Who called the function that the exception hit, if that has no frame record
 * (yet): x30 says so, unless it is what an earlier call of its own left there.
 */
static void say_caller(const struct weft_frame *frame)
{
	const uint64_t *record = (const uint64_t *)(uintptr_t)frame->x[29];
	uint64_t lr = weft_pauth_strip(frame->x[30]);
	struct ksym here, caller;

	if (!ksym_lookup(lr - 4, &caller))
		return;
	if (ksym_lookup(frame->pc, &here) && here.name == caller.name)
		return;
	if (!is_record(frame->x[29]) || weft_pauth_strip(record[1]) != lr)
		say_address(lr - 4);
}

/* Where an exception hit, which is no return address, and who called that. */
static void say_interrupted(const struct weft_frame *frame)
{
	say_address(frame->pc);
	say_caller(frame);
}

/* The exception's frame that the record at @fp is part of, or NULL. */
static const struct weft_frame *frame_of(uint64_t fp)
{
	const struct weft_frame *frame = (const struct weft_frame *)
		(uintptr_t)(fp - WEFT_FRAME_RECORD);

	return kvm_is_mapped(fp - WEFT_FRAME_RECORD) &&
	       frame->pc == frame->record[1] &&
	       frame->x[29] == frame->record[0] ? frame : NULL;
}

/* Where the one goes on whose frame record, with @lr, is at @fp. */
static void say_record(uint64_t fp, uint64_t lr)
{
	const struct weft_frame *frame = frame_of(fp);

	if (frame)
		say_interrupted(frame);
	else
		say_address(weft_pauth_strip(lr) - 4);
}

/* Frame records {x29, lr}; an exception's frame continues the chain. */
static void say_backtrace(uint64_t fp)
{
	unsigned i;

	for (i = 0; i < BACKTRACE_MAX && fp; i++) {
		const uint64_t *record = (const uint64_t *)(uintptr_t)fp;

		if (!is_record(fp)) {
			say("  (frame record at %016lx is not there)\n",
			    (unsigned long)fp);
			return;
		}
		if (!record[1])
			return;
		say_record(fp, record[1]);
		fp = record[0];
	}
}

/* For stackscan: what a frame record has for a return address. */
static bool is_return_address(uint64_t lr)
{
	struct ksym sym;

	return ksym_lookup(weft_pauth_strip(lr) - 4, &sym);
}

/* One chain, up to the first record that another one has shown. */
static void say_chain(struct stackscan *scan, uint64_t record)
{
	uint64_t lr, caller;
	bool first = true;

	for (; record && first; record = caller) {
		first = stackscan_say(scan, record, &lr, &caller);
		if (lr)
			say_record(record, lr);
	}
	if (!first)
		say("  ...\n");
}

/* @t runs on a CPU that does not answer: what its stack tells. */
static void say_guess(const struct thread *t)
{
	static struct stackscan scan;
	uint64_t base = (uint64_t)(uintptr_t)t->stack;
	uint64_t record;
	unsigned i;

	if (!kvm_is_mapped(base) || !kvm_is_mapped(base + STACK_SIZE - 8))
		return;
	memset(&scan, 0, sizeof(scan));
	scan.stack = t->stack;
	scan.base = base;
	scan.count = STACK_SIZE / sizeof(uint64_t);
	scan.is_code = is_return_address;
	for (i = 0; i < GUESSES_MAX; i++) {
		record = stackscan_find(&scan);
		if (!record)
			return;
		say(i ? "or\n" : "perhaps, by what is on its stack, over or "
		    "not:\n");
		say_chain(&scan, record);
	}
}

static void say_deaf(const struct cpu *cpu)
{
	const struct thread *t =
		__atomic_load_n(&cpu->current, __ATOMIC_RELAXED);

	say(" does not answer\n");
	say_thread(t);
	if (t)
		say_guess(t);
}

/* Another CPU, which was told to stop. */
static void say_cpu(const struct cpu *cpu)
{
	const struct weft_frame *frame = cpu->stop_frame;

	say("\ncpu %lu:", (unsigned long)cpu->weft.index);
	if (!__atomic_load_n(&cpu->stopped, __ATOMIC_ACQUIRE)) {
		say_deaf(cpu);
		return;
	}
	if (cpu->current == cpu->idle) {
		say(" idle\n");
		return;
	}
	if (!frame) {
		say(" wanted to report something, too\n");
		say_thread(cpu->current);
		return;
	}
	if (weft_frame_from_user(frame)) {
		say(" in user mode at %016lx\n", (unsigned long)frame->pc);
		say_thread(cpu->current);
		return;
	}
	say("\n");
	say_thread(cpu->current);
	say_interrupted(frame);
	say_backtrace(frame->x[29]);
}

static void say_other_cpus(void)
{
	uint64_t others = cpu_online();
	unsigned i;

	if (thread_current())
		others &= ~(UINT64_C(1) << cpu_current()->weft.index);
	for (i = 0; i < CPU_MAX; i++)
		if (others >> i & 1)
			say_cpu(&cpus[i]);
}

/*
 * One CPU reports; another that wants to, too, stops and is in the report. A
 * fault of the reporting one ends the report.
 */
static void begin_report(const struct weft_frame *frame, const char *why)
{
	const struct thread *self = thread_current();
	const void *me = self ? (const void *)self->task.cpu : &reporter;
	const void *first = NULL;

	if (__atomic_compare_exchange_n(&reporter, &first, me, false,
					__ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
		ipi_stop_others();
		return;
	}
	if (first != me)
		cpu_stop(frame);
	say("\nloom: a fault in the report: %s\n", why);
	power_fail(why);
}

static void say_log(void)
{
	static char tail[1024];
	size_t n = klog_tail(tail, sizeof(tail));

	say("last messages:\n");
	emit(tail, n);
}

static _Noreturn void report(const struct weft_frame *frame, const char *why)
{
	weft_mask_all();
	begin_report(frame, why);
	say("\n*** loom stops: %s\n", why);
	if (frame) {
		say_fault(frame);
		say_registers(frame);
	}
	say_thread(thread_current());
	say("backtrace:\n");
	if (frame)
		say_interrupted(frame);
	say_backtrace(frame ? frame->x[29] :
		      (uint64_t)(uintptr_t)__builtin_frame_address(0));
	say_other_cpus();
	say_log();
	power_fail(why);
}

void panic(const char *fmt, ...)
{
	char why[160];
	va_list ap;

	va_start(ap, fmt);
	format_v(why, sizeof(why), fmt, ap);
	va_end(ap);
	report(NULL, why);
}

void panic_frame(const struct weft_frame *frame, const char *fmt, ...)
{
	char why[160];
	va_list ap;

	va_start(ap, fmt);
	format_v(why, sizeof(why), fmt, ap);
	va_end(ap);
	report(frame, why);
}

void fatal(const char *fmt, ...)
{
	char why[160];
	va_list ap;

	va_start(ap, fmt);
	format_v(why, sizeof(why), fmt, ap);
	va_end(ap);
	weft_mask_all();
	say("\nloom cannot run here: %s\n", why);
	power_fail(why);
}
