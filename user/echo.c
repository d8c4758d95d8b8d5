// SPDX-License-Identifier: MIT
/*
 * echo: write the arguments, separated by blanks; -n leaves out the newline.
 */
#include <stdio.h>
#include <string.h>

#include "lib/prog.h"

int main(int argc, char **argv)
{
	int newline = 1, i = 1;

	prog_help(argc, argv, "usage: echo [-n] [WORD...]\n");
	if (argc > 1 && strcmp(argv[1], "-n") == 0) {
		newline = 0;
		i = 2;
	}
	for (; i < argc; i++) {
		fputs(argv[i], stdout);
		if (i + 1 < argc)
			putchar(' ');
	}
	if (newline)
		putchar('\n');
	prog_exit(0);
}
