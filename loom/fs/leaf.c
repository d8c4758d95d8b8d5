// SPDX-License-Identifier: MIT
/*
 * The short way of read(2) and write(2); see leaf.h. Called by weft's entry
 * code with all of DAIF masked, on the only CPU (sched/quick.h): so nothing
 * here is locked, and what is found stays as it is. A spinlock is free, for
 * its holder could not have been interrupted by a program; a mutex need not be.
 *
 * Who sleeps here sleeps in a read, and has taken nothing. Who writes cannot
 * store what it brings in the reader's memory, which is not its own: the
 * reader does that on its way out. If it finds the other's bytes there, and
 * has nothing else to do than to take them, that is leaf_read_again. If not
 * (a signal woke it, another reader was faster) the call is made again in the
 * general way.
 */
#include "fs/leaf.h"

#include <weft/frame.h>
#include <weft/leaf_user.h>

#include "fs/eventfd_impl.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/pipe_impl.h"
#include "mm/layout.h"
#include "mm/page.h"
#include "proc/own_files.h"
#include "sched/quick_wait.h"

enum {
	PIPE_FEW = 64,		/* bytes: more are worth the general way */
	NOT_SIMPLE = -1,
};

/* Bytes taken; 0: there is nothing; NOT_SIMPLE, and nothing has changed. */
static inline long take_event(const struct file *f, uint64_t buf, uint64_t len)
{
	struct event *e = f->data;
	uint64_t value = e->count;

	if (len < sizeof(value) || buf >= USER_TOP ||
	    !quick_is_quiet(&e->can_write))
		return NOT_SIMPLE;
	if (!value)
		return 0;
	if (e->semaphore)
		value = 1;
	if (!weft_leaf_store64(buf, value))
		return NOT_SIMPLE;
	e->count -= value;
	return sizeof(value);
}

static inline long put_event(const struct file *f, uint64_t buf, uint64_t len)
{
	struct event *e = f->data;
	uint64_t value;

	if (len < sizeof(value) || buf >= USER_TOP ||
	    !weft_leaf_load64(buf, &value) ||
	    value > COUNT_LAST - e->count)
		return NOT_SIMPLE;
	e->count += value;
	return sizeof(value);
}

/* @len bytes of the ring from @at on, if they are of one page that is there. */
static inline uint8_t *piece(const struct pipe_ring *ring, uint64_t at,
			     uint64_t len)
{
	uint64_t pa = ring->page[at / PAGE_SIZE];

	if (!pa || at % PAGE_SIZE + len > PAGE_SIZE)
		return NULL;
	return (uint8_t *)phys_to_virt(pa) + at % PAGE_SIZE;
}

static inline bool few_at(uint64_t buf, uint64_t len)
{
	return len - 1 < PIPE_FEW && buf < USER_TOP;
}

static inline long take_pipe(const struct file *f, uint64_t buf, uint64_t len)
{
	struct pipe *p = f->data;
	struct pipe_ring *ring = &p->ring;
	uint64_t n = len < ring->used ? len : ring->used;
	const uint8_t *from;

	if (!few_at(buf, len) || f->inode->lock.owner ||
	    !quick_is_quiet(&p->can_write))
		return NOT_SIMPLE;
	if (!n)
		return p->writers ? 0 : NOT_SIMPLE;
	from = piece(ring, ring->start, n);
	if (!from || !weft_leaf_to_user(buf, from, n))
		return NOT_SIMPLE;
	ring->used -= (uint32_t)n;
	ring->start = ring->used ?
		      (ring->start + (uint32_t)n) % ring->size : 0;
	return (long)n;
}

static inline long put_pipe(const struct file *f, uint64_t buf, uint64_t len)
{
	struct pipe *p = f->data;
	struct pipe_ring *ring = &p->ring;
	uint8_t *to;

	if (!few_at(buf, len) || f->inode->lock.owner || !p->readers ||
	    ring->size - ring->used < len)
		return NOT_SIMPLE;
	to = piece(ring, (ring->start + ring->used) % ring->size, len);
	if (!to || !weft_leaf_from_user(to, buf, len))
		return NOT_SIMPLE;
	ring->used += (uint32_t)len;
	return (long)len;
}

