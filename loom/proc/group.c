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

/* Tree lock. All of a group are in one session. */
static bool group_in_session(int pgid, int sid)
{
	const struct list *group = tree_group(pgid);

	return group && list_first_entry(group, struct process,
					 group_member)->sid == sid;
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
		tree_set_group(p, number_find(pgid));
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
	struct process *self = process_current();
	long result = self->pid;

	if (tree_group(self->pid)) {
		result = -EPERM;
	} else {
		tree_set_session(self, self->number);
		tree_set_group(self, self->number);
	}
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return result;
}
