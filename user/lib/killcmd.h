// SPDX-License-Identifier: MIT
/*
 * The kill command, for /bin/kill and for the shell, which also has jobs.
 */
#ifndef USER_LIB_KILLCMD_H
#define USER_LIB_KILLCMD_H

#include <sys/types.h>

/*
 * Run kill with its arguments. @job turns %N into something for kill(2), or
 * 0 if there is no such job; NULL where there are no jobs. Messages go to
 * stderr after @prefix; returns the exit status.
 */
int kill_command(int argc, char **argv, const char *prefix,
		 pid_t (*job)(const char *which));

#endif
