// SPDX-License-Identifier: MIT
/* How the machine stops: every end of loom goes through here. */
#ifndef LOOM_DEV_POWER_H
#define LOOM_DEV_POWER_H

/* poweroff(8) in the shell: status 0. */
_Noreturn void power_off(void);

/* Process 1 ended: its exit status (0..255) is the machine's. */
_Noreturn void power_off_status(int status);

_Noreturn void power_restart(void);

/* The kernel cannot go on; @why is one line. QEMU ends non-zero. */
_Noreturn void power_fail(const char *why);

#endif
