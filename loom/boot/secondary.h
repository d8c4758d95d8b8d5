// SPDX-License-Identifier: MIT
/*
 * The other CPUs: started one after the other, by PSCI or by a spin-table.
 */
#ifndef LOOM_BOOT_SECONDARY_H
#define LOOM_BOOT_SECONDARY_H

struct fdt;

/*
 * How many CPUs there will be at most: those of the device tree, CPU_MAX, or
 * loom.cpus=N of the command line, whatever is least. At least 1.
 */
unsigned secondary_limit(const struct fdt *fdt, const char *cmdline);

/*
 * Start up to @limit - 1 CPUs besides the calling one, by which all devices
 * and interrupts are set up. Interrupts are on. A CPU that does not come, or
 * is not like this one, is named in a message and left alone.
 */
void secondary_start(const struct fdt *fdt, unsigned limit);

#endif
