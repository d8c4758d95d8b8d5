// SPDX-License-Identifier: MIT
/*
 * From ESR_EL1 to the client's hooks: every exception class and fault status,
 * through the functions that the entry code calls; the exception table; the
 * words of reports. The hooks note that they were called.
 */
#include "check.h"

#include <string.h>

#include <weft-sim/sysreg.h>
#include <weft/assert.h>
#include <weft/cpu.h>
#include <weft/fp.h>
#include <weft/frame.h>
#include <weft/pauth.h>
#include <weft/space.h>
#include <weft/task.h>
#include <weft/trap.h>
#include <weft/uaccess.h>

#include "../../weft/entry.h"

struct regs regs;

enum hook {
	NONE, SYSCALL, IRQ, PREEMPT, FIQ, SERROR, PAGE_FAULT, USER_TRAP,
	USER_EXIT, RESUMED, FP_TRAP, UNEXPECTED, MASKED,
};

static struct {
	enum hook hooks[16];
	unsigned count;
	struct weft_frame *frame;
	struct weft_page_fault fault;
	enum weft_trap trap;
	enum weft_fp_use use;
	unsigned vector;
} noted;

/* What the hooks answer. */
static bool fault_handled, fp_handled;
static jmp_buf end;

static struct weft_cpu cpu;
static struct weft_space space;
static struct weft_task task = { .cpu = &cpu, .space = &space };

struct weft_task *weft_task_current(void)
{
	return &task;
}

static void note(enum hook hook, struct weft_frame *frame)
{
	assert_true(noted.count < 16);
	noted.hooks[noted.count++] = hook;
	noted.frame = frame;
}

void regs_masked(void)
{
	note(MASKED, noted.frame);
}

void weft_hook_syscall(struct weft_frame *frame)
{
	note(SYSCALL, frame);
}

/* entry.S: only its address is asked for. */
const char weft_resume_leaf[1];

/* What was said to have been taken. */
static uint64_t given;

void weft_hook_irq(struct weft_frame *frame, uint64_t taken)
{
	given = taken;
	note(IRQ, frame);
}

void weft_hook_preempt(struct weft_frame *frame)
{
	note(PREEMPT, frame);
}

void weft_hook_fiq(struct weft_frame *frame)
{
	note(FIQ, frame);
}

void weft_hook_serror(struct weft_frame *frame)
{
	note(SERROR, frame);
}

bool weft_hook_page_fault(struct weft_frame *frame,
			  const struct weft_page_fault *fault)
{
	note(PAGE_FAULT, frame);
	noted.fault = *fault;
	return fault_handled;
}

void weft_hook_user_trap(struct weft_frame *frame, enum weft_trap trap)
{
	note(USER_TRAP, frame);
	noted.trap = trap;
}

void weft_hook_user_exit(struct weft_frame *frame)
{
	note(USER_EXIT, frame);
}

void weft_hook_resumed(struct weft_frame *frame, struct weft_task *prev)
{
	assert_ptr_equal(prev, &task);
	note(RESUMED, frame);
}

void weft_hook_unexpected(struct weft_frame *frame, unsigned vector)
{
	note(UNEXPECTED, frame);
	noted.vector = vector;
	longjmp(end, 1);
}

bool weft_fp_trap(struct weft_task *self, enum weft_fp_use use)
{
	assert_ptr_equal(self, &task);
	note(FP_TRAP, noted.frame);
	noted.use = use;
	return fp_handled;
}

bool weft_fp_is_right(const struct weft_task *self)
{
	assert_ptr_equal(self, &task);
	return true;
}

bool weft_pauth_exit_ok(const struct weft_task *self)
{
	assert_ptr_equal(self, &task);
	return true;
}

bool weft_space_is_installed(const struct weft_cpu *where,
			     const struct weft_space *which)
{
	assert_ptr_equal(where, &cpu);
	assert_ptr_equal(which, &space);
	return true;
}

void weft_assert_failed(const char *file, int line, const char *expr)
{
	fail_msg("%s:%d: %s", file, line, expr);
	abort();
}

/* Two entries of the table of user accesses, as the macro makes them. */
__asm__(".pushsection .text\n"
	"insn_a: nop\n"
	"fixup_a: nop\n"
	"insn_b: nop\n"
	"fixup_b: nop\n"
	".popsection\n"
	".pushsection .data\n"
	".balign 4\n"
	".globl __weft_extable_start, __weft_extable_end\n"
	"__weft_extable_start:\n"
	".long insn_a - ., fixup_a - .\n"
	".long insn_b - ., fixup_b - .\n"
	"__weft_extable_end:\n"
	".long insn_end - ., fixup_a - .\n"
	".popsection\n"
	".pushsection .text\n"
	"insn_end: nop\n"
	".popsection\n");
