// SPDX-License-Identifier: MIT
/*
 * Waiting until one of many files can be read or written: what ppoll(2) and
 * pselect6(2) are made of, and what a kind of file does to take part.
 *
 * A kind of file that is not always ready has
 *
 *	static unsigned thing_poll(struct file *f, struct poll_table *pt)
 *	{
 *		poll_wait(pt, &thing->can_read);
 *		poll_wait(pt, &thing->can_write);
 *		return (there is something ? POLLIN | POLLRDNORM : 0) | ...;
 *	}
 *
 * in its struct file_ops, and wakes these queues, by one or all, each time
 * after what it returns has changed. It may take sleeping locks. The queues
 * live as long as the file.
 *
 * Who waits:
 *
 *	poll_begin(&pt);
 *	for (;;) {
 *		poll_round(&pt);
 *		ready = poll_file(f, &pt) & wanted ... for each file
 *		if (ready || err)
 *			break;
 *		err = poll_sleep(&pt, deadline);
 *	}
 *	poll_end(&pt);
 *
 * Only the first round puts the thread on queues. The table keeps the files
 * that it waits for until poll_end, so a descriptor may be closed meanwhile.
 */
#ifndef LOOM_FS_POLL_H
#define LOOM_FS_POLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"
#include "sched/wait.h"

struct file;

/* The bits of struct pollfd, as Linux's. Macros as in every C library. */
#define POLLIN		0x001	/* a read will not wait */
#define POLLPRI		0x002
#define POLLOUT		0x004	/* a write will not wait */
#define POLLERR		0x008	/* these three need not be asked for */
#define POLLHUP		0x010	/* the other end is closed */
#define POLLNVAL	0x020	/* no such descriptor */
#define POLLRDNORM	0x040
#define POLLRDBAND	0x080
#define POLLWRNORM	0x100
#define POLLWRBAND	0x200
#define POLLRDHUP	0x2000	/* the other end will write no more */

/* What a file says that is always ready. */
#define POLL_ALWAYS	(POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM)

/* One queue that a table waits for. */
struct poll_entry {
	struct watcher watcher;
	struct file *file;	/* whose queue it is; counted */
};

/* Entries within the table; more are allocated a page at a time. */
#define POLL_FEW 8

struct poll_table {
	struct watch watch;
	bool first;		/* round: poll_wait puts us on queues */
	int error;		/* -ENOMEM: some queue is missing */
	struct file *file;	/* that poll_file is asking */
	unsigned few_used;
	struct list more;	/* of struct poll_block */
	struct poll_entry few[POLL_FEW];
};

/* From a file's poll function; @pt may be NULL: the caller only looks. */
void poll_wait(struct poll_table *pt, struct waitq *queue);

/* The state of @f, which is open and counted; @pt may be NULL. */
unsigned poll_file(struct file *f, struct poll_table *pt);

void poll_begin(struct poll_table *pt);
void poll_round(struct poll_table *pt);

/*
 * Sleep until something may have changed: 0; -ETIMEDOUT, -EINTR, -ENOMEM.
 * After an error there may still be something ready: look once more.
 */
int poll_sleep(struct poll_table *pt, uint64_t deadline_ns);

/* May sleep: the last reference to a file may go. */
void poll_end(struct poll_table *pt);

#endif
