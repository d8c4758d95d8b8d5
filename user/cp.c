// SPDX-License-Identifier: MIT
/*
 * cp: copy a file, or files into a directory.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/prog.h"

#define USAGE \
	"usage: cp SOURCE DESTINATION\n" \
	"       cp SOURCE... DIRECTORY\n" \
	"Copy files with their permissions.\n"

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int copy_contents(int in, const char *from, const char *to)
{
	struct stat in_st, out_st;
	int out, copied;

	if (fstat(in, &in_st) != 0) {
		warn("%s", from);
		return 1;
	}
	if (S_ISDIR(in_st.st_mode)) {
		warnx("%s: Is a directory", from);
		return 1;
	}
	/* Opening with O_TRUNC would empty the source of `cp f f'. */
	if (stat(to, &out_st) == 0 && in_st.st_ino == out_st.st_ino &&
	    in_st.st_dev == out_st.st_dev) {
		warnx("%s and %s are the same file", from, to);
		return 1;
	}
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		   in_st.st_mode & 0777);
	if (out < 0) {
		warn("%s", to);
		return 1;
	}
	copied = prog_copy_fd(in, out);
	if (copied != 0)
		warn("%s", copied == -1 ? from : to);
	if (close(out) != 0 && copied == 0) {
		warn("%s", to);
		copied = -2;
	}
	return copied == 0 ? 0 : 1;
}

static int copy_file(const char *from, const char *to)
{
	int status, in = open(from, O_RDONLY | O_CLOEXEC);

	if (in < 0) {
		warn("%s", from);
		return 1;
	}
	status = copy_contents(in, from, to);
	close(in);
	return status;
}

static int copy_into(const char *from, const char *dir)
{
	const char *slash = strrchr(from, '/');
	char *to;
	int status;

	if (asprintf(&to, "%s/%s", dir, slash ? slash + 1 : from) < 0)
		errx(1, "out of memory");
	status = copy_file(from, to);
	free(to);
	return status;
}

int main(int argc, char **argv)
{
	const char *last = argv[argc - 1];
	int status = 0, i;

	prog_help(argc, argv, USAGE);
	if (argc < 3 || argv[1][0] == '-')
		prog_usage(USAGE);
	if (argc == 3 && !is_directory(last))
		return copy_file(argv[1], last);
	if (!is_directory(last)) {
		errno = ENOTDIR;
		err(1, "%s", last);
	}
	for (i = 1; i < argc - 1; i++)
		status |= copy_into(argv[i], last);
	return status;
}
