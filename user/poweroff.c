// SPDX-License-Identifier: MIT
/*
 * poweroff: end the machine.
 */
#include <err.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "lib/prog.h"

#define USAGE "usage: poweroff\nSwitch the machine off at once.\n"

int main(int argc, char **argv)
{
	prog_help(argc, argv, USAGE);
	if (argc != 1)
		prog_usage(USAGE);
	sync();
	reboot(RB_POWER_OFF);
	err(1, "cannot power off");
}
