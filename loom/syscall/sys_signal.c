// SPDX-License-Identifier: MIT
/* System calls on signals; sending and state are in proc/signal.c. */
#include "syscall/sys_signal.h"

#include "lib/errno.h"
#include "mm/user.h"
#include "proc/process.h"
#include "proc/signal.h"
#include "proc/tree.h"
#include "syscall/syscall.h"

#define SIGSET_SIZE 8	/* the kernel's sigset_t: 64 signals */

static bool is_signal(int sig)
{
	return sig >= 0 && sig <= SIGNAL_MAX;
}

/* @sig 0 only asks whether the process is there. A zombie is. */
static long send_to(int pid, int sig)
{
	struct process *p = process_find(pid);

	if (!p)
		return -ESRCH;
	if (sig)
		signal_send(p, sig);
	process_put(p);
	return 0;
}

struct broadcast {
	int sig;
	bool found;
};

static void send_to_other(struct process *p, void *arg)
{
	struct broadcast *b = arg;

	if (p->pid == PID_INIT || p == process_current())
		return;
	b->found = true;
	if (b->sig)
		signal_send(p, b->sig);
}

/* kill(-1): to all but process 1 and the caller. */
static long send_to_all(int sig)
{
	struct broadcast b = { sig, false };

	process_for_each(send_to_other, &b);
	return b.found ? 0 : -ESRCH;
}

long sys_kill(const uint64_t arg[6])
{
	int pid = (int)arg[0], sig = (int)arg[1];

	if (!is_signal(sig))
		return -EINVAL;
	if (pid > 0)
		return send_to(pid, sig);
	if (pid == -1)
		return send_to_all(sig);
	if (pid == INT32_MIN)
		return -ESRCH;
	return signal_send_group(pid ? -pid : (int)process_getpgid(0), sig);
}

long sys_tkill(const uint64_t arg[6])
{
	int tid = (int)arg[0], sig = (int)arg[1];

	if (tid <= 0 || !is_signal(sig))
		return -EINVAL;
	return send_to(tid, sig);
}

long sys_tgkill(const uint64_t arg[6])
{
	int pid = (int)arg[0], tid = (int)arg[1], sig = (int)arg[2];

	if (pid <= 0 || tid <= 0 || !is_signal(sig))
		return -EINVAL;
	/* Each process has one thread, of its own number. */
	return pid == tid ? send_to(pid, sig) : -ESRCH;
}

/* struct sigaction of Linux on arm64 */
struct action {
	uint64_t handler, flags, restorer, mask;
};

#define SIG_DFL		0
#define SIG_IGN		1
#define SA_NOCLDWAIT	2

/*
 * The old action, of which the disposition is kept and nothing else: flags and
 * mask matter to handlers, and there are none.
 */
static int put_old_action(uint64_t addr, int sig)
{
	struct action old = {
		.handler = signal_is_ignored(sig) ? SIG_IGN : SIG_DFL,
	};

	return addr ? copy_to_user(addr, &old, sizeof(old)) : 0;
}

long sys_rt_sigaction(const uint64_t arg[6])
{
	int sig = (int)arg[0];
	struct action new;
	bool known = sig >= 1 && sig <= SIGNAL_MAX;
	int err;

	if (arg[3] != SIGSET_SIZE || !known ||
	    (arg[1] && (sig == SIGKILL || sig == SIGSTOP)))
		return -EINVAL;
	if (arg[1] && copy_from_user(&new, arg[1], sizeof(new)))
		return -EFAULT;
	if (arg[1] && new.handler > SIG_IGN)
		return syscall_part_missing(PART_SIGACTION_HANDLER);
	/* Before the new one is set, though Linux writes it after. */
	err = put_old_action(arg[2], sig);
	if (err || !arg[1])
		return err;
	if (sig == SIGCHLD)
		signal_set_reap_children(new.flags & SA_NOCLDWAIT);
	return signal_set_ignored(sig, new.handler == SIG_IGN);
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
