// SPDX-License-Identifier: MIT
/*
 * A reader of cpio archives in the "newc" format, which is what an
 * initramfs is. Called once, by what fills the root file system.
 *
 * The archive is untrusted: every number, name and size is checked before
 * it is used, and an entry that was returned lies wholly inside it. Archives
 * may follow each other, zero bytes between them, as boot loaders and build
 * scripts concatenate them. Both magic numbers are read; under the one with
 * checksums (070702) those of regular files are verified.
 *
 * Hard links are entries that share ino and device, nlink above 1; usually
 * only the last of them carries the data.
 */
#ifndef LOOM_FS_CPIO_H
#define LOOM_FS_CPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPIO_NAME_MAX	4096	/* with its NUL */

struct cpio {
	const uint8_t *data;
	size_t size;
	size_t pos;		/* of the next header; of the bad one */
	const char *error;	/* why cpio_next() failed, or NULL */
	bool trailed;		/* the last thing seen was a trailer */
	unsigned archive;	/* trailers so far: which archive this is */
};

struct cpio_entry {
	/*
	 * NUL-terminated, inside the archive, relative to the root, without
	 * empty, "." or ".." components; "" is the root directory itself.
	 */
	const char *name;
	size_t namelen;		/* without the NUL */
	const uint8_t *data;
	size_t size;
	uint32_t ino;
	uint32_t mode;		/* type and permissions as in struct stat */
	uint32_t uid;
	uint32_t gid;
	uint32_t nlink;
	uint32_t mtime;		/* seconds since 1970 */
	uint32_t dev_major;
	uint32_t dev_minor;
	uint32_t rdev_major;
	uint32_t rdev_minor;
};

/* Start reading the @size bytes at @data, which stay as long as entries. */
void cpio_open(struct cpio *c, const void *data, size_t size);

/*
 * Read the next entry. Returns 1 and fills *@e, 0 at the end, or -EINVAL:
 * then c->error says why, c->pos where, and every later call fails too.
 */
int cpio_next(struct cpio *c, struct cpio_entry *e);

#endif
