// SPDX-License-Identifier: MIT
/* Power control through PSCI (Arm DEN 0022), by SMC or HVC as the DTB says. */
#ifndef LOOM_DEV_PSCI_H
#define LOOM_DEV_PSCI_H

#include <stdint.h>

struct fdt;

/* -ENODEV when the machine has none: psci_off and psci_reset then return. */
int psci_init(const struct fdt *fdt);
void psci_off(void);
void psci_reset(void);

/*
 * Start the CPU with affinity @mpidr at @entry_pa with the MMU off and
 * @context in x0. 0, -EBUSY (it is on), -EINVAL (no such CPU or address),
 * -EPERM, -EIO, -ENODEV. The caller cleans what the CPU reads before its
 * caches are on to memory, and has a barrier after that.
 */
int psci_cpu_on(uint64_t mpidr, uint64_t entry_pa, uint64_t context);

#endif
