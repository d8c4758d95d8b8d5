// SPDX-License-Identifier: MIT
/* Simulated CPUs and programs for the tests of FP state. */
#include "test_weft_fpsim.h"

#include <weft/arch.h>
#include <weft/sysreg.h>

#include "boot_test.h"
#include "lib/string.h"
#include "mm/kvm.h"

#define FPCR_BITS 0x07c00000u
#define FPSR_BITS 0x0800009fu

struct sim sim;

/* Where the registers go to and come from. */
static struct sim_buffer window;
static struct weft_fp window_fp;

uint64_t sim_random(void)
{
	sim.random ^= sim.random << 13;
	sim.random ^= sim.random >> 7;
	sim.random ^= sim.random << 17;
	return sim.random;
}

static void fill_random(void *memory, size_t n)
{
	uint8_t *bytes = memory;
	uint64_t word = sim_random();

	for (; n; n--, word >>= 8) {
		if (n % 8 == 0)
			word = sim_random();
		*bytes++ = (uint8_t)word;
	}
}

bool sim_check(bool ok, const char *text, int line)
{
	if (!ok && !sim.failed) {
		sim.failed = text;
		sim.line = line;
	}
	return ok;
}

static struct weft_sve *sve_of(struct sim_buffer *buffer, unsigned vl)
{
	struct weft_sve *sve = (struct weft_sve *)buffer->bytes;

	sve->vl = vl;
	sve->capacity = sizeof(*buffer);
	return sve;
}

/* CPUs */

static void put_aside(struct sim_cpu *c)
{
	c->cpacr = weft_read_cpacr_el1();
	if (!sim.max_vl) {
		weft_fp_save(&c->v);
		return;
	}
	c->zcr = weft_sve_current_vl() / 16 - 1;
	weft_sve_set_zcr(sim.max_vl / 16 - 1);
	weft_sve_save(sve_of(&c->z, sim.max_vl), &c->v);
}

static void take_up(struct sim_cpu *c)
{
	if (!sim.max_vl) {
		weft_fp_restore(&c->v);
	} else {
		weft_sve_set_zcr(sim.max_vl / 16 - 1);
		weft_sve_restore(sve_of(&c->z, sim.max_vl), &c->v);
		weft_sve_set_zcr(c->zcr);
	}
	weft_write_cpacr_el1(c->cpacr);
	weft_write_tpidr_el1((uint64_t)(uintptr_t)c->running);
}

void sim_go(unsigned n)
{
	put_aside(&sim.cpu[sim.here]);
	sim.here = n;
	take_up(&sim.cpu[n]);
}

void sim_begin(uint64_t policy)
{
	unsigned i;

	memset(&sim, 0, sizeof(sim));
	sim.random = UINT64_C(0x9e3779b97f4a7c15);
	sim.max_vl = weft_sve_max_vl();
	sim.daif = weft_read_daif();
	weft_mask_all();
	sim.self = weft_task_current();
	sim.cpacr = weft_read_cpacr_el1();
	for (i = 0; i < SIM_CPUS; i++) {
		struct sim_cpu *c = &sim.cpu[i];

		c->cpu.fp_policy = policy;
		c->running = &c->idle;
		c->idle.cpu = &c->cpu;
		c->cpacr = sim.cpacr;
		fill_random(&c->z, sizeof(c->z));
		c->v.v[0] = sim_random();
	}
	take_up(&sim.cpu[0]);
	for (i = 0; i < SIM_PROGRAMS; i++)
		sim_birth(&sim.program[i]);
}

int sim_end(const char *file)
{
	struct weft_cpu *cpu = sim.self->cpu;

	weft_write_tpidr_el1((uint64_t)(uintptr_t)sim.self);
	weft_write_cpacr_el1(sim.cpacr);
	if (sim.max_vl)
		weft_sve_set_zcr(cpu->zcr);
	cpu->fp_owner = NULL;
	weft_write_daif(sim.daif);
	if (!sim.failed)
		return BOOT_PASS;
	return boot_fail(file, sim.line, sim.failed);
}

void sim_run(struct sim_program *p)
{
	struct sim_cpu *c = &sim.cpu[sim.here];
	struct weft_task *next = p ? &p->task : &c->idle;

	if (next == c->running)
		return;
	weft_fp_hand_over(&c->cpu, c->running, next);
	next->cpu = &c->cpu;
	c->running = next;
	weft_write_tpidr_el1((uint64_t)(uintptr_t)next);
}

bool sim_runs(const struct sim_program *p)
{
	unsigned i;

	for (i = 0; i < SIM_CPUS; i++)
		if (sim.cpu[i].running == &p->task)
			return true;
	return false;
}

struct sim_program *sim_here(void)
{
	struct sim_cpu *c = &sim.cpu[sim.here];

	return c->running == &c->idle ? NULL : (struct sim_program *)c->running;
}

/* Programs */

static void no_entry(struct weft_task *prev, void *arg)
{
	(void)prev;
	(void)arg;
}

void sim_birth(struct sim_program *p)
{
	weft_task_init(&p->task, no_entry, NULL,
		       (uint64_t)(uintptr_t)p->stack + sizeof(p->stack),
		       kvm_empty_space(), &p->fp);
	memset(&p->state, 0, sizeof(p->state));
	p->vl = 0;
	p->traps = 0;
}

