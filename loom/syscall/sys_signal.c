// SPDX-License-Identifier: MIT
/* System calls on signals; what they do is in signal/, here are arguments. */
#include "syscall/sys_signal.h"

#include <weft/frame.h>

#include "lib/errno.h"
#include "lib/lock.h"
#include "lib/string.h"
#include "mm/user.h"
#include "proc/process.h"
#include "proc/tree.h"
#include "sched/clock.h"
#include "sched/thread.h"
#include "signal/signal.h"
#include "syscall/syscall.h"

#define SIGSET_SIZE	8	/* the kernel's sigset_t: 64 signals */
#define NS_PER_S	UINT64_C(1000000000)

static bool is_signal(int sig)
{
	return sig >= 0 && sig <= SIGNAL_MAX;
}

static struct weft_frame *user_frame(void)
{
	return thread_user_frame(thread_current());
}

/* What kill and tkill tell of the sender. */
static struct siginfo from_self(int sig, int code)
{
	return (struct siginfo){
		.signo = sig,
		.code = code,
		.from.pid = process_current()->pid,
	};
}

/* Sending */

/* The process of that number, or of the thread of that number, counted. */
static struct process *find_process(int pid)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	struct process *p = tree_find(pid);
	struct thread *t = p ? NULL : thread_find(pid);

	if (t)
		p = t->process;
	if (p)
		process_get(p);
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return p;
}

/* Signal 0 only asks whether the process is there. A zombie is. */
static long send_to(int pid, const struct siginfo *info)
{
	struct process *p = find_process(pid);
	int err = 0;

	if (!p)
		return -ESRCH;
	if (info->signo)
		err = signal_send_info(p, info);
	process_put(p);
	return err;
}

/* @tgid 0: of any process. */
static long send_to_thread(int tgid, int tid, const struct siginfo *info)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	struct thread *t = thread_find(tid);
	const struct process *zombie = t ? NULL : tree_find(tid);
	long result = zombie && (!tgid || tgid == tid) ? 0 : -ESRCH;

	if (t && (!tgid || t->process->pid == tgid))
		result = info->signo ? signal_send_thread(t, info) : 0;
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return result;
}

struct broadcast {
	const struct siginfo *info;
	bool found;
};

static void send_to_other(struct process *p, void *arg)
{
	struct broadcast *b = arg;

	if (p->pid == PID_INIT || p == process_current())
		return;
	b->found = true;
	if (b->info->signo)
		(void)signal_send_info(p, b->info);
}

/* kill(-1): to all but process 1 and the caller. */
static long send_to_all(const struct siginfo *info)
{
	struct broadcast b = { info, false };

	process_for_each(send_to_other, &b);
	return b.found ? 0 : -ESRCH;
}

long sys_kill(const uint64_t arg[6])
{
	int pid = (int)arg[0], sig = (int)arg[1];
	struct siginfo info = from_self(sig, SI_USER);

	if (!is_signal(sig))
		return -EINVAL;
	if (pid > 0)
		return send_to(pid, &info);
	if (pid == -1)
		return send_to_all(&info);
	if (pid == INT32_MIN)
		return -ESRCH;
	return signal_send_group_info(pid ? -pid : (int)process_getpgid(0),
				      &info);
}

long sys_tkill(const uint64_t arg[6])
{
	int tid = (int)arg[0], sig = (int)arg[1];
	struct siginfo info = from_self(sig, SI_TKILL);

	if (tid <= 0 || !is_signal(sig))
		return -EINVAL;
	return send_to_thread(0, tid, &info);
}

long sys_tgkill(const uint64_t arg[6])
{
	int tgid = (int)arg[0], tid = (int)arg[1], sig = (int)arg[2];
	struct siginfo info = from_self(sig, SI_TKILL);

	if (tgid <= 0 || tid <= 0 || !is_signal(sig))
		return -EINVAL;
	return send_to_thread(tgid, tid, &info);
}

/*
 * A siginfo of a program's own. What is behind the part that the kernel keeps
 * must be zero, unless its layout is known to have nothing there.
 */
static int info_from_user(uint64_t addr, int sig, struct siginfo *info)
{
	struct {
		struct siginfo info;
		uint8_t rest[SIGINFO_SIZE - sizeof(struct siginfo)];
	} user;

	if (copy_from_user(&user, addr, sizeof(user)))
		return -EFAULT;
	*info = user.info;
	info->signo = sig;
	if (info->code >= SI_DETHREAD || info->code == SI_ASYNCNL)
		return 0;
	for (size_t i = 0; i < sizeof(user.rest); i++) {
		if (user.rest[i])
			return -E2BIG;
	}
	return 0;
}

/* What the kernel says, and kill, only the program itself may claim. */
static bool is_forged(const struct siginfo *info, int to)
{
	return (info->code >= 0 || info->code == SI_TKILL) &&
	       (int)thread_current()->tid != to;
}

long sys_rt_sigqueueinfo(const uint64_t arg[6])
{
	int pid = (int)arg[0], sig = (int)arg[1];
	struct siginfo info;
	int err = info_from_user(arg[2], sig, &info);

	if (err)
		return err;
	if (is_forged(&info, pid))
		return -EPERM;
	if (!is_signal(sig))
		return -EINVAL;
	return send_to(pid, &info);
}

