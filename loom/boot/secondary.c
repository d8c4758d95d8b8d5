// SPDX-License-Identifier: MIT
/*
 * The start of the other CPUs. Called once by main.c on the first.
 *
 * One at a time: the first CPU writes what the next needs into the mail, which
 * names it by its affinity, asks the firmware (PSCI) or the boot loader's
 * waiting loop (spin-table) to let it go, and waits until it is online.
 *
 *	first CPU			the other
 *	fills the mail, cleans it
 *	to memory
 *	CPU_ON, or the address and SEV
 *					secondary_physical (head.S): EL1, the
 *					mail is its own?, MMU on
 *					secondary_main: idle thread, ASID 0
 *					flushed, features compared, keys,
 *					interrupts, clock
 *	sees it (acquire)	<-	is online (release)
 *	next one			sched_idle
 *
 * The mail is read with the MMU off, so it is read from memory, not from a
 * cache: that is why it is cleaned. One that comes late, after its time was
 * up, finds in the mail either its own name still, and joins, or that of
 * another, and waits for ever: each of them has a stack of its own.
 *
 * A CPU that differs from the first in what programs or the kernel rely on
 * is not used: a thread may run anywhere.
 */
#include "boot/secondary.h"

#include <stdbool.h>
#include <stdint.h>

#include <weft/arch.h>
#include <weft/cache.h>
#include <weft/config.h>
#include <weft/cpu.h>
#include <weft/pauth.h>
#include <weft/sysreg.h>
#include <weft/tlb.h>

#include "boot/early.h"
#include "boot/mail.h"
#include "dev/fdt.h"
#include "dev/irq.h"
#include "dev/psci.h"
#include "dev/timer.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/kvm.h"
#include "mm/layout.h"
#include "mm/page.h"
#include "sched/clock.h"
#include "sched/cpu.h"
#include "sched/sched.h"
#include "sched/watchdog.h"

/* How long a CPU may take to come up, in ns. */
#define PATIENCE	UINT64_C(2000000000)

#define MPIDR_AFFINITY	UINT64_C(0xff00ffffff)

enum verdict { UNKNOWN, GOOD, DIFFERENT };

/* Read by the one that starts, with the MMU off: see boot/mail.h. */
struct secondary_mail secondary_mail
	__attribute__((aligned(SECONDARY_MAIL_ALIGN)));

/* Of the first CPU. */
static struct weft_features features;
/* Atomic: what the one that starts says of itself. */
static enum verdict verdict;

extern const char secondary_physical[];
_Noreturn void secondary_main(struct cpu *cpu);

unsigned secondary_limit(const struct fdt *fdt, const char *cmdline)
{
	uint64_t limit = CPU_MAX;
	uint64_t mpidr;
	unsigned n = 0;
	int node = -1;

	cmdline_u64(cmdline, "loom.cpus", &limit);
	while ((node = fdt_cpu(fdt, node, &mpidr)) >= 0)
		n++;
	if (n > limit)
		n = (unsigned)limit;
	if (n > CPU_MAX)
		n = CPU_MAX;
	return n ? n : 1;
}

static uint64_t image_to_phys(const void *p)
{
	/* The first table of the kernel's half is in the image. */
	return (uint64_t)(uintptr_t)p - (uint64_t)(uintptr_t)early_pages +
	       early_tables.ttbr0;
}

/* Let the one that waits at the loader's address @pa go. */
static int release(uint64_t pa)
{
	uint64_t entry = image_to_phys(secondary_physical);
	volatile uint64_t *word;

	if (pa % sizeof(*word))
		return -EINVAL;
	word = kvm_is_memory(pa) ? phys_to_virt(pa) :
				   kvm_map_device(pa, sizeof(*word));
	if (!word)
		return -ENOMEM;
	*word = entry;
	/* It polls with the MMU off. Ends with a DSB: the SEV comes after. */
	if (kvm_is_memory(pa))
		weft_cache_clean(phys_to_virt(pa), sizeof(*word));
	else
		weft_dsb_sy();
	weft_sev();
	return 0;
}

static int let_go(const struct fdt *fdt, int node, uint64_t mpidr)
{
	const char *method = fdt_prop_string(fdt, node, "enable-method");
	uint64_t pa;

	/* It may come late, when nobody waits for it any more. */
	cpu_expect_others();
	if (!method || strcmp(method, "psci") == 0)
		return psci_cpu_on(mpidr, image_to_phys(secondary_physical),
				   0);
	if (strcmp(method, "spin-table") != 0 ||
	    fdt_prop_number(fdt, node, "cpu-release-addr", &pa) < 0)
		return -ENODEV;
	return release(pa);
}

