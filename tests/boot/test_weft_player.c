// SPDX-License-Identifier: MIT
/* Players are made, counted and freed (test_weft_player.h). */
#include "test_weft_player.h"

#include <weft/cache.h>
#include <weft/sysreg.h>
#include <weft/task.h>

#include "lib/lock.h"
#include "lib/string.h"
#include "mm/kvm.h"
#include "mm/layout.h"
#include "proc/keys.h"
#include "sched/cpu.h"

struct player *player_current(void)
{
	return (struct player *)weft_task_current();
}

static void init(struct player *player, uint64_t seed, bool user)
{
	memset(player, 0, sizeof(*player));
	player->seed = seed;
	player->user = user;
	player->thread.cpu = &cpus[0];
	player->thread.prio = PRIO_LOWEST;
	strlcpy(player->thread.name, "player", sizeof(player->thread.name));
}

static bool add_memory(struct player *player)
{
	size_t size = (size_t)(player_el0_end - player_el0);
	uint64_t code, data;

	if (!user_mem_init(&player->mem, NULL))
		return false;
	code = user_mem_add(&player->mem, USER_VA,
			    WEFT_PT_USER | WEFT_PT_EXEC);
	data = user_mem_add(&player->mem, PLAYER_DATA, USER_RW);
	if (!code || !data)
		return false;
	memcpy(phys_to_virt(code), player_el0, size);
	weft_cache_sync_code(phys_to_virt(code), size);
	memcpy(phys_to_virt(data), &player->seed, sizeof(player->seed));
	return true;
}

bool player_init_user(struct player *player, uint64_t seed, uint64_t turns,
		      bool has_stack)
{
	struct weft_frame *frame = &player->frame;

	init(player, seed, true);
	if (!add_memory(player))
		return false;
	if (has_stack) {
		player->thread.stack = kvm_stack_alloc();
		if (!player->thread.stack)
			return false;
		frame = thread_user_frame(&player->thread);
	}
	weft_frame_init_user(frame, USER_VA, seed << 4);
	frame->x[1] = seed;
	frame->x[2] = turns;
	weft_task_init_user(&player->thread.task, frame, &player->mem.space,
			    &player->thread.fp);
	weft_task_set_tls(&player->thread.task, seed);
	keys_inherit(&player->thread);
	player->thread.keys.ia[0] ^= seed;	/* nobody's but his */
	return true;
}

bool player_init_kernel(struct player *player, uint64_t seed,
			void (*entry)(struct weft_task *prev, void *player))
{
	init(player, seed, false);
	player->thread.stack = kvm_stack_alloc();
	if (!player->thread.stack)
		return false;
	weft_task_init(&player->thread.task, entry, player,
		       (uintptr_t)player->thread.stack + STACK_SIZE,
		       kvm_empty_space(), NULL);
	return true;
}

void player_destroy(struct player *player)
{
	uint64_t daif = weft_read_daif();

	weft_mask_all();
	weft_task_forget_fp(&cpus[0].weft, &player->thread.fp);
	weft_write_daif(daif);
	if (player->thread.stack)
		kvm_stack_free(player->thread.stack);
	if (player->mem.table.root)
		user_mem_destroy(&player->mem);
}

unsigned player_entered(struct weft_frame *frame)
{
	struct player *player = player_current();
	unsigned why;

	if (player->user) {
		why = frame->esr & 0xffff;
	} else {
		why = (unsigned)(frame->far >> PLAYER_WHY_SHIFT);
		frame->pc += 4;
	}
	player->turns += why == PLAYER_TURN;
	player->done |= why != PLAYER_TURN;
	player->failed |= why != PLAYER_TURN && why != PLAYER_DONE;
	return why;
}
