// SPDX-License-Identifier: MIT
/* The tables of all boot tests, in the order in which they run. */
#include "boot_test.h"

extern const struct boot_test switch_tests[];
extern const struct boot_test fp_tests[];
extern const struct boot_test lock_tests[];
extern const struct boot_test thread_tests[];
extern const struct boot_test sched_tests[];
extern const struct boot_test preempt_tests[];
extern const struct boot_test wait_tests[];
extern const struct boot_test watch_tests[];
extern const struct boot_test mutex_tests[];
extern const struct boot_test clock_tests[];
extern const struct boot_test ipc_tests[];
extern const struct boot_test weft_trap_tests[];
extern const struct boot_test weft_uaccess_tests[];
extern const struct boot_test weft_space_tests[];
extern const struct boot_test weft_switch_tests[];
extern const struct boot_test weft_park_tests[];
extern const struct boot_test weft_event_tests[];
extern const struct boot_test weft_vectors_tests[];
extern const struct boot_test weft_pauth_tests[];
extern const struct boot_test weft_tables_tests[];
extern const struct boot_test weft_fp_tests[];
extern const struct boot_test weft_sve_tests[];
extern const struct boot_test weft_break_tests[];

const struct boot_test *const boot_test_tables[] = {
	switch_tests,
	fp_tests,
	lock_tests,
	thread_tests,
	sched_tests,
	preempt_tests,
	wait_tests,
	watch_tests,
	mutex_tests,
	clock_tests,
	ipc_tests,
	weft_trap_tests,
	weft_uaccess_tests,
	weft_space_tests,
	weft_switch_tests,
	weft_park_tests,
	weft_event_tests,
	weft_vectors_tests,
	weft_pauth_tests,
	weft_tables_tests,
	weft_fp_tests,
	weft_sve_tests,
	weft_break_tests,
	NULL,
};
