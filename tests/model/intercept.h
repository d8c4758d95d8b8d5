// SPDX-License-Identifier: MIT
/*
 * Included by the compiler before every file of weft/ that the model is made
 * of (-include): the atomic built-ins become steps of the simulated machine.
 * Every word that CPUs share without a lock is accessed through them, 64 bits
 * wide.
 */
#ifndef TESTS_MODEL_INTERCEPT_H
#define TESTS_MODEL_INTERCEPT_H

#include <stdbool.h>
#include <stdint.h>

uint64_t model_load(const void *p, int order);
void model_store(void *p, uint64_t value, int order);
uint64_t model_exchange(void *p, uint64_t value, int order);
bool model_cas(void *p, void *expected, uint64_t value, int order);

/* Another width does not compile: an array of a negative size. */
#define MODEL_WORD(p)							\
	((void)sizeof(char[sizeof(*(p)) == 8 ? 1 : -1]), (p))

/* A number of its own, or a pointer. */
#define MODEL_VALUE(v)	((uint64_t)(uintptr_t)(v))

#define __atomic_load_n(p, order)					\
	((__typeof__(*(p)))model_load(MODEL_WORD(p), order))
#define __atomic_store_n(p, v, order)					\
	model_store(MODEL_WORD(p), MODEL_VALUE(v), order)
#define __atomic_exchange_n(p, v, order)				\
	((__typeof__(*(p)))model_exchange(MODEL_WORD(p), MODEL_VALUE(v), order))
#define __atomic_compare_exchange_n(p, e, v, weak, yes, no)		\
	model_cas(MODEL_WORD(p), MODEL_WORD(e), MODEL_VALUE(v), yes)

#endif
