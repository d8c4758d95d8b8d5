// SPDX-License-Identifier: MIT
/*
 * What loom does once it is up: start process 1. The boot tests link another
 * file in the place of this one.
 */
#include "boot/payload.h"

#include "lib/cmdline.h"
#include "lib/panic.h"
#include "proc/process.h"

#define DEFAULT_INIT "/bin/init"

void boot_payload(void)
{
	static char path[256];	/* process 1 reads it when it starts */

	if (!boot_has_initramfs())
		fatal("the boot loader passed no initramfs, so no /bin/init");
	if (!cmdline_get(boot_cmdline(), "loom.init", path, sizeof(path)))
		process_start_init(DEFAULT_INIT);
	else if (path[0] == '/')
		process_start_init(path);
	else
		fatal("loom.init=%s: an absolute path is needed", path);
}
