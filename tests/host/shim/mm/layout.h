// SPDX-License-Identifier: MIT
/*
 * The kernel's mm/layout.h for tests that simulate physical memory: the linear
 * map is where tests/host/machine.c has put that memory. The directory of this
 * file comes before loom/ on the include path of such a test.
 */
#ifndef TESTS_HOST_SHIM_MM_LAYOUT_H
#define TESTS_HOST_SHIM_MM_LAYOUT_H

#include <stdint.h>

#include_next "mm/layout.h"

extern uint64_t machine_linear_base;

#undef LINEAR_BASE
#define LINEAR_BASE machine_linear_base

#endif