long sys_rt_tgsigqueueinfo(const uint64_t arg[6])
{
	int tgid = (int)arg[0], tid = (int)arg[1], sig = (int)arg[2];
	struct siginfo info;
	int err = info_from_user(arg[3], sig, &info);

	if (err)
		return err;
	if (tgid <= 0 || tid <= 0)
		return -EINVAL;
	if (is_forged(&info, tid))
		return -EPERM;
	if (!is_signal(sig))
		return -EINVAL;
	return send_to_thread(tgid, tid, &info);
}

/* Actions and masks */

long sys_rt_sigaction(const uint64_t arg[6])
{
	int sig = (int)arg[0];
	struct signal_action new, old;

	if (arg[3] != SIGSET_SIZE)
		return -EINVAL;
	if (arg[1] && copy_from_user(&new, arg[1], sizeof(new)))
		return -EFAULT;
	if (sig < 1 || sig > SIGNAL_MAX ||
	    (arg[1] && signal_bit(sig) & SIGNAL_ONLY_KERNEL))
		return -EINVAL;
	signal_get_action(sig, &old);
	if (arg[1])
		signal_set_action(sig, &new);
	return arg[2] ? copy_to_user(arg[2], &old, sizeof(old)) : 0;
}

enum { SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK };

long sys_rt_sigprocmask(const uint64_t arg[6])
{
	uint64_t old = signal_blocked(), set;

	if (arg[3] != SIGSET_SIZE)
		return -EINVAL;
	if (arg[1]) {
		if (copy_from_user(&set, arg[1], sizeof(set)))
			return -EFAULT;
		switch ((int)arg[0]) {
		case SIG_BLOCK:
			set |= old;
			break;
		case SIG_UNBLOCK:
			set = old & ~set;
			break;
		case SIG_SETMASK:
			break;
		default:
			return -EINVAL;
		}
		signal_set_blocked(set);
	}
	return arg[2] ? copy_to_user(arg[2], &old, sizeof(old)) : 0;
}

long sys_rt_sigpending(const uint64_t arg[6])
{
	uint64_t set = signal_waiting();

	/* Linux takes shorter sets here, and only here. */
	if (arg[1] > SIGSET_SIZE)
		return -EINVAL;
	return copy_to_user(arg[0], &set, (size_t)arg[1]);
}

/* Waiting */

long sys_rt_sigsuspend(const uint64_t arg[6])
{
	uint64_t set;

	if (arg[1] != SIGSET_SIZE)
		return -EINVAL;
	if (copy_from_user(&set, arg[0], sizeof(set)))
		return -EFAULT;
	signal_set_temporary_mask(set);
	return signal_suspend();
}

/* A struct timespec, from now; 0: forever. */
static int deadline_from_user(uint64_t addr, uint64_t *deadline)
{
	int64_t time[2];

	*deadline = WAIT_FOREVER;
	if (!addr)
		return 0;
	if (copy_from_user(time, addr, sizeof(time)))
		return -EFAULT;
	if (time[0] < 0 || time[1] < 0 || time[1] >= (int64_t)NS_PER_S)
		return -EINVAL;
	if ((uint64_t)time[0] < WAIT_FOREVER / NS_PER_S - 1)
		*deadline = clock_deadline((uint64_t)time[0] * NS_PER_S +
					   (uint64_t)time[1]);
	return 0;
}

static int info_to_user(uint64_t addr, const struct siginfo *info)
{
	if (copy_to_user(addr, info, sizeof(*info)))
		return -EFAULT;
	return clear_user(addr + sizeof(*info), SIGINFO_SIZE - sizeof(*info));
}

long sys_rt_sigtimedwait(const uint64_t arg[6])
{
	struct siginfo info;
	uint64_t set, deadline;
	long sig;
	int err;

	if (arg[3] != SIGSET_SIZE)
		return -EINVAL;
	if (copy_from_user(&set, arg[0], sizeof(set)))
		return -EFAULT;
	err = deadline_from_user(arg[2], &deadline);
	if (err)
		return err;
	sig = signal_take_wait(set, deadline, &info);
	/* As on Linux a bad address does not bring the signal back. */
	if (sig > 0 && arg[1] && info_to_user(arg[1], &info))
		return -EFAULT;
	return sig;
}

/* Handlers */

/* stack_t of Linux */
struct stack {
	uint64_t sp;
	uint32_t flags, unused;
	uint64_t size;
};

long sys_sigaltstack(const uint64_t arg[6])
{
	uint64_t sp = user_frame()->sp;
	struct signal_stack new, old;
	struct stack user;
	int err = 0;

	if (arg[0] && copy_from_user(&user, arg[0], sizeof(user)))
		return -EFAULT;
	signal_get_stack(&old, sp);
	if (arg[0]) {
		new = (struct signal_stack){ user.sp, user.size, user.flags };
		err = signal_set_stack(&new, sp);
	}
	if (err || !arg[1])
		return err;
	user = (struct stack){ old.sp, old.flags, 0, old.size };
	return copy_to_user(arg[1], &user, sizeof(user));
}

long sys_rt_sigreturn(const uint64_t arg[6])
{
	(void)arg;
	return signal_return(user_frame());
}
