// SPDX-License-Identifier: MIT
/*
 * Job control: which session the terminal belongs to and which of its groups
 * is in the foreground (POSIX.1-2017, chapter 11.1). For tty/tty.c.
 *
 * ^C and its like go to the foreground group. Another group of the session
 * that reads is stopped by SIGTTIN, one that changes the terminal, or writes
 * while TOSTOP is set, by SIGTTOU. A session loses the terminal when its
 * leader ends or gives it up: its foreground group gets SIGHUP (and SIGCONT, if
 * the leader goes on), and what its processes opened as /dev/tty is dead.
 */
#ifndef LOOM_TTY_SESSION_H
#define LOOM_TTY_SESSION_H

#include <stdbool.h>
#include <stdint.h>

struct process;

/* Is the terminal that of the calling process's session? */
bool session_is_mine(void);

/*
 * The device number of the terminal that session @sid has, and in *@group its
 * foreground group or -1; 0: it has none. For /proc.
 */
int session_terminal(int sid, int *group);

/*
 * The calling process is about to do what a process in the background is not
 * to do: read (SIGTTIN) or change or write (SIGTTOU). 0: it may; -EIO; -EINTR:
 * its group was sent @sig. No lock held.
 */
int session_check(int sig);

/* A session's leader that opens a free terminal gets it. */
void session_open(void);

/*
 * Process @p ends, all its threads. True if it led the session that has the
 * terminal, which is free from then on. No lock held.
 */
bool session_leader_exit(struct process *p);

/* How often a session has lost the terminal. */
unsigned session_hangups(void);

/* To the foreground group, if there is one. Any context, no lock held. */
void session_signal(int sig);

/*
 * TIOCSCTTY, TIOCNOTTY, TIOCGSID, TIOCGPGRP, TIOCSPGRP; -ENOTTY for all else.
 */
long session_ioctl(uint32_t cmd, uint64_t arg);

#endif
