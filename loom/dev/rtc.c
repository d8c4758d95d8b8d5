// SPDX-License-Identifier: MIT
/* Reads the PL031 once, at boot; main.c calls it after the timer. */
#include "dev/rtc.h"

#include <stdint.h>

#include "dev/fdt.h"
#include "dev/mmio.h"
#include "dev/timeconv.h"
#include "lib/log.h"
#include "mm/kvm.h"
#include "sched/clock.h"

enum {
	RTCDR = 0x00,		/* seconds since 1970 */
	REGS_SIZE = 0x1000,
};

void rtc_init(const struct fdt *fdt)
{
	int node = fdt_node_by_compatible(fdt, -1, "arm,pl031");
	uint64_t pa, size, now_ns;
	uint32_t seconds;
	uintptr_t regs;

	if (node < 0 || !fdt_node_is_enabled(fdt, node) ||
	    fdt_reg(fdt, node, 0, &pa, &size) < 0 || size < REGS_SIZE)
		return;
	regs = (uintptr_t)kvm_map_device(pa, REGS_SIZE);
	if (!regs) {
		klog("rtc: no room to map the registers\n");
		return;
	}

	seconds = mmio_read32(regs + RTCDR);
	now_ns = seconds * TIMECONV_NS_PER_S;
	/* A clock that was never set counts from 0: not before boot, then. */
	if (now_ns > clock_now())
		clock_set_boot_realtime(now_ns - clock_now());
}
