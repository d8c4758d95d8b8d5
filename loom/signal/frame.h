// SPDX-License-Identifier: MIT
/*
 * The frame that a handler finds on its stack, byte for byte Linux's on
 * arm64: where its parts go, and whether one that a program gives back is
 * sound. Pure: signal/handler.c moves the contents.
 *
 *	record	x29 and x30 of what was interrupted; x29 points here
 *	extra	records that do not fit into the 4096 bytes
 *	head	struct sigframe_head; sp points here
 *
 * from high addresses to low. Behind the head are 4096 bytes of records, each
 * a magic number and a size: FP and SIMD, the fault's ESR, SVE, "extra" if
 * there are more behind the 4096 bytes; a record of zeros ends them.
 */
#ifndef LOOM_SIGNAL_FRAME_H
#define LOOM_SIGNAL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "signal/siginfo.h"

#define SIGFRAME_FPSIMD	0x46508001
#define SIGFRAME_ESR	0x45535201
#define SIGFRAME_SVE	0x53564501
#define SIGFRAME_EXTRA	0x45585401

#define SIGFRAME_RECORDS	4096	/* bytes behind the head */
#define SIGFRAME_MAX		0x40000	/* Linux accepts no larger frame */
#define SIGFRAME_STREAMING	1	/* flag of an SVE record: of SME */

/* struct rt_sigframe up to its records: siginfo and ucontext. */
struct sigframe_head {
	struct siginfo info;
	uint8_t info_rest[SIGINFO_SIZE - sizeof(struct siginfo)];
	uint64_t flags, link;		/* ucontext: 0 */
	uint64_t stack_sp;		/* the alternate stack */
	uint32_t stack_flags, unused;
	uint64_t stack_size;
	uint64_t mask;			/* to go back to */
	uint8_t mask_rest[128];
	uint64_t fault_address;		/* sigcontext */
	uint64_t x[31];
	uint64_t sp, pc, pstate;
	uint64_t align;			/* the records are 16-byte aligned */
};

_Static_assert(offsetof(struct sigframe_head, flags) == 128, "ucontext");
_Static_assert(offsetof(struct sigframe_head, mask) == 168, "uc_sigmask");
_Static_assert(offsetof(struct sigframe_head, fault_address) == 304,
	       "uc_mcontext");
_Static_assert(sizeof(struct sigframe_head) == 592, "__reserved");

struct sigframe_record {
	uint32_t magic, size;
};

struct sigframe_fpsimd {
	struct sigframe_record head;
	uint32_t fpsr, fpcr;
	uint64_t v[64];			/* v0-v31, low half first */
};

struct sigframe_esr {
	struct sigframe_record head;
	uint64_t esr;
};

/* Behind it, if there is SVE state: z0-z31, p0-p15, FFR, as weft/sve.h. */
struct sigframe_sve {
	struct sigframe_record head;
	uint16_t vl;			/* bytes */
	uint16_t flags;
	uint16_t unused[2];
};

struct sigframe_extra {
	struct sigframe_record head;
	uint64_t data;			/* address */
	uint32_t size, unused[3];
};

_Static_assert(sizeof(struct sigframe_fpsimd) == 528, "fpsimd_context");
_Static_assert(sizeof(struct sigframe_sve) == 16, "sve_context");
_Static_assert(sizeof(struct sigframe_extra) == 32, "extra_context");

/* Offsets from the frame's start; 0: not there. */
struct sigframe_layout {
	uint32_t size;			/* of all but the frame record */
	uint32_t fpsimd, esr, sve, extra;
	uint32_t sve_size;		/* of the SVE record */
	uint32_t extra_data, extra_size;
	uint32_t end, extra_end;	/* records of zeros */
};

/*
 * Where the records go. @vl: the thread's SVE vector length, 0 on a machine
 * without SVE; @sve_live: it has SVE state, else the record is a mere header.
 */
void sigframe_lay_out(struct sigframe_layout *l, bool esr, unsigned vl,
		      bool sve_live);

/* Bytes of z0-z31, p0-p15 and FFR. */
static inline uint32_t sigframe_sve_state(unsigned vl)
{
	return 32 * vl + 17 * (vl / 8);
}

/*
 * The frame goes below @sp: where it starts, and where its frame record is.
 * Multiples of 16; a small @sp wraps, to where no user memory is.
 */
uint64_t sigframe_place(const struct sigframe_layout *l, uint64_t sp,
			uint64_t *record);

/* The most that a handler's frame takes on any stack: AT_MINSIGSTKSZ. */
uint32_t sigframe_most(unsigned vl);

/* What a frame that came back consists of: addresses; 0: not there. */
struct sigframe_parts {
	uint64_t fpsimd, sve;
	bool sve_live;			/* the SVE record has state */
};

/* Read @len bytes of the program's at @addr: 0 or -EFAULT. */
typedef int sigframe_read(void *arg, void *dst, uint64_t addr, size_t len);

/*
 * Look through the records of the frame at @frame, a multiple of 16: 0 and
 * *@parts, or -EFAULT, -EINVAL. Each record is read once, through @read; what
 * *@parts names lies inside the frame, is large enough, and is for the vector
 * length @vl (0: no SVE). Accepts and refuses what Linux does.
 */
int sigframe_parse(uint64_t frame, unsigned vl, sigframe_read *read, void *arg,
		   struct sigframe_parts *parts);

/*
 * The PSTATE of a frame that came back, without the bits that Linux ignores:
 * false if user mode may not have it.
 */
bool sigframe_pstate(uint64_t *pstate);

#endif
