// SPDX-License-Identifier: MIT
/*
 * The terminal: the UART, a line discipline (tty/ldisc.h), a session with a
 * foreground process group (tty/session.h). There is one, /dev/console and
 * /dev/tty; the second can be opened only by the session that has it.
 */
#ifndef LOOM_TTY_TTY_H
#define LOOM_TTY_TTY_H

struct file_ops;

/* Receive from the UART from here on; after uart_init. */
void tty_init(void);

extern const struct file_ops tty_file_ops;

#endif
