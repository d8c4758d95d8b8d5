// SPDX-License-Identifier: MIT
/*
 * Rules broken on purpose: each assertion of weft, and of the hooks that
 * watch it, is seen to fire. Debug builds only.
 */
#include <weft/arch.h>
#include <weft/asid.h>
#include <weft/fp.h>
#include <weft/frame.h>
#include <weft/pauth.h>
#include <weft/pgtable.h>
#include <weft/space.h>
#include <weft/sysreg.h>
#include <weft/task.h>
#include <weft/tlb.h>
#include <weft/trap.h>

#include "boot_test.h"
#include "lib/assert.h"
#include "lib/string.h"
#include "mm/kvm.h"
#include "proc/keys.h"
#include "sched/cpu.h"
#include "sched/thread.h"
#include "test_weft_regs.h"
#include "test_weft_user.h"

/* Entry points of weft/trap.c that entry.S calls */
void weft_trap_user_exit(struct weft_frame *frame);
void weft_trap_kernel_irq(struct weft_frame *frame);

static struct rescue rescue;
static struct thread *breaker;
static char said[160];

/* In the failing function: back to where the rule was about to be broken. */
static void take(const char *text)
{
	if (thread_current() != breaker)
		return;
	strlcpy(said, text, sizeof(said));
	rescue_back(&rescue);
}

static bool contains(const char *text, const char *part)
{
	for (; *text; text++)
		if (!strncmp(text, part, strlen(part)))
			return true;
	return false;
}

/*
 * Call @fn, which must fail with @text; NULL: which must not fail. It leaves
 * nothing that needs to be undone, or its caller undoes it.
 */
static bool breaks(void (*fn)(void *arg), void *arg, const char *text)
{
	said[0] = '\0';
	breaker = thread_current();
	assert_set_hook(take);
	if (!rescue_mark(&rescue))
		fn(arg);
	assert_set_hook(NULL);
	breaker = NULL;
	if (text ? contains(said, text) : !said[0])
		return true;
	boot_note("expected \"%s\", got \"%s\"", text ? text : "", said);
	return false;
}

/* Frame */

static void leave_to_user(void *frame)
{
	weft_mask_all();
	weft_trap_user_exit(frame);
	weft_unmask_all();
}

static void leave_to_kernel(void *frame)
{
	weft_mask_all();
	weft_trap_kernel_irq(frame);
	weft_unmask_all();
}

static const struct weft_keys some_keys;

/* The top of our own stack, which a kernel thread has no use for. */
static struct weft_frame *good_frame(void)
{
	struct weft_frame *frame = thread_user_frame(thread_current());

	if (keys_used())
		weft_task_current()->keys = &some_keys;
	weft_frame_init_user(frame, USER_VA, USER_VA);
	return frame;
}

static int test_frame(void)
{
	static const uint64_t bad[] = {
		WEFT_PSTATE_EL1H, WEFT_PSTATE_EL1T, WEFT_PSTATE_EL2H,
		WEFT_PSTATE_I, WEFT_PSTATE_F, WEFT_PSTATE_A, WEFT_PSTATE_D,
		WEFT_PSTATE_NRW, WEFT_PSTATE_IL, WEFT_PSTATE_PAN,
		WEFT_PSTATE_UAO, WEFT_BIT(27), WEFT_BIT(33),
	};
	static struct weft_frame elsewhere;
	struct weft_frame *frame;
	unsigned i;

	if (!LOOM_DEBUG)
		return BOOT_SKIP;
	CHECK(breaks(leave_to_user, good_frame(), NULL));
	weft_frame_init_user(&elsewhere, USER_VA, USER_VA);
	CHECK(breaks(leave_to_user, &elsewhere, "thread_user_frame"));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		frame = good_frame();
		frame->pstate = bad[i];
		CHECK(breaks(leave_to_user, frame, "weft_pstate_user_ok"));
	}
	frame = good_frame();
	frame->pstate = WEFT_PSTATE_NZCV;
	CHECK(breaks(leave_to_user, frame, NULL));
	CHECK(breaks(leave_to_kernel, frame, "WEFT_PSTATE_EL1H"));
	frame->pstate = WEFT_PSTATE_EL1H | WEFT_PSTATE_DAIF;
	CHECK(breaks(leave_to_kernel, frame, NULL));
	thread_current()->preempt++;
	CHECK(breaks(leave_to_user, good_frame(), "preempt == 0"));
	thread_current()->preempt--;
	return BOOT_PASS;
}

