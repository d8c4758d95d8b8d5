// SPDX-License-Identifier: MIT
/*
 * System calls on processes; what they do is in proc/, here are the arguments.
 */
#include "syscall/sys_proc.h"

#include <loom/abi.h>

#include "lib/errno.h"
#include "lib/string.h"
#include "mm/fail.h"
#include "mm/layout.h"
#include "mm/user.h"
#include "proc/clone_flags.h"
#include "proc/fpstate.h"
#include "proc/keys.h"
#include "proc/process.h"
#include "proc/wait_status.h"
#include "sched/thread.h"
#include "syscall/syscall.h"

#define CLONE_SIGNAL_MASK UINT64_C(0xff)

static struct weft_frame *user_frame(void)
{
	return thread_user_frame(thread_current());
}

long sys_exit(const uint64_t arg[6])
{
	process_exit_thread(wait_status_exit(arg[0]));
}

long sys_exit_group(const uint64_t arg[6])
{
	process_exit(wait_status_exit(arg[0]));
}

long sys_set_tid_address(const uint64_t arg[6])
{
	thread_current()->clear_child_tid = arg[0];
	return (long)thread_current()->tid;
}

/*
 * glibc asks for restartable sequences at every start and does without where
 * they are refused; that is no finding for the report of missing calls.
 */
long sys_rseq(const uint64_t arg[6])
{
	(void)arg;
	return -ENOSYS;
}

long sys_clone(const uint64_t arg[6])
{
	uint64_t exit_signal = arg[0] & CLONE_SIGNAL_MASK;
	const struct clone_wish wish = {
		/* Linux looks at 32 bits. */
		.flags = (uint32_t)arg[0] & ~CLONE_SIGNAL_MASK,
		.stack = arg[1],
		.ptid = arg[2],
		.tls = arg[3],
		.ctid = arg[4],
		/* There is no such signal: none will be sent. */
		.exit_signal = exit_signal > 64 ? 0 : (int)exit_signal,
	};

	return process_clone(user_frame(), &wish);
}

/* struct clone_args of Linux 5.7; longer ones must have zeros behind it */
struct clone_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack,
		 stack_size, tls, set_tid, set_tid_size, cgroup;
};

#define CLONE_ARGS_FIRST 64	/* the size of the first version */

/* What Linux 5.7 knows: no bit above CLONE_INTO_CGROUP. */
#define CLONE3_FLAGS	(UINT64_C(0x3ffffffff) & \
			 ~(uint64_t)(CLONE_SIGNAL_MASK | CLONE_DETACHED))
#define CLONE_NEWTIME	UINT64_C(0x00000080)	/* in clone's signal mask */
#define SET_TID_MAX	32

static bool clone_args_valid(const struct clone_args *a)
{
	if (a->flags & ~(CLONE3_FLAGS | CLONE_NEWTIME) || a->exit_signal > 64)
		return false;
	if (a->flags & (CLONE_THREAD | CLONE_PARENT) && a->exit_signal)
		return false;
	if (!a->stack != !a->stack_size ||
	    !user_range_ok(a->stack, a->stack_size))
		return false;
	return !a->set_tid == !a->set_tid_size &&
	       a->set_tid_size <= SET_TID_MAX;
}

long sys_clone3(const uint64_t arg[6])
{
	struct clone_args a;
	struct clone_wish wish;
	int err = arg[1] < CLONE_ARGS_FIRST ? -EINVAL :
		struct_from_user(&a, sizeof(a), arg[0], arg[1]);

	if (err)
		return err;
	if (!clone_args_valid(&a))
		return -EINVAL;
	if (a.set_tid)
		return syscall_part_missing(PART_CLONE_FLAGS);
	wish = (struct clone_wish){
		.flags = a.flags,
		.stack = a.stack + a.stack_size,
		.ptid = a.parent_tid,
		.tls = a.tls,
		.ctid = a.child_tid,
		.exit_signal = (int)a.exit_signal,
	};
	return process_clone(user_frame(), &wish);
}

long sys_wait4(const uint64_t arg[6])
{
	return process_wait4((int)arg[0], arg[1], (int)arg[2], arg[3]);
}

long sys_waitid(const uint64_t arg[6])
{
	return process_waitid((int)arg[0], (int)arg[1], arg[2], (int)arg[3],
			      arg[4]);
}

