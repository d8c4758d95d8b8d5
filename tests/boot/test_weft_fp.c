// SPDX-License-Identifier: MIT
/*
 * The policies of include/weft/fp.h, step by step on two simulated CPUs: what
 * traps, what is moved and what is not, and what nobody may ever see.
 */
#include "boot_test.h"
#include "lib/string.h"
#include "test_weft_fpsim.h"

#define STEPS 1500

static struct sim_program *const a = &sim.program[0];
static struct sim_program *const b = &sim.program[1];
static struct sim_program *const c = &sim.program[2];

/* Run @body by each policy. */
static int each_policy(void (*body)(uint64_t policy))
{
	uint64_t policy;

	for (policy = WEFT_FP_EAGER; policy <= WEFT_FP_TRACKED; policy++) {
		sim_begin(policy);
		body(policy);
		if (sim_end(__FILE__) != BOOT_PASS) {
			boot_note("policy %d", (int)policy);
			return BOOT_FAIL;
		}
	}
	return BOOT_PASS;
}

/* A slice that uses the registers twice, for reading and for writing. */
static void slice(struct sim_program *p)
{
	sim_run(p);
	WANT(sim_see(WEFT_FP_SIMD));
	WANT(sim_put(WEFT_FP_SIMD));
	WANT(weft_fp_is_right(&p->task));
}

static void count_traps(uint64_t policy)
{
	static const unsigned expected[][3] = {
		[WEFT_FP_EAGER] = { 0, 0, 0 },
		[WEFT_FP_LAZY] = { 3, 1, 0 },
		[WEFT_FP_TRACKED] = { 1, 1, 0 },
	};

	slice(a);
	sim_run(c);
	slice(b);
	sim_run(a);		/* slices without use */
	sim_run(b);
	slice(a);
	sim_run(NULL);
	sim_run(c);
	slice(a);
	WANT(a->traps == expected[policy][0]);
	WANT(b->traps == expected[policy][1]);
	WANT(c->traps == expected[policy][2]);
	/* A second trap of what is on already is not weft's. */
	WANT(!weft_fp_trap(&a->task, WEFT_FP_SIMD));
	WANT(!weft_fp_trap(&a->task, WEFT_FP_SVE));
}

static int test_traps(void)
{
	return each_policy(count_traps);
}

/* A change of a parked one's memory shows only if it is loaded. */
static bool loads(struct sim_program *p)
{
	bool loaded;

	p->fp.v[7] ^= 1;
	sim_run(p);
	sim_use(WEFT_FP_SIMD);
	loaded = !sim_see(WEFT_FP_SIMD);
	if (loaded) {
		p->fp.v[7] ^= 1;
		weft_task_load_fp(&p->task);
	}
	WANT(sim_see(WEFT_FP_SIMD));
	return loaded;
}

static void load_when_needed(uint64_t policy)
{
	slice(a);
	sim_run(NULL);
	WANT(!loads(a));
	sim_run(c);		/* uses nothing, but EAGER loads it */
	WANT(loads(a) == (policy == WEFT_FP_EAGER));
	slice(b);
	WANT(loads(a));
	sim_run(NULL);
	weft_task_forget_fp(&sim.cpu[0].cpu, &a->fp);
	WANT(loads(a));
	/* A debugger's change of a parked one. */
	sim_run(NULL);
	sim_change_memory(a);
	weft_task_load_fp(&a->task);
	sim_run(a);
	WANT(sim_see(WEFT_FP_SIMD));
}

static int test_loads(void)
{
	return each_policy(load_when_needed);
}

/* The other way round: the sequence that fp.h tells. */
static void migrate(uint64_t policy)
{
	(void)policy;
	slice(a);
	slice(b);
	slice(a);
	sim_run(NULL);
	sim_go(1);
	WANT(loads(a));
	WANT(sim_put(WEFT_FP_SIMD));
	sim_run(NULL);
	sim_go(0);
	WANT(loads(a));
	/* There without use, and back: the owners name it everywhere. */
	sim_run(NULL);
	sim_go(1);
	sim_run(a);
	sim_run(NULL);
	sim_go(0);
	slice(a);
	sim_run(NULL);
	sim_go(1);
	WANT(loads(a));
}

