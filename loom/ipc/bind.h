// SPDX-License-Identifier: MIT
/*
 * What signals a notification by itself: a timer, and an interrupt that no
 * driver has. One of each at most.
 */
#ifndef LOOM_IPC_BIND_H
#define LOOM_IPC_BIND_H

#include <stdbool.h>
#include <stdint.h>

struct inode;
struct notification;

/*
 * From @first_ns of clock_now() on, and every @interval_ns if that is not 0,
 * signal @bits. Takes the place of what was bound; @first_ns 0: of nothing.
 * Times at which the bits of the last one have not been taken are skipped. 0 or
 * -ENOMEM. The lock of @inode, the notification's, is taken.
 */
int bind_timer(struct inode *inode, uint64_t first_ns, uint64_t interval_ns,
	       uint64_t bits);

/*
 * With NOTE_STALLED and the notification's lock: the word is being taken, so
 * its timer goes on.
 */
void bind_timer_resume(struct notification *n);

/*
 * Signal @bits when interrupt @irq comes, which is masked then until
 * bind_irq_ack. Takes the place of what was bound; @irq 0: of nothing. 0;
 * -EINVAL: no such line, or it is each CPU's own; -EBUSY: a driver has it, or
 * another notification; -ENOSPC: too many lines have been bound.
 */
int bind_irq(struct inode *inode, uint32_t irq, bool edge, uint64_t bits);

/* What was masked may come again: 0; -ENXIO: none is bound. */
int bind_irq_ack(struct inode *inode);

/* Nobody has a file of @n any more: nothing will signal it. */
void bind_end(struct notification *n);

#endif
