// SPDX-License-Identifier: MIT
/* The inside of FUTEX_WAKE_OP, for proc/futex.c. */
#ifndef LOOM_PROC_FUTEX_OP_H
#define LOOM_PROC_FUTEX_OP_H

#include <stdint.h>

/*
 * Change the user's word at @addr as @op says, atomically: 0 and its value
 * before in *@old, or as weft_user_swap32 fails, or -ENOSYS (no operation).
 */
int futex_change_word(uint64_t addr, uint32_t op, uint32_t *old);

/* Was @old as @op asks: 1, 0; -ENOSYS, no such comparison. */
int futex_compare(uint32_t op, uint32_t old);

#endif