void sim_give_sve(struct sim_program *p, unsigned vl)
{
	sim_only_simd(p);
	p->vl = vl;
	if (!vl) {
		weft_task_set_sve(&p->task, NULL);
		/* It is the client's again. */
		fill_random(&p->sve, sizeof(p->sve));
		return;
	}
	fill_random(&p->sve, sizeof(p->sve));
	WANT(!weft_sve_init((struct weft_sve *)p->sve.bytes,
			    sizeof(p->sve), vl));
	weft_task_set_sve(&p->task, (struct weft_sve *)p->sve.bytes);
}

bool sim_use(enum weft_fp_use use)
{
	uint64_t needs = WEFT_CPACR_FPEN_EL0;
	struct sim_program *p = sim_here();
	unsigned tries;

	if (use == WEFT_FP_SVE)
		needs |= WEFT_CPACR_ZEN_EL0;
	for (tries = 0; tries < 2; tries++) {
		if ((weft_read_cpacr_el1() & needs) == needs)
			return true;
		p->traps++;
		if (!weft_fp_trap(&p->task, use))
			return false;
	}
	return WANT(!"a trap after which the program may go on");
}

static void fill_state(struct sim_state *s, enum weft_fp_use use, unsigned vl)
{
	unsigned i, bits = (unsigned)(sim_random() % (vl + 1));

	/* A write of v writes zeros to the rest of z. */
	memset(s->z, 0, sizeof(s->z));
	for (i = 0; i < 32; i++)
		fill_random(s->z[i], use == WEFT_FP_SVE ? vl : 16);
	s->fpcr = sim_random() & FPCR_BITS;
	s->fpsr = sim_random() & FPSR_BITS;
	if (use != WEFT_FP_SVE)
		return;
	for (i = 0; i < 16; i++)
		fill_random(s->p[i], vl / 8);
	/* FFR is ones, then zeros; anything else it need not hold. */
	memset(s->p[16], 0, sizeof(s->p[16]));
	for (i = 0; i < bits; i++)
		s->p[16][i / 8] |= (uint8_t)(1 << i % 8);
}

/* In the layout of struct weft_sve, written here a second time. */
static void to_buffer(struct sim_buffer *b, const struct sim_state *s,
		      unsigned vl)
{
	uint8_t *at = b->bytes + 16;
	unsigned i;

	sve_of(b, vl);
	for (i = 0; i < 32; i++, at += vl)
		memcpy(at, s->z[i], vl);
	for (i = 0; i < 17; i++, at += vl / 8)
		memcpy(at, s->p[i], vl / 8);
}

static void to_fp(struct weft_fp *fp, const struct sim_state *s)
{
	unsigned i;

	fp->fpcr = s->fpcr;
	fp->fpsr = s->fpsr;
	for (i = 0; i < 32; i++)
		memcpy(&fp->v[2 * i], s->z[i], 16);
}

bool sim_put(enum weft_fp_use use)
{
	struct sim_program *p = sim_here();

	if (!sim_use(use))
		return false;
	fill_state(&p->state, use, p->vl);
	to_fp(&window_fp, &p->state);
	if (use == WEFT_FP_SVE) {
		to_buffer(&window, &p->state, p->vl);
		weft_sve_restore((struct weft_sve *)window.bytes, &window_fp);
	} else {
		weft_fp_restore(&window_fp);
	}
	return true;
}

static bool fp_equal(const struct weft_fp *got, const struct sim_state *s,
		     bool all)
{
	static struct weft_fp want;

	to_fp(&want, s);
	return got->fpcr == want.fpcr && got->fpsr == want.fpsr &&
	       (!all || !memcmp(got->v, want.v, sizeof(want.v)));
}

static bool sve_equal(const struct sim_buffer *got, const struct sim_state *s,
		      unsigned vl)
{
	static struct sim_buffer want;

	to_buffer(&want, s, vl);
	return !memcmp(got->bytes + 16, want.bytes + 16,
		       32 * vl + 17 * (vl / 8));
}

bool sim_see(enum weft_fp_use use)
{
	struct sim_program *p = sim_here();

	if (!sim_use(use))
		return false;
	if (use != WEFT_FP_SVE) {
		weft_fp_save(&window_fp);
		return fp_equal(&window_fp, &p->state, true);
	}
	weft_sve_save(sve_of(&window, p->vl), &window_fp);
	return fp_equal(&window_fp, &p->state, false) &&
	       sve_equal(&window, &p->state, p->vl);
}

void sim_only_simd(struct sim_program *p)
{
	unsigned i;

	for (i = 0; i < 32; i++)
		memset(p->state.z[i] + 16, 0, sizeof(p->state.z[i]) - 16);
	memset(p->state.p, 0, sizeof(p->state.p));
}

bool sim_memory_holds(struct sim_program *p)
{
	bool sve = p->task.fp_used == WEFT_FP_SVE;

	if (sve && !sve_equal(&p->sve, &p->state, p->vl))
		return false;
	return fp_equal(&p->fp, &p->state, !sve);
}

void sim_change_memory(struct sim_program *p)
{
	unsigned n = (unsigned)(sim_random() % 32);

	fill_random(p->state.z[n], 16);
	p->state.fpsr = sim_random() & FPSR_BITS;
	if (p->task.fp_used == WEFT_FP_SVE) {
		to_buffer(&p->sve, &p->state, p->vl);
		p->fp.fpsr = p->state.fpsr;
	} else {
		p->task.fp_used = WEFT_FP_SIMD;
		to_fp(&p->fp, &p->state);
	}
}
