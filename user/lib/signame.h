// SPDX-License-Identifier: MIT
/*
 * Names of signals, for kill(1) and for the shell.
 */
#ifndef USER_LIB_SIGNAME_H
#define USER_LIB_SIGNAME_H

/* "TERM", "SIGTERM", "term", "15" or "0" to a number; -1 if it is none. */
int signame_number(const char *name);

/* "TERM" for SIGTERM; NULL for a number that has no name. */
const char *signame_short(int sig);

/* "Terminated" for SIGTERM; never NULL. The result may be overwritten. */
const char *signame_text(int sig);

/* Print the table of names, as kill -l does. */
void signame_print(void);

#endif
