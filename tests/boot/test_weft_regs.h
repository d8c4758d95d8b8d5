// SPDX-License-Identifier: MIT
/*
 * The assembly of the tests of weft (test_weft_regs.S): register windows,
 * accesses that may fault, a jump back out of a failed assertion.
 */
#ifndef TESTS_BOOT_TEST_WEFT_REGS_H
#define TESTS_BOOT_TEST_WEFT_REGS_H

#include <weft/layout.h>

#define WINDOW_WANT		0
#define WINDOW_SEEN		248
#define WINDOW_FLAGS		496
#define WINDOW_SEEN_FLAGS	504
#define WINDOW_SP		512
#define WINDOW_SEEN_SP		520
#define WINDOW_INSIDE		528
#define WINDOW_GO		532
#define WINDOW_V		544
#define WINDOW_SEEN_V		1056

#define RESCUE_X19		0
#define RESCUE_X29		80
#define RESCUE_SP		96
#define RESCUE_DAIF		104

#define FIRST_X			0
#define FIRST_SP		248
#define FIRST_DAIF		256
#define FIRST_BACK		264

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

struct weft_frame;
struct weft_task;

/*
 * A stretch of code in which every register holds a value of its own, until
 * somebody sets @go: an interrupt, for nothing else runs here.
 */
struct window {
	uint64_t want[31];	/* x0-x30; the scratch and the base excepted */
	uint64_t seen[31];
	uint64_t flags;		/* NZCV */
	uint64_t seen_flags;
	uint64_t sp;
	uint64_t seen_sp;
	uint32_t inside;	/* written in the window */
	uint32_t go;		/* read there */
	uint64_t unused;
	uint64_t v[64];		/* v0-v31 */
	uint64_t seen_v[64];
};

WEFT_OFFSET(WINDOW_WANT, window, want);
WEFT_OFFSET(WINDOW_SEEN, window, seen);
WEFT_OFFSET(WINDOW_FLAGS, window, flags);
WEFT_OFFSET(WINDOW_SEEN_FLAGS, window, seen_flags);
WEFT_OFFSET(WINDOW_SP, window, sp);
WEFT_OFFSET(WINDOW_SEEN_SP, window, seen_sp);
WEFT_OFFSET(WINDOW_INSIDE, window, inside);
WEFT_OFFSET(WINDOW_GO, window, go);
WEFT_OFFSET(WINDOW_V, window, v);
WEFT_OFFSET(WINDOW_SEEN_V, window, seen_v);

/*
 * Stay in the window until @go. Each turn takes a synchronous exception, too.
 * window_low needs x0 and x1 for itself, window_high x29 and x30; the base
 * register's want is the window's address.
 */
void window_low(struct window *window);
void window_high(struct window *window);
extern const char window_low_start[], window_low_end[];

/* Plain and unprivileged accesses: false if they faulted. */
bool try_load(uint64_t va, uint64_t *value);
bool try_store(uint64_t va, uint64_t value);
bool try_user_load(uint64_t va, uint64_t *value);
bool try_user_store(uint64_t va, uint64_t value);

/*
 * Load from (store to) @va with x2-x28 = number * 0x0101010101010101 and copy
 * the frame of that fault, which lies where it was as long as nothing else
 * uses the stack: call with all of DAIF masked. Returns sp as it was.
 */
uint64_t fault_load(struct weft_frame *copy, uint64_t va);
uint64_t fault_store(struct weft_frame *copy, uint64_t va);
extern const char fault_load_insn[], fault_load_end[];
extern const char fault_store_insn[], fault_store_end[];

/* As setjmp and longjmp, DAIF included, in one thread. */
struct rescue {
	uint64_t x[10];		/* x19-x28 */
	uint64_t x29, lr;
	uint64_t sp;
	uint64_t daif;
};

WEFT_OFFSET(RESCUE_X19, rescue, x);
WEFT_OFFSET(RESCUE_X29, rescue, x29);
WEFT_OFFSET(RESCUE_SP, rescue, sp);
WEFT_OFFSET(RESCUE_DAIF, rescue, daif);
WEFT_PAIR(rescue, x29, lr);
WEFT_PAIR(rescue, sp, daif);

/* False when it is called, true when rescue_back came here. */
bool rescue_mark(struct rescue *rescue) __attribute__((returns_twice));
_Noreturn void rescue_back(const struct rescue *rescue);

/* What a new task finds in its registers: first_entry, an entry function. */
struct first {
	uint64_t x[31];
	uint64_t sp;
	uint64_t daif;
	struct weft_task *back;	/* who is switched to then */
};

WEFT_OFFSET(FIRST_X, first, x);
WEFT_OFFSET(FIRST_SP, first, sp);
WEFT_OFFSET(FIRST_DAIF, first, daif);
WEFT_OFFSET(FIRST_BACK, first, back);

void first_entry(struct weft_task *prev, void *first);

#endif
#endif
