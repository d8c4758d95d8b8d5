// SPDX-License-Identifier: MIT
/*
 * /dev/hostin, /dev/hostout and /dev/hosterr: the host channel (dev/host.h)
 * as devices, for the standard streams of `./run -- PROGRAM`. The inode's
 * device number says which. Opening one is -ENODEV without the channel.
 */
#ifndef LOOM_DEV_HOSTDEV_H
#define LOOM_DEV_HOSTDEV_H

struct file_ops;

extern const struct file_ops hostdev_file_ops;

#endif
