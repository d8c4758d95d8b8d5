// SPDX-License-Identifier: MIT
/*
 * Two CPUs and a few programs for the tests of FP state, all on the CPU that
 * runs the test: DAIF is masked, TPIDR_EL1 names a program's task, and a
 * CPU that is not looked at has its registers in memory. A program "uses" the
 * registers at EL1, after doing what the hardware would do at EL0: trap if
 * CPACR_EL1 says so. What each program's registers must hold is kept beside.
 */
#ifndef TESTS_BOOT_TEST_WEFT_FPSIM_H
#define TESTS_BOOT_TEST_WEFT_FPSIM_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/cpu.h>
#include <weft/fp.h>
#include <weft/sve.h>
#include <weft/task.h>

#define SIM_CPUS 2
#define SIM_PROGRAMS 4
#define SIM_BUFFER (16 + 32 * WEFT_SVE_MAX_VL + 17 * WEFT_SVE_MAX_VL / 8)

/* What a program's registers hold. */
struct sim_state {
	uint8_t z[32][WEFT_SVE_MAX_VL];	/* the first 16 bytes: v */
	uint8_t p[17][WEFT_SVE_MAX_VL / 8];	/* the last: FFR */
	uint64_t fpcr, fpsr;
};

struct sim_buffer {
	uint8_t bytes[SIM_BUFFER] __attribute__((aligned(16)));
};

struct sim_program {
	struct weft_task task;
	struct weft_fp fp;
	struct sim_buffer sve;
	struct sim_state state;
	unsigned vl;		/* 0: it has no buffer */
	unsigned traps;
	uint8_t stack[1024] __attribute__((aligned(16)));
};

struct sim_cpu {
	struct weft_cpu cpu;
	struct weft_task *running;
	struct weft_task idle;		/* a kernel thread, no FP state */
	struct sim_buffer z;		/* registers, while not looked at */
	struct weft_fp v;
	uint64_t cpacr, zcr;
};

struct sim {
	struct sim_cpu cpu[SIM_CPUS];
	struct sim_program program[SIM_PROGRAMS];
	unsigned here;			/* the CPU that is looked at */
	unsigned max_vl;		/* 0: no SVE */
	uint64_t random;
	const char *failed;		/* the first failure */
	int line;
	/* What the test's own CPU had */
	struct weft_task *self;
	uint64_t daif, cpacr;
};

extern struct sim sim;

/* Take the CPU: idle on both CPUs, registers full of rubbish. */
void sim_begin(uint64_t policy);
/* Give it back; enum boot_result. */
int sim_end(const char *file);

bool sim_check(bool ok, const char *text, int line);
#define WANT(x) sim_check((x), #x, __LINE__)

uint64_t sim_random(void);

/* Look at CPU @n. */
void sim_go(unsigned n);
/* It runs @p, NULL: idle. @p runs nowhere. */
void sim_run(struct sim_program *p);
/* Does it run anywhere? */
bool sim_runs(const struct sim_program *p);
/* The one that runs here; NULL: idle. */
struct sim_program *sim_here(void);

/* A program at its start, in the memory of one that runs nowhere. */
void sim_birth(struct sim_program *p);
/* Give it a buffer for @vl bytes; it has none, or 0: take it. */
void sim_give_sve(struct sim_program *p, unsigned vl);

/*
 * The running program executes an instruction on these registers: false if
 * the trap was the client's. Then: all registers of that kind change, or are
 * compared with what they must be.
 */
bool sim_use(enum weft_fp_use use);
bool sim_put(enum weft_fp_use use);
bool sim_see(enum weft_fp_use use);

/* What a program must see after the rest of SVE is gone. */
void sim_only_simd(struct sim_program *p);

/* Does @p's memory hold its state? It does not run, or was just saved. */
bool sim_memory_holds(struct sim_program *p);
/* Change it, in the state too. */
void sim_change_memory(struct sim_program *p);

#endif
