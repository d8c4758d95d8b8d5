// SPDX-License-Identifier: MIT
/*
 * Locks on files; see filelock.h. System calls set and get them, and closing
 * (file.c, files.c) gives them back.
 *
 * One mutex guards the locks of all files: who waits for whom can only be
 * seen with all of them in view, and nobody holds it over a sleep. Waiters
 * sleep on one queue, which is woken when any lock is given up, and try
 * again. A waiter cannot look under the mutex between wait_prepare and
 * wait_sleep, so it looks at a count of changes instead: the count changes
 * under the mutex, before the queue is woken.
 */
#include "fs/filelock.h"

#include "fs/inode.h"
#include "fs/lockrange.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "sched/mutex.h"
#include "sched/wait.h"

/* As far as a circle of waiting processes is followed, as in Linux. */
enum { CIRCLE_MAX = 10 };

/* A process that waits for another's record lock. */
struct waiting {
	struct list link;
	const void *owner;
	const void *blocker;	/* owner of what it waits for */
};

static struct mutex lock;
/* lock */
static struct list all_waiting = LIST_INIT(all_waiting);

static struct waitq changed = WAITQ_INIT("file locks", changed);
static uint32_t changes;	/* under the lock to change, atomic to look */

void filelock_init(void)
{
	mutex_init(&lock, RANK_FILELOCK, "file locks");
}

static void free_all(struct list *unused)
{
	struct list *node;

	while ((node = list_pop(unused)))
		kfree(container_of(node, struct lock_range, link));
}

/* Something was given up. The lock is held; the caller wakes afterwards. */
static void note_change(void)
{
	__atomic_add_fetch(&changes, 1, __ATOMIC_RELEASE);
}

static void note_present(struct inode *inode)
{
	__atomic_store_n(&inode->locked, !list_empty(&inode->locks),
			 __ATOMIC_RELAXED);
}

/* Take from @owner all that it has on @inode. The lock is held. */
static bool give_up(struct inode *inode, const void *owner,
		    struct list *unused)
{
	struct lock_range *r, *tmp;
	bool any = false;

	list_for_each_entry_safe(r, tmp, &inode->locks, struct lock_range,
				 link) {
		if (r->owner != owner)
			continue;
		list_del(&r->link);
		list_add_tail(unused, &r->link);
		any = true;
	}
	if (any)
		note_change();
	note_present(inode);
	return any;
}

void filelock_closed(struct inode *inode, const void *owner)
{
	struct list unused = LIST_INIT(unused);
	bool any;

	/*
	 * What this owner has locked it sees here; a thread of it that locks
	 * at this moment looks afterwards whether the file is still open.
	 */
	if (!__atomic_load_n(&inode->locked, __ATOMIC_RELAXED))
		return;
	mutex_lock(&lock);
	any = give_up(inode, owner, &unused);
	mutex_unlock(&lock);
	if (any)
		wait_wake_all(&changed);
	free_all(&unused);
}

/* Would @wish's owner, if it waited for @blocker, wait for itself? */
static bool closes_circle(const void *owner, const void *blocker)
{
	struct waiting *w;

	for (unsigned i = 0; i < CIRCLE_MAX; i++) {
		const void *next = NULL;

		list_for_each_entry(w, &all_waiting, struct waiting, link)
			if (w->owner == blocker)
				next = w->blocker;
		if (next == owner)
			return true;
		if (!next)
			return false;
		blocker = next;
	}
	return false;
}

/* A lock of flock is given back before a new one is waited for. */
static bool release_first(struct inode *inode, const struct lock_range *wish,
			  struct list *unused)
{
	return wish->kind == LOCK_FLOCK && give_up(inode, wish->owner, unused);
}

/* 0, -EAGAIN, and with @self -EDEADLK. The lock is held. */
static int try_set(struct inode *inode, const struct lock_range *wish,
		   struct lock_range *spare[2], struct list *unused,
		   struct waiting *self)
{
	struct lock_range *other = NULL;

	if (wish->type != LOCK_NONE)
		other = lockrange_conflict(&inode->locks, wish);
	if (!other) {
		if (lockrange_set(&inode->locks, wish, spare, unused))
			note_change();
		note_present(inode);
		return 0;
	}
	if (!self)
		return -EAGAIN;
	/* Only processes wait for themselves in circles. */
	if (wish->kind == LOCK_RECORD && wish->pid >= 0) {
		if (closes_circle(wish->owner, other->owner))
			return -EDEADLK;
		self->owner = wish->owner;
		self->blocker = other->owner;
		list_add_tail(&all_waiting, &self->link);
	}
	return -EAGAIN;
}

/* Sleep until there was a change after @seen: 0 or -EINTR. */
static int wait_for_change(uint32_t seen)
{
	struct waiter w;
	int err = 0;

	wait_prepare(&changed, &w, WAIT_INTERRUPTIBLE);
	if (__atomic_load_n(&changes, __ATOMIC_ACQUIRE) == seen)
		err = wait_sleep(&w, WAIT_FOREVER);
	wait_finish(&w);
	return err;
}

/* Try once: 0, an error, or -EAGAIN and in *@seen the count then. */
static int try_once(struct inode *inode, const struct lock_range *wish,
		    struct lock_range *spare[2], struct waiting *self,
		    uint32_t *seen)
{
	struct list unused = LIST_INIT(unused);
	uint32_t before;
	int err;

	mutex_lock(&lock);
	before = changes;
	err = try_set(inode, wish, spare, &unused, self);
	if (err == -EAGAIN)
		(void)release_first(inode, wish, &unused);
	*seen = changes;
	mutex_unlock(&lock);
	if (*seen != before)
		wait_wake_all(&changed);
	free_all(&unused);
	return err;
}

static void stop_waiting(struct waiting *self)
{
	mutex_lock(&lock);
	list_del(&self->link);
	mutex_unlock(&lock);
}

int filelock_set(struct inode *inode, const struct lock_range *wish, bool wait)
{
	struct lock_range *spare[2] = { kmalloc(sizeof(**spare)),
					kmalloc(sizeof(**spare)) };
	struct waiting self = { .link = LIST_INIT(self.link) };
	int err = spare[0] && spare[1] ? 0 : -ENOLCK;
	uint32_t seen;

	while (!err) {
		err = try_once(inode, wish, spare, wait ? &self : NULL, &seen);
		if (err != -EAGAIN || !wait)
			break;
		err = wait_for_change(seen);
		stop_waiting(&self);
	}
	kfree(spare[0]);
	kfree(spare[1]);
	return err;
}

bool filelock_get(struct inode *inode, const struct lock_range *wish,
		  struct lock_range *found)
{
	struct lock_range *other;

	mutex_lock(&lock);
	other = lockrange_conflict(&inode->locks, wish);
	if (other)
		*found = *other;
	mutex_unlock(&lock);
	return other;
}
