// SPDX-License-Identifier: MIT
/*
 * Waiting for children: wait4(2) and waitid(2), one search under both. How a
 * sleeping parent cannot miss a child's end is written in exit.c.
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/user.h"
#include "proc/process.h"
#include "proc/signal.h"
#include "proc/tree.h"
#include "proc/wait_status.h"
#include "sched/wait.h"

/* Options and id types, as Linux */
#define WNOHANG		0x00000001
#define WUNTRACED	0x00000002	/* stopped: nothing stops here */
#define WEXITED		0x00000004
#define WCONTINUED	0x00000008
#define WNOWAIT		0x01000000
#define WNOTHREAD	0x20000000	/* __WNOTHREAD: there is one thread */
#define WALL		0x40000000	/* __WALL */
#define WCLONE		0x80000000u	/* __WCLONE */

enum { P_ALL, P_PID, P_PGID };

/* Whom to wait for, and how. */
struct wish {
	int idtype;
	int id;
	uint32_t options;
};

/* struct rusage of Linux; what is not counted here is 0 there. */
struct rusage {
	uint64_t utime_s, utime_us;
	uint64_t stime_s, stime_us;
	uint64_t maxrss, ixrss, idrss, isrss, minflt, majflt, nswap, inblock,
		 oublock, msgsnd, msgrcv, nsignals, nvcsw, nivcsw;
};

_Static_assert(sizeof(struct rusage) == 144, "as Linux has it");

/* struct siginfo of Linux, the part for SIGCHLD. */
struct child_info {
	int32_t signo, error, code, unused;
	int32_t pid;
	uint32_t uid;
	int32_t status;
	uint32_t unused2;
	uint64_t utime, stime;
	uint64_t rest[10];
};

_Static_assert(sizeof(struct child_info) == 128, "as Linux has it");

static bool wanted(const struct process *child, const struct wish *wish)
{
	bool is_clone = child->exit_signal != SIGCHLD;

	if (!(wish->options & WALL) && is_clone != !!(wish->options & WCLONE))
		return false;
	switch (wish->idtype) {
	case P_PID:
		return child->pid == wish->id;
	case P_PGID:
		return child->pgid == wish->id;
	default:
		return true;
	}
}

static void add_times(struct process *p, const struct process *child)
{
	p->child_utime_ns += child->utime_ns + child->child_utime_ns;
	p->child_stime_ns += child->stime_ns + child->child_stime_ns;
}

/*
 * A zombie that is wanted, counted for the caller and (without WNOWAIT) off
 * the tree. NULL: none yet, or with *@none set none that could become one.
 */
static struct process *take_zombie(struct process *self,
				   const struct wish *wish, bool *none)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	struct process *child, *found = NULL;

	*none = true;
	list_for_each_entry(child, &self->children, struct process, sibling) {
		if (!wanted(child, wish))
			continue;
		*none = false;
		if (child->state == PROCESS_ZOMBIE) {
			found = child;
			break;
		}
	}
	if (found && wish->options & WNOWAIT) {
		process_get(found);
	} else if (found) {
		add_times(self, found);
		tree_unlink(found);
	}
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return found;
}

/*
 * 0 and in *@out a counted zombie; 0 and NULL (WNOHANG, none yet); -ECHILD;
 * -EINTR.
 */
static int wait_for(const struct wish *wish, struct process **out)
{
	struct process *self = process_current();
	struct waiter w;
	bool none;
	int err = 0;

	for (;;) {
		wait_prepare(&self->child_exit, &w, WAIT_INTERRUPTIBLE);
		*out = take_zombie(self, wish, &none);
		if (*out || none || err || wish->options & WNOHANG)
			break;
		err = wait_sleep(&w, WAIT_FOREVER);
	}
	wait_finish(&w);
	if (*out)
		return 0;
	if (none)
		return -ECHILD;
	return err;
}

static int put_rusage(uint64_t addr, const struct process *p)
{
	struct rusage r = { 0 };

	if (!addr)
		return 0;
	r.utime_s = p->utime_ns / 1000000000;
	r.utime_us = p->utime_ns % 1000000000 / 1000;
	r.stime_s = p->stime_ns / 1000000000;
	r.stime_us = p->stime_ns % 1000000000 / 1000;
	r.nvcsw = p->voluntary;
	r.nivcsw = p->involuntary;
	return copy_to_user(addr, &r, sizeof(r));
}

long process_wait4(int pid, uint64_t status, int options, uint64_t rusage)
{
	const uint32_t known = WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD |
			       WALL | WCLONE;
	struct wish wish = { P_PID, pid, (uint32_t)options };
	struct process *child;
	long result;
	int err;

	if (wish.options & ~known)
		return -EINVAL;
	if (pid == INT32_MIN)
		return -ESRCH;
	if (pid == -1)
		wish.idtype = P_ALL;
	else if (pid <= 0)
		wish.idtype = P_PGID;
	if (pid == 0)
		wish.id = process_current()->pgid;
	else if (pid < -1)
		wish.id = -pid;
	err = wait_for(&wish, &child);
	if (err || !child)
		return err;
	/* As in Linux a bad address does not bring the child back. */
	result = child->pid;
	if (status && copy_to_user(status, &child->status, sizeof(uint32_t)))
		result = -EFAULT;
	else if (put_rusage(rusage, child))
		result = -EFAULT;
	process_put(child);
	return result;
}

/* What waitid says of @child, or of none. */
static int put_info(uint64_t addr, const struct process *child)
{
	struct child_info info = { 0 };

	if (!addr)
		return 0;
	if (child) {
		info.signo = SIGCHLD;
		info.code = wait_status_code(child->status);
		info.pid = child->pid;
		info.status = wait_status_value(child->status);
	}
	return copy_to_user(addr, &info, sizeof(info));
}

long process_waitid(int idtype, int id, uint64_t info, int options,
		    uint64_t rusage)
{
	const uint32_t known = WNOHANG | WUNTRACED | WEXITED | WCONTINUED |
			       WNOWAIT | WNOTHREAD | WALL | WCLONE;
	struct wish wish = { idtype, id, (uint32_t)options };
	struct process *child;
	int err;

	if (wish.options & ~known ||
	    !(wish.options & (WEXITED | WUNTRACED | WCONTINUED)))
		return -EINVAL;
	if (idtype < P_ALL || idtype > P_PGID)
		return -EINVAL;
	if ((idtype == P_PID && id <= 0) || (idtype == P_PGID && id < 0))
		return -EINVAL;
	if (idtype == P_PGID && id == 0)
		wish.id = process_current()->pgid;
	/* Nothing stops or continues: who asks for that alone waits in vain. */
	if (!(wish.options & WEXITED))
		return -ECHILD;
	err = wait_for(&wish, &child);
	if (err)
		return err;
	err = put_info(info, child);
	if (child) {
		if (!err)
			err = put_rusage(rusage, child);
		process_put(child);
	}
	return err;
}
