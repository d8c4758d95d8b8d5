// SPDX-License-Identifier: MIT
/*
 * A kernel in C++17 on weft, with the start.S and kernel.lds of ../kernel. It
 * includes every public header: all.h is made by the test.
 */
#include "all.h"

namespace {

constexpr uintptr_t kernel_base = 0xffffff8000000000;
constexpr uintptr_t uart_dr = kernel_base + 0x09000000;
constexpr uint64_t psci_system_off = 0x84000008;

void print(const char *s)
{
	auto *dr = reinterpret_cast<volatile uint32_t *>(uart_dr);

	for (; *s; s++)
		*dr = static_cast<unsigned char>(*s);
}

[[noreturn]] void power_off()
{
	for (;;)
		__asm__ volatile("mov x0, %0; hvc #0; wfe"
				 :: "r"(psci_system_off) : "x0", "memory");
}

uint64_t address(const void *p)
{
	return reinterpret_cast<uintptr_t>(p);
}

/* A thread that counts to three and then hands over to @next for good. */
class Thread {
public:
	Thread(const char *name, const char *stack_top, weft_space &space)
		: name_(name)
	{
		weft_task_init(&task_, entry, this, address(stack_top), &space,
			       nullptr);
	}
	void pair_with(Thread &other) { other_ = &other.task_; }
	void end_with(weft_task &last) { last_ = &last; }
	weft_task &task() { return task_; }

private:
	static void entry(weft_task *, void *self)
	{
		static_cast<Thread *>(self)->body();
	}
	[[noreturn]] void body()
	{
		static const char *const counts[] = { "1\n", "2\n", "3\n" };

		for (const char *count : counts) {
			print(name_);
			print(count);
			weft_switch_to(&task_, other_);
		}
		weft_switch_to(&task_, last_);
		power_off();
	}

	const char *name_;
	weft_task task_;
	weft_task *other_ = nullptr;
	weft_task *last_ = nullptr;
};

weft_cpu cpu;
weft_space empty;
weft_task boot;

} // namespace

extern "C" {

extern char spare_stack_top[], ping_stack_top[], pong_stack_top[];
extern char empty_root[];

__attribute__((used)) void *memset(void *dst, int c, size_t n)
{
	auto *d = static_cast<volatile unsigned char *>(dst);

	while (n--)
		*d++ = static_cast<unsigned char>(c);
	return dst;
}

__attribute__((used)) void *memcpy(void *dst, const void *src, size_t n)
{
	auto *d = static_cast<volatile unsigned char *>(dst);
	auto *s = static_cast<const unsigned char *>(src);

	while (n--)
		*d++ = *s++;
	return dst;
}

void kernel_main(uint64_t)
{
	cpu.spare_stack = address(spare_stack_top);
	weft_space_init_empty(&empty, address(empty_root) - kernel_base);
	weft_task_adopt(&boot, &cpu, &empty);
	weft_tlb_flush_local();

	Thread ping("ping ", ping_stack_top, empty);
	Thread pong("pong ", pong_stack_top, empty);

	ping.pair_with(pong);
	pong.pair_with(ping);
	ping.end_with(boot);
	print("weft " WEFT_VERSION_STRING " from C++\n");
	weft_switch_to(&boot, &ping.task());
	print("done\n");
	power_off();
}

} // extern "C"

/* The headers give these their linkage. */
void weft_hook_unexpected(weft_frame *, unsigned vector)
{
	print("unexpected: ");
	print(weft_vector_name(vector));
	print("\n");
	power_off();
}

void weft_hook_syscall(weft_frame *frame)
{
	weft_hook_unexpected(frame, WEFT_VECTOR_EL0_64);
}

void weft_hook_irq(weft_frame *frame, uint64_t)
{
	weft_hook_unexpected(frame, WEFT_VECTOR_EL1H | WEFT_VECTOR_IRQ);
}

weft_frame *weft_hook_resume(weft_frame *frame)
{
	weft_hook_unexpected(frame, WEFT_VECTOR_EL0_64);
}
