// SPDX-License-Identifier: MIT
/*
 * The line discipline: what happens between the bytes that a terminal sends
 * and the bytes that a program reads, and on the way back. Pure computation
 * on a struct; the terminal driver (tty.c) owns it, locks it, and supplies
 * where echo goes.
 *
 * Input. In canonical mode (ICANON) bytes collect in an unfinished line that
 * the editing characters change; a newline, EOL or EOF finishes it. Only
 * finished lines can be read, one per read. In raw mode every byte can be
 * read at once. One ring holds both: [head, ready) may be read,
 * [ready, tail) is being edited. What was accepted into it is never lost to
 * later input: when it is full, new bytes are refused and a bell is echoed.
 * In canonical mode one place is kept for the end of the line, so that a
 * line that fills the ring can still be finished.
 *
 * Flow control. With IXON, VSTOP stops programs' output and VSTART, with IXANY
 * any key, lets it go on; echo goes on all the time.
 *
 * Kept: IXON, IXANY, ICRNL, INLCR, IGNCR, ISTRIP; ISIG, ICANON, IEXTEN, ECHO,
 * ECHOE, ECHOK, ECHOKE, ECHONL, ECHOCTL, NOFLSH; OPOST, ONLCR, OCRNL; IUTF8 for
 * erasing; VINTR, VQUIT, VSUSP, VERASE, VWERASE, VKILL, VEOF, VEOL, VEOL2,
 * VLNEXT, VREPRINT. Backspace (^H) erases like VERASE, because terminals
 * differ in what that key sends. A cc of 0 is disabled. Other settings are
 * stored and returned, without effect; VMIN and VTIME are the reader's.
 */
#ifndef LOOM_TTY_LDISC_H
#define LOOM_TTY_LDISC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tty/termios.h"

#define LDISC_SIZE	4096	/* a power of 2; the longest line and more */

/* Called for each byte that goes to the terminal, echo and output alike. */
typedef void ldisc_put(void *ctx, uint8_t byte);

struct ldisc {
	struct tty_termios termios;
	ldisc_put *put;
	void *ctx;
	uint32_t head;		/* free-running positions, head <= ready <= */
	uint32_t ready;		/* tail <= head + LDISC_SIZE */
	uint32_t tail;
	uint32_t column;	/* of the cursor */
	uint32_t line_column;	/* of it where the unfinished line began */
	bool stopped;		/* VSTOP came: no output of programs */
	bool literal;		/* the last byte was VLNEXT */
	uint8_t ring[LDISC_SIZE];
	uint8_t mark[LDISC_SIZE / 8];	/* a set bit: this byte ends a line */
};

/* What ldisc_input() asks of its caller; a set of these. */
enum {
	LDISC_READABLE = 1,	/* wake readers: there is more to read */
	LDISC_SIGINT = 2,	/* signal the foreground process group */
	LDISC_SIGQUIT = 4,
	LDISC_SIGTSTP = 8,
	LDISC_REFUSED = 16,	/* the buffer is full, the byte was dropped */
	LDISC_STARTED = 32,	/* wake writers: output goes on */
};

/* Start empty with the settings of a fresh Linux console. */
void ldisc_init(struct ldisc *l, ldisc_put *put, void *ctx);

/* One byte from the terminal; echoes it. Returns what to do, LDISC_*. */
unsigned int ldisc_input(struct ldisc *l, uint8_t byte);

/* Would ldisc_read() return at once? True at an end of file too. */
bool ldisc_readable(const struct ldisc *l);

/* How many bytes can be read before a reader must wait (FIONREAD). */
size_t ldisc_available(const struct ldisc *l);

/*
 * Take up to @n bytes. In canonical mode at most one line: what does not fit
 * stays for the next read. Returns their number; 0 is an end of file (^D at
 * the beginning of a line); -EAGAIN when there is nothing to read yet.
 */
int64_t ldisc_read(struct ldisc *l, void *dst, size_t n);

/* Put @n bytes of a program's output through output processing. */
void ldisc_output(struct ldisc *l, const void *src, size_t n);

/*
 * Change the settings (TCSETS; with @flush TCSETSF). Leaving canonical mode
 * makes the unfinished line readable; what could be read stays readable. Asks
 * for LDISC_READABLE and LDISC_STARTED.
 */
unsigned int ldisc_set_termios(struct ldisc *l, const struct tty_termios *t,
		       bool flush);

/* Drop all input that was not read yet (TCFLSH). */
void ldisc_flush_input(struct ldisc *l);

#endif
