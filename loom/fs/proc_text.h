// SPDX-License-Identifier: MIT
/*
 * Between procfs.c, which knows what an inode of /proc is, and proc_text.c,
 * which reads its text: the operations of the open files.
 */
#ifndef LOOM_FS_PROC_TEXT_H
#define LOOM_FS_PROC_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct file;
struct inode;
struct proc_text;

int proc_text_open(struct file *f);
void proc_text_release(struct file *f);
long proc_text_read(struct file *f, uint64_t buf, size_t len, uint64_t *pos);

/* Write the text of @inode, a file: 0 or a negative errno. May sleep. */
int procfs_write(const struct inode *inode, struct proc_text *text);

#endif
