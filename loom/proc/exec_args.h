// SPDX-License-Identifier: MIT
/*
 * The arguments and environment of an execve on their way from the old
 * program's memory to the new one's: strings one behind the other, argv first.
 */
#ifndef LOOM_PROC_EXEC_ARGS_H
#define LOOM_PROC_EXEC_ARGS_H

#include <stddef.h>
#include <stdint.h>

/* All strings with their NULs, and 8 bytes for the pointer to each. */
#define EXEC_ARGS_MAX	(128 * 1024)

struct exec_args {
	char *data;		/* kmalloc'ed */
	size_t len, size;	/* used, allocated */
	unsigned argc, envc;	/* how many of each */
	unsigned count;		/* strings in all */
};

/* All zero is an empty one. Frees the strings. */
void exec_args_free(struct exec_args *args);

/* Behind the last string: 0, -E2BIG, -ENOMEM. */
int exec_args_add(struct exec_args *args, const char *string);

/*
 * The vectors at user addresses @argv and @envp (0: empty), NULL-terminated:
 * 0, -EFAULT, -E2BIG, -ENOMEM. An empty argv gets one empty argument, as
 * Linux does: programs take argv[0] for granted.
 */
int exec_args_from_user(struct exec_args *args, uint64_t argv, uint64_t envp);

/* The same from kernel memory. */
int exec_args_from_kernel(struct exec_args *args, const char *const *argv,
			  const char *const *envp);

/*
 * For a script: argv[0] gives way to @interpreter, @option (unless NULL) and
 * @path. 0, -E2BIG, -ENOMEM.
 */
int exec_args_interpret(struct exec_args *args, const char *interpreter,
			const char *option, const char *path);

#endif
