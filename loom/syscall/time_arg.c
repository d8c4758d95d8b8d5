// SPDX-License-Identifier: MIT
/* Times from programs; see time_arg.h. */
#include "syscall/time_arg.h"

#include "lib/errno.h"
#include "mm/user.h"

static int to_ns(int64_t sec, uint64_t fraction_ns, uint64_t *ns)
{
	if (sec < 0 || fraction_ns >= NS_PER_S)
		return -EINVAL;
	if (__builtin_mul_overflow((uint64_t)sec, NS_PER_S, ns) ||
	    __builtin_add_overflow(*ns, fraction_ns, ns))
		*ns = UINT64_MAX;
	return 0;
}

int timespec_to_ns(const struct timespec *ts, uint64_t *ns)
{
	/* As unsigned a negative number is too large as well. */
	return to_ns(ts->sec, (uint64_t)ts->nsec, ns);
}

int timeval_to_ns(const struct timeval *tv, uint64_t *ns)
{
	if ((uint64_t)tv->usec >= US_PER_S)
		return -EINVAL;
	return to_ns(tv->sec, (uint64_t)tv->usec * NS_PER_US, ns);
}

int timespec_from_user(uint64_t addr, uint64_t *ns)
{
	struct timespec ts;

	if (copy_from_user(&ts, addr, sizeof(ts)))
		return -EFAULT;
	return timespec_to_ns(&ts, ns);
}

struct cpu_clock cpu_clock_decode(int clock)
{
	if (clock >= 0)
		return (struct cpu_clock){ .kind = CPU_CLOCK_NONE };
	return (struct cpu_clock){
		.kind = (enum cpu_clock_kind)(clock & 3),
		.of_thread = clock & 4,
		.id = ~(uint32_t)clock >> 3,	/* of its complement */
	};
}
