// SPDX-License-Identifier: MIT
/*
 * What FUTEX_WAKE_OP does to a word and asks of it, as 32 bits say: the
 * operation in 31-28, the comparison in 27-24, and their arguments in 23-12
 * and 11-0. For proc/futex.c.
 */
#include "proc/futex_op.h"

#include <weft/uaccess.h>

#include "lib/errno.h"

enum {
	OP_SET,
	OP_ADD,
	OP_OR,
	OP_ANDN,
	OP_XOR,
	OP_SHIFT = 8,		/* the argument is a bit's number */

	CMP_EQ = 0,
	CMP_NE,
	CMP_LT,
	CMP_LE,
	CMP_GT,
	CMP_GE,
};

/* A signed number of 12 bits. */
static int32_t twelve_bits(uint32_t field)
{
	return (int32_t)((field & 0xfff) ^ 0x800) - 0x800;
}

int futex_change_word(uint64_t addr, uint32_t op, uint32_t *old)
{
	uint32_t how = op >> 28;
	uint32_t value = (uint32_t)twelve_bits(op >> 12);

	if (how & OP_SHIFT)
		value = UINT32_C(1) << (value & 31);
	switch (how & ~(uint32_t)OP_SHIFT) {
	case OP_SET:
		return weft_user_swap32(addr, value, old);
	case OP_ADD:
		return weft_user_add32(addr, value, old);
	case OP_OR:
		return weft_user_or32(addr, value, old);
	case OP_ANDN:
		return weft_user_andn32(addr, value, old);
	case OP_XOR:
		return weft_user_xor32(addr, value, old);
	default:
		return -ENOSYS;
	}
}

int futex_compare(uint32_t op, uint32_t old)
{
	int32_t have = (int32_t)old, want = twelve_bits(op);

	switch (op >> 24 & 15) {
	case CMP_EQ:
		return have == want;
	case CMP_NE:
		return have != want;
	case CMP_LT:
		return have < want;
	case CMP_LE:
		return have <= want;
	case CMP_GT:
		return have > want;
	case CMP_GE:
		return have >= want;
	default:
		return -ENOSYS;
	}
}
