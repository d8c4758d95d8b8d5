// SPDX-License-Identifier: MIT
/* A counter as a file: eventfd2(2). */
#ifndef LOOM_FS_EVENTFD_H
#define LOOM_FS_EVENTFD_H

#include <stdbool.h>
#include <stdint.h>

struct file;

/* @flags: FILE_NONBLOCK or 0. @semaphore: a read takes one. 0 or an errno. */
int eventfd_create(uint32_t count, bool semaphore, uint32_t flags,
		   struct file **out);

#endif
