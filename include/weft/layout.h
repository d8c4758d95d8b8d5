// SPDX-License-Identifier: MIT
/*
 * How offsets that assembly uses are tied to the structures of C.
 *
 * A header that has such a structure defines NAME_MEMBER constants before its
 * `#ifndef __ASSEMBLER__`, and asserts each with these macros after the
 * structure. tools/check_layout.py fails when a member has no assertion.
 */
#ifndef WEFT_LAYOUT_H
#define WEFT_LAYOUT_H

#ifndef __ASSEMBLER__
#include <stddef.h>

#ifdef __cplusplus
#define WEFT_STATIC_ASSERT(expr, reason) static_assert(expr, reason)
#else
#define WEFT_STATIC_ASSERT(expr, reason) _Static_assert(expr, reason)
#endif

/* @constant is the offset of @member in struct @type */
#define WEFT_OFFSET(constant, type, member)				\
	WEFT_STATIC_ASSERT((constant) == offsetof(struct type, member),	\
			   #constant " is not the offset of " #member)

/* stp and ldp move @first and @second together */
#define WEFT_PAIR(type, first, second)					\
	WEFT_STATIC_ASSERT(offsetof(struct type, first) + 8 ==		\
			   offsetof(struct type, second),		\
			   #first " and " #second " are one pair")

#define WEFT_SIZE(constant, type)					\
	WEFT_STATIC_ASSERT((constant) == sizeof(struct type),		\
			   #constant " is not the size of " #type)

#endif
#endif
