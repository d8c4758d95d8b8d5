// SPDX-License-Identifier: MIT
/* The ioctl(2) requests that the terminal knows, with Linux's numbers. */
#ifndef LOOM_TTY_IOCTLS_H
#define LOOM_TTY_IOCTLS_H

enum {
	TCGETS = 0x5401,
	TCSETS = 0x5402,
	TCSETSW = 0x5403,	/* after what is queued has been sent */
	TCSETSF = 0x5404,	/* and drop what has not been read */
	TCSBRK = 0x5409,	/* tcdrain: wait until all is sent */
	TCXONC = 0x540a,	/* tcflow */
	TCFLSH = 0x540b,
	TIOCSCTTY = 0x540e,
	TIOCGPGRP = 0x540f,
	TIOCSPGRP = 0x5410,
	TIOCOUTQ = 0x5411,
	TIOCSTI = 0x5412,	/* type for the user: refused */
	TIOCGWINSZ = 0x5413,
	TIOCSWINSZ = 0x5414,
	FIONREAD = 0x541b,
	TIOCNOTTY = 0x5422,
	TIOCGETD = 0x5424,	/* the line discipline: always the first */
	TCSBRKP = 0x5425,
	TIOCGSID = 0x5429,
	TCSETS2 = 0x402c542b,	/* these three and TCGETS2: with speeds */
	TCSETSW2 = 0x402c542c,
	TCSETSF2 = 0x402c542d,

	/* TCFLSH's argument */
	TCIFLUSH = 0,
	TCOFLUSH = 1,
	TCIOFLUSH = 2,

	/* TCXONC's: output stops and goes on; send the character for it */
	TCOOFF = 0,
	TCOON = 1,
	TCIOFF = 2,
	TCION = 3,
};

#define TCGETS2 0x802c542au

#endif
