// SPDX-License-Identifier: MIT
/*
 * membarrier(2); see sys_membarrier.h.
 *
 * What a program wants: that each CPU which runs one of the threads that it
 * means executes a full barrier between the beginning and the end of the
 * call. With SYNC_CORE also that none of these threads executes another
 * instruction before its CPU has synchronized its context, so that it fetches
 * code as it is now.
 *
 * The caller: DMB ISH at both ends, so that its accesses before and after are
 * ordered with those of the others, and ISB, which the ERET would do as well.
 *
 * A thread that does not run: it left its CPU and will come to one through
 * the lock of a run queue. Nothing of it is between the two, and what it does
 * after it comes begins with the ERET to user mode, which synchronizes. If its
 * release of that lock, when it left, comes before the caller's first barrier,
 * that barrier orders its accesses before the caller's; what it does when it
 * comes back is behind an acquire that is later than the call or ordered by
 * it.
 *
 * A thread that runs on another CPU: an interrupt makes that CPU execute a
 * barrier, and its ERET to user mode synchronizes; the caller waits for it.
 * All CPUs get one, whatever they run: to ask which of them runs a thread of
 * the process would need the lock of each. A thread that comes to a CPU
 * meanwhile is one that did not run, see above.
 */
#include "syscall/sys_membarrier.h"

#include <stddef.h>

#include <weft/arch.h>
#include <weft/sysreg.h>

#include "lib/errno.h"
#include "proc/process.h"
#include "sched/cpu.h"
#include "sched/ipi.h"

/* Linux's commands */
enum {
	CMD_QUERY = 0,
	CMD_GLOBAL = 1 << 0,
	CMD_GLOBAL_EXPEDITED = 1 << 1,
	CMD_REGISTER_GLOBAL_EXPEDITED = 1 << 2,
	CMD_PRIVATE_EXPEDITED = 1 << 3,
	CMD_REGISTER_PRIVATE_EXPEDITED = 1 << 4,
	CMD_PRIVATE_EXPEDITED_SYNC_CORE = 1 << 5,
	CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 1 << 6,
};

#define REGISTER	(CMD_REGISTER_GLOBAL_EXPEDITED |		\
			 CMD_REGISTER_PRIVATE_EXPEDITED |		\
			 CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE)
#define ALL		(CMD_GLOBAL | CMD_GLOBAL_EXPEDITED | REGISTER |	\
			 CMD_PRIVATE_EXPEDITED |			\
			 CMD_PRIVATE_EXPEDITED_SYNC_CORE)

static void full_barrier(void *arg)
{
	(void)arg;
	weft_dmb_ish();
}

static void barrier(void)
{
	weft_dmb_ish();		/* the caller's accesses before the call */
	ipi_call(cpu_online(), full_barrier, NULL);
	weft_dmb_ish();		/* and after it */
	weft_isb();		/* what it fetches after it: SYNC_CORE */
}

/* Private ones are for processes that said before that they would come. */
static long expedite(uint32_t command)
{
	uint32_t known = __atomic_load_n(&process_current()->membarriers,
					 __ATOMIC_RELAXED);

	/* Each command's registration is the next bit. */
	if (command != CMD_GLOBAL_EXPEDITED && !(known & command << 1))
		return -EPERM;
	barrier();
	return 0;
}

long sys_membarrier(const uint64_t arg[6])
{
	uint32_t command = (uint32_t)arg[0];

	if ((uint32_t)arg[1])
		return -EINVAL;
	switch (command) {
	case CMD_QUERY:
		return ALL;
	case CMD_GLOBAL:
		barrier();
		return 0;
	case CMD_GLOBAL_EXPEDITED:
	case CMD_PRIVATE_EXPEDITED:
	case CMD_PRIVATE_EXPEDITED_SYNC_CORE:
		return expedite(command);
	case CMD_REGISTER_GLOBAL_EXPEDITED:
	case CMD_REGISTER_PRIVATE_EXPEDITED:
	case CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
		__atomic_fetch_or(&process_current()->membarriers, command,
				  __ATOMIC_RELAXED);
		return 0;
	default:
		return -EINVAL;
	}
}
