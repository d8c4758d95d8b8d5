// SPDX-License-Identifier: MIT
/*
 * Assertions of loom: broken preconditions, checked in debug builds only.
 * The expression is compiled in every build, evaluated in debug builds.
 */
#ifndef LOOM_LIB_ASSERT_H
#define LOOM_LIB_ASSERT_H

_Noreturn void assert_failed(const char *file, int line, const char *expr);

/* The same for a check that is no expression: lock order, for instance. */
_Noreturn void check_failed(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

/*
 * Tests that break a rule on purpose: @hook is called with the failure's text
 * before the kernel panics, in the context of the failure. If it does not
 * return (it ends the thread), the kernel goes on. NULL: no hook.
 */
void assert_set_hook(void (*hook)(const char *text));

#define assert(x)							\
	do {								\
		if (LOOM_DEBUG && !(x))					\
			assert_failed(__FILE__, __LINE__, #x);		\
	} while (0)

#endif
