// SPDX-License-Identifier: MIT
/* An access to memory with something known in all registers (touch.S). */
#ifndef TESTS_USER_TOUCH_H
#define TESTS_USER_TOUCH_H

#include <stdbool.h>

/*
 * Store to, or load from, @at: true if it changed none of x0-x30, sp and the
 * flags. The store is of @at + 1.
 */
bool touch_store(void *at);
bool touch_load(const void *at);

#endif
