// SPDX-License-Identifier: MIT
/*
 * What the kernel does once it is up: boot/payload.c starts process 1, the
 * boot tests (tests/boot/payload.c), linked instead of it, run themselves.
 * Called once by the boot thread, interrupts on; returns to let it idle.
 */
#ifndef LOOM_BOOT_PAYLOAD_H
#define LOOM_BOOT_PAYLOAD_H

#include <stdbool.h>

void boot_payload(void);

/* The kernel command line, "" if there is none. */
const char *boot_cmdline(void);

/* Did the boot loader pass files for the root? */
bool boot_has_initramfs(void);

#endif
