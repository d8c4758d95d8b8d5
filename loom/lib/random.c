// SPDX-License-Identifier: MIT
/* The kernel's random generator; see random.h. */
#include "lib/random.h"

#include "lib/lock.h"
#include "lib/rng.h"

static struct spinlock lock = SPINLOCK_INIT(RANK_RNG, "random");
static struct rng rng;		/* all zero: as rng_init leaves it */

void random_seed(const void *entropy, size_t n)
{
	uint64_t daif = spin_lock_irqsave(&lock);

	rng_seed(&rng, entropy, n);
	spin_unlock_irqrestore(&lock, daif);
}

void random_bytes(void *buf, size_t n)
{
	uint64_t daif = spin_lock_irqsave(&lock);

	rng_bytes(&rng, buf, n);
	spin_unlock_irqrestore(&lock, daif);
}

uint64_t random_u64(void)
{
	uint64_t value;

	random_bytes(&value, sizeof(value));
	return value;
}

bool random_is_seeded(void)
{
	uint64_t daif = spin_lock_irqsave(&lock);
	bool seeded = rng_is_seeded(&rng);

	spin_unlock_irqrestore(&lock, daif);
	return seeded;
}
