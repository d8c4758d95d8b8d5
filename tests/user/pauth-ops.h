// SPDX-License-Identifier: MIT
/*
 * Sign and authenticate @value with @modifier under one of the five keys; only
 * on CPUs with HWCAP_PACA and HWCAP_PACG, undefined instructions elsewhere.
 */
#ifndef TESTS_USER_PAUTH_OPS_H
#define TESTS_USER_PAUTH_OPS_H

#include <stdint.h>

uint64_t op_pacia(uint64_t value, uint64_t modifier);
uint64_t op_pacib(uint64_t value, uint64_t modifier);
uint64_t op_pacda(uint64_t value, uint64_t modifier);
uint64_t op_pacdb(uint64_t value, uint64_t modifier);
uint64_t op_pacga(uint64_t value, uint64_t modifier);

uint64_t op_autia(uint64_t value, uint64_t modifier);
uint64_t op_autib(uint64_t value, uint64_t modifier);
uint64_t op_autda(uint64_t value, uint64_t modifier);
uint64_t op_autdb(uint64_t value, uint64_t modifier);

#endif
