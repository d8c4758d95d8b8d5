// SPDX-License-Identifier: MIT
/*
 * What comes with a signal: Linux's siginfo, of which the kernel keeps the
 * part that means something. For those who raise signals, wait4 and
 * signal/frame.h.
 */
#ifndef LOOM_SIGNAL_SIGINFO_H
#define LOOM_SIGNAL_SIGINFO_H

#include <stdint.h>

/* si_code, above 0 only from the kernel. Macros, as in every C library. */
#define SI_USER		0	/* kill */
#define SI_KERNEL	0x80
#define SI_QUEUE	(-1)	/* sigqueue */
#define SI_TIMER	(-2)	/* a timer of timer_create */
#define SI_TKILL	(-6)	/* tkill, tgkill */
#define SI_DETHREAD	(-7)	/* the lowest that Linux names in a row */
#define SI_ASYNCNL	(-60)

#define ILL_ILLOPC	1	/* SIGILL: opcode */
#define ILL_ILLOPN	2	/* operand */

#define FPE_FLTDIV	3	/* SIGFPE */
#define FPE_FLTOVF	4
#define FPE_FLTUND	5
#define FPE_FLTRES	6
#define FPE_FLTINV	7
#define FPE_FLTUNK	14

#define SEGV_MAPERR	1	/* SIGSEGV: nothing there */
#define SEGV_ACCERR	2	/* not for this */

#define BUS_ADRALN	1	/* SIGBUS: alignment */
#define BUS_ADRERR	2	/* no such memory: behind the end of a file */
#define BUS_OBJERR	3	/* the hardware says so */

#define TRAP_BRKPT	1	/* SIGTRAP */
#define TRAP_TRACE	2

#define CLD_EXITED	1	/* SIGCHLD */
#define CLD_KILLED	2
#define CLD_STOPPED	5
#define CLD_CONTINUED	6

/* The first 48 of its 128 bytes; the rest is zero to programs. */
struct siginfo {
	int32_t signo, error, code, unused;
	union {
		struct {
			int32_t pid;
			uint32_t uid;
			uint64_t value;
		} from;		/* kill, sigqueue */
		struct {
			int32_t pid;
			uint32_t uid;
			int32_t status, unused;
			uint64_t utime, stime;	/* 1/100 s */
		} child;
		struct {
			int32_t id, overrun;
			uint64_t value;
		} timer;
		uint64_t addr;	/* of a fault */
		uint64_t word[4];
	};
};

#define SIGINFO_SIZE 128	/* to programs */

_Static_assert(sizeof(struct siginfo) == 48, "Linux's struct kernel_siginfo");

#endif
