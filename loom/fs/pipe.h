// SPDX-License-Identifier: MIT
/*
 * Pipes, without a name (pipe2) and with one. An inode of type MODE_FIFO has
 * pipe_file_ops as its file_ops and NULL as its data, which is the pipe's
 * while a file of it is open; its open waits for the other end as open(2)
 * says: -EINTR, -ENXIO (to write, O_NONBLOCK, nobody reads).
 */
#ifndef LOOM_FS_PIPE_H
#define LOOM_FS_PIPE_H

#include <stdint.h>

struct file;
struct file_ops;

extern const struct file_ops pipe_file_ops;

/* pipe2(2): two open files. 0; -ENOMEM, -ENFILE. */
int pipe_create(uint32_t flags, struct file **reader, struct file **writer);

/*
 * F_GETPIPE_SZ and F_SETPIPE_SZ: the size in bytes. -EBADF: @f is no pipe;
 * -EBUSY: more than that is in it; -EINVAL, -EPERM (over 1 MiB), -ENOMEM.
 */
long pipe_get_size(struct file *f);
long pipe_set_size(struct file *f, uint32_t wish);

#endif
