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
	TCFLSH = 0x540b,
	TIOCSCTTY = 0x540e,
	TIOCGPGRP = 0x540f,
	TIOCSPGRP = 0x5410,
	TIOCOUTQ = 0x5411,
	TIOCGWINSZ = 0x5413,
	TIOCSWINSZ = 0x5414,
	FIONREAD = 0x541b,
	TIOCNOTTY = 0x5422,
	TIOCGSID = 0x5429,

	/* TCFLSH's argument */
	TCIFLUSH = 0,
	TCOFLUSH = 1,
	TCIOFLUSH = 2,
};

#endif
