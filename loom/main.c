// SPDX-License-Identifier: MIT
/*
 * From the first C instruction to an idle kernel: each subsystem is started
 * once, in the order in which they need each other. boot/head.S calls
 * loom_main; what the machine is for comes last (boot/payload.h).
 */
#include <stdbool.h>
#include <stdint.h>

#include <weft/config.h>
#include <weft/cpu.h>
#include <weft/pauth.h>
#include <weft/sysreg.h>

#include "boot/memory.h"
#include "boot/payload.h"
#include "boot/secondary.h"
#include "dev/fdt.h"
#include "dev/host.h"
#include "dev/irq.h"
#include "dev/psci.h"
#include "dev/rtc.h"
#include "dev/timer.h"
#include "dev/uart.h"
#include "fs/inode.h"
#include "lib/cmdline.h"
#include "lib/lock.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "lib/random.h"
#include "mm/kvm.h"
#include "mm/layout.h"
#include "proc/fpstate.h"
#include "proc/futex.h"
#include "proc/timers.h"
#include "sched/clock.h"
#include "sched/cpu.h"
#include "sched/ipi.h"
#include "sched/sched.h"
#include "sched/watchdog.h"
#include "trace/trace.h"
#include "tty/tty.h"

_Noreturn void loom_main(uint64_t image, uint64_t dtb, uint64_t level);

extern char __image_end[], spare_stack_top[];

static struct fdt tree;
static struct fdt_chosen chosen = { .bootargs = "" };
static bool has_initramfs;
static unsigned cpu_limit;

const char *boot_cmdline(void)
{
	return chosen.bootargs;
}

bool boot_has_initramfs(void)
{
	return has_initramfs;
}

/* The first thread, and what an exception from here on needs. */
static void start_cpu(void)
{
	struct weft_features features;

	weft_features_read(&features);
	cpus[0].weft.spare_stack = (uint64_t)(uintptr_t)spare_stack_top;
	sched_init(&cpus[0]);
	cpu_set_online(&cpus[0]);
	if (features.pan)
		weft_pan_set();
}

/*
 * Without a device tree nothing is known, not even how to say so. If the
 * machine answers semihosting calls, that is told there.
 */
static void open_tree(uint64_t dtb)
{
	const void *blob = (const void *)(uintptr_t)
		(DTB_BASE + (dtb & (BLOCK_SIZE - 1)));
	const char *why = "the boot loader passed none";
	int err = FDT_E_MISSING;

	if (dtb) {
		err = fdt_open(&tree, blob, 2 * (uint64_t)BLOCK_SIZE -
			       (dtb & (BLOCK_SIZE - 1)));
		why = fdt_error(err);
	}
	if (err) {
		host_init(host_probe());
		fatal("device tree: %s", why);
	}
}

static void start_console(uint64_t level)
{
	int err = fdt_chosen(&tree, &chosen);
	bool quiet = cmdline_get(chosen.bootargs, "loom.quiet", NULL, 0);
	char mode[16] = "";

	cmdline_get(chosen.bootargs, "loom.host", mode, sizeof(mode));
	host_init(mode[0] != '\0');
	trace_measure();
	if (uart_init_early(&tree))
		fatal("the device tree names no PL011 as console");
	if (!quiet)
		klog_set_sink(uart_write_text);
	klog("loom: entered at EL%lu\n", (unsigned long)level);
	if (err)
		klog("device tree: /chosen: %s\n", fdt_error(err));
}

static void seed_random(void)
{
	uint64_t now = weft_read_cntvct_el0();

	if (chosen.rng_seed)
		random_seed(chosen.rng_seed, chosen.rng_seed_len);
	if (chosen.kaslr_seed)
		random_seed(&chosen.kaslr_seed, sizeof(chosen.kaslr_seed));
	/* The counter adds little, and nothing that must repeat may vary. */
	if (random_is_seeded())
		random_seed(&now, sizeof(now));
}

/* All CPUs there are have come. */
static void start_watchdog(void)
{
	uint64_t daif = irq_save();

	watchdog_start(&cpus[0]);
	irq_restore(daif);
}

static void start_devices(void)
{
	irq_init(&tree);
	ipi_init();
	if (uart_init(&tree))
		klog("uart: no interrupt, the console cannot be read\n");
	timer_init(&tree);
	if (psci_init(&tree))
		klog("psci: none, the machine cannot power off\n");
	lock_stat_init(chosen.bootargs);
	watchdog_init(chosen.bootargs);
	clock_init();
	rtc_init(&tree);
}

static void start_files(void)
{
	const char *why = NULL;
	const void *data;
	size_t size;
	int err;

	fs_init();
	tty_init();
	data = memory_initrd(&size);
	if (!data)
		return;		/* whoever needs a file says so */
	has_initramfs = true;
	err = initramfs_unpack(data, size, &why);
	memory_release_initrd();
	if (err)
		fatal("initramfs: %s (error %d)", why ? why : "damaged", -err);
}

/* From here on the kernel signs its return addresses, if the CPU can. */
static _Noreturn void start_rest(void *arg)
{
	(void)arg;
	if (WEFT_PAUTH && weft_pauth_on()) {
		weft_write_vbar_el1((uint64_t)(uintptr_t)weft_vectors_pauth);
		weft_isb();	/* the next exception is taken there */
	}
	start_devices();
	weft_unmask_all();
	secondary_start(&tree, cpu_limit);
	start_watchdog();
	start_files();
	boot_payload();
	sched_idle();
}

void loom_main(uint64_t image, uint64_t dtb, uint64_t level)
{
	struct boot_image where = {
		.start = image,
		.end = image + ((uint64_t)(uintptr_t)__image_end - IMAGE_BASE),
	};

	kvm_init(image);
	start_cpu();
	open_tree(dtb);
	start_console(level);
	memory_init(&tree, &chosen, &where, dtb);
	kvm_leave_identity();
	cpu_limit = secondary_limit(&tree, chosen.bootargs);
	kvm_init_asids(chosen.bootargs, cpu_limit);
	fpstate_init(chosen.bootargs);
	futex_init();
	timers_init();
	seed_random();
	if (WEFT_PAUTH)
		weft_pauth_start(&cpus[0].weft, random_u64(), random_u64(),
				 start_rest, NULL);
	start_rest(NULL);
}
