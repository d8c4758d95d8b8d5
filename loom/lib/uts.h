// SPDX-License-Identifier: MIT
/*
 * The names of the system: what uname(2) tells and /proc/sys/kernel shows.
 */
#ifndef LOOM_LIB_UTS_H
#define LOOM_LIB_UTS_H

#include <stddef.h>

#define UTS_SIZE 65

/* struct new_utsname of Linux */
struct uts_names {
	char sysname[UTS_SIZE], nodename[UTS_SIZE], release[UTS_SIZE],
	     version[UTS_SIZE], machine[UTS_SIZE], domainname[UTS_SIZE];
};

/* Any context with no lock ranked RANK_UTS or above held. */
void uts_get(struct uts_names *names);

/* @len bytes, fewer than UTS_SIZE, without a NUL. */
void uts_set_nodename(const char *name, size_t len);
void uts_set_domainname(const char *name, size_t len);

#endif
