// SPDX-License-Identifier: MIT
/*
 * The watchdog; see watchdog.h. Its timeouts run in the timer's interrupt;
 * a CPU starts its own when it is online, and when it leaves its sleep.
 *
 * Every CPU has a timeout that runs four times in the N seconds. It counts a
 * beat, looks at the beats of the others, and starts itself again.
 *
 *	hard hang	a CPU takes no interrupt: its beats stand still. Who
 *			looks for the fourth time and sees the same number
 *			reports it. One CPU alone cannot see its own.
 *	soft hang	a CPU takes interrupts, but its thread cannot be
 *			switched away: it holds a spinlock, or has otherwise
 *			disabled preemption. Each look asks for a switch; a
 *			request that stands after four looks is reported by
 *			the CPU itself.
 *
 * Looks are counted, not time: where the whole machine was stopped (a debugger,
 * a host that is suspended), the clock may have jumped for everybody, but each
 * has looked once at most. A lock that another CPU may hang with is not taken.
 *
 * One CPU alone looks at itself, at its tick, so that it sleeps undisturbed.
 * One of several that sleeps has no tick, and here it must wake up as long as
 * another has something to do: that one's hang would not be seen otherwise.
 * When for more than four looks no CPU had anything to do, a CPU lets its
 * timeout go, and starts it when it is woken. The first one that is woken so
 * sends an interrupt to all others, which thereby are, too. `watching` says who
 * has a timeout, and counts the starts above that:
 *
 *	A (lets go)			B (is woken)
 *	w = watching, at a look
 *	all was quiet since		B starts: old = watching, adds itself
 *	swap w for w without A		nobody else in old: interrupt all
 *
 * The two changes of the word have an order. If A's is first, B finds that
 * nobody watches, or somebody else does; else the swap fails, and A stays for
 * another look.
 */
#include "sched/watchdog.h"

#include "lib/cmdline.h"
#include "lib/list.h"
#include "lib/panic.h"
#include "sched/clock.h"
#include "sched/cpu.h"
#include "sched/ipi.h"

enum {
	DEFAULT_SECONDS = 20,
	MAX_SECONDS = 3600,
	LOOKS = 4,		/* in that time */
	QUIET_LOOKS = LOOKS + 2,
};

#define NS_PER_SECOND	UINT64_C(1000000000)

/* watching: a bit for each CPU; above them the number of starts */
#define CPUS_MASK	((UINT64_C(1) << CPU_MAX) - 1)
#define ONE_START	(UINT64_C(1) << CPU_MAX)

static uint32_t seconds = DEFAULT_SECONDS;	/* constant once CPUs run */
static uint64_t watching;			/* atomic */

static uint64_t bit(const struct cpu *cpu)
{
	return UINT64_C(1) << cpu->weft.index;
}

static bool is_idle(const struct cpu *cpu)
{
	return __atomic_load_n(&cpu->current, __ATOMIC_RELAXED) == cpu->idle;
}

static void beat(struct watchdog *dog)
{
	__atomic_store_n(&dog->beats, dog->beats + 1, __ATOMIC_RELAXED);
}

static void look_at(struct watchdog *dog, unsigned index)
{
	const struct watchdog *other = &cpus[index].watchdog;
	uint32_t beats = __atomic_load_n(&other->beats, __ATOMIC_RELAXED);

	if (!__atomic_load_n(&other->on, __ATOMIC_RELAXED) ||
	    beats != dog->other[index].beats) {
		dog->other[index].beats = beats;
		dog->other[index].missed = 0;
		return;
	}
	if (++dog->other[index].missed >= LOOKS)
		panic("cpu %u hangs: no sign of life for %u seconds", index,
		      seconds);
}

static void look_at_others(struct watchdog *dog, const struct cpu *self)
{
	uint64_t set = dog->watching & CPUS_MASK & ~bit(self);

	for (; set; set &= set - 1)
		look_at(dog, (unsigned)__builtin_ctzll(set));
}

