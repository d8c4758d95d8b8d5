// SPDX-License-Identifier: MIT
/*
 * Process groups and sessions: setpgid(2), getpgid(2), setsid(2), getsid(2)
 * (POSIX.1-2017, 3.296 and 3.343). The terminal sends ^C to a group.
 */
#include "lib/errno.h"
#include "proc/process.h"
#include "proc/tree.h"

/* Tree lock. @pid 0 is the caller. */
static struct process *target(int pid)
{
	return pid ? tree_find(pid) : process_current();
}

static bool group_in_session(int pgid, int sid)
{
	struct process *p;

	list_for_each_entry(p, &process_all, struct process, all) {
		if (p->pgid == pgid && p->sid == sid)
			return true;
	}
	return false;
}

/* Tree lock. The rules in the order in which Linux looks at them. */
static int may_set_group(const struct process *p, int pgid)
{
	const struct process *self = process_current();

	if (!p)
		return -ESRCH;
	if (p->parent == self) {
		if (p->sid != self->sid)
			return -EPERM;
		if (p->has_execed)
			return -EACCES;
	} else if (p != self) {
		return -ESRCH;
	}
	if (p->sid == p->pid)
		return -EPERM;
	if (pgid != p->pid && !group_in_session(pgid, self->sid))
		return -EPERM;
	return 0;
}

long process_setpgid(int pid, int pgid)
{
	struct process *p;
	uint64_t daif;
	int err;

	if (pgid < 0)
		return -EINVAL;
	daif = spin_lock_irqsave(&process_tree_lock);
	p = target(pid);
	if (p && pgid == 0)
		pgid = p->pid;
	err = may_set_group(p, pgid);
	if (!err)
		p->pgid = pgid;
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return err;
}

long process_getpgid(int pid)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	const struct process *p = target(pid);
	long result = p ? p->pgid : -ESRCH;

	spin_unlock_irqrestore(&process_tree_lock, daif);
	return result;
}

long process_getsid(int pid)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	const struct process *p = target(pid);
	long result = p ? p->sid : -ESRCH;

	spin_unlock_irqrestore(&process_tree_lock, daif);
	return result;
}

long process_setsid(void)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	struct process *self = process_current(), *p;
	long result = self->pid;

	list_for_each_entry(p, &process_all, struct process, all) {
		if (p->pgid == self->pid) {
			result = -EPERM;
			break;
		}
	}
	if (result > 0)
		self->sid = self->pgid = self->pid;
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return result;
}
