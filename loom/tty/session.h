// SPDX-License-Identifier: MIT
/*
 * Job control: which session the terminal belongs to and which of its groups
 * is in the foreground (POSIX.1-2017, chapter 11.1). For tty/tty.c.
 *
 * As much of it as there is without stop signals: ^C and its like go to the
 * foreground group; a read by another group of the session is -EIO (where
 * Linux would stop it with SIGTTIN); writes are always allowed. A session
 * whose leader has ended loses the terminal to the next one that asks.
 */
#ifndef LOOM_TTY_SESSION_H
#define LOOM_TTY_SESSION_H

#include <stdbool.h>
#include <stdint.h>

/* Is the terminal that of the calling process's session? */
bool session_is_mine(void);

/*
 * The device number of the terminal that session @sid has, and in *@group its
 * foreground group or -1; 0: it has none. For /proc.
 */
int session_terminal(int sid, int *group);

/* May the calling process read now? */
bool session_may_read(void);

/* A session's leader that opens a free terminal gets it. */
void session_open(void);

/* To the foreground group, if there is one. Any context, no lock held. */
void session_signal(int sig);

/*
 * TIOCSCTTY, TIOCNOTTY, TIOCGSID, TIOCGPGRP, TIOCSPGRP; -ENOTTY for all else.
 */
long session_ioctl(uint32_t cmd, uint64_t arg);

#endif
