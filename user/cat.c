// SPDX-License-Identifier: MIT
/*
 * cat: write files, or standard input, to standard output.
 */
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/prog.h"

#define USAGE \
	"usage: cat [FILE...]\n" \
	"Write the files to standard output; - or none is standard input.\n"

static int copy_file(const char *name)
{
	int fd = STDIN_FILENO, copied;

	if (strcmp(name, "-") != 0)
		fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		warn("%s", name);
		return 1;
	}
	copied = prog_copy_fd(fd, STDOUT_FILENO);
	if (copied == -2)
		err(1, "write error");
	if (copied == -1)
		warn("%s", name);
	if (fd != STDIN_FILENO)
		close(fd);
	return copied == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	int status = 0, i;

	prog_help(argc, argv, USAGE);
	if (argc > 1 && argv[1][0] == '-' && argv[1][1] != '\0')
		prog_usage(USAGE);
	if (argc == 1)
		return copy_file("-");
	for (i = 1; i < argc; i++)
		status |= copy_file(argv[i]);
	return status;
}
