// SPDX-License-Identifier: MIT
/*
 * Locks on files: flock(2), and the record locks of fcntl(2), which belong to
 * a process (its table of descriptors) or to an open file (OFD). They are
 * advice among programs: reading and writing does not look at them.
 *
 * They are given back by their owner, and when it goes: an open file with its
 * last reference; a table of descriptors as soon as it closes any descriptor
 * of the file (POSIX).
 */
#ifndef LOOM_FS_FILELOCK_H
#define LOOM_FS_FILELOCK_H

#include <stdbool.h>

struct inode;
struct lock_range;

/*
 * Set @wish on @inode. With @wait sleeps while it conflicts with others. 0,
 * -EAGAIN (conflict), -EINTR, -EDEADLK (the other waits for us, by record
 * locks of processes), -ENOLCK (no memory).
 */
int filelock_set(struct inode *inode, const struct lock_range *wish,
		 bool wait);

/* Copy to @found what conflicts with @wish: true; or there is none. */
bool filelock_get(struct inode *inode, const struct lock_range *wish,
		  struct lock_range *found);

/* @owner has closed @inode: all its locks on it go. May sleep. */
void filelock_closed(struct inode *inode, const void *owner);

/* Before any file is opened. */
void filelock_init(void);

#endif
