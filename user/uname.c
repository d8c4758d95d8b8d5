// SPDX-License-Identifier: MIT
/*
 * uname: what runs here.
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/prog.h"

#define USAGE \
	"usage: uname [-asnrvm]\n" \
	"Print the system's name (-s, the default), the node's (-n),\n" \
	"release (-r), version (-v) and machine (-m), or all (-a).\n"

static void print_field(bool wanted, const char *text)
{
	static const char *separator = "";

	if (!wanted)
		return;
	printf("%s%s", separator, text);
	separator = " ";
}

int main(int argc, char **argv)
{
	bool s = false, n = false, r = false, v = false, m = false, a = false;
	struct utsname u;
	int option;

	prog_help(argc, argv, USAGE);
	while ((option = getopt(argc, argv, "+asnrvm")) != -1) {
		if (option == '?')
			prog_usage(USAGE);
		a |= option == 'a';
		s |= option == 's';
		n |= option == 'n';
		r |= option == 'r';
		v |= option == 'v';
		m |= option == 'm';
	}
	if (optind != argc)
		prog_usage(USAGE);
	if (uname(&u) != 0)
		err(1, "uname");
	print_field(s || a || !(n || r || v || m), u.sysname);
	print_field(n || a, u.nodename);
	print_field(r || a, u.release);
	print_field(v || a, u.version);
	print_field(m || a, u.machine);
	putchar('\n');
	prog_exit(0);
}
