// SPDX-License-Identifier: MIT
/* System calls on the machine: its name, memory, limits, chance, its end. */
#include "syscall/sys_system.h"

#include <stddef.h>

#include "dev/power.h"
#include "fs/file.h"
#include "fs/pagetree.h"
#include "lib/errno.h"
#include "lib/random.h"
#include "lib/string.h"
#include "lib/uts.h"
#include "mm/page.h"
#include "mm/user.h"
#include "proc/inspect.h"
#include "proc/limits.h"
#include "proc/process.h"
#include "sched/clock.h"
#include "sched/loadavg.h"
#include "signal/signal.h"
#include "syscall/syscall.h"

long sys_uname(const uint64_t arg[6])
{
	struct uts_names names;

	uts_get(&names);
	return copy_to_user(arg[0], &names, sizeof(names));
}

/* A new name of @len bytes at @addr; @set is of lib/uts.h. */
static long set_name(uint64_t addr, uint64_t len,
		     void (*set)(const char *name, size_t len))
{
	char name[UTS_SIZE];

	if ((int)len < 0 || (int)len >= UTS_SIZE)
		return -EINVAL;
	if (copy_from_user(name, addr, (uint32_t)len))
		return -EFAULT;
	set(name, (uint32_t)len);
	return 0;
}

/* sethostname(name, len) */
long sys_sethostname(const uint64_t arg[6])
{
	return set_name(arg[0], arg[1], uts_set_nodename);
}

/* setdomainname(name, len) */
long sys_setdomainname(const uint64_t arg[6])
{
	return set_name(arg[0], arg[1], uts_set_domainname);
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

/* Linux gives the averages in fixed point with 16 bits behind the point. */
enum { SYSINFO_LOAD_SHIFT = 16 - LOAD_SHIFT };

long sys_sysinfo(const uint64_t arg[6])
{
	struct inspect_load load;
	struct sysinfo info = {
		.uptime = (int64_t)(clock_now() / 1000000000),
		.totalram = page_total_count() * (uint64_t)PAGE_SIZE,
		.freeram = page_free_count() * (uint64_t)PAGE_SIZE,
		.sharedram = pagetree_total() * (uint64_t)PAGE_SIZE,
		.mem_unit = 1,
	};

	inspect_load(&load);
	info.procs = (uint16_t)load.threads;
	loadavg_get(info.loads);
	for (unsigned i = 0; i < LOAD_COUNT; i++)
		info.loads[i] <<= SYSINFO_LOAD_SHIFT;
	return copy_to_user(arg[0], &info, sizeof(info));
}

static long get_limit(struct process *p, unsigned resource, uint64_t addr)
{
	struct limit limit;

	if (resource >= LIMIT_COUNT)
		return -EINVAL;
	limit = limit_of(p, resource);
	return addr ? copy_to_user(addr, &limit, sizeof(limit)) : 0;
}

/* A process that is ending has no table any more. */
static long set_descriptors(struct process *p, const struct limit *wish)
{
	struct files *files = process_files(p);
	long err;

	if (!files)
		return -ESRCH;
	err = files_set_limit(files, wish->soft, wish->hard);
	files_put(files);
	return err;
}

/*
 * Only the number of descriptors can be changed. A wish for what is in force
 * succeeds; so does any for core files, which are never written. Others are
 * refused rather than promised and not kept.
 */
static long set_limit(struct process *p, unsigned resource, uint64_t addr)
{
	struct limit wish;

	if (resource >= LIMIT_COUNT)
		return -EINVAL;
	if (copy_from_user(&wish, addr, sizeof(wish)))
		return -EFAULT;
	if (wish.soft > wish.hard)
		return -EINVAL;
	if (resource == RLIMIT_NOFILE)
		return set_descriptors(p, &wish);
	if (resource == RLIMIT_CORE || wish.soft == limit_of(p, resource).soft)
		return 0;
	return -EPERM;
}

long sys_getrlimit(const uint64_t arg[6])
{
	return arg[1] ? get_limit(process_current(), (unsigned)arg[0], arg[1])
		      : -EFAULT;
}

long sys_setrlimit(const uint64_t arg[6])
{
	return set_limit(process_current(), (unsigned)arg[0], arg[1]);
}

long sys_prlimit64(const uint64_t arg[6])
{
	int pid = (int)arg[0] ? (int)arg[0] : process_current()->pid;
	struct process *p = process_find(pid);
	long err;

	if (!p)
		return -ESRCH;
	err = get_limit(p, (unsigned)arg[1], arg[3]);
	if (!err && arg[2])
		err = set_limit(p, (unsigned)arg[1], arg[2]);
	process_put(p);
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
