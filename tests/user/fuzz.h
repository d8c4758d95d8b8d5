// SPDX-License-Identifier: MIT
/*
 * What fuzz.c (batches of calls, and who watches them) has of the calls
 * themselves: fuzz_calls.c, and the arguments, fuzz_args.c.
 */
#ifndef TESTS_USER_FUZZ_H
#define TESTS_USER_FUZZ_H

#include <stdint.h>

#include "lib/rng.h"

/* What an argument is drawn from. */
enum kind {
	ZERO,
	ANY,		/* an edge value, a bad address, a descriptor */
	FD,
	BUF,		/* good memory, or a bad address */
	LEN,
	PATH,		/* a name in the scratch folder, or a bad address */
	ABS,		/* a path outside, only to look at */
	READ,		/* flags that open a file to read it */
	BITS,		/* flags: few bits */
	SMALL,
	SIG,
	PID,		/* its own, or one that nobody has */
	MEM,		/* in or near the memory that is there to be remapped */
	IOV,		/* a list of pieces */
	TIME,		/* a time that is short or wrong */
	CLONE,		/* flags of clone */
	CLONE_ARGS,	/* what clone3 takes */
	STACK,
	PROGRAM,
	VECTOR,		/* argv, envp */
	SET,		/* of signals */
	EIGHT,		/* the size of such a set, nearly always */
	ACTION,		/* of a signal */
	ALTSTACK,
	INFO,		/* siginfo */
	EVENT,		/* sigevent */
	TIMER,		/* itimerval, itimerspec */
	POLL,		/* pollfd */
	SELECT,		/* sets of descriptors */
	MESSAGE,	/* msghdr */
	SOCKET,		/* its type */
	WORD,		/* of a futex */
	FUTEX_OP,
	ROBUST,		/* the head of a list */
	LOCK,		/* struct flock */
	CMD,		/* of fcntl */
	PROT,
	MAP_FLAGS,
};

struct call {
	long nr;
	enum kind arg[6];
};

/*
 * The next call of a stream: its number, and arguments for it. None that
 * would be felt outside of the process, its session and the scratch folder.
 */
long draw_call(struct rng *rng, long arg[6]);

/* An argument; what it points at is drawn, too. */
long draw_argument(struct rng *rng, enum kind kind);

/* The memory and the descriptors that arguments are about; once a process. */
void make_arguments(void);

#define PICK(rng, list) \
	((list)[rng_below(rng, sizeof(list) / sizeof(*(list)))])

#endif
