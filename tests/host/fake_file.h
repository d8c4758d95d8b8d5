// SPDX-License-Identifier: MIT
/*
 * Files for tests of address spaces, in place of fs/inode.c and fs/ramfs.c: an
 * inode over a real tree of pages (fs/pagetree.c), with its references counted
 * and checked. And a signal that ends the program, when the test says so. With
 * tests/host/machine.h.
 */
#ifndef TESTS_HOST_FAKE_FILE_H
#define TESTS_HOST_FAKE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inode;

/* A regular file of @size bytes, all of it a hole; one reference. */
struct inode *fake_file(uint64_t size);

/* As ftruncate, in whole pages. */
void fake_file_truncate(struct inode *inode, uint64_t pages);

/* The first word of a page of it, which is filled if it is a hole. */
uint64_t *fake_file_word(struct inode *inode, uint64_t page);

/* Files that somebody has a reference to. */
extern unsigned fake_files;

/* What signal_is_deadly says. */
extern bool fake_deadly;

#endif