extern const char insn_a[], fixup_a[], insn_b[], fixup_b[], insn_end[];

static uint64_t address(const char *label)
{
	return (uint64_t)(uintptr_t)label;
}

/* Call an entry function with this syndrome, up to the end or unexpected. */
static struct weft_frame enter(void (*function)(struct weft_frame *frame),
			       uint64_t esr, uint64_t far, uint64_t pstate)
{
	static struct weft_frame frame;

	memset(&noted, 0, sizeof(noted));
	memset(&frame, 0, sizeof(frame));
	frame.esr = esr;
	frame.far = far;
	frame.pstate = pstate;
	frame.number = WEFT_NO_SYSCALL;
	frame.x[8] = 64;
	noted.frame = &frame;
	regs.daif = WEFT_PSTATE_DAIF;
	if (!setjmp(end))
		function(&frame);
	assert_ptr_equal(noted.frame, &frame);
	return frame;
}

static struct weft_frame user(uint64_t esr, uint64_t far)
{
	return enter(weft_trap_user_sync, esr, far, WEFT_PSTATE_EL0T);
}

static struct weft_frame kernel(uint64_t esr, uint64_t far)
{
	return enter(weft_trap_kernel_sync, esr, far, WEFT_PSTATE_EL1H);
}

static void check_hooks(enum hook a, enum hook b, enum hook c)
{
	assert_int_equal(noted.hooks[0], a);
	assert_int_equal(noted.hooks[1], b);
	assert_int_equal(noted.hooks[2], c);
	assert_int_equal(noted.hooks[3], NONE);
}

static uint64_t syndrome(unsigned class, uint64_t iss)
{
	return (uint64_t)class << WEFT_ESR_EC_SHIFT | WEFT_BIT(25) | iss;
}

static void setup(void)
{
	fault_handled = true;
	fp_handled = true;
}

static bool is_abort_class(unsigned class)
{
	return class == WEFT_EC_IABT_EL0 || class == WEFT_EC_IABT_EL1 ||
	       class == WEFT_EC_DABT_EL0 || class == WEFT_EC_DABT_EL1;
}

/* Every class from EL0: which hook. */
static void test_user_classes(void **state)
{
	unsigned class;

	(void)state;
	setup();
	for (class = 0; class < 64; class++) {
		struct weft_frame frame = user(syndrome(class, 0x7), 0);

		if (class == WEFT_EC_SVC64) {
			check_hooks(SYSCALL, NONE, NONE);
			assert_int_equal(frame.number, 64);
			continue;
		}
		assert_true(frame.number == WEFT_NO_SYSCALL);
		if (is_abort_class(class))
			check_hooks(PAGE_FAULT, NONE, NONE);
		else if (class == WEFT_EC_FP || class == WEFT_EC_SVE)
			check_hooks(FP_TRAP, NONE, NONE);
		else
			check_hooks(USER_TRAP, NONE, NONE);
	}
}

static void test_fp(void **state)
{
	(void)state;
	setup();
	user(syndrome(WEFT_EC_FP, 0), 0);
	assert_int_equal(noted.use, WEFT_FP_SIMD);
	user(syndrome(WEFT_EC_SVE, 0), 0);
	assert_int_equal(noted.use, WEFT_FP_SVE);
	fp_handled = false;
	user(syndrome(WEFT_EC_FP, 0), 0);
	check_hooks(FP_TRAP, USER_TRAP, NONE);
	assert_int_equal(noted.trap, WEFT_TRAP_FP);
	user(syndrome(WEFT_EC_SVE, 0), 0);
	check_hooks(FP_TRAP, USER_TRAP, NONE);
	assert_int_equal(noted.trap, WEFT_TRAP_SVE);
}

/* Every fault status: page fault, alignment, or what memory reported. */
static void test_fault_status(void **state)
{
	static const unsigned classes[] = { WEFT_EC_IABT_EL0,
					    WEFT_EC_DABT_EL0 };
	unsigned fsc, i;

	(void)state;
	setup();
	for (i = 0; i < 2; i++) {
		for (fsc = 0; fsc < 64; fsc++) {
			user(syndrome(classes[i], fsc), 0x1000);
			if (fsc >= 16) {
				check_hooks(USER_TRAP, NONE, NONE);
				assert_int_equal(noted.trap, fsc == 0x21 ?
						 WEFT_TRAP_ALIGN :
						 WEFT_TRAP_EXTERNAL);
				continue;
			}
			check_hooks(PAGE_FAULT, NONE, NONE);
			assert_int_equal(noted.fault.kind,
				fsc / 4 == 1 ? WEFT_FAULT_TRANSLATION :
				fsc / 4 == 3 ? WEFT_FAULT_PERMISSION :
				WEFT_FAULT_OTHER);
		}
	}
}