long sys_getpid(const uint64_t arg[6])
{
	(void)arg;
	return process_current()->pid;
}

long sys_getppid(const uint64_t arg[6])
{
	(void)arg;
	return process_getppid();
}

long sys_gettid(const uint64_t arg[6])
{
	(void)arg;
	return (long)thread_current()->tid;
}

/* All is root's: there are no users (CAVEATS.md). */
long sys_getuid(const uint64_t arg[6])
{
	(void)arg;
	return 0;
}

long sys_geteuid(const uint64_t arg[6])
{
	return sys_getuid(arg);
}

long sys_getgid(const uint64_t arg[6])
{
	return sys_getuid(arg);
}

long sys_getegid(const uint64_t arg[6])
{
	return sys_getuid(arg);
}

/* There is one user to become, who it is already; -1 asks for no change. */
static bool is_root_or_none(uint64_t id)
{
	return (uint32_t)id == 0 || (uint32_t)id == UINT32_MAX;
}

long sys_setuid(const uint64_t arg[6])
{
	return (uint32_t)arg[0] == 0 ? 0 : -EINVAL;
}

long sys_setgid(const uint64_t arg[6])
{
	return sys_setuid(arg);
}

long sys_setreuid(const uint64_t arg[6])
{
	return is_root_or_none(arg[0]) && is_root_or_none(arg[1]) ? 0 : -EINVAL;
}

long sys_setregid(const uint64_t arg[6])
{
	return sys_setreuid(arg);
}

long sys_setresuid(const uint64_t arg[6])
{
	return is_root_or_none(arg[2]) ? sys_setreuid(arg) : -EINVAL;
}

long sys_setresgid(const uint64_t arg[6])
{
	return sys_setresuid(arg);
}

long sys_getresuid(const uint64_t arg[6])
{
	const uint32_t root = 0;

	for (int i = 0; i < 3; i++)
		if (copy_to_user(arg[i], &root, sizeof(root)))
			return -EFAULT;
	return 0;
}

long sys_getresgid(const uint64_t arg[6])
{
	return sys_getresuid(arg);
}

/* No supplementary groups. */
long sys_getgroups(const uint64_t arg[6])
{
	return (int)arg[0] < 0 ? -EINVAL : 0;
}

long sys_setpgid(const uint64_t arg[6])
{
	return process_setpgid((int)arg[0], (int)arg[1]);
}

long sys_getpgid(const uint64_t arg[6])
{
	return process_getpgid((int)arg[0]);
}

long sys_setsid(const uint64_t arg[6])
{
	(void)arg;
	return process_setsid();
}

long sys_getsid(const uint64_t arg[6])
{
	return process_getsid((int)arg[0]);
}

#define PR_SET_NAME	15
#define PR_GET_NAME	16
#define PR_SVE_SET_VL	50
#define PR_SVE_GET_VL	51

static long set_name(uint64_t addr)
{
	char name[16];
	/* Longer ones are cut, and not looked at beyond. */
	long len = string_from_user(name, addr, sizeof(name) - 1);

	if (len < 0 && len != -ENAMETOOLONG)
		return len;
	name[sizeof(name) - 1] = '\0';
	process_set_name(name);
	return 0;
}

static long get_name(uint64_t addr)
{
	const struct thread *self = thread_current();

	/* Only the thread itself changes it. */
	return copy_to_user(addr, self->name, sizeof(self->name));
}

/* An option that does not exist is -EINVAL, as in a Linux without it. */
long sys_prctl(const uint64_t arg[6])
{
	switch ((int)arg[0]) {
	case PR_SET_NAME:
		return set_name(arg[1]);
	case PR_GET_NAME:
		return get_name(arg[1]);
	case PR_SVE_SET_VL:
		return fpstate_set_vl(arg[1]);
	case PR_SVE_GET_VL:
		return fpstate_get_vl();
	case PR_PAC_RESET_KEYS:
		return keys_prctl(&arg[1]);
	case LOOM_PR_FAIL_SET:
		return fail_prctl_set(arg[1], arg[2]);
	case LOOM_PR_FAIL_GET:
		return fail_prctl_get(arg[1]);
	default:
		return -EINVAL;
	}
}
