// SPDX-License-Identifier: MIT
/*
 * Descriptors of endpoints and notifications: a struct file whose data is the
 * object, whose access mode is the rights, and whose badge is fixed when it is
 * made. So dup, fork, close, O_CLOEXEC and F_GETFL do what they do for all
 * files, and what a file may do never changes. The object has an inode, which
 * every one of its files counts; the last one to go frees the object.
 *
 * Reading is receiving and waiting, writing is sending and signalling.
 */
#ifndef LOOM_IPC_HANDLE_H
#define LOOM_IPC_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

struct file;
struct file_ops;
struct inode;
struct inode_ops;

/* The rights of @f, of enum of the ABI: LOOM_RIGHT_RECV and _SEND. */
unsigned handle_rights(const struct file *f);

/*
 * A file of @inode, whose data is the object: 0, -ENOMEM, -ENFILE. @ops->open
 * is called. Takes a reference on the inode.
 */
int handle_create(struct inode *inode, const struct file_ops *ops,
		  unsigned rights, uint64_t badge, struct file **out);

/*
 * Another file of what @from is for, with fewer rights or as many, none of
 * them new, and @badge; 0 keeps the badge. -EINVAL: no rights or unknown ones,
 * or @from is no endpoint or notification. -EPERM: @from has not those rights,
 * or another badge. -ENOMEM, -ENFILE.
 */
int handle_narrow(struct file *from, uint64_t rights, uint64_t badge,
		  struct file **out);

/* Is @f a file of that kind? It may be O_PATH. */
bool handle_is(const struct file *f, const struct file_ops *ops);

/*
 * The inode, with one reference, of a new object, @size bytes of zeros in a
 * cache line of their own, which is inode->data and is freed with it. NULL: no
 * memory.
 */
struct inode *handle_inode(const struct inode_ops *ops, uint32_t size);

/* For struct inode_ops. */
void handle_destroy(struct inode *inode);

#endif
