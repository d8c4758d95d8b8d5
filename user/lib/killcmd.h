// SPDX-License-Identifier: MIT
/*
 * The kill command, for /bin/kill and for the shell, which also has jobs.
 */
#ifndef USER_LIB_KILLCMD_H
#define USER_LIB_KILLCMD_H

#include <sys/types.h>

/*
 * Run kill with its arguments. @job turns %N, or the id of a job's process,
 * into something for kill(2), or 0 if there is no such job; NULL where there
 * are no jobs. A stopped job that is told to end (TERM, HUP) is continued, so
 * that it does. Messages go to stderr after @prefix; returns the exit status.
 */
int kill_command(int argc, char **argv, const char *prefix,
		 pid_t (*job)(const char *which));

#endif
