// SPDX-License-Identifier: MIT
/*
 * The path walk beneath path_lookup, open and the calls that change the tree:
 * one that also tells where the last name is, or would be.
 */
#ifndef LOOM_FS_PATH_H
#define LOOM_FS_PATH_H

#include <stdbool.h>

#include "fs/inode.h"

enum {
	WALK_FOLLOW = 1,	/* a symbolic link at the end is followed */
	WALK_PARENT = 2,	/* the last name is not looked up */
	WALK_CREATE = 4,	/* to make a file: -EISDIR if slashes follow */
};

enum path_last {
	PATH_NAME,		/* an ordinary name */
	PATH_DOT,
	PATH_DOTDOT,
	PATH_ROOT,		/* no name at all: "/" */
};

struct path_end {
	struct inode *dir;	/* counted: what holds, or would hold, @name */
	struct inode *inode;	/* counted; NULL: not there, or WALK_PARENT */
	enum path_last last;
	bool slash;		/* slashes follow: it must be a directory */
	char name[FS_NAME_SIZE];
};

/*
 * Walk @path from @cwd (used only if the path is relative). 0 also if only
 * the last name does not exist: then end->inode is NULL. After 0 the caller
 * ends with path_end_put.
 */
int path_walk(struct inode *cwd, const char *path, unsigned flags,
	      struct path_end *end);
void path_end_put(struct path_end *end);

#endif
