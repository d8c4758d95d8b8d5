// SPDX-License-Identifier: MIT
/*
 * pwd: print the working directory.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/prog.h"

#define USAGE "usage: pwd\nPrint the working directory.\n"

int main(int argc, char **argv)
{
	char *dir;

	prog_help(argc, argv, USAGE);
	if (argc != 1)
		prog_usage(USAGE);
	dir = getcwd(NULL, 0);
	if (dir == NULL)
		err(1, "working directory");
	puts(dir);
	free(dir);
	prog_exit(0);
}
