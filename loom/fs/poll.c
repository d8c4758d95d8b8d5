// SPDX-License-Identifier: MIT
/*
 * The table of a thread that waits for files: which queues it is on, and the
 * files they belong to. Called by the system calls (syscall/sys_poll.c) and
 * by each kind of file's poll function.
 */
#include "fs/poll.h"

#include "fs/file.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "mm/layout.h"

/* A page of entries. */
struct poll_block {
	struct list link;	/* on poll_table.more, the newest last */
	unsigned used;
	struct poll_entry entry[];
};

enum {
	PER_BLOCK = (PAGE_SIZE - sizeof(struct poll_block)) /
		    sizeof(struct poll_entry),
};

static struct poll_block *add_block(struct poll_table *pt)
{
	struct poll_block *block = kmalloc(PAGE_SIZE);

	if (!block)
		return NULL;
	block->used = 0;
	list_add_tail(&pt->more, &block->link);
	return block;
}

/* A free entry; NULL if memory is short. */
static struct poll_entry *new_entry(struct poll_table *pt)
{
	struct poll_block *block = NULL;
	struct list *last;

	if (pt->few_used < POLL_FEW)
		return &pt->few[pt->few_used++];
	last = list_last(&pt->more);
	if (last)
		block = container_of(last, struct poll_block, link);
	if (!block || block->used == PER_BLOCK)
		block = add_block(pt);
	return block ? &block->entry[block->used++] : NULL;
}

void poll_wait(struct poll_table *pt, struct waitq *queue)
{
	struct poll_entry *entry;

	if (!pt || !pt->first)
		return;
	entry = new_entry(pt);
	if (!entry) {
		pt->error = -ENOMEM;
		return;
	}
	file_get(pt->file);
	entry->file = pt->file;
	watcher_add(&entry->watcher, &pt->watch, queue);
}

unsigned poll_file(struct file *f, struct poll_table *pt)
{
	if (!f->ops->poll)
		return POLL_ALWAYS;
	if (pt)
		pt->file = f;
	return f->ops->poll(f, pt);
}

void poll_begin(struct poll_table *pt)
{
	watch_init(&pt->watch);
	pt->first = true;
	pt->error = 0;
	pt->file = NULL;
	pt->few_used = 0;
	list_init(&pt->more);
}

void poll_round(struct poll_table *pt)
{
	watch_begin(&pt->watch);
}

int poll_sleep(struct poll_table *pt, uint64_t deadline_ns)
{
	pt->first = false;
	return pt->error ? pt->error : watch_sleep(&pt->watch, deadline_ns);
}

static void drop(struct poll_entry *entry, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		watcher_remove(&entry[i].watcher);
		file_put(entry[i].file);
	}
}

void poll_end(struct poll_table *pt)
{
	struct list *node;

	drop(pt->few, pt->few_used);
	while ((node = list_pop(&pt->more))) {
		struct poll_block *block =
			container_of(node, struct poll_block, link);

		drop(block->entry, block->used);
		kfree(block);
	}
}
