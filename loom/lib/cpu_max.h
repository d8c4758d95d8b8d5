// SPDX-License-Identifier: MIT
/* How many CPUs there may be: for arrays with an element for each. */
#ifndef LOOM_LIB_CPU_MAX_H
#define LOOM_LIB_CPU_MAX_H

#define CPU_MAX 8

#endif
