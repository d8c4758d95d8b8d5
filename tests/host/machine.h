// SPDX-License-Identifier: MIT
/*
 * A machine for kernel files that use memory and locks: a run of simulated
 * physical memory at MACHINE_RAM, locks that check their order, and the
 * kernel's ways to stop, which fail the test unless it expects them.
 */
#ifndef TESTS_HOST_MACHINE_H
#define TESTS_HOST_MACHINE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MACHINE_RAM UINT64_C(0x40000000)

/* @size bytes of memory at MACHINE_RAM, all @fill; the last such call's. */
void machine_ram(size_t size, int fill);
void machine_ram_free(void);

/* Which of cpus[] (sched/cpu.h) this is. */
extern unsigned machine_cpu;

/* Locks held just now; and forget them after an expected panic. */
unsigned machine_locks_held(void);
void machine_drop_locks(void);

/*
 * @call ends in panic() or a failed assert(): it is left there, with its locks
 * held, and the test goes on.
 */
#define expect_stop(call)						\
	do {								\
		machine_stop_expected = true;				\
		if (setjmp(machine_stop) == 0) {			\
			call;						\
			machine_stop_expected = false;			\
			fail_msg("%s did not stop", #call);		\
		}							\
	} while (0)

extern jmp_buf machine_stop;
extern bool machine_stop_expected;

/* How many messages klog has had. */
extern unsigned machine_messages;

#endif
