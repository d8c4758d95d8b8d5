// SPDX-License-Identifier: MIT
/*
 * The rules of processes that need no process: wait statuses against libc's
 * macros, clone's flags, sets of signals, hardware capabilities.
 */
#include "check.h"

#include <string.h>

#include "proc/clone_flags.h"
#include "proc/hwcap.h"
#include "proc/wait_status.h"
#include "signal/signal.h"

static void statuses_mean_what_libc_says(void **state)
{
	(void)state;
	for (unsigned code = 0; code < 256; code++) {
		int status = (int)wait_status_exit(code + 0x7fffff00);

		assert_true(WIFEXITED(status) && !WIFSIGNALED(status));
		assert_int_equal(WEXITSTATUS(status), code);
		assert_int_equal(wait_status_code((uint32_t)status),
				 CLD_EXITED);
		assert_int_equal(wait_status_value((uint32_t)status), code);
		assert_int_equal(wait_status_shell((uint32_t)status), code);
	}
	for (int sig = 1; sig <= SIGNAL_MAX; sig++) {
		int status = (int)wait_status_signal(sig);

		assert_true(!WIFEXITED(status) && WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), sig);
		assert_int_equal(wait_status_code((uint32_t)status),
				 CLD_KILLED);
		assert_int_equal(wait_status_value((uint32_t)status), sig);
		assert_int_equal(wait_status_shell((uint32_t)status),
				 128 + sig);
		status = (int)wait_status_stopped(sig);
		assert_true(WIFSTOPPED(status) && !WIFEXITED(status));
		assert_int_equal(WSTOPSIG(status), sig);
	}
	assert_true(WIFCONTINUED((int)wait_status_continued()));
	assert_false(WIFSTOPPED((int)wait_status_continued()));
}

#define VFORK (CLONE_VM | CLONE_VFORK)

static void clone_is_judged(void **state)
{
	const uint64_t fork = CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
	const uint64_t thread = CLONE_VM | CLONE_FS | CLONE_FILES |
		CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS |
		CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;

	(void)state;
	assert_int_equal(clone_judge(VFORK), CLONE_IS_PROCESS);
	assert_int_equal(clone_judge(VFORK | CLONE_SETTLS |
				     CLONE_PARENT_SETTID), CLONE_IS_PROCESS);
	assert_int_equal(clone_judge(VFORK | CLONE_CLEAR_SIGHAND),
			 CLONE_IS_PROCESS);
	assert_int_equal(clone_judge(fork), CLONE_IS_PROCESS);
	assert_int_equal(clone_judge(0), CLONE_IS_PROCESS);
	assert_int_equal(clone_judge(CLONE_VFORK), CLONE_IS_PROCESS);
	assert_int_equal(clone_judge(CLONE_VM), CLONE_IS_PROCESS);
	assert_int_equal(clone_judge(CLONE_FILES | CLONE_FS),
			 CLONE_IS_PROCESS);
	assert_int_equal(clone_judge(CLONE_VM | CLONE_SIGHAND),
			 CLONE_IS_OTHER);
	assert_int_equal(clone_judge(CLONE_PIDFD), CLONE_IS_OTHER);
	assert_int_equal(clone_judge(CLONE_PARENT), CLONE_IS_OTHER);
	assert_int_equal(clone_judge(UINT64_C(1) << 40), CLONE_IS_OTHER);
	assert_int_equal(clone_judge(thread), CLONE_IS_THREAD);
	assert_int_equal(clone_judge(thread | CLONE_CHILD_SETTID),
			 CLONE_IS_THREAD);
	assert_int_equal(clone_judge(thread & ~CLONE_FILES), CLONE_IS_OTHER);
	assert_int_equal(clone_judge(thread & ~CLONE_FS), CLONE_IS_OTHER);
	assert_int_equal(clone_judge(thread | CLONE_VFORK), CLONE_IS_OTHER);
	assert_int_equal(clone_judge(thread & ~CLONE_SIGHAND),
			 CLONE_IS_INVALID);
	assert_int_equal(clone_judge(thread & ~CLONE_VM), CLONE_IS_INVALID);
	assert_int_equal(clone_judge(thread | CLONE_CLEAR_SIGHAND),
			 CLONE_IS_INVALID);
	assert_int_equal(clone_judge(CLONE_SIGHAND), CLONE_IS_INVALID);
}

