// SPDX-License-Identifier: MIT
/* Who the terminal belongs to; see session.h. */
#include "tty/session.h"

#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/lock.h"
#include "mm/user.h"
#include "proc/process.h"
#include "proc/tree.h"
#include "signal/signal.h"
#include "tty/ioctls.h"
#include "tty/ldisc.h"
#include "tty/tty_impl.h"

static struct spinlock lock = SPINLOCK_INIT(RANK_TTY, "terminal's session");
/* lock */
static int owner;		/* session id; 0: nobody's */
static int foreground;		/* process group; 0: none */
static unsigned hangups;	/* how often a session lost it */

/* Session and group of the calling process; 0 in a kernel thread. */
struct place {
	int pid, sid, pgid;
};

static struct place here(void)
{
	const struct process *p = process_current();
	struct place place = { 0, 0, 0 };

	if (p) {
		place.pid = p->pid;
		place.sid = (int)process_getsid(0);
		place.pgid = (int)process_getpgid(0);
	}
	return place;
}

/* A copy of owner and foreground that belong together. */
static void look(int *sid, int *pgid)
{
	uint64_t daif = spin_lock_irqsave(&lock);

	*sid = owner;
	*pgid = foreground;
	spin_unlock_irqrestore(&lock, daif);
}

bool session_is_mine(void)
{
	struct place me = here();
	int sid, pgid;

	look(&sid, &pgid);
	return sid && sid == me.sid;
}

int session_terminal(int sid, int *group)
{
	int owner_sid, pgid;

	look(&owner_sid, &pgid);
	if (!sid || sid != owner_sid)
		return 0;
	*group = pgid ? pgid : -1;
	return DEV_CONSOLE;
}

static bool is_ignored(int sig)
{
	return signal_is_ignored(sig) || signal_blocked() & signal_bit(sig);
}

static bool is_orphaned(int pgid)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	bool orphaned = signal_is_orphaned_group(pgid);

	spin_unlock_irqrestore(&process_tree_lock, daif);
	return orphaned;
}

int session_check(int sig)
{
	struct place me = here();
	int sid, pgid;

	look(&sid, &pgid);
	if (sid == 0 || sid != me.sid || pgid == 0 || pgid == me.pgid)
		return 0;
	if (is_ignored(sig))
		return sig == SIGTTIN ? -EIO : 0;
	if (is_orphaned(me.pgid))
		return -EIO;
	signal_send_group(me.pgid, sig);
	return -EINTR;		/* and again when the group goes on */
}

void session_signal(int sig)
{
	int sid, pgid;

	look(&sid, &pgid);
	if (pgid)
		signal_send_group(pgid, sig);
}

static bool leader_lives(int sid)
{
	struct process *p = process_find(sid);
	struct process_info info;

	if (!p)
		return false;
	process_info(p, &info);
	process_put(p);
	return info.nthreads > 0;
}

/* Make the terminal that of the caller, a leader. -EPERM: another has it. */
static int acquire(const struct place *me, bool steal)
{
	int sid, pgid, err = -EPERM;
	uint64_t daif;

	look(&sid, &pgid);
	if (sid == me->sid)
		return 0;
	if (sid && leader_lives(sid) && !steal)
		return -EPERM;
	daif = spin_lock_irqsave(&lock);
	if (owner == sid) {	/* nobody was faster */
		owner = me->sid;
		foreground = me->pgid;
		err = 0;
	}
	spin_unlock_irqrestore(&lock, daif);
	return err;
}

void session_open(void)
{
	struct place me = here();

	if (me.sid && me.sid == me.pid)
		acquire(&me, false);
}

/*
 * @sid has the terminal no more; who is in the foreground is told. At the
 * leader's end what has stopped goes on as an orphaned group (signal/stop.c),
 * so SIGCONT is only for the others.
 */
static void release(int sid, bool at_end)
{
	int pgid = 0;
	uint64_t daif = spin_lock_irqsave(&lock);

	if (owner == sid) {
		pgid = foreground;
		owner = 0;
		foreground = 0;
		hangups++;
	}
	spin_unlock_irqrestore(&lock, daif);
	if (pgid)
		signal_send_group(pgid, SIGHUP);
	if (pgid && !at_end)
		signal_send_group(pgid, SIGCONT);
	/* Who polls it looks again. */
	tty_wake(LDISC_READABLE | LDISC_STARTED);
}

/* TIOCNOTTY: only the leader's has an effect, and it ends for all. */
static int give_up(const struct place *me)
{
	if (me->pid != me->sid)
		return -EPERM;
	release(me->sid, false);
	return 0;
}

bool session_leader_exit(struct process *p)
{
	int sid, pgid;

	look(&sid, &pgid);
	if (sid == 0 || sid != p->pid)
		return false;
	release(sid, true);
	return true;
}

unsigned session_hangups(void)
{
	uint64_t daif = spin_lock_irqsave(&lock);
	unsigned n = hangups;

	spin_unlock_irqrestore(&lock, daif);
	return n;
}

struct group_search {
	int pgid, sid;
	bool found, in_session;
};

static void match_group(struct process *p, void *arg)
{
	struct group_search *search = arg;

	if (p->pgid != search->pgid)
		return;
	search->found = true;
	if (p->sid == search->sid)
		search->in_session = true;
}

static int set_foreground(const struct place *me, uint64_t arg)
{
	struct group_search search = { .sid = me->sid };
	uint64_t daif;
	int err = session_check(SIGTTOU);

	if (!err)
		err = copy_from_user(&search.pgid, arg, sizeof(search.pgid));
	if (err < 0)
		return err == -EIO ? -ENOTTY : err;
	if (search.pgid < 0)
		return -EINVAL;
	process_for_each(match_group, &search);
	if (!search.found)
		return -ESRCH;
	if (!search.in_session)
		return -EPERM;

	err = -ENOTTY;
	daif = spin_lock_irqsave(&lock);
	if (owner == me->sid) {
		foreground = search.pgid;
		err = 0;
	}
	spin_unlock_irqrestore(&lock, daif);
	return err;
}

long session_ioctl(uint32_t cmd, uint64_t arg)
{
	struct place me = here();
	int sid, pgid;

	look(&sid, &pgid);
	if (cmd == TIOCSCTTY)
		return me.pid == me.sid ? acquire(&me, arg == 1) : -EPERM;
	if (!sid || sid != me.sid)
		return -ENOTTY;
	switch (cmd) {
	case TIOCNOTTY:
		return give_up(&me);
	case TIOCGSID:
		return copy_to_user(arg, &sid, sizeof(sid));
	case TIOCGPGRP:
		return copy_to_user(arg, &pgid, sizeof(pgid));
	case TIOCSPGRP:
		return set_foreground(&me, arg);
	default:
		return -ENOTTY;
	}
}
