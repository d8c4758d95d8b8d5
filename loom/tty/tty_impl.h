// SPDX-License-Identifier: MIT
/* The inside of the terminal, for the other files of tty/. */
#ifndef LOOM_TTY_TTY_IMPL_H
#define LOOM_TTY_TTY_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/lock.h"
#include "tty/ldisc.h"
#include "tty/termios.h"
#include "tty/tty.h"

struct file;

struct tty {
	struct spinlock lock;	/* RANK_TTY */

	/* lock */
	struct ldisc ldisc;
	char stage[256];	/* on its way to the UART */
	size_t staged;
	bool echoing;		/* input comes: what is put is echo */
	size_t echo_room;	/* of the UART's ring for it */
	bool held;		/* TCOOFF: no output of programs */
	uint32_t ispeed, ospeed;
	struct tty_winsize size;
};

extern struct tty tty;

/* A byte for the UART, the line discipline's way out; lock held. */
void tty_put(void *ctx, uint8_t byte);
/* Give the UART what was put; lock held. */
void tty_flush_stage(void);

/* Wake who waits for LDISC_READABLE or LDISC_STARTED; no lock held. */
void tty_wake(unsigned events);

/* Was @f opened as /dev/tty by a session that has lost the terminal? */
bool tty_is_dead(const struct file *f);

long tty_ioctl(struct file *f, uint32_t cmd, uint64_t arg);

#endif
