// SPDX-License-Identifier: MIT
/*
 * What a failed assertion does: panic, unless a boot test that provoked it
 * takes it over. Called by assert() everywhere, by the lock checker, and by
 * weft's assertions.
 */
#include "lib/assert.h"

#include <stdarg.h>
#include <stddef.h>

#include <weft/assert.h>

#include "lib/panic.h"
#include "lib/printf.h"

static void (*failure_hook)(const char *text);

void assert_set_hook(void (*hook)(const char *text))
{
	__atomic_store_n(&failure_hook, hook, __ATOMIC_RELEASE);
}

static _Noreturn void fail(const char *text)
{
	void (*hook)(const char *) =
		__atomic_load_n(&failure_hook, __ATOMIC_ACQUIRE);

	if (hook)
		hook(text);
	panic("%s", text);
}

void check_failed(const char *fmt, ...)
{
	char text[160];
	va_list args;

	va_start(args, fmt);
	format_v(text, sizeof(text), fmt, args);
	va_end(args);
	fail(text);
}

void assert_failed(const char *file, int line, const char *expr)
{
	check_failed("%s:%d: assertion failed: %s", file, line, expr);
}

#if WEFT_DEBUG
void weft_assert_failed(const char *file, int line, const char *expr)
{
	assert_failed(file, line, expr);
}
#endif