static void test_fault_access(void **state)
{
	enum { WNR = 1 << 6, CM = 1 << 8, FSC = 7 };

	(void)state;
	setup();
	user(syndrome(WEFT_EC_DABT_EL0, FSC), 0x1000);
	assert_int_equal(noted.fault.access, WEFT_ACCESS_READ);
	assert_true(noted.fault.user);
	user(syndrome(WEFT_EC_DABT_EL0, WNR | FSC), 0x1000);
	assert_int_equal(noted.fault.access, WEFT_ACCESS_WRITE);
	user(syndrome(WEFT_EC_DABT_EL0, CM | WNR | FSC), 0x1000);
	assert_int_equal(noted.fault.access, WEFT_ACCESS_READ);
	user(syndrome(WEFT_EC_DABT_EL0, CM | FSC), 0x1000);
	assert_int_equal(noted.fault.access, WEFT_ACCESS_READ);
	user(syndrome(WEFT_EC_IABT_EL0, FSC), 0x1000);
	assert_int_equal(noted.fault.access, WEFT_ACCESS_EXEC);
	assert_true(noted.fault.user);
	kernel(syndrome(WEFT_EC_DABT_EL1, WNR | FSC), 0x1000);
	assert_int_equal(noted.fault.access, WEFT_ACCESS_WRITE);
	assert_false(noted.fault.user);
	kernel(syndrome(WEFT_EC_IABT_EL1, FSC), 0x1000);
	assert_int_equal(noted.fault.access, WEFT_ACCESS_EXEC);
	assert_false(noted.fault.user);
}

static void test_fault_address(void **state)
{
	(void)state;
	setup();
	user(syndrome(WEFT_EC_DABT_EL0, 7), UINT64_C(0xff00007fdeadbee0));
	assert_true(noted.fault.address == UINT64_C(0x7fdeadbee0));
	kernel(syndrome(WEFT_EC_DABT_EL1, 7), UINT64_C(0xffffffc012345678));
	assert_true(noted.fault.address == UINT64_C(0xffffffc012345678));
}