static int test_migration(void)
{
	return each_policy(migrate);
}

/* It dies on another CPU than the one that has it as owner. */
static void reuse_memory(uint64_t policy)
{
	(void)policy;
	slice(a);
	sim_run(NULL);
	sim_go(1);
	slice(a);
	sim_run(NULL);
	weft_task_forget_fp(&sim.cpu[1].cpu, &a->fp);
	sim_go(0);
	WANT(sim.cpu[0].cpu.fp_owner == &a->fp);
	sim_birth(a);
	slice(a);
	/* And without a word to any. */
	sim_run(NULL);
	sim_birth(a);
	slice(a);
	sim_run(NULL);
	sim_go(1);
	WANT(loads(a));
}

static int test_death(void)
{
	return each_policy(reuse_memory);
}

/* Also of what a kernel thread, or a program without use, leaves open. */
static void stay_shut(uint64_t policy)
{
	slice(a);
	sim_run(NULL);
	WANT(weft_fp_is_right(&sim.cpu[0].idle));
	WANT(!weft_fp_trap(&sim.cpu[0].idle, WEFT_FP_SIMD));
	WANT(sim.cpu[0].cpu.fp_live == WEFT_FP_NOTHING);
	sim_run(b);
	WANT(weft_fp_is_right(&b->task));
	WANT((sim.cpu[0].cpu.fp_live == WEFT_FP_NOTHING) ==
	     (policy != WEFT_FP_EAGER));
	WANT(sim_see(WEFT_FP_SIMD));	/* zeros, not a's */
	weft_task_reset_fp(&b->task);
	WANT(sim_see(WEFT_FP_SIMD));
	slice(b);
	weft_task_reset_fp(&b->task);
	memset(&b->state, 0, sizeof(b->state));
	WANT(b->task.fp_used == (policy == WEFT_FP_EAGER ? WEFT_FP_SIMD :
				 WEFT_FP_NOTHING));
	WANT(sim_see(WEFT_FP_SIMD));
}

static int test_secrecy(void)
{
	return each_policy(stay_shut);
}

/* One that uses nothing costs nothing: its memory is not even written. */
static void leave_alone(uint64_t policy)
{
	slice(a);
	sim_run(c);
	c->fp.v[3] = 77;
	sim_run(a);
	WANT((c->fp.v[3] == 77) == (policy != WEFT_FP_EAGER));
	WANT(sim_see(WEFT_FP_SIMD));
	/* Nor, by LAZY, one that used them in an earlier slice. */
	slice(b);
	sim_run(a);
	a->fp.v[3] ^= 1;
	sim_run(NULL);
	WANT((sim_memory_holds(a)) == (policy != WEFT_FP_LAZY));
}

static int test_no_moves(void)
{
	return each_policy(leave_alone);
}

/* Anything that can happen, in any order. */

static unsigned random_vl(void)
{
	return weft_sve_vl(16 * (1 + (unsigned)(sim_random() % 16)));
}

static void step_parked(struct sim_program *p)
{
	switch (sim_random() % 12) {
	case 0:
		sim_birth(p);
		if (sim.max_vl && sim_random() % 2)
			sim_give_sve(p, random_vl());
		break;
	case 1:
		sim_change_memory(p);
		weft_task_load_fp(&p->task);
		break;
	case 2:
		if (!p->vl)
			return;
		weft_task_discard_sve(&p->task);
		sim_only_simd(p);
		break;
	default:
		sim_run(p);
		return;
	}
	WANT(sim_memory_holds(p));
}

