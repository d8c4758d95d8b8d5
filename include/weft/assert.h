// SPDX-License-Identifier: MIT
/*
 * weft's assertions: broken preconditions, with WEFT_DEBUG=1. The client
 * defines weft_assert_failed; nothing refers to it in other builds.
 */
#ifndef WEFT_ASSERT_H
#define WEFT_ASSERT_H

#include <weft/config.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Hook (WEFT_DEBUG): report and stop; must not return. */
__attribute__((noreturn)) void weft_assert_failed(const char *file, int line,
						  const char *expr);

#if WEFT_DEBUG
#define weft_assert(x)							\
	do {								\
		if (!(x))						\
			weft_assert_failed(__FILE__, __LINE__, #x);	\
	} while (0)
#else
/* sizeof: the expression is checked by the compiler and never evaluated. */
#define weft_assert(x) ((void)sizeof(!(x)))
#endif

#ifdef __cplusplus
}
#endif
#endif
