// SPDX-License-Identifier: MIT
/* Files of checkers; see files.h. */
#define _GNU_SOURCE
#include "files.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

int file_make(const char *name, const char *text)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		tap_bail("%s", name);
	return fd;
}

bool file_holds(const char *name, const char *text)
{
	char block[256];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, block, sizeof(block));

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(text) && memcmp(block, text, n) == 0;
}