/* Has the running thread let others run since the last look? */
static void look_at_self(struct watchdog *dog, struct cpu *self)
{
	bool asked = __atomic_load_n(&self->need_resched, __ATOMIC_RELAXED);

	if (!asked || is_idle(self) || dog->switches != self->switches)
		dog->kept = 0;
	else if (++dog->kept >= LOOKS)
		panic("cpu %lu hangs: thread %s has kept it for %u seconds",
		      (unsigned long)self->weft.index, self->current->name,
		      seconds);
	dog->switches = self->switches;
	/*
	 * Without the lock, which may be what hangs. Another CPU that asks at
	 * the same time and finds this sends no interrupt: we are in one.
	 */
	if (!is_idle(self))
		__atomic_store_n(&self->need_resched, true, __ATOMIC_RELAXED);
}

static bool all_idle(void)
{
	uint64_t set = cpu_online();

	for (; set; set &= set - 1)
		if (!is_idle(&cpus[__builtin_ctzll(set)]))
			return false;
	return true;
}

/* Nobody has had anything to do for long: let go, unless somebody starts. */
static bool let_go(struct watchdog *dog, const struct cpu *self)
{
	uint64_t seen = dog->watching;

	dog->quiet = all_idle() ? dog->quiet + 1 : 0;
	if (dog->quiet < QUIET_LOOKS)
		return false;
	return __atomic_compare_exchange_n(&watching, &seen,
					   seen & ~bit(self), false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static uint64_t period(void)
{
	return seconds * NS_PER_SECOND / LOOKS;
}

static void again(struct watchdog *dog)
{
	timeout_start(&dog->timeout, clock_deadline(period()));
}

static void look(struct timeout *timeout)
{
	struct watchdog *dog = container_of(timeout, struct watchdog, timeout);
	struct cpu *self = container_of(dog, struct cpu, watchdog);

	beat(dog);
	look_at_self(dog, self);
	look_at_others(dog, self);
	if (let_go(dog, self)) {
		__atomic_store_n(&dog->on, false, __ATOMIC_RELAXED);
		return;
	}
	dog->watching = __atomic_load_n(&watching, __ATOMIC_SEQ_CST);
	again(dog);
}

/* Nobody but @self has a timeout: wake the others, who start their own. */
static void call_others(const struct cpu *self)
{
	uint64_t set = cpu_online() & ~bit(self);

	for (; set; set &= set - 1)
		ipi_reschedule(&cpus[__builtin_ctzll(set)]);
}

void watchdog_tick(struct cpu *cpu, uint64_t now)
{
	struct watchdog *dog = &cpu->watchdog;

	if (!seconds) {
		dog->next_ns = UINT64_MAX;
		return;
	}
	look_at_self(dog, cpu);
	dog->next_ns = now + period();
}

void watchdog_start(struct cpu *cpu)
{
	struct watchdog *dog = &cpu->watchdog;
	uint64_t old, with_me;
	unsigned i;

	if (!seconds || cpu_online() == bit(cpu))
		return;
	timeout_init(&dog->timeout, look);
	for (i = 0; i < CPU_MAX; i++)
		dog->other[i].missed = 0;
	dog->kept = 0;
	dog->quiet = 0;
	beat(dog);
	__atomic_store_n(&dog->on, true, __ATOMIC_RELAXED);
	again(dog);
	old = __atomic_load_n(&watching, __ATOMIC_RELAXED);
	do {
		with_me = (old + ONE_START) | bit(cpu);
	} while (!__atomic_compare_exchange_n(&watching, &old, with_me, false,
					      __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	dog->watching = with_me;
	if (!(old & CPUS_MASK))
		call_others(cpu);
}

void watchdog_init(const char *cmdline)
{
	uint64_t value;

	if (!cmdline_u64(cmdline, "loom.watchdog", &value))
		return;
	seconds = value < MAX_SECONDS ? (uint32_t)value :
					(uint32_t)MAX_SECONDS;
}

uint32_t watchdog_seconds(void)
{
	return seconds;
}