static void signals_do_what_posix_says(void **state)
{
	static const int nothing[] = { SIGCHLD, SIGCONT, SIGURG, SIGWINCH };
	static const int stops[] = { SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU };
	static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE,
				      SIGTRAP, SIGSYS };
	unsigned ends = 0;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(signal_default(nothing[i]), SIGNAL_NOTHING);
		assert_int_equal(signal_default(stops[i]), SIGNAL_STOPS);
		assert_true(SIGNAL_STOPS_SET & signal_bit(stops[i]));
	}
	for (int sig = 1; sig <= SIGNAL_MAX; sig++) {
		ends += signal_default(sig) == SIGNAL_ENDS;
		assert_non_null(signal_name(sig));
	}
	assert_int_equal(ends, SIGNAL_MAX - 8);
	assert_int_equal(signal_first(0), 0);
	assert_int_equal(signal_first(signal_bit(SIGNAL_MAX)), SIGNAL_MAX);
	assert_int_equal(signal_first(signal_bit(SIGTERM) |
				      signal_bit(SIGHUP)), SIGHUP);
	assert_int_equal(signal_first(signal_bit(SIGKILL) |
				      signal_bit(SIGHUP)), SIGKILL);
	/* What an instruction raised goes before what others sent. */
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(signal_first(signal_bit(faults[i]) |
					      signal_bit(SIGHUP)), faults[i]);
	assert_string_equal(signal_name(SIGSEGV), "SIGSEGV");
	assert_string_equal(signal_name(0), "no signal");
	assert_string_equal(signal_name(65), "no signal");
}

static void capabilities_follow_the_registers(void **state)
{
	/* Cortex-A53 (r0p4): FP, SIMD, AES, PMULL, SHA1, SHA2, CRC32 */
	const struct hwcap_ids a53 = { .pfr0 = 0x2222, .isar0 = 0x11120 };
	const struct hwcap_ids without_fp = { .pfr0 = 0xff2222 };
	/* Every field at 15, but for FP and SIMD, where that means none. */
	struct hwcap_ids all;
	uint64_t one, two, keyed;

	(void)state;
	hwcap_from_ids(&a53, true, &one, &two);
	assert_true(one == 0xfb);
	assert_true(two == 0);
	hwcap_from_ids(&without_fp, true, &one, &two);
	assert_true(one == 0 && two == 0);
	memset(&all, 0xff, sizeof(all));
	all.pfr0 = 0xfffffffffff1ffff & ~UINT64_C(0xe00000);
	hwcap_from_ids(&all, false, &one, &two);
	/* all of the first word but EVTSTRM, CPUID, PACA, PACG */
	assert_true(one == (UINT64_C(0x3fffffff) & ~(UINT64_C(1) << 2) &
			    ~(UINT64_C(1) << 11)));
	hwcap_from_ids(&all, true, &keyed, &two);
	assert_true(keyed == (one | UINT64_C(3) << 30));
	/* of the second nothing of SME, BTI, MTE, ECV; SVE's are 1-6, 9-12 */
	assert_true(two == (UINT64_C(0x1ffff) |
			    UINT64_C(1) << 33 |
			    UINT64_C(1) << 8 | UINT64_C(1) << 13 |
			    UINT64_C(1) << 14 | UINT64_C(1) << 15 |
			    UINT64_C(1) << 16 | UINT64_C(1) << 20 |
			    UINT64_C(1) << 21 | UINT64_C(1) << 31 |
			    UINT64_C(1) << 32));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses_mean_what_libc_says),
		cmocka_unit_test(clone_is_judged),
		cmocka_unit_test(signals_do_what_posix_says),
		cmocka_unit_test(capabilities_follow_the_registers),
	};

	return cmocka_run_group_tests_name("procrules", tests, NULL, NULL);
}
