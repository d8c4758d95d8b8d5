// SPDX-License-Identifier: MIT
/*
 * Power State Coordination Interface (Arm DEN 0022): calls to the firmware
 * that stop, restart and start CPUs. Called by dev/power.c, and by whoever
 * starts the other CPUs.
 */
#include "dev/psci.h"

#include "dev/fdt.h"
#include "lib/errno.h"
#include "lib/log.h"
#include "lib/string.h"

/* Function numbers of PSCI 0.2 and later (5.1) */
enum {
	PSCI_SUCCESS = 0,
	PSCI_INVALID_PARAMETERS = -2,
	PSCI_DENIED = -3,
	PSCI_ALREADY_ON = -4,
	PSCI_ON_PENDING = -5,
	PSCI_INVALID_ADDRESS = -9,
};
#define PSCI_VERSION		UINT64_C(0x84000000)
#define PSCI_SYSTEM_OFF		UINT64_C(0x84000008)
#define PSCI_SYSTEM_RESET	UINT64_C(0x84000009)
#define PSCI_CPU_ON_64		UINT64_C(0xc4000003)

static enum { CONDUIT_NONE, CONDUIT_SMC, CONDUIT_HVC } conduit;

/*
 * The SMC calling convention 1.0 (Arm DEN 0028): arguments x0-x3, results
 * x0-x3; x4-x17 may be lost. "memory": a CPU that is started reads what was
 * stored before.
 */
#define CALL_CLOBBERS							\
	"x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",	\
	"x14", "x15", "x16", "x17", "memory"

static int32_t call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = a;
	register uint64_t x2 __asm__("x2") = b;
	register uint64_t x3 __asm__("x3") = c;

	if (conduit == CONDUIT_SMC)
		__asm__ volatile("smc #0"
				 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
				 : : CALL_CLOBBERS);
	else
		__asm__ volatile("hvc #0"
				 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
				 : : CALL_CLOBBERS);
	return (int32_t)x0;
}

static int find(const struct fdt *fdt)
{
	int node = fdt_node_by_compatible(fdt, -1, "arm,psci-1.0");

	return node >= 0 ? node
			 : fdt_node_by_compatible(fdt, -1, "arm,psci-0.2");
}

int psci_init(const struct fdt *fdt)
{
	int node = find(fdt);
	const char *method;
	int32_t version;

	if (node < 0)
		return -ENODEV;
	method = fdt_prop_string(fdt, node, "method");
	if (method && strcmp(method, "smc") == 0)
		conduit = CONDUIT_SMC;
	else if (method && strcmp(method, "hvc") == 0)
		conduit = CONDUIT_HVC;
	else
		return -ENODEV;

	version = call(PSCI_VERSION, 0, 0, 0);
	if (version < 0) {
		conduit = CONDUIT_NONE;
		return -ENODEV;
	}
	klog("psci: version %u.%u by %s\n", (unsigned)(version >> 16),
	     (unsigned)(version & 0xffff), method);
	return 0;
}

void psci_off(void)
{
	if (conduit != CONDUIT_NONE)
		call(PSCI_SYSTEM_OFF, 0, 0, 0);
}

void psci_reset(void)
{
	if (conduit != CONDUIT_NONE)
		call(PSCI_SYSTEM_RESET, 0, 0, 0);
}

int psci_cpu_on(uint64_t mpidr, uint64_t entry_pa, uint64_t context)
{
	if (conduit == CONDUIT_NONE)
		return -ENODEV;
	switch (call(PSCI_CPU_ON_64, mpidr, entry_pa, context)) {
	case PSCI_SUCCESS:
		return 0;
	case PSCI_INVALID_PARAMETERS:
	case PSCI_INVALID_ADDRESS:
		return -EINVAL;
	case PSCI_ALREADY_ON:
	case PSCI_ON_PENDING:
		return -EBUSY;
	case PSCI_DENIED:
		return -EPERM;
	default:
		return -EIO;
	}
}