/* Space */

static struct user_mem mem;
static struct weft_asid_domain domain;
static struct weft_asid_cpu domain_cpus[CPU_MAX];
static uint64_t domain_map[1];

static void set_space_unmasked(void *arg)
{
	(void)arg;
	weft_unmask_all();
	weft_task_set_space(weft_task_current(), kvm_empty_space());
}

static void forget_space(void *arg)
{
	(void)arg;
	weft_space_forget(weft_task_current()->cpu, &mem.space);
}

static void bad_root(void *arg)
{
	struct weft_space space;

	weft_space_init(&space, 0x1234, arg);
}

static int stale_spaces(void)
{
	struct weft_task *self = weft_task_current();
	struct weft_cpu *cpu = self->cpu;

	/* The thread's space is another one, and nobody installed it. */
	self->space = &mem.space;
	CHECK(breaks(leave_to_user, good_frame(), "weft_space_is_installed"));
	self->space = kvm_empty_space();
	user_mem_enter(&mem);
	CHECK(breaks(leave_to_user, good_frame(), NULL));
	CHECK(breaks(forget_space, NULL, "TTBR_BADDR"));
	/* Its ASID was given to another one. */
	domain_cpus[0].active += WEFT_ASID_GENERATION;
	CHECK(breaks(leave_to_user, good_frame(), "weft_space_is_installed"));
	domain_cpus[0].active -= WEFT_ASID_GENERATION;
	/* The register is not what the CPU's block says. */
	weft_mask_all();
	weft_write_ttbr0_el1(kvm_empty_space()->ttbr);
	weft_isb();
	CHECK(breaks(leave_to_user, good_frame(), "weft_space_is_installed"));
	weft_write_ttbr0_el1(mem.space.ttbr);
	weft_isb();
	/* Nor the block what the register is. */
	cpu->ttbr0 = kvm_empty_space()->ttbr;
	CHECK(breaks(leave_to_user, good_frame(), "weft_space_is_installed"));
	cpu->ttbr0 = mem.space.ttbr;
	weft_unmask_all();
	return BOOT_PASS;
}

static int test_space(void)
{
	int result;

	if (!LOOM_DEBUG)
		return BOOT_SKIP;
	CHECK(breaks(set_space_unmasked, NULL, "weft_read_daif"));
	CHECK(breaks(bad_root, kvm_asid_domain(), "root %"));
	CHECK(weft_asid_init(&domain, WEFT_ASID_GENERATIONS, 8, domain_map,
			     domain_cpus, 1) == 0);
	weft_tlb_flush_all(0);
	CHECK(user_mem_init(&mem, &domain));
	result = stale_spaces();
	user_mem_enter(NULL);
	user_mem_destroy(&mem);
	weft_tlb_flush_all(0);
	return result;
}

/* Switch and FP */

static struct thread *unborn;

static void switch_unmasked(void *arg)
{
	(void)arg;
	weft_unmask_all();
	weft_switch_to(weft_task_current(), &unborn->task);
}

static void switch_irq_masked(void *arg)
{
	(void)arg;
	weft_mask_irq();
	weft_switch_to(weft_task_current(), &unborn->task);
}

static void switch_to(void *prev)
{
	weft_mask_all();
	weft_switch_to(prev, &unborn->task);
}

static void switch_to_self(void *self)
{
	weft_mask_all();
	weft_switch_to(self, self);
}

static void reset_fp(void *task)
{
	weft_mask_all();
	weft_task_reset_fp(task);
}

static int switch_wrongly(void)
{
	struct weft_task *self = weft_task_current();

	CHECK(breaks(switch_unmasked, NULL, "weft_read_daif"));
	CHECK(breaks(switch_irq_masked, NULL, "weft_read_daif"));
	CHECK(breaks(switch_to, &unborn->task, "weft_task_current"));
	CHECK(breaks(switch_to_self, self, "prev != next"));
	CHECK(breaks(reset_fp, &unborn->task, "weft_task_current"));
	CHECK(breaks(reset_fp, self, "task->fp"));
	return BOOT_PASS;
}

