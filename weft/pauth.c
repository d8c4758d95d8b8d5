// SPDX-License-Identifier: MIT
/*
 * The keys of tasks, all but IA: that one is the kernel's in EL1 and belongs
 * to entry.S. The manual is include/weft/pauth.h. Called by the switch and by
 * the client.
 */
#include <weft/config.h>
#include <weft/pauth.h>

#include <weft/assert.h>
#include <weft/sysreg.h>
#include <weft/task.h>

#include "flags.h"

#if WEFT_PAUTH
bool weft_pauth_on(void)
{
	return (weft_read_sctlr_el1() & WEFT_SCTLR_ENIA) != 0;
}

bool weft_pauth_exit_ok(const struct weft_task *task)
{
	const uint64_t *key = task->cpu->kernel_key;

	if (!weft_pauth_on())
		return !task->keys;
	return task->keys && weft_read_apiakeylo_el1() == key[0] &&
	       weft_read_apiakeyhi_el1() == key[1];
}

void weft_keys_install(const struct weft_keys *keys)
{
	weft_write_apibkeylo_el1(keys->ib[0]);
	weft_write_apibkeyhi_el1(keys->ib[1]);
	weft_write_apdakeylo_el1(keys->da[0]);
	weft_write_apdakeyhi_el1(keys->da[1]);
	weft_write_apdbkeylo_el1(keys->db[0]);
	weft_write_apdbkeyhi_el1(keys->db[1]);
	weft_write_apgakeylo_el1(keys->ga[0]);
	weft_write_apgakeyhi_el1(keys->ga[1]);
}

void weft_task_set_keys(struct weft_task *task, const struct weft_keys *keys)
{
	weft_assert(weft_pauth_on() && keys);
	task->keys = keys;
	if (task != weft_task_current())
		return;
	weft_assert((weft_read_daif() & WEFT_PSTATE_DAIF) == WEFT_PSTATE_DAIF);
	weft_keys_install(keys);
}
#endif
