// SPDX-License-Identifier: MIT
/*
 * The smallest kernel that uses weft as its author's would: two tasks that
 * hand each other the CPU, and a line about it. QEMU's virt board: PL011 and
 * PSCI.
 */
#include <stddef.h>

#include <weft/cpu.h>
#include <weft/event.h>
#include <weft/space.h>
#include <weft/sysreg.h>
#include <weft/task.h>
#include <weft/tlb.h>
#include <weft/trap.h>
#include <weft/version.h>

#define KERNEL_BASE	UINT64_C(0xffffff8000000000)
#define UART_DR		(KERNEL_BASE + 0x09000000)
#define PSCI_SYSTEM_OFF	UINT64_C(0x84000008)

extern char spare_stack_top[], ping_stack_top[], pong_stack_top[];
extern char empty_root[];

void kernel_main(uint64_t level);

static struct weft_cpu cpu;
static struct weft_space empty;
static struct weft_task boot, ping, pong;
static uint64_t entry_level;

/* What any freestanding C compiler may call. */
__attribute__((used)) void *memset(void *dst, int c, size_t n)
{
	volatile unsigned char *d = dst;

	while (n--)
		*d++ = (unsigned char)c;
	return dst;
}

__attribute__((used)) void *memcpy(void *dst, const void *src, size_t n)
{
	volatile unsigned char *d = dst;
	const unsigned char *s = src;

	while (n--)
		*d++ = *s++;
	return dst;
}

static void print(const char *s)
{
	for (; *s; s++)
		*(volatile uint32_t *)UART_DR = (unsigned char)*s;
}

/* PSCI is below us: by HVC, or by SMC where we were at EL2 ourselves. */
__attribute__((noreturn)) static void power_off(void)
{
	register uint64_t x0 __asm__("x0") = PSCI_SYSTEM_OFF;

	if (entry_level == 2)
		__asm__ volatile("smc #0" : "+r"(x0) :: "memory");
	else
		__asm__ volatile("hvc #0" : "+r"(x0) :: "memory");
	for (;;)
		weft_wfe();
}

/* @arg is whom to hand the CPU to; the word says who speaks. */
static void talk(struct weft_task *self, struct weft_task *other)
{
	static const char *const count[] = { "1\n", "2\n", "3\n" };
	size_t i;

	for (i = 0; i < sizeof(count) / sizeof(count[0]); i++) {
		print(self == &ping ? "ping " : "pong ");
		print(count[i]);
		weft_switch_to(self, other);
	}
	weft_switch_to(self, &boot);
}

static void run(struct weft_task *prev, void *other)
{
	(void)prev;
	talk(weft_task_current(), other);
	power_off();
}

void kernel_main(uint64_t level)
{
	entry_level = level;
	cpu.spare_stack = (uint64_t)(uintptr_t)spare_stack_top;
	weft_space_init_empty(&empty, (uint64_t)(uintptr_t)empty_root -
					      KERNEL_BASE);
	weft_task_adopt(&boot, &cpu, &empty);
	weft_tlb_flush_local();		/* the lower half is gone */
	weft_task_init(&ping, run, &pong, (uint64_t)(uintptr_t)ping_stack_top,
		       &empty, NULL);
	weft_task_init(&pong, run, &ping, (uint64_t)(uintptr_t)pong_stack_top,
		       &empty, NULL);
	print("weft " WEFT_VERSION_STRING "\n");
	weft_switch_to(&boot, &ping);
	print("done\n");
	power_off();
}

/*
 * There is no EL0 and no interrupt: all of these are the end. What is not
 * here is in weft/defaults.
 */
void weft_hook_unexpected(struct weft_frame *frame, unsigned vector)
{
	(void)frame;
	print("unexpected: ");
	print(weft_vector_name(vector));
	print("\n");
	power_off();
}

void weft_hook_syscall(struct weft_frame *frame)
{
	weft_hook_unexpected(frame, WEFT_VECTOR_EL0_64);
}

void weft_hook_irq(struct weft_frame *frame, uint64_t taken)
{
	(void)taken;
	weft_hook_unexpected(frame, WEFT_VECTOR_EL1H | WEFT_VECTOR_IRQ);
}

/* Only where all files are linked: an archive gives event.o to its users. */
struct weft_frame *weft_hook_resume(struct weft_frame *frame)
{
	weft_hook_unexpected(frame, WEFT_VECTOR_EL0_64);
}
