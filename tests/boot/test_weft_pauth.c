// SPDX-License-Identifier: MIT
/*
 * Keys of tasks and of the kernel, and branches that must land on a pad. That
 * the kernel's key is in force after an entry from EL0 is asserted at every
 * exit of a debug build (weft_pauth_exit_ok) and shows in tests/user/pauth.c,
 * whose processes have keys of their own and block in the kernel.
 */
#include <weft/cpu.h>
#include <weft/pauth.h>
#include <weft/sysreg.h>

#include "boot_test.h"
#include "lib/string.h"
#include "proc/keys.h"
#include "sched/cpu.h"
#include "sched/sched.h"
#include "sched/thread.h"

#define OWNERS 3
#define ROUNDS 200
#define SAMPLE UINT64_C(0x0000001234567890)

extern const char landing_none[], landing_call[], landing_jump[];
extern const char landing_both[], landing_sign[];

bool jump_lands(const char *target);
bool tail_call_lands(const char *target);
bool call_lands(const char *target);
uint64_t sign_ia(uint64_t value);

/* What lands where there is something to land on. */
static const struct landing {
	const char *target;
	bool jump, tail_call, call;
} landings[] = {
	{ landing_none, false, false, false },
	{ landing_call, false, true, true },
	{ landing_jump, true, true, false },
	{ landing_both, true, true, true },
	{ landing_sign, false, true, true },
};

static int test_landing(void)
{
	struct weft_features features;
	unsigned i;

	weft_features_read(&features);
	for (i = 0; i < sizeof(landings) / sizeof(landings[0]); i++) {
		const struct landing *l = &landings[i];

		boot_note("pad %u", i);
		CHECK(jump_lands(l->target) == (l->jump || !features.bti));
		CHECK(tail_call_lands(l->target) ==
		      (l->tail_call || !features.bti));
		CHECK(call_lands(l->target) == (l->call || !features.bti));
	}
	return BOOT_PASS;
}

/* A kernel thread with keys, and what it found wrong. */
struct owner {
	struct worker worker;
	struct weft_keys keys;
	unsigned wrong_keys, wrong_kernel;
};

static struct owner owners[OWNERS];
static uint64_t kernel_sample;

static void read_keys(struct weft_keys *k)
{
	*k = (struct weft_keys){
		.ib = { weft_read_apibkeylo_el1(), weft_read_apibkeyhi_el1() },
		.da = { weft_read_apdakeylo_el1(), weft_read_apdakeyhi_el1() },
		.db = { weft_read_apdbkeylo_el1(), weft_read_apdbkeyhi_el1() },
		.ga = { weft_read_apgakeylo_el1(), weft_read_apgakeyhi_el1() },
	};
}

/* All but IA, which is never in its register while the kernel runs. */
static bool has_keys(const struct weft_keys *want)
{
	struct weft_keys seen;

	read_keys(&seen);
	memcpy(seen.ia, want->ia, sizeof(seen.ia));
	return memcmp(&seen, want, sizeof(seen)) == 0;
}

static bool kernel_key_rules(void)
{
	const uint64_t *key = cpu_current()->weft.kernel_key;

	return weft_read_apiakeylo_el1() == key[0] &&
	       weft_read_apiakeyhi_el1() == key[1] &&
	       sign_ia(SAMPLE) == kernel_sample;
}

static void own(void *arg)
{
	struct owner *self = arg;
	unsigned i;

	for (i = 0; i < ROUNDS; i++) {
		if (!has_keys(&self->keys))
			self->wrong_keys++;
		if (!kernel_key_rules())
			self->wrong_kernel++;
		if (i % 8)
			sched_yield();
		else if (i % 16)
			boot_sleep_ms(1);
		else
			boot_spin_us(50);
	}
}

static void fill(struct weft_keys *keys, unsigned n)
{
	uint8_t *bytes = (uint8_t *)keys;
	size_t i;

	for (i = 0; i < sizeof(*keys); i++)
		bytes[i] = (uint8_t)(n * 81 + i);
}

