// SPDX-License-Identifier: MIT
/*
 * Formatted text into a caller's buffer: the log, panic reports and the
 * text that files such as the process list produce are made with it. It
 * takes no lock, allocates nothing, and may run in any context.
 *
 * Conversions: %d %i %u %x %X %o %c %s %p %%, with the flags - 0 + space #,
 * a width and a precision (numbers or *), and the lengths hh h l ll z j t.
 * A NULL string prints as (null). An unknown conversion is printed as it
 * stands and consumes no argument (except for each * in it).
 */
#ifndef LOOM_LIB_PRINTF_H
#define LOOM_LIB_PRINTF_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Write at most @size bytes, the terminating NUL included, to @buf (which
 * may be NULL when @size is 0). Returns the length that the whole text has,
 * without its NUL: a result >= @size means that it was cut.
 */
int format_v(char *buf, size_t size, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));

int format(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
