// SPDX-License-Identifier: MIT
/* System calls on the machine: its name, memory, limits, chance, its end. */
#include "syscall/sys_system.h"

#include <stddef.h>

#include "dev/power.h"
#include "fs/file.h"
#include "lib/errno.h"
#include "lib/random.h"
#include "lib/string.h"
#include "mm/aspace.h"
#include "mm/page.h"
#include "mm/user.h"
#include "proc/process.h"
#include "proc/tree.h"
#include "sched/clock.h"
#include "signal/signal.h"
#include "syscall/syscall.h"

#define NAME_SIZE 65

/* struct new_utsname of Linux */
struct names {
	char sysname[NAME_SIZE], nodename[NAME_SIZE], release[NAME_SIZE],
	     version[NAME_SIZE], machine[NAME_SIZE], domainname[NAME_SIZE];
};

/*
 * The name of the interface, which is what programs ask for: static glibc
 * looks at the release and refuses to start on a Linux that is too old.
 */
long sys_uname(const uint64_t arg[6])
{
	static const struct names names = {
		.sysname = "Linux",
		.nodename = "loom",
		.release = "6.1.0-loom",
		.version = "loom, a small kernel on weft",
		.machine = "aarch64",
		.domainname = "(none)",
	};

	return copy_to_user(arg[0], &names, sizeof(names));
}

/* struct sysinfo of Linux */
struct sysinfo {
	int64_t uptime;
	uint64_t loads[3];
	uint64_t totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	uint16_t procs, unused[3];
	uint64_t totalhigh, freehigh;
	uint32_t mem_unit, unused2;
};

_Static_assert(sizeof(struct sysinfo) == 112, "as Linux has it");

long sys_sysinfo(const uint64_t arg[6])
{
	struct sysinfo info = {
		.uptime = (int64_t)(clock_now() / 1000000000),
		.totalram = page_total_count() * (uint64_t)PAGE_SIZE,
		.freeram = page_free_count() * (uint64_t)PAGE_SIZE,
		.procs = (uint16_t)process_count(),
		.mem_unit = 1,
	};

	return copy_to_user(arg[0], &info, sizeof(info));
}

#define UNLIMITED UINT64_MAX

struct limit {
	uint64_t soft, hard;
};

enum {
	RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE,
	RLIMIT_RSS, RLIMIT_NPROC, RLIMIT_NOFILE, RLIMIT_MEMLOCK, RLIMIT_AS,
	RLIMIT_LOCKS, RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE, RLIMIT_NICE,
	RLIMIT_RTPRIO, RLIMIT_RTTIME, RLIMIT_COUNT
};

/* What is true of every process; 0 where the thing itself does not exist. */
static const struct limit limits[RLIMIT_COUNT] = {
	[RLIMIT_CPU] = { UNLIMITED, UNLIMITED },
	[RLIMIT_FSIZE] = { UNLIMITED, UNLIMITED },
	[RLIMIT_DATA] = { UNLIMITED, UNLIMITED },
	[RLIMIT_STACK] = { ASPACE_STACK_SIZE, ASPACE_STACK_SIZE },
	[RLIMIT_CORE] = { 0, 0 },
	[RLIMIT_RSS] = { UNLIMITED, UNLIMITED },
	[RLIMIT_NPROC] = { TASK_MAX, TASK_MAX },
	[RLIMIT_NOFILE] = { FILES_MAX, FILES_MAX },
	[RLIMIT_MEMLOCK] = { UNLIMITED, UNLIMITED },
	[RLIMIT_AS] = { UNLIMITED, UNLIMITED },
	[RLIMIT_LOCKS] = { UNLIMITED, UNLIMITED },
	[RLIMIT_SIGPENDING] = { SIGNAL_QUEUE_MAX, SIGNAL_QUEUE_MAX },
	[RLIMIT_NICE] = { 40, 40 },
	[RLIMIT_RTTIME] = { UNLIMITED, UNLIMITED },
};

static long get_limit(unsigned resource, uint64_t addr)
{
	if (resource >= RLIMIT_COUNT)
		return -EINVAL;
	return addr ? copy_to_user(addr, &limits[resource],
				   sizeof(limits[resource])) : 0;
}

/*
 * Limits do not change. A wish for what is in force succeeds; so does any for
 * core files, which are never written. Others are refused rather than
 * promised and not kept.
 */
static long set_limit(unsigned resource, uint64_t addr)
{
	struct limit wish;

	if (resource >= RLIMIT_COUNT)
		return -EINVAL;
	if (copy_from_user(&wish, addr, sizeof(wish)))
		return -EFAULT;
	if (wish.soft > wish.hard)
		return -EINVAL;
	if (resource == RLIMIT_CORE || wish.soft == limits[resource].soft)
		return 0;
	return -EPERM;
}

long sys_getrlimit(const uint64_t arg[6])
{
	return arg[1] ? get_limit((unsigned)arg[0], arg[1]) : -EFAULT;
}

long sys_setrlimit(const uint64_t arg[6])
{
	return set_limit((unsigned)arg[0], arg[1]);
}

long sys_prlimit64(const uint64_t arg[6])
{
	struct process *p;
	long err;

	if ((int)arg[0]) {
		p = process_find((int)arg[0]);
		if (!p)
			return -ESRCH;
		process_put(p);
	}
	err = get_limit((unsigned)arg[1], arg[3]);
	if (!err && arg[2])
		err = set_limit((unsigned)arg[1], arg[2]);
	return err;
}

#define GRND_NONBLOCK	1
#define GRND_RANDOM	2
#define GRND_INSECURE	4

/*
 * Never blocks: a machine that gave no seed will not give one later (and a
 * deterministic run wants the same bytes each time; CAVEATS.md).
 */
long sys_getrandom(const uint64_t arg[6])
{
	uint64_t flags = arg[2] & UINT32_MAX, done = 0, len = arg[1];
	uint8_t bytes[128];
	size_t n;

	if (flags & ~(uint64_t)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE) ||
	    (flags & GRND_RANDOM && flags & GRND_INSECURE))
		return -EINVAL;
	if (len > INT32_MAX)
		len = INT32_MAX;
	if (!user_range_ok(arg[0], len))
		return -EFAULT;
	while (done < len && !(done && signal_pending())) {
		n = len - done < sizeof(bytes) ? len - done : sizeof(bytes);
		random_bytes(bytes, n);
		n = copy_to_user_partial(arg[0] + done, bytes, n);
		if (!n)
			break;
		done += n;
	}
	memset(bytes, 0, sizeof(bytes));
	return done || !len ? (long)done : -EFAULT;
}

#define REBOOT_MAGIC		0xfee1dead
#define REBOOT_RESTART		0x01234567
#define REBOOT_POWER_OFF	0x4321fedc

static bool is_second_magic(uint32_t magic)
{
	return magic == 672274793 || magic == 85072278 ||
	       magic == 369367448 || magic == 537993216;
}

long sys_reboot(const uint64_t arg[6])
{
	if ((uint32_t)arg[0] != REBOOT_MAGIC ||
	    !is_second_magic((uint32_t)arg[1]))
		return -EINVAL;
	switch ((uint32_t)arg[2]) {
	case REBOOT_POWER_OFF:
		syscall_report_unimplemented();
		power_off();
	case REBOOT_RESTART:
		syscall_report_unimplemented();
		power_restart();
	default:
		return -EINVAL;
	}
}