static int test_switch(void)
{
	int result;

	if (!LOOM_DEBUG)
		return BOOT_SKIP;
	unborn = thread_create("unborn", NULL, NULL, NULL);
	CHECK(unborn);
	result = switch_wrongly();
	thread_discard(unborn);
	return result;
}

/* What the FP registers are said to be is not so. */

static struct weft_fp others_fp;

/* EL0 may use them, and the task has none. */
static bool live_without_state(struct weft_task *self)
{
	self->cpu->fp_live = WEFT_FP_SIMD;
	weft_write_cpacr_el1(weft_read_cpacr_el1() | WEFT_CPACR_FPEN_EL0);
	return breaks(leave_to_user, good_frame(), "weft_fp_is_right");
}

/* It has, and they are not it. */
static bool live_of_others(struct weft_task *self)
{
	self->fp = &others_fp;
	self->fp_used = WEFT_FP_SIMD;
	return breaks(leave_to_user, good_frame(), "weft_fp_is_right") &&
	       breaks(switch_to, self, "fp_owner");
}

/* CPACR_EL1 is not what the CPU's block says. */
static bool live_in_secret(struct weft_task *self)
{
	self->cpu->fp_live = WEFT_FP_NOTHING;
	return breaks(leave_to_user, good_frame(), "weft_fp_is_right");
}

static int own_wrongly(void)
{
	struct weft_task *self = weft_task_current();
	struct weft_cpu *cpu = self->cpu;
	struct weft_fp *owner;
	int result = BOOT_PASS;

	weft_mask_all();
	owner = cpu->fp_owner;
	weft_task_forget_fp(cpu, owner);
	if (!live_without_state(self) || !live_of_others(self) ||
	    !live_in_secret(self))
		result = BOOT_FAIL;
	weft_write_cpacr_el1(weft_read_cpacr_el1() & ~WEFT_CPACR_FPEN_EL0);
	self->fp = NULL;
	self->fp_used = WEFT_FP_NOTHING;
	cpu->fp_owner = owner;
	if (!breaks(leave_to_user, good_frame(), NULL))
		result = BOOT_FAIL;
	return result;
}

static int test_fp(void)
{
	uint64_t daif = weft_read_daif();
	int result;

	if (!LOOM_DEBUG)
		return BOOT_SKIP;
	unborn = thread_create("unborn", NULL, NULL, NULL);
	CHECK(unborn);
	result = own_wrongly();
	weft_write_daif(daif);
	thread_discard(unborn);
	return result;
}

/* TLB and page tables */

struct change {
	uint64_t va;
	unsigned level;
	uint64_t before, after;
	const char *text;
};

static void write_change(void *arg)
{
	const struct change *c = arg;

	weft_debug_pte(&mem.table, c->va, c->level, c->before, c->after);
}

#define PAGE_RW (WEFT_PTE_VALID | WEFT_PTE_PAGE | WEFT_PTE_AF |		\
		 WEFT_PTE_SH_INNER | WEFT_PTE_PXN | WEFT_PTE_UXN)
#define USER_PAGE (PAGE_RW | WEFT_PTE_USER | WEFT_PTE_NG | 0x40000000)
#define KERNEL_PAGE (PAGE_RW | 0x40000000)
#define TABLE (WEFT_PTE_VALID | WEFT_PTE_TABLE | 0x40000000)
#define BLOCK (WEFT_PTE_VALID | WEFT_PTE_AF | 0x40000000 | WEFT_PTE_PXN | \
	       WEFT_PTE_UXN | WEFT_PTE_NG)

