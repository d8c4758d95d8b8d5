// SPDX-License-Identifier: MIT
/*
 * The first line of a script: `#! INTERPRETER [ARGUMENT]`. Pure; execve uses
 * it.
 */
#ifndef LOOM_PROC_SCRIPT_H
#define LOOM_PROC_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#define SCRIPT_LINE	256	/* bytes of a file that are looked at */

/* Does a file that begins with these @len bytes have such a line? */
bool script_is(const char *head, size_t len);

/*
 * Cut the line in @head[SCRIPT_LINE], the first @len bytes of the file, into
 * strings inside @head. As Linux has it, all behind the interpreter's name is
 * one argument, without blanks around it; *@argument is NULL if there is
 * none. -ENOEXEC: no interpreter, or its name is cut off.
 */
int script_parse(char *head, size_t len, char **interpreter, char **argument);

#endif
