// SPDX-License-Identifier: MIT
/*
 * Character devices: which driver serves a device number.
 */
#ifndef LOOM_FS_DEVNODE_H
#define LOOM_FS_DEVNODE_H

#include <stdint.h>

struct file_ops;

/* The operations of an inode's open files; NULL if there is no such device. */
const struct file_ops *devnode_file_ops(uint32_t mode, uint64_t rdev);

#endif
