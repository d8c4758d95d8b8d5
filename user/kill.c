// SPDX-License-Identifier: MIT
/*
 * kill: send a signal to processes. The shell has the same as a builtin.
 */
#include <stddef.h>

#include "lib/killcmd.h"
#include "lib/prog.h"

int main(int argc, char **argv)
{
	prog_exit(kill_command(argc, argv, "kill", NULL));
}
