// SPDX-License-Identifier: MIT
/*
 * In the place of loom's: in the model a relaxed access is one at which another
 * CPU may go on (intercept.h), too.
 */
#ifndef TESTS_MODEL_SMP_RELAXED_H
#define TESTS_MODEL_SMP_RELAXED_H

#define relaxed_load(at) __atomic_load_n(at, __ATOMIC_RELAXED)
#define relaxed_store(at, value) \
	__atomic_store_n(at, value, __ATOMIC_RELAXED)

#endif
