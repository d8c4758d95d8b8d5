// SPDX-License-Identifier: MIT
/*
 * Players: threads that no scheduler knows, at EL0 or at EL1, each with a
 * number in every register. At each turn they enter the kernel, and then look
 * at all of them again. The tests of weft's switches and vectors take its
 * hooks (hooks.h) and move the CPU from one to another.
 *
 * An EL0 player enters by SVC #why; an EL1 player by a load from
 * why << PLAYER_WHY_SHIFT. Its x1 is its seed, x2 what is left of its turns,
 * x3-x30 the seed plus their number; at EL0 d7, TPIDR_EL0 and a word of its own
 * memory are the seed and sp is the seed times 16.
 */
#ifndef TESTS_BOOT_TEST_WEFT_PLAYER_H
#define TESTS_BOOT_TEST_WEFT_PLAYER_H

#include <weft/frame.h>

#define PLAYER_TURN		1
#define PLAYER_DONE		2
#define PLAYER_FAILED		3	/* a register was lost */
#define PLAYER_WHY_SHIFT	12
#define PLAYER_DATA		0x10001000
#define PLAYER_SLOT_SIZE	0x80

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

#include "sched/thread.h"
#include "test_weft_user.h"

struct player {
	/* First. loom may look at it if an interrupt comes. */
	struct thread thread;
	/* Its only frame, in an event-driven kernel. */
	struct weft_frame frame __attribute__((aligned(16)));
	struct user_mem mem;
	bool user;
	uint64_t seed;
	unsigned turns;		/* that it has had */
	bool done, failed;
};

/* Any context in which a player is current. */
struct player *player_current(void);

/*
 * Make a player of @turns turns. An EL0 player is parked at its frame, at the
 * top of its kernel stack, or at player->frame if it has none; an EL1 player
 * begins in @entry. False: no memory.
 */
bool player_init_user(struct player *player, uint64_t seed, uint64_t turns,
		      bool has_stack);
bool player_init_kernel(struct player *player, uint64_t seed,
			void (*entry)(struct weft_task *prev, void *player));
void player_destroy(struct player *player);

/*
 * Why the current player entered the kernel, by its frame; counts the turn and
 * notes the end. For an EL1 player the frame goes on behind the load then.
 */
unsigned player_entered(struct weft_frame *frame);

/* test_weft_player.S */
_Noreturn void player_el1(uint64_t unused, uint64_t seed, uint64_t turns);
extern const char player_el0[], player_el0_end[];

/*
 * As if an exception by slot @vector of EL1's half hit the end of this
 * function, with that ESR_EL1, PSTATE and sp (0: as it is). x4-x29 are @esr and
 * their number, x3 and FAR_EL1 are sp, x30 is the slot. If it is handled, and
 * sp was the caller's, returns @vector, masked as @pstate says; another number
 * if a register is not what it was.
 */
uint64_t fake_el1(uint64_t vector, uint64_t esr, uint64_t pstate, uint64_t sp);
extern const char fake_el1_end[];

/*
 * As if an exception hit the program of @frame, the current task's: its
 * registers are given to the CPU, and the slot of the table in force is entered
 * where ERET would be.
 */
_Noreturn void fake_el0_irq(struct weft_frame *frame, uint64_t esr);
_Noreturn void fake_el0_fiq(struct weft_frame *frame, uint64_t esr);
_Noreturn void fake_el0_serror(struct weft_frame *frame, uint64_t esr);
_Noreturn void fake_el0_aarch32(struct weft_frame *frame, uint64_t esr);
_Noreturn void fake_el0_aarch32_irq(struct weft_frame *frame, uint64_t esr);
_Noreturn void fake_el0_aarch32_fiq(struct weft_frame *frame, uint64_t esr);
_Noreturn void fake_el0_aarch32_serror(struct weft_frame *frame, uint64_t esr);
#endif
#endif
