// SPDX-License-Identifier: MIT
/* Argument strings of an execve; see exec_args.h. Called by exec.c. */
#include "proc/exec_args.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmem.h"
#include "mm/user.h"

#define FIRST_SIZE	4096

void exec_args_free(struct exec_args *args)
{
	kfree(args->data);
	*args = (struct exec_args){ 0 };
}

/* How many bytes strings may still take, if one more pointer is added. */
static size_t room_left(const struct exec_args *args)
{
	size_t used = args->len + ((size_t)args->count + 1) * 8;

	return used < EXEC_ARGS_MAX ? EXEC_ARGS_MAX - used : 0;
}

/* Space for at least @more bytes behind the last string. */
static int make_room(struct exec_args *args, size_t more)
{
	size_t size = args->size ? args->size : FIRST_SIZE;
	char *data;

	if (more > room_left(args))
		return -E2BIG;
	while (size < args->len + more)
		size *= 2;
	if (size == args->size)
		return 0;
	data = krealloc(args->data, args->size, size);
	if (!data)
		return -ENOMEM;
	args->data = data;
	args->size = size;
	return 0;
}

static void added(struct exec_args *args, size_t len)
{
	args->len += len;
	args->count++;
}

int exec_args_add(struct exec_args *args, const char *string)
{
	size_t len = strlen(string) + 1;
	int err = make_room(args, len);

	if (err)
		return err;
	memcpy(args->data + args->len, string, len);
	added(args, len);
	return 0;
}

/* Try with the room there is; a string that does not fit asks for more. */
static int add_from_user(struct exec_args *args, uint64_t addr)
{
	size_t want = 1;
	size_t room;
	long len;
	int err;

	for (;;) {
		err = make_room(args, want);
		if (err)
			return err;
		room = args->size - args->len;
		if (room > room_left(args))
			room = room_left(args);
		len = string_from_user(args->data + args->len, addr, room);
		if (len != -ENAMETOOLONG)
			break;
		want = room + 1;
	}
	if (len < 0)
		return (int)len;
	added(args, (size_t)len + 1);
	return 0;
}

static int add_vector(struct exec_args *args, uint64_t vector, unsigned *count)
{
	uint64_t string;
	int err = 0;

	for (*count = 0; vector; vector += sizeof(string), ++*count) {
		err = copy_from_user(&string, vector, sizeof(string));
		if (err || !string)
			break;
		err = add_from_user(args, string);
		if (err)
			break;
	}
	return err;
}

static int complete_argv(struct exec_args *args)
{
	if (args->argc)
		return 0;
	args->argc = 1;
	return exec_args_add(args, "");
}

int exec_args_from_user(struct exec_args *args, uint64_t argv, uint64_t envp)
{
	int err = add_vector(args, argv, &args->argc);

	if (!err)
		err = complete_argv(args);
	if (!err)
		err = add_vector(args, envp, &args->envc);
	return err;
}

int exec_args_from_kernel(struct exec_args *args, const char *const *argv,
			  const char *const *envp)
{
	int err = 0;

	for (; !err && *argv; argv++, args->argc++)
		err = exec_args_add(args, *argv);
	if (!err)
		err = complete_argv(args);
	for (; !err && *envp; envp++, args->envc++)
		err = exec_args_add(args, *envp);
	return err;
}

int exec_args_interpret(struct exec_args *args, const char *interpreter,
			const char *option, const char *path)
{
	struct exec_args new = { 0 };
	size_t skip = strlen(args->data) + 1;
	int err = exec_args_add(&new, interpreter);

	if (!err && option)
		err = exec_args_add(&new, option);
	if (!err)
		err = exec_args_add(&new, path);
	if (!err)
		err = make_room(&new, args->len - skip +
				8 * (size_t)(args->count - 1));
	if (err) {
		exec_args_free(&new);
		return err;
	}
	memcpy(new.data + new.len, args->data + skip, args->len - skip);
	new.len += args->len - skip;
	new.argc = args->argc - 1 + new.count;
	new.envc = args->envc;
	new.count += args->count - 1;
	exec_args_free(args);
	*args = new;
	return 0;
}
