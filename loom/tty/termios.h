// SPDX-License-Identifier: MIT
/*
 * Terminal settings as Linux on arm64 has them (the generic layout of the
 * kernel, not the one of the C library): what TCGETS and TCSETS carry.
 */
#ifndef LOOM_TTY_TERMIOS_H
#define LOOM_TTY_TERMIOS_H

#include <stdint.h>

#define TERMIOS_NCCS	19

struct tty_termios {
	uint32_t iflag;
	uint32_t oflag;
	uint32_t cflag;
	uint32_t lflag;
	uint8_t line;
	uint8_t cc[TERMIOS_NCCS];
};

_Static_assert(sizeof(struct tty_termios) == 36, "what TCGETS copies out");

struct tty_termios2 {
	struct tty_termios basic;
	uint32_t ispeed, ospeed;	/* bits per second */
};

_Static_assert(sizeof(struct tty_termios2) == 44, "what TCGETS2 copies out");

/* TIOCGWINSZ */
struct tty_winsize {
	uint16_t rows;
	uint16_t cols;
	uint16_t xpixel;
	uint16_t ypixel;
};

/* Indices of cc[] */
enum {
	TERM_VINTR = 0,
	TERM_VQUIT = 1,
	TERM_VERASE = 2,
	TERM_VKILL = 3,
	TERM_VEOF = 4,
	TERM_VTIME = 5,
	TERM_VMIN = 6,
	TERM_VSWTC = 7,
	TERM_VSTART = 8,
	TERM_VSTOP = 9,
	TERM_VSUSP = 10,
	TERM_VEOL = 11,
	TERM_VREPRINT = 12,
	TERM_VDISCARD = 13,
	TERM_VWERASE = 14,
	TERM_VLNEXT = 15,
	TERM_VEOL2 = 16,
};

/* iflag */
enum {
	TERM_IGNBRK = 0000001,
	TERM_BRKINT = 0000002,
	TERM_ISTRIP = 0000040,
	TERM_INLCR = 0000100,
	TERM_IGNCR = 0000200,
	TERM_ICRNL = 0000400,
	TERM_IXON = 0002000,
	TERM_IXANY = 0004000,
	TERM_IUTF8 = 0040000,
};

/* oflag */
enum {
	TERM_OPOST = 0000001,
	TERM_ONLCR = 0000004,
	TERM_OCRNL = 0000010,
};

/* cflag */
enum {
	TERM_CBAUD = 0010017,	/* the speed by its number, or BOTHER */
	TERM_BOTHER = 0010000,	/* the speed is in ispeed and ospeed */
	TERM_B38400 = 0000017,
	TERM_B115200 = 0010002,
	TERM_CS8 = 0000060,
	TERM_CREAD = 0000200,
	TERM_HUPCL = 0002000,
	TERM_CLOCAL = 0004000,
};

/* lflag */
enum {
	TERM_ISIG = 0000001,
	TERM_ICANON = 0000002,
	TERM_ECHO = 0000010,
	TERM_ECHOE = 0000020,
	TERM_ECHOK = 0000040,
	TERM_ECHONL = 0000100,
	TERM_NOFLSH = 0000200,
	TERM_TOSTOP = 0000400,
	TERM_ECHOCTL = 0001000,
	TERM_ECHOKE = 0004000,
	TERM_IEXTEN = 0100000,
};

#endif
