// SPDX-License-Identifier: MIT
/*
 * Finding the program that a command names; init and the shell use it, to
 * tell "not found" from "found, but it cannot be run" before they start it.
 */
#ifndef USER_LIB_FIND_H
#define USER_LIB_FIND_H

/*
 * The file to execute for @name: @name itself if it has a slash, otherwise
 * the first executable regular file of that name in the directories of
 * @path (colon-separated; an empty one is the working directory).
 *
 * Returns 0 and a malloc'ed string in *@file, or an errno value: ENOENT no
 * such file, EACCES not executable, EISDIR a directory, ENOMEM.
 */
int find_program(const char *name, const char *path, char **file);

/* The exit status that shells give for that error: 127 or 126. */
int find_status(int error);

#endif
