// SPDX-License-Identifier: MIT
/*
 * The names of the kernel's functions, for backtraces and fault reports.
 *
 * The table is made by tools/mksyms.py from a first link of the kernel and
 * linked in by the following one; in the first link it is empty, and every
 * lookup then says "unknown". Nothing here is written after the link, takes
 * a lock or can fail, so it may be used while the kernel is stopping.
 */
#ifndef LOOM_LIB_KSYMS_H
#define LOOM_LIB_KSYMS_H

#include <stdbool.h>
#include <stdint.h>

struct ksym {
	const char *name;	/* the function, never NULL after success */
	uint64_t offset;	/* bytes from its first instruction */
};

/*
 * Name the function that holds @pc: the nearest one that starts at or
 * below it. False, with @out untouched, outside the kernel's text.
 *
 * For a return address pass @pc - 4: a call that never returns may be the
 * last instruction of its function.
 */
bool ksym_lookup(uint64_t pc, struct ksym *out);

/*
 * The generated table. Entry i starts at ksyms_base + ksyms_offsets[i] and
 * is called ksyms_text + ksyms_names[i]; the offsets rise strictly, and no
 * function reaches beyond ksyms_limit.
 */
extern const uint64_t ksyms_base;
extern const uint64_t ksyms_limit;
extern const uint32_t ksyms_count;
extern const uint32_t ksyms_offsets[];
extern const uint32_t ksyms_names[];
extern const char ksyms_text[];

#endif
