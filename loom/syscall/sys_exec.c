// SPDX-License-Identifier: MIT
/*
 * execve(2) and execveat(2): what the arguments name; proc/exec.c does it.
 * Called through the table of system calls.
 */
#include "fs/file.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "mm/kmem.h"
#include "proc/exec.h"
#include "proc/process.h"
#include "sched/thread.h"
#include "syscall/path_arg.h"
#include "syscall/sys_proc.h"

/* "/dev/fd/", a number, a slash, a path */
#define NAME_SIZE (FS_PATH_SIZE + 24)

/*
 * What a program is told of its path when that starts at a descriptor: one
 * that an interpreter can open, if the descriptor is still there by then.
 */
static void name_by_fd(char *name, int fd, const char *path)
{
	if (path[0])
		format(name, NAME_SIZE, "/dev/fd/%d/%s", fd, path);
	else
		format(name, NAME_SIZE, "/dev/fd/%d", fd);
}

static long exec_by_fd(const struct path_arg *p, struct exec_wish *wish, int fd)
{
	char *name = kmalloc(NAME_SIZE);
	long result;

	if (!name)
		return -ENOMEM;
	name_by_fd(name, fd, p->text);
	wish->name = name;
	wish->name_fails =
		files_get_cloexec(process_current()->files, fd) > 0;
	result = process_exec(thread_user_frame(thread_current()), wish);
	kfree(name);
	return result;
}

/* execve(path, argv, envp) */
long sys_execve(const uint64_t arg[6])
{
	const uint64_t at[6] = { (uint64_t)AT_FDCWD, arg[0], arg[1], arg[2] };

	return sys_execveat(at);
}

/* execveat(dirfd, path, argv, envp, flags) */
long sys_execveat(const uint64_t arg[6])
{
	uint32_t flags = (uint32_t)arg[4];
	struct exec_wish wish = {
		.no_link = flags & AT_SYMLINK_NOFOLLOW,
		.argv = arg[2],
		.envp = arg[3],
	};
	struct path_arg p;
	long result;

	if (flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		result = path_arg_get_empty(&p, arg[0], arg[1]);
	else
		result = path_arg_get(&p, arg[0], arg[1]);
	if (result)
		return result;
	wish.base = p.base;
	wish.path = p.text;
	wish.name = p.text;
	if ((int)arg[0] == AT_FDCWD || p.text[0] == '/')
		result = process_exec(thread_user_frame(thread_current()),
				      &wish);
	else
		result = exec_by_fd(&p, &wish, (int)arg[0]);
	path_arg_put(&p);
	return result;
}
