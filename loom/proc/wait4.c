// SPDX-License-Identifier: MIT
/*
 * Waiting for children: wait4(2) and waitid(2), one search under both. How a
 * sleeping parent cannot miss a child's end is written in exit.c; a stop or a
 * continuation is told in the same way (signal/stop.c).
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/user.h"
#include "proc/process.h"
#include "proc/tree.h"
#include "proc/wait_status.h"
#include "sched/wait.h"
#include "signal/signal.h"

/* Options and id types, as Linux */
#define WNOHANG		0x00000001
#define WUNTRACED	0x00000002	/* for waitid: WSTOPPED */
#define WEXITED		0x00000004
#define WCONTINUED	0x00000008
#define WNOWAIT		0x01000000
#define WNOTHREAD	0x20000000	/* __WNOTHREAD: no thread has its own */
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
	p->child_utime += child->utime + child->child_utime;
	p->child_stime += child->stime + child->child_stime;
}

/* What there is to be said of a child: CLD_ code and status. */
struct news {
	struct process *child;	/* counted; NULL: none */
	int code;
	int value;		/* exit code or signal */
	uint32_t status;	/* the same as wait4 has it */
};

static void tell_end(const struct process *child, struct news *news)
{
	news->code = wait_status_code(child->status);
	news->value = wait_status_value(child->status);
	news->status = child->status;
}

/* Of @child, which is wanted. True: said (and, without WNOWAIT, done with). */
static bool look_at(struct process *child, const struct wish *wish,
		    struct news *news)
{
	bool take = !(wish->options & WNOWAIT);
	int sig;

	if (child->state == PROCESS_ZOMBIE) {
		if (!(wish->options & WEXITED))
			return false;
		tell_end(child, news);
		return true;
	}
	sig = wish->options & WUNTRACED ? signal_stop_report(child, take) : 0;
	if (sig) {
		news->code = CLD_STOPPED;
		news->value = sig;
		news->status = wait_status_stopped(sig);
		return true;
	}
	if (wish->options & WCONTINUED &&
	    signal_continue_report(child, take)) {
		news->code = CLD_CONTINUED;
		news->value = SIGCONT;
		news->status = wait_status_continued();
		return true;
	}
	return false;
}

/* Tree lock. Wanted, and not only to say what is not asked for. */
static bool may_have_news(const struct process *child, const struct wish *wish)
{
	return wanted(child, wish) &&
	       (child->state == PROCESS_LIVE || wish->options & WEXITED);
}

/* Tree lock. Is there a child that has, or could come to have, news? */
static bool is_expected(struct process *self, const struct wish *wish)
{
	struct process *child;

	/* Mostly the first is one. */
	list_for_each_entry(child, &self->children, struct process, sibling) {
		if (may_have_news(child, wish))
			return true;
	}
	return false;
}

/* Tree lock. @child was on its parent's list of news: does it belong there? */
static void forget_if_told(struct process *child)
{
	if (child->state == PROCESS_ZOMBIE || signal_is_stopped(child) ||
	    signal_stop_report(child, false) ||
	    signal_continue_report(child, false))
		return;
	list_del(&child->news_member);
}

/* Tree lock. The first child that has news, which are in *@news then. */
static struct process *find_news(struct process *self, const struct wish *wish,
				 struct news *news)
{
	struct process *child, *tmp;

	list_for_each_entry_safe(child, tmp, &self->news, struct process,
				 news_member) {
		if (wanted(child, wish) && look_at(child, wish, news))
			return child;
		forget_if_told(child);
	}
	return NULL;
}

/* The same for one child only. *@none as in take_news. */
static struct process *look_at_one(struct process *self,
				   const struct wish *wish,
				   struct news *news, bool *none)
{
	struct process *child = tree_find(wish->id);

	*none = !child || child->parent != self || !may_have_news(child, wish);
	return !*none && look_at(child, wish, news) ? child : NULL;
}

