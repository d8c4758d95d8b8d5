// SPDX-License-Identifier: MIT
/*
 * FP and SIMD state of programs: by which of weft's policies it is switched
 * (weft/fp.h).
 */
#ifndef LOOM_PROC_FPSTATE_H
#define LOOM_PROC_FPSTATE_H

/*
 * Take the policy from the kernel command line: `loom.fp=eager`, `lazy` or
 * `tracked`, which is the default. Before the first switch to a program.
 */
void fpstate_init(const char *cmdline);

#endif
