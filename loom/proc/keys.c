// SPDX-License-Identifier: MIT
/*
 * Keys of programs (keys.h): random numbers, kept in struct thread, which
 * weft installs. Called by execve, clone and prctl.
 */
#include "proc/keys.h"

#include <stddef.h>

#include <weft/config.h>
#include <weft/pauth.h>

#include "dev/irq.h"
#include "lib/errno.h"
#include "lib/random.h"
#include "sched/thread.h"

bool keys_used(void)
{
	return WEFT_PAUTH && weft_pauth_on();
}

static void renew(uint64_t *key, const uint64_t *fresh, bool wanted)
{
	if (!wanted)
		return;
	key[0] = fresh[0];
	key[1] = fresh[1];
}

void keys_renew(unsigned which)
{
	struct thread *t = thread_current();
	struct weft_keys fresh;
	uint64_t daif;

	if (!keys_used())
		return;
	random_bytes(&fresh, sizeof(fresh));
	/* A switch in the middle would come back with half of them. */
	daif = irq_save();
	renew(t->keys.ia, fresh.ia, which & PAC_KEY_IA);
	renew(t->keys.ib, fresh.ib, which & PAC_KEY_IB);
	renew(t->keys.da, fresh.da, which & PAC_KEY_DA);
	renew(t->keys.db, fresh.db, which & PAC_KEY_DB);
	renew(t->keys.ga, fresh.ga, which & PAC_KEY_GA);
	weft_task_set_keys(&t->task, &t->keys);
	irq_restore(daif);
}

void keys_inherit(struct thread *child)
{
	if (!keys_used())
		return;
	child->keys = thread_current()->keys;
	weft_task_set_keys(&child->task, &child->keys);
}

long keys_prctl(const uint64_t arg[4])
{
	uint64_t which = arg[0];

	if (!keys_used() || arg[1] || arg[2] || arg[3])
		return -EINVAL;
	if (which & ~(uint64_t)PAC_KEY_ALL)
		return -EINVAL;
	keys_renew(which ? (unsigned)which : PAC_KEY_ALL);
	return 0;
}