static inline struct file *readable(const struct thread *self, uint64_t fd)
{
	return own_file(self, fd, LEAF_EVENT | LEAF_PIPE_READ);
}

/* @n was taken from @f; if it is 0, @self waits on @queue. */
static inline struct weft_leaf_result
end_read(struct thread *self, const struct file *f, uint64_t fd,
	 struct waitq *queue, long n)
{
	if (n > 0)
		return quick_done((uint64_t)n);
	if (n < 0 || f->flags & FILE_NONBLOCK)
		return quick_defer();
	return quick_wait(quick_cpu(self), self, queue, fd);
}

/* @n was written, and @to, if anybody, waits for it. */
static inline struct weft_leaf_result
end_write(struct thread *self, struct thread *to, long n)
{
	if (n < 0)
		return quick_defer();
	if (!to)
		return quick_done((uint64_t)n);
	list_del(&to->leaf_waiter.link);
	/* Not atomic: nobody else changes it meanwhile. */
	to->task.work |= WORK_LEAF;
	return quick_wake(quick_cpu(self), self, to, (uint64_t)n);
}

/* Apart: what calls nothing saves no registers. */
static __attribute__((noinline)) struct weft_leaf_result
read_pipe(struct thread *self, const struct file *f, uint64_t fd, uint64_t buf,
	  uint64_t len)
{
	struct pipe *p = f->data;

	return end_read(self, f, fd, &p->can_read, take_pipe(f, buf, len));
}

static __attribute__((noinline)) struct weft_leaf_result
write_pipe(struct thread *self, const struct file *f, uint64_t buf,
	   uint64_t len)
{
	const struct pipe *p = f->data;
	struct thread *to;

	if (!quick_waiter(self, &p->can_read, &to))
		return quick_defer();
	return end_write(self, to, put_pipe(f, buf, len));
}

/* read(fd, buf, len) */
LEAF_CALL(leaf_read)
{
	struct thread *self = thread_current();
	const struct file *f = readable(self, x0);
	struct event *e;

	if (!f)
		return quick_defer();
	if (!(f->leaf & LEAF_EVENT))
		return read_pipe(self, f, x0, x1, x2);
	e = f->data;
	return end_read(self, f, x0, &e->can_read, take_event(f, x1, x2));
}

/* write(fd, buf, len) */
LEAF_CALL(leaf_write)
{
	struct thread *self = thread_current();
	const struct file *f = own_file(self, x0, LEAF_EVENT | LEAF_PIPE_WRITE);
	const struct event *e;
	struct thread *to;

	if (!f)
		return quick_defer();
	if (!(f->leaf & LEAF_EVENT))
		return write_pipe(self, f, x1, x2);
	e = f->data;
	if (!quick_waiter(self, &e->can_read, &to))
		return quick_defer();
	return end_write(self, to, put_event(f, x1, x2));
}

bool leaf_read_again(struct weft_frame *frame)
{
	struct thread *self = thread_current();
	const struct file *f = readable(self, frame->x[0]);
	long n;

	if (!list_empty(&self->leaf_waiter.link) || !f)
		return false;
	n = f->leaf & LEAF_EVENT ? take_event(f, frame->x[1], frame->x[2]) :
				   take_pipe(f, frame->x[1], frame->x[2]);
	if (n <= 0)
		return false;
	weft_frame_set_result(frame, (uint64_t)n);
	return true;
}

void leaf_read_ends(void)
{
	struct waiter *waiter = &thread_current()->leaf_waiter;
	uint64_t daif = spin_lock_irqsave(&waiter->queue->lock);

	list_del(&waiter->link);
	spin_unlock_irqrestore(&waiter->queue->lock, daif);
}
