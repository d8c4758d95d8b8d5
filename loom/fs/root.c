// SPDX-License-Identifier: MIT
/*
 * The root directory and what is in it before the initramfs: /dev with the
 * devices that the kernel has, and /proc. main.c calls fs_init once.
 */
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
	{ "/dev/hosterr", 0200, DEV_HOSTERR },
	{ "/dev/hostin", 0400, DEV_HOSTIN },
	{ "/dev/hostout", 0200, DEV_HOSTOUT },
	{ "/dev/null", 0666, DEV_NULL },
	{ "/dev/tty", 0666, DEV_TTY },
	{ "/dev/zero", 0666, DEV_ZERO },
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
	return err;
}

void fs_init(void)
{
	struct inode *proc;

	tree_init();
	root = ramfs_root();
	proc = procfs_root();
	if (!root || !proc || make_devices() ||
	    ramfs_mount(root, "proc", proc))
		fatal("fs: not enough memory for an empty root");
	inode_put(proc);
}