static void copy_to_new(struct sim_program *p)
{
	struct sim_program *child;

	child = &sim.program[sim_random() % SIM_PROGRAMS];
	if (sim_runs(child))
		return;
	sim_birth(child);
	weft_task_copy_fp(&child->task, &p->task);
	child->state = p->state;
	sim_only_simd(child);
	WANT(sim_memory_holds(child));
	WANT(child->task.fp_used == (p->task.fp_used ? WEFT_FP_SIMD :
				     WEFT_FP_NOTHING));
}

static void step_sve(struct sim_program *p)
{
	unsigned vl;

	if (!sim.max_vl)
		return;
	switch (sim_random() % 8) {
	case 0:
		sim_give_sve(p, p->vl ? 0 : random_vl());
		break;
	case 1:
		vl = random_vl();
		if (!p->vl)
			break;
		WANT(!weft_task_set_vl(&p->task, vl));
		p->vl = vl;
		sim_only_simd(p);
		break;
	case 2:
		weft_task_discard_sve(&p->task);
		sim_only_simd(p);
		break;
	case 3:
	case 4:
		WANT(sim_put(WEFT_FP_SVE) == (p->vl != 0));
		break;
	default:
		WANT(sim_see(WEFT_FP_SVE) == (p->vl != 0));
	}
}

static void step_running(struct sim_program *p)
{
	switch (sim_random() % 8) {
	case 0:
		WANT(sim_put(WEFT_FP_SIMD));
		break;
	case 1:
		WANT(sim_see(WEFT_FP_SIMD));
		break;
	case 2:
		weft_task_save_fp(&p->task);
		WANT(sim_memory_holds(p));
		break;
	case 3:
		weft_task_save_fp(&p->task);
		sim_change_memory(p);
		weft_task_load_fp(&p->task);
		break;
	case 4:
		weft_task_reset_fp(&p->task);
		memset(&p->state, 0, sizeof(p->state));
		break;
	case 5:
		copy_to_new(p);
		break;
	default:
		step_sve(p);
	}
}

static void step(void)
{
	struct sim_program *p = &sim.program[sim_random() % SIM_PROGRAMS];

	switch (sim_random() % 4) {
	case 0:
		sim_go((unsigned)(sim_random() % SIM_CPUS));
		break;
	case 1:
		if (!sim_runs(p))
			step_parked(p);
		else
			sim_run(NULL);
		break;
	default:
		if (sim_here())
			step_running(sim_here());
	}
	WANT(weft_fp_is_right(weft_task_current()));
}

static void walk(uint64_t policy)
{
	unsigned i;

	sim.random += policy;
	for (i = 0; i < STEPS && !sim.failed; i++)
		step();
	if (sim.failed)
		boot_note("step %d", (int)i);
}

static int test_walk(void)
{
	return each_policy(walk);
}

/* The policy changes under everyone's feet. */
static void walk_mixed(uint64_t policy)
{
	unsigned i;

	sim.random += policy << 8;
	for (i = 0; i < STEPS && !sim.failed; i++) {
		if (sim_random() % 8 == 0)
			sim.cpu[sim.here].cpu.fp_policy = sim_random() % 3;
		step();
	}
}

static int test_mixed(void)
{
	return each_policy(walk_mixed);
}

const struct boot_test weft_fp_tests[] = {
	{ "weft.fp.traps", "each policy traps as often as it says",
	  test_traps },
	{ "weft.fp.loads", "what is in the registers is not loaded, what is "
	  "not is", test_loads },
	{ "weft.fp.migration", "a thread finds its state on every CPU",
	  test_migration },
	{ "weft.fp.death", "in the memory of a dead owner a new thread sees "
	  "zeros", test_death },
	{ "weft.fp.secrecy", "the first use sees zeros, and before it EL0 is "
	  "shut out", test_secrecy },
	{ "weft.fp.no_moves", "who uses nothing is not saved", test_no_moves },
	{ "weft.fp.walk", "everybody's state is right after anything",
	  test_walk },
	{ "weft.fp.mixed", "also if the policy changes meanwhile",
	  test_mixed },
	{ NULL, NULL, NULL },
};
