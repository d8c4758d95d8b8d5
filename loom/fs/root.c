// SPDX-License-Identifier: MIT
/*
 * The root directory and what is in it before the initramfs: /dev with the
 * devices that the kernel has, and /proc. main.c calls fs_init once.
 */
#include "fs/filelock.h"
#include "fs/inode.h"
#include "fs/procfs.h"
#include "fs/ramfs.h"
#include "fs/tree.h"
#include "lib/panic.h"

static struct inode *root;

static const struct {
	const char *path;
	uint32_t mode;
	uint64_t rdev;
} devices[] = {
	{ "/dev/console", 0600, DEV_CONSOLE },
	{ "/dev/full", 0666, DEV_FULL },
	{ "/dev/hosterr", 0200, DEV_HOSTERR },
	{ "/dev/hostin", 0400, DEV_HOSTIN },
	{ "/dev/hostout", 0200, DEV_HOSTOUT },
	{ "/dev/null", 0666, DEV_NULL },
	{ "/dev/random", 0666, DEV_RANDOM },
	{ "/dev/tty", 0666, DEV_TTY },
	{ "/dev/urandom", 0666, DEV_URANDOM },
	{ "/dev/zero", 0666, DEV_ZERO },
};

static const struct {
	const char *path;
	const char *target;
} links[] = {
	{ "/dev/fd", "/proc/self/fd" },
	{ "/dev/stderr", "/proc/self/fd/2" },
	{ "/dev/stdin", "/proc/self/fd/0" },
	{ "/dev/stdout", "/proc/self/fd/1" },
};

struct inode *fs_root(void)
{
	return root;
}

static int make_devices(void)
{
	int err = fs_mkdir(root, "/dev", 0755);

	for (unsigned i = 0; !err && i < sizeof(devices) / sizeof(*devices);
	     i++)
		err = fs_mknod(root, devices[i].path,
			       MODE_CHR | devices[i].mode, devices[i].rdev);
	for (unsigned i = 0; !err && i < sizeof(links) / sizeof(*links); i++)
		err = fs_symlink(root, links[i].path, links[i].target);
	/* Where the C library puts named shared memory and semaphores. */
	if (!err)
		err = fs_mkdir(root, "/dev/shm", 01777);
	return err;
}

void fs_init(void)
{
	struct inode *proc;

	tree_init();
	filelock_init();
	root = ramfs_root();
	proc = procfs_root();
	if (!root || !proc || make_devices() ||
	    ramfs_mount(root, "proc", proc))
		fatal("fs: not enough memory for an empty root");
	inode_put(proc);
}
