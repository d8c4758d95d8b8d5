// SPDX-License-Identifier: MIT
/*
 * Directory records as getdents64(2) gives them, for the file systems' own
 * getdents operations.
 */
#ifndef LOOM_FS_GETDENTS_H
#define LOOM_FS_GETDENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file;

struct dirent_sink {
	uint64_t buf;		/* the user's buffer */
	size_t len;
	size_t done;
	int err;		/* why a record could not be given, or 0 */
};

/*
 * Append a record; @next is the position behind it. False if it did not fit
 * or could not be written: the listing ends before it. May sleep.
 */
bool dirent_emit(struct dirent_sink *sink, uint64_t number, uint64_t next,
		 uint32_t mode, const char *name);

/*
 * Append "." and "..", which are at the positions 0 and 1, as far as f->pos
 * has not passed them. No directory's lock is held.
 */
bool dirent_emit_dots(struct dirent_sink *sink, struct file *f);

/* What getdents returns: the bytes given, or if there are none the error. */
long dirent_result(const struct dirent_sink *sink);

#endif
