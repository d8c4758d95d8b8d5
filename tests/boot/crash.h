// SPDX-License-Identifier: MIT
/*
 * Ways to stop the kernel, for tests/system/test_crash.py, which reads the
 * report. test.crash=NAME on the command line of the boot tests chooses one.
 */
#ifndef TESTS_BOOT_CRASH_H
#define TESTS_BOOT_CRASH_H

/* Does not return; fatal() if there is no such way. */
_Noreturn void crash_run(const char *name);

/* Ways with several CPUs (crash_smp.c). */
void crash_deaf(void);
void crash_deaf_alone(void);
void crash_deaf_late(void);
void crash_deaf_while(void);
void crash_soft(void);
void crash_soft_alone(void);
void crash_locked(void);
void crash_masked(void);
void crash_handler(void);
void crash_four(void);
void crash_stopped(void);

#endif
