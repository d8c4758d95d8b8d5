// SPDX-License-Identifier: MIT
/* What kernel.c and processes.c share. */
#ifndef TESTS_FEATURES_KERNEL_H
#define TESTS_FEATURES_KERNEL_H

#include <weft/cpu.h>
#include <weft/task.h>

enum { TASKS = 3, ROUNDS = 4 };

extern struct weft_cpu cpu;
extern struct weft_task boot;
extern struct weft_features features;

/* Of the stack of task 0, 1, 2. */
uint64_t stack_top(int i);

/* One line of the report. */
void tell(const char *what, const char *result);

/* All that has to do with EL0; only with WEFT_USER. */
void try_processes(void);

#endif