static bool wait_for(const struct cpu *cpu)
{
	uint64_t start = clock_now();

	while (clock_now() - start < PATIENCE) {
		if (__atomic_load_n(&cpu->online, __ATOMIC_ACQUIRE))
			return true;
		if (__atomic_load_n(&verdict, __ATOMIC_RELAXED) == DIFFERENT)
			return false;
		weft_yield_hint();
	}
	return false;
}

static bool give_stacks(struct cpu *cpu)
{
	void *stack = kvm_stack_alloc();
	void *spare = kvm_stack_alloc();

	if (!stack || !spare)
		return false;
	cpu->weft.spare_stack = (uint64_t)(uintptr_t)spare + STACK_SIZE;
	secondary_mail.stack_top = (uint64_t)(uintptr_t)stack + STACK_SIZE;
	return true;
}

static bool start_one(const struct fdt *fdt, int node, uint64_t mpidr,
		      struct cpu *cpu)
{
	int err;

	if (!give_stacks(cpu))
		fatal("no memory for the stacks of CPU %lu",
		      (unsigned long)cpu->weft.index);
	verdict = UNKNOWN;
	secondary_mail.ttbr0 = early_tables.ttbr0;
	secondary_mail.ttbr1 = early_tables.ttbr1;
	secondary_mail.cpu = (uint64_t)(uintptr_t)cpu;
	secondary_mail.mpidr = mpidr;
	weft_cache_clean(&secondary_mail, sizeof(secondary_mail));
	err = let_go(fdt, node, mpidr);
	if (err) {
		klog("cpu %lu (affinity %lx) cannot be started: error %d\n",
		     (unsigned long)cpu->weft.index, (unsigned long)mpidr,
		     -err);
		return false;
	}
	if (wait_for(cpu))
		return true;
	klog("cpu %lu (affinity %lx) %s\n", (unsigned long)cpu->weft.index,
	     (unsigned long)mpidr,
	     __atomic_load_n(&verdict, __ATOMIC_RELAXED) == DIFFERENT ?
	     "is not like the first one and not used" :
	     "was started and does not come");
	return false;
}

void secondary_start(const struct fdt *fdt, unsigned limit)
{
	uint64_t self = weft_read_mpidr_el1() & MPIDR_AFFINITY;
	unsigned index = 1;
	unsigned there = 0, used = 1;
	uint64_t mpidr;
	int node = -1;

	weft_features_read(&features);
	while ((node = fdt_cpu(fdt, node, &mpidr)) >= 0) {
		there++;
		if (mpidr == self || index >= limit)
			continue;
		cpus[index].weft.index = index;
		if (start_one(fdt, node, mpidr, &cpus[index]))
			used++;
		index++;
	}
	klog("cpu: %u there, %u used\n", there, used);
}

/* On the CPU that starts, signing as all do now. */
static _Noreturn void join(void *arg)
{
	struct cpu *cpu = arg;

	if (WEFT_PAUTH && weft_pauth_on()) {
		weft_write_vbar_el1((uint64_t)(uintptr_t)weft_vectors_pauth);
		weft_isb();	/* the next exception is taken there */
	}
	irq_init_cpu();
	timer_init_cpu();
	clock_init();
	cpu_set_online(cpu);
	watchdog_start(cpu);
	sched_idle();
}

/*
 * From head.S: on its own stack, DAIF masked, TTBR0 maps what the MMU needed.
 */
void secondary_main(struct cpu *cpu)
{
	const uint64_t *key = cpus[0].weft.kernel_key;
	struct weft_features mine;

	sched_init(cpu);
	/* The identity mapping is out of TTBR0; its entries have ASID 0. */
	weft_tlb_flush_local();
	weft_features_read(&mine);
	if (memcmp(&mine, &features, sizeof(mine)) != 0) {
		__atomic_store_n(&verdict, DIFFERENT, __ATOMIC_RELAXED);
		for (;;)
			weft_wfi();
	}
	if (mine.pan)
		weft_pan_set();
	if (WEFT_PAUTH)
		weft_pauth_start(&cpu->weft, key[0], key[1], join, cpu);
	join(cpu);
}