/*
 * A wanted child with news, counted for the caller; a zombie is (without
 * WNOWAIT) off the tree. *@none: none that is wanted could ever have any.
 */
static void take_news(struct process *self, const struct wish *wish,
		      struct news *news, bool *none)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	struct process *child;

	if (wish->idtype == P_PID) {
		child = look_at_one(self, wish, news, none);
	} else {
		child = find_news(self, wish, news);
		*none = !child && !is_expected(self, wish);
	}
	news->child = child;
	if (child && (child->state == PROCESS_LIVE ||
		      wish->options & WNOWAIT)) {
		process_get(child);
	} else if (child) {
		add_times(self, child);
		tree_unlink(child);
	}
	spin_unlock_irqrestore(&process_tree_lock, daif);
}

/*
 * 0 and *@news of a counted child; 0 and none (WNOHANG, none yet); -ECHILD;
 * -EINTR.
 */
static int wait_for(const struct wish *wish, struct news *news)
{
	struct process *self = process_current();
	struct waiter w;
	bool none;
	int err = 0;

	for (;;) {
		wait_prepare(&self->child_exit, &w, WAIT_INTERRUPTIBLE);
		take_news(self, wish, news, &none);
		if (news->child || none || err || wish->options & WNOHANG)
			break;
		err = wait_sleep(&w, WAIT_FOREVER);
	}
	wait_finish(&w);
	if (news->child)
		return 0;
	if (none)
		return -ECHILD;
	return err;
}

/* Its own, of threads that run still, too, and its children's, as Linux. */
static int put_rusage(uint64_t addr, struct process *p)
{
	struct rusage r = { 0 };
	struct process_info info;
	uint64_t utime, stime;

	if (!addr)
		return 0;
	process_info(p, &info);
	utime = info.utime_ns + info.child_utime_ns;
	stime = info.stime_ns + info.child_stime_ns;
	r.utime_s = utime / 1000000000;
	r.utime_us = utime % 1000000000 / 1000;
	r.stime_s = stime / 1000000000;
	r.stime_us = stime % 1000000000 / 1000;
	r.nvcsw = info.voluntary;
	r.nivcsw = info.involuntary;
	return copy_to_user(addr, &r, sizeof(r));
}

long process_wait4(int pid, uint64_t status, int options, uint64_t rusage)
{
	const uint32_t known = WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD |
			       WALL | WCLONE;
	struct wish wish = { P_PID, pid, (uint32_t)options };
	struct news news;
	long result;
	int err;

	if (wish.options & ~known)
		return -EINVAL;
	wish.options |= WEXITED;
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
	err = wait_for(&wish, &news);
	if (err || !news.child)
		return err;
	/* As in Linux a bad address does not bring the child back. */
	result = news.child->pid;
	if (status && copy_to_user(status, &news.status, sizeof(news.status)))
		result = -EFAULT;
	else if (put_rusage(rusage, news.child))
		result = -EFAULT;
	process_put(news.child);
	return result;
}

/* What waitid says of @news, or of none. */
static int put_info(uint64_t addr, const struct news *news)
{
	struct child_info info = { 0 };

	if (!addr)
		return 0;
	if (news->child) {
		info.signo = SIGCHLD;
		info.code = news->code;
		info.pid = news->child->pid;
		info.status = news->value;
	}
	return copy_to_user(addr, &info, sizeof(info));
}

long process_waitid(int idtype, int id, uint64_t info, int options,
		    uint64_t rusage)
{
	const uint32_t known = WNOHANG | WUNTRACED | WEXITED | WCONTINUED |
			       WNOWAIT | WNOTHREAD | WALL | WCLONE;
	struct wish wish = { idtype, id, (uint32_t)options };
	struct news news;
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
	err = wait_for(&wish, &news);
	if (err)
		return err;
	err = put_info(info, &news);
	if (news.child) {
		if (!err)
			err = put_rusage(rusage, news.child);
		process_put(news.child);
	}
	return err;
}