static void test_trap_names(void **state)
{
	static const struct {
		unsigned class;
		enum weft_trap trap;
	} rows[] = {
		{ 0x00, WEFT_TRAP_UNDEFINED }, { 0x01, WEFT_TRAP_WFX },
		{ 0x07, WEFT_TRAP_FP }, { 0x19, WEFT_TRAP_SVE },
		{ 0x1d, WEFT_TRAP_SME }, { 0x18, WEFT_TRAP_SYSREG },
		{ 0x09, WEFT_TRAP_PAUTH }, { 0x1c, WEFT_TRAP_PAUTH },
		{ 0x0d, WEFT_TRAP_BTI }, { 0x0e, WEFT_TRAP_ILLEGAL },
		{ 0x22, WEFT_TRAP_PC_ALIGN }, { 0x26, WEFT_TRAP_SP_ALIGN },
		{ 0x2c, WEFT_TRAP_FP_EXCEPTION },
		{ 0x3c, WEFT_TRAP_BREAKPOINT }, { 0x30, WEFT_TRAP_DEBUG },
		{ 0x32, WEFT_TRAP_DEBUG }, { 0x34, WEFT_TRAP_DEBUG },
		{ 0x3f, WEFT_TRAP_UNKNOWN }, { 0x31, WEFT_TRAP_UNKNOWN },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(weft_trap_decode(syndrome(rows[i].class, 0)),
				 rows[i].trap);
}

/* From the kernel: a page fault may be mended, others have a fix-up or end. */
static void test_kernel(void **state)
{
	unsigned class;

	(void)state;
	setup();
	for (class = 0; class < 64; class++) {
		kernel(syndrome(class, 7), 0x1000);
		if (is_abort_class(class)) {
			check_hooks(PAGE_FAULT, NONE, NONE);
			continue;
		}
		check_hooks(UNEXPECTED, NONE, NONE);
		assert_int_equal(noted.vector,
				 WEFT_VECTOR_EL1H | WEFT_VECTOR_SYNC);
	}
	fault_handled = false;
	kernel(syndrome(WEFT_EC_DABT_EL1, 7), 0x1000);
	check_hooks(PAGE_FAULT, UNEXPECTED, NONE);
	kernel(syndrome(WEFT_EC_DABT_EL1, 0x21), 0x1000);
	check_hooks(UNEXPECTED, NONE, NONE);
}

static struct weft_frame faulting;

static void kernel_at(struct weft_frame *frame)
{
	frame->pc = faulting.pc;
	weft_trap_kernel_sync(frame);
}

static void test_fixup(void **state)
{
	struct weft_frame frame;

	(void)state;
	setup();
	fault_handled = false;
	faulting.pc = address(insn_a);
	frame = enter(kernel_at, syndrome(WEFT_EC_DABT_EL1, 7), 0x1000,
		      WEFT_PSTATE_EL1H);
	check_hooks(PAGE_FAULT, NONE, NONE);
	assert_true(frame.pc == address(fixup_a));
	faulting.pc = address(insn_b);
	frame = enter(kernel_at, syndrome(WEFT_EC_DABT_EL1, 0x21), 0x1000,
		      WEFT_PSTATE_EL1H);
	check_hooks(NONE, NONE, NONE);
	assert_true(frame.pc == address(fixup_b));
	/* Handled is handled: the access is repeated. */
	fault_handled = true;
	frame = enter(kernel_at, syndrome(WEFT_EC_DABT_EL1, 7), 0x1000,
		      WEFT_PSTATE_EL1H);
	assert_true(frame.pc == address(insn_b));
	assert_true(weft_extable_covers(address(insn_a)));
	assert_true(weft_extable_covers(address(insn_b)));
	assert_false(weft_extable_covers(address(fixup_a)));
	assert_false(weft_extable_covers(address(insn_end)));
	assert_false(weft_extable_covers(0));
}

static void user_irq(struct weft_frame *frame)
{
	weft_trap_user_irq(frame, 33);
}

static void test_irq(void **state)
{
	(void)state;
	setup();
	enter(user_irq, 0, 0, WEFT_PSTATE_EL0T);
	check_hooks(IRQ, NONE, NONE);
	assert_int_equal(given, 33);
	enter(weft_trap_kernel_irq, 0, 0, WEFT_PSTATE_EL1H);
	check_hooks(IRQ, MASKED, PREEMPT);
	assert_int_equal(given, 0);
	enter(weft_trap_user_exit, 0, 0, WEFT_PSTATE_EL0T);
	check_hooks(MASKED, USER_EXIT, NONE);
}

static unsigned vector;

static void other(struct weft_frame *frame)
{
	weft_trap_other(frame, vector);
}

static void test_other(void **state)
{
	struct weft_frame frame;

	(void)state;
	setup();
	for (vector = 0; vector <= WEFT_VECTOR_OVERFLOW; vector++) {
		bool known = vector / 4 == 1 || vector / 4 == 2;

		frame = enter(other, 0x1234, 0x5678, WEFT_PSTATE_EL1H);
		if (known && vector % 4 == WEFT_VECTOR_FIQ) {
			check_hooks(FIQ, NONE, NONE);
			assert_int_equal(frame.esr, 0);
			assert_int_equal(frame.far, 0);
		} else if (known && vector % 4 == WEFT_VECTOR_SERROR) {
			check_hooks(SERROR, NONE, NONE);
			assert_int_equal(frame.esr, 0x1234);
			assert_int_equal(frame.far, 0);
		} else {
			check_hooks(UNEXPECTED, NONE, NONE);
			assert_int_equal(noted.vector, vector);
		}
	}
}

static void resumed(struct weft_frame *frame)
{
	weft_trap_resumed(frame, &task);
}

static void test_resumed(void **state)
{
	(void)state;
	setup();
	enter(resumed, 0, 0, WEFT_PSTATE_EL0T);
	check_hooks(RESUMED, NONE, NONE);
	enter(resumed, 0, 0, WEFT_PSTATE_EL1H);
	check_hooks(RESUMED, NONE, NONE);
}

static void test_words(void **state)
{
	unsigned i;

	(void)state;
	assert_string_equal(weft_esr_class_name(syndrome(0x25, 0)),
			    "data abort from EL1");
	assert_string_equal(weft_esr_class_name(syndrome(0x3f, 0)),
			    "unknown exception class");
	assert_string_equal(weft_esr_fault_name(0x07),
			    "translation fault, level 3");
	assert_string_equal(weft_esr_fault_name(0x3f), "unknown fault status");
	assert_string_equal(weft_vector_name(5), "IRQ of the kernel");
	assert_string_equal(weft_vector_name(15), "SError of AArch32");
	assert_string_equal(weft_vector_name(16), "kernel stack overflow");
	assert_string_equal(weft_vector_name(17), "no vector of the table");
	for (i = 0; i < 64; i++) {
		assert_non_null(weft_esr_class_name(syndrome(i, 0)));
		assert_non_null(weft_esr_fault_name(i));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_user_classes),
		cmocka_unit_test(test_fp),
		cmocka_unit_test(test_fault_status),
		cmocka_unit_test(test_fault_access),
		cmocka_unit_test(test_fault_address),
		cmocka_unit_test(test_trap_names),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_fixup),
		cmocka_unit_test(test_irq),
		cmocka_unit_test(test_other),
		cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