static struct change changes[] = {
	{ USER_VA, 3, 0, USER_PAGE, NULL },
	{ USER_VA, 3, USER_PAGE, USER_PAGE | WEFT_PTE_RDONLY, NULL },
	{ USER_VA, 3, USER_PAGE, 0, NULL },
	{ USER_VA, 3, USER_PAGE, USER_PAGE | WEFT_PTE_GP, NULL },
	{ USER_VA, 2, BLOCK, 0, NULL },
	{ USER_VA, 2, 0, TABLE, NULL },
	{ USER_VA, 2, TABLE, 0, NULL },
	{ USER_VA, 2, 0, BLOCK, NULL },
	{ USER_VA, 3, USER_PAGE, USER_PAGE + PAGE_SIZE, "before-make" },
	{ USER_VA, 3, USER_PAGE, USER_PAGE | WEFT_PTE_ATTR(1), "before-make" },
	{ USER_VA, 3, USER_PAGE, USER_PAGE | WEFT_PTE_CONT, "before-make" },
	{ USER_VA, 3, USER_PAGE, USER_PAGE & ~WEFT_PTE_NG, "before-make" },
	{ USER_VA, 2, BLOCK, TABLE, "before-make" },
	{ USER_VA, 2, TABLE, BLOCK, "before-make" },
	{ USER_VA, 2, TABLE, TABLE + PAGE_SIZE, "before-make" },
	{ USER_VA, 3, 0, USER_PAGE & ~WEFT_PTE_UXN, "writable and exec" },
	{ USER_VA, 2, 0, BLOCK & ~WEFT_PTE_UXN, "writable and exec" },
	{ USER_VA, 3, 0, (USER_PAGE | WEFT_PTE_RDONLY) & ~WEFT_PTE_PXN,
	  "executable in EL1" },
	{ USER_VA, 3, 0, USER_PAGE & ~WEFT_PTE_NG, "is global" },
	{ STACK_BASE, 3, 0, KERNEL_PAGE, NULL },
	{ STACK_BASE, 3, 0, KERNEL_PAGE & ~WEFT_PTE_PXN, "writable and exec" },
	{ STACK_BASE, 3, 0, KERNEL_PAGE | WEFT_PTE_USER, "for programs" },
};

static void map_without_space(void *arg)
{
	(void)arg;
	weft_pt_map(&mem.table, USER_VA, 0x40000000, PAGE_SIZE, 0);
}

static void flush_empty(void *arg)
{
	(void)arg;
	weft_tlb_flush_asid(0, 0);
}

static int test_tlb(void)
{
	unsigned i;

	if (!LOOM_DEBUG)
		return BOOT_SKIP;
	CHECK(user_mem_init(&mem, NULL));
	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		if (!breaks(write_change, &changes[i], changes[i].text)) {
			boot_note("change %u", i);
			return BOOT_FAIL;
		}
	/* By the writer itself: a client that forgot to name the space. */
	mem.table.space = NULL;
	CHECK(breaks(map_without_space, NULL, "is global"));
	mem.table.space = &mem.space;
	CHECK(breaks(flush_empty, NULL, "empty space"));
	user_mem_destroy(&mem);
	return BOOT_PASS;
}

/* Keys */

static void set_keys(void *keys)
{
	weft_task_set_keys(weft_task_current(), keys);
}

static int test_keys(void)
{
	struct weft_task *self = weft_task_current();
	static struct weft_keys keys;

	if (!LOOM_DEBUG || !keys_used())
		return BOOT_SKIP;
	CHECK(breaks(leave_to_user, good_frame(), NULL));
	self->keys = NULL;
	CHECK(breaks(leave_to_user, thread_user_frame(thread_current()),
		     "weft_pauth_exit_ok"));
	self->cpu->kernel_key[1]++;
	CHECK(breaks(leave_to_user, good_frame(), "weft_pauth_exit_ok"));
	self->cpu->kernel_key[1]--;
	CHECK(breaks(leave_to_user, good_frame(), NULL));
	CHECK(breaks(set_keys, NULL, "keys"));
	weft_unmask_all();
	CHECK(breaks(set_keys, &keys, "WEFT_PSTATE_DAIF"));
	self->keys = NULL;
	return BOOT_PASS;
}

const struct boot_test weft_break_tests[] = {
	{ "weft.break.frame", "a frame that is not at its place or has a bad "
	  "PSTATE is noticed at exit", test_frame },
	{ "weft.break.space", "so is a TTBR0 or ASID that is not the thread's",
	  test_space },
	{ "weft.break.switch", "a switch with DAIF open, or of the wrong "
	  "tasks, is noticed", test_switch },
	{ "weft.break.fp", "FP registers that are another's, or open in "
	  "secret, are noticed", test_fp },
	{ "weft.break.keys", "an exit under the wrong key, or without keys, is "
	  "noticed", test_keys },
	{ "weft.break.tlb", "descriptors and changes that the architecture "
	  "forbids are noticed", test_tlb },
	{ NULL, NULL, NULL },
};
