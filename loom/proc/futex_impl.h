// SPDX-License-Identifier: MIT
/* The table of futexes: for futex.c and futex_leaf.c. */
#ifndef LOOM_PROC_FUTEX_IMPL_H
#define LOOM_PROC_FUTEX_IMPL_H

#include "lib/list.h"
#include "lib/lock.h"
#include "mm/futex_key.h"
#include "proc/futex_waiter.h"

#define FUTEX_BUCKETS 256	/* a power of two */

struct futex_bucket {
	struct spinlock lock;	/* RANK_FUTEX */
	struct list waiters;	/* lock: in the order in which they came */
};

extern struct futex_bucket futex_buckets[FUTEX_BUCKETS];

/* Multiplied by 2^64 over the golden ratio: the high bits mix all others. */
static inline struct futex_bucket *
futex_bucket_of(const struct futex_key *key)
{
	uint64_t hash = key->object + key->offset / 4;

	hash *= UINT64_C(0x9e3779b97f4a7c15);
	return &futex_buckets[hash >> 56 & (FUTEX_BUCKETS - 1)];
}

/* @w is to wait for a word of @key, and is on no list. */
static inline void futex_enqueue(struct futex_waiter *w,
				 struct futex_bucket *bucket)
{
	w->bucket = bucket;
	list_add_tail(&bucket->waiters, &w->link);
}

#endif
