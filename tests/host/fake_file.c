// SPDX-License-Identifier: MIT
/* The files of fake_file.h. */
#include "fake_file.h"

#include "check.h"

#include "fs/inode.h"
#include "fs/pagetree.h"
#include "fs/ramfs.h"
#include "lib/errno.h"
#include "mm/filemap.h"
#include "mm/page.h"
#include "signal/signal.h"

unsigned fake_files;
bool fake_deadly;

static uint64_t last_number;

static struct inode *create(uint64_t size, bool is_memory)
{
	struct pagetree *pages = pagetree_create(is_memory);
	struct inode *inode;

	if (!pages)
		return NULL;
	inode = calloc(1, sizeof(*inode));
	assert_non_null(inode);
	inode->mode = MODE_REG | 0644;
	inode->number = ++last_number;
	inode->refs = 1;
	inode->size = size;
	inode->pages = pages;
	pagetree_set_end(pages, (size + PAGE_SIZE - 1) / PAGE_SIZE);
	fake_files++;
	return inode;
}

struct inode *fake_file(uint64_t size)
{
	struct inode *inode = create(size, false);

	assert_non_null(inode);
	return inode;
}

struct inode *ramfs_memory(uint64_t size)
{
	return create(size, true);
}

void fake_file_truncate(struct inode *inode, uint64_t pages)
{
	pagetree_set_end(inode->pages, pages);
	filemap_cut(inode, pages);
	pagetree_cut(inode->pages, pages);
	inode->size = pages * PAGE_SIZE;
}

uint64_t *fake_file_word(struct inode *inode, uint64_t page)
{
	uint64_t pa = pagetree_fill(inode->pages, page);

	assert_true(pa);
	page_put(pa);
	return phys_to_virt(pa);
}

void inode_get(struct inode *inode)
{
	assert_true(inode->refs > 0);
	inode->refs++;
}

void inode_put(struct inode *inode)
{
	assert_true(inode->refs > 0);
	if (--inode->refs)
		return;
	assert_true(inode->mappings == 0 && inode->writers == 0);
	pagetree_destroy(inode->pages);
	free(inode);
	fake_files--;
}

void inode_map(struct inode *inode, bool writer)
{
	inode_get(inode);
	inode->mappings++;
	inode->writers += writer;
}

void inode_unmap(struct inode *inode, bool writer)
{
	assert_true(inode->mappings > 0);
	inode->mappings--;
	inode->writers -= writer;
	inode_put(inode);
}

int inode_begin_execute(struct inode *inode)
{
	if (inode->writers > 0)
		return -ETXTBSY;
	inode->writers--;
	return 0;
}

void inode_end_execute(struct inode *inode)
{
	assert_true(inode->writers < 0);
	inode->writers++;
}

bool signal_is_deadly(void)
{
	return fake_deadly;
}
