// SPDX-License-Identifier: MIT
/*
 * Included by the compiler before every file of loom/ that the model is made
 * of (-include): before each atomic access another CPU may go on. A macro's
 * own name is not expanded again, so the access itself is the compiler's.
 */
#ifndef TESTS_MODEL_SMP_INTERCEPT_H
#define TESTS_MODEL_SMP_INTERCEPT_H

void model_atomic(const char *what, const char *place);

#define __atomic_load_n(p, order)					\
	(model_atomic("reads", #p), __atomic_load_n(p, order))
#define __atomic_store_n(p, v, order)					\
	(model_atomic("writes", #p), __atomic_store_n(p, v, order))
#define __atomic_exchange_n(p, v, order)				\
	(model_atomic("exchanges", #p), __atomic_exchange_n(p, v, order))
#define __atomic_compare_exchange_n(p, e, v, weak, yes, no)		\
	(model_atomic("compares and swaps", #p),			\
	 __atomic_compare_exchange_n(p, e, v, weak, yes, no))
#define __atomic_fetch_or(p, v, order)					\
	(model_atomic("changes", #p), __atomic_fetch_or(p, v, order))
#define __atomic_fetch_and(p, v, order)					\
	(model_atomic("changes", #p), __atomic_fetch_and(p, v, order))

#endif
