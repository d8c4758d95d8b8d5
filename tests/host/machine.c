// SPDX-License-Identifier: MIT
/* The simulated machine of machine.h: memory, locks, messages, panics. */
#include "machine.h"

#include "check.h"

#include "lib/assert.h"
#include "lib/lock.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/layout.h"
#include "sched/cpu.h"
#include "sched/mutex.h"

enum { HELD_MAX = 8 };

uint64_t machine_linear_base;
jmp_buf machine_stop;
bool machine_stop_expected;
unsigned machine_messages;

static void *ram;
static const void *held[HELD_MAX];
static unsigned held_rank[HELD_MAX];
static unsigned nheld;

void machine_ram(size_t size, int fill)
{
	machine_ram_free();
	ram = aligned_alloc(BLOCK_SIZE, size);
	assert_non_null(ram);
	memset(ram, fill, size);
	machine_linear_base = (uint64_t)(uintptr_t)ram - MACHINE_RAM;
}

void machine_ram_free(void)
{
	free(ram);
	ram = NULL;
}

unsigned machine_locks_held(void)
{
	return nheld;
}

void machine_drop_locks(void)
{
	nheld = 0;
}

static void take(const void *lock, unsigned rank)
{
	if (nheld == HELD_MAX)
		panic("too many locks");
	if (nheld > 0 && held_rank[nheld - 1] >= rank)
		panic("lock of rank %u while one of rank %u is held", rank,
		      held_rank[nheld - 1]);
	held[nheld] = lock;
	held_rank[nheld++] = rank;
}

static void drop(const void *lock)
{
	if (nheld == 0 || held[nheld - 1] != lock)
		panic("unlock of what was not locked last");
	nheld--;
}

uint64_t spin_lock_irqsave(struct spinlock *lock)
{
	take(lock, lock->rank);
	return 0;
}

void spin_unlock_irqrestore(struct spinlock *lock, uint64_t daif)
{
	(void)daif;
	drop(lock);
}

void spin_init(struct spinlock *lock, enum lock_rank rank, const char *name)
{
	lock->rank = (uint16_t)rank;
	lock->name = name;
}

void spin_lock(struct spinlock *lock)
{
	take(lock, lock->rank);
}

void spin_unlock(struct spinlock *lock)
{
	drop(lock);
}

void spin_lock_masked(struct spinlock *lock)
{
	take(lock, lock->rank);
}

void spin_unlock_masked(struct spinlock *lock)
{
	spin_unlock(lock);
}

void mutex_init(struct mutex *mutex, enum lock_rank rank, const char *name)
{
	mutex->rank = (uint16_t)rank;
	mutex->name = name;
}

void mutex_lock(struct mutex *mutex)
{
	take(mutex, mutex->rank);
}

void mutex_unlock(struct mutex *mutex)
{
	drop(mutex);
}

bool mutex_held(const struct mutex *mutex)
{
	unsigned i;

	for (i = 0; i < nheld; i++)
		if (held[i] == mutex)
			return true;
	return false;
}

struct cpu cpus[CPU_MAX];
unsigned machine_cpu;

/* What runs on that CPU; page.c has pages at hand for it. */
struct weft_task *weft_task_current(void)
{
	static struct weft_task task;

	task.cpu = &cpus[machine_cpu].weft;
	return &task;
}

bool mutex_lock_masked(struct mutex *mutex)
{
	if (mutex_held(mutex))
		return false;
	mutex_lock(mutex);
	return true;
}

bool mutex_unlock_masked(struct mutex *mutex)
{
	mutex_unlock(mutex);
	return true;
}

void page_clear(void *page)
{
	memset(page, 0, PAGE_SIZE);
}

void page_copy(void *restrict dst, const void *restrict src)
{
	memcpy(dst, src, PAGE_SIZE);
}

void klog(const char *fmt, ...)
{
	(void)fmt;
	machine_messages++;
}

_Noreturn static void stop(void)
{
	if (machine_stop_expected) {
		machine_stop_expected = false;
		longjmp(machine_stop, 1);
	}
	fail_msg("the kernel stopped");
	abort();
}

void assert_failed(const char *file, int line, const char *expr)
{
	if (!machine_stop_expected)
		print_error("%s:%d: assertion failed: %s\n", file, line, expr);
	stop();
}

void panic(const char *fmt, ...)
{
	char text[200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!machine_stop_expected)
		print_error("panic: %s\n", text);
	stop();
}