static bool create(struct owner *owner, unsigned n)
{
	*owner = (struct owner){ 0 };
	fill(&owner->keys, n);
	if (!worker_create(&owner->worker, "owner", own, owner,
			   BOOT_PRIO_MIDDLE))
		return false;
	weft_task_set_keys(&owner->worker.thread->task, &owner->keys);
	return true;
}

static int test_keys(void)
{
	uint64_t switches = sched_switch_count();
	unsigned i;

	if (!keys_used())
		return BOOT_SKIP;
	kernel_sample = sign_ia(SAMPLE);
	CHECK_NUM(kernel_sample, !=, SAMPLE);
	CHECK(weft_pauth_strip(kernel_sample) == SAMPLE);
	for (i = 0; i < OWNERS; i++)
		CHECK(create(&owners[i], i + 1));
	for (i = 0; i < OWNERS; i++)
		worker_go(&owners[i].worker);
	for (i = 0; i < OWNERS; i++)
		CHECK(worker_join(&owners[i].worker));
	for (i = 0; i < OWNERS; i++) {
		CHECK_NUM(owners[i].wrong_keys, ==, 0);
		CHECK_NUM(owners[i].wrong_kernel, ==, 0);
	}
	CHECK_NUM(sched_switch_count() - switches, >=, OWNERS * ROUNDS / 2);
	return BOOT_PASS;
}

/* Of the running task, at once; others keep theirs until they are set. */
static void change(void *arg)
{
	struct owner *self = arg;
	struct weft_task *task = weft_task_current();
	uint64_t daif = weft_read_daif();

	fill(&self->keys, 100);
	weft_mask_all();
	weft_task_set_keys(task, &self->keys);
	self->wrong_keys = !has_keys(&self->keys);
	fill(&self->keys, 101);
	self->wrong_keys += has_keys(&self->keys);
	weft_task_set_keys(task, &self->keys);
	self->wrong_keys += !has_keys(&self->keys);
	weft_write_daif(daif);
	self->wrong_kernel = !kernel_key_rules();
}

static int test_set(void)
{
	struct owner *owner = &owners[0];

	if (!keys_used())
		return BOOT_SKIP;
	kernel_sample = sign_ia(SAMPLE);
	*owner = (struct owner){ 0 };
	CHECK(worker_start(&owner->worker, "changer", change, owner,
			   BOOT_PRIO_MIDDLE));
	CHECK(worker_join(&owner->worker));
	CHECK_NUM(owner->wrong_keys, ==, 0);
	CHECK_NUM(owner->wrong_kernel, ==, 0);
	return BOOT_PASS;
}

/* A wrong word of the kernel's key, or none of a task's, is found. */
static int test_exit(void)
{
	struct weft_task *task = weft_task_current();
	struct weft_cpu *cpu = task->cpu;
	uint64_t daif = weft_read_daif();
	const struct weft_keys *keys = task->keys;
	static const struct weft_keys some;
	bool ok, low, high, none;

	weft_mask_all();
	task->keys = keys_used() ? &some : NULL;
	ok = weft_pauth_exit_ok(task);
	cpu->kernel_key[0] ^= 1;
	low = weft_pauth_exit_ok(task);
	cpu->kernel_key[0] ^= 1;
	cpu->kernel_key[1] ^= 1;
	high = weft_pauth_exit_ok(task);
	cpu->kernel_key[1] ^= 1;
	task->keys = keys_used() ? NULL : &some;
	none = weft_pauth_exit_ok(task);
	task->keys = keys;
	weft_write_daif(daif);
	CHECK(ok && !none);
	CHECK(low == !keys_used() && high == !keys_used());
	return BOOT_PASS;
}

const struct boot_test weft_pauth_tests[] = {
	{ "weft.pauth.landing", "with FEAT_BTI an indirect branch reaches the "
	  "pads that are for it, and no other code", test_landing },
	{ "weft.pauth.keys", "keys go with the task, and the kernel's stays",
	  test_keys },
	{ "weft.pauth.set", "new keys of the running task are in force at once",
	  test_set },
	{ "weft.pauth.exit", "an exit with another key than the kernel's, or "
	  "without keys, is found", test_exit },
	{ NULL, NULL, NULL },
};
