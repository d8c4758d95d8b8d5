// SPDX-License-Identifier: MIT
/*
 * Path search for init and the shell; see find.h.
 */
#define _GNU_SOURCE
#include "find.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int check_file(const char *file)
{
	struct stat st;

	if (stat(file, &st) != 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	if (!S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0)
		return EACCES;
	return 0;
}

static char *join(const char *dir, size_t len, const char *name)
{
	char *file;

	if (len == 0)
		return strdup(name);
	if (asprintf(&file, "%.*s/%s", (int)len, dir, name) < 0)
		return NULL;
	return file;
}

int find_program(const char *name, const char *path, char **file)
{
	int error = ENOENT;

	if (strchr(name, '/') != NULL) {
		error = check_file(name);
		if (error != 0)
			return error;
		*file = strdup(name);
		return *file == NULL ? ENOMEM : 0;
	}
	while (*name != '\0' && path != NULL) {
		size_t len = strcspn(path, ":");
		char *candidate = join(path, len, name);
		int found;

		if (candidate == NULL)
			return ENOMEM;
		found = check_file(candidate);
		if (found == 0) {
			*file = candidate;
			return 0;
		}
		free(candidate);
		/* A later directory may still have one that runs. */
		if (found == EACCES)
			error = EACCES;
		path = path[len] == ':' ? path + len + 1 : NULL;
	}
	return error;
}

int find_status(int error)
{
	return error == ENOENT || error == ENOTDIR ? 127 : 126;
}
