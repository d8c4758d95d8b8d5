// SPDX-License-Identifier: MIT
/*
 * Timers and interrupts that signal notifications; see bind.h.
 *
 * A timer's function starts it again, so it is stopped in two steps: `armed`
 * is cleared under the notification's lock, under which the function looks at
 * it and starts; then timeout_stop takes it off and waits for the function. A
 * timer whose bits are still in the word has nothing to say: it stalls, and
 * who takes the word starts it for the next time that is to come. So timers
 * cost no more than the program that takes what they say.
 *
 * An interrupt's line is registered when it is bound for the first time, and
 * stays with this file: its handler finds the notification, if there is one,
 * under bound_lock, under which it is let go of.
 */
#include "ipc/bind.h"

#include "dev/irq.h"
#include "fs/inode.h"
#include "ipc/notification.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "sched/clock.h"

enum {
	SPI_FIRST = 32,		/* below it each CPU has its own */
	BOUND_MAX = 32,		/* lines that were ever bound */
};

struct note_timer {
	struct timeout timeout;
	struct notification *notification;	/* which owns it */

	/* lock of the notification */
	bool armed;
	uint64_t bits, when_ns, interval_ns;
};

struct bound_irq {
	uint32_t irq;		/* constant once it is not 0 */

	/* bound_lock */
	bool edge;
	bool masked;		/* since it came */
	struct notification *notification;	/* NULL: nobody's now */
	uint64_t bits;
};

static struct spinlock bound_lock = SPINLOCK_INIT(RANK_BOUND, "bound irqs");
static struct bound_irq bound[BOUND_MAX];	/* bound_lock */

/* Timers */

/* Start it for the first time of its row after now. The lock is held. */
static void start_next(struct note_timer *t)
{
	uint64_t now = clock_now();

	t->when_ns = timeouts_next_tick(t->when_ns, now, t->interval_ns);
	timeout_start(&t->timeout, t->when_ns);
}

static void timer_rings(struct timeout *timeout)
{
	struct note_timer *t = container_of(timeout, struct note_timer,
					    timeout);
	struct notification *n = t->notification;
	uint64_t daif = spin_lock_irqsave(&n->lock);
	bool said = (n->word & t->bits) == t->bits;

	if (t->armed) {
		notification_signal_locked(n, t->bits);
		if (!t->interval_ns)
			t->armed = false;
		else if (said)
			n->slow |= NOTE_STALLED;
		else
			start_next(t);
	}
	spin_unlock_irqrestore(&n->lock, daif);
}

void bind_timer_resume(struct notification *n)
{
	n->slow &= ~(uint32_t)NOTE_STALLED;
	if (n->timer->armed)
		start_next(n->timer);
}

static void halt(struct note_timer *t)
{
	struct notification *n = t->notification;
	uint64_t daif = spin_lock_irqsave(&n->lock);

	t->armed = false;
	n->slow &= ~(uint32_t)NOTE_STALLED;
	spin_unlock_irqrestore(&n->lock, daif);
	timeout_stop(&t->timeout);
}

static void arm(struct note_timer *t, uint64_t first_ns, uint64_t interval_ns,
		uint64_t bits)
{
	struct notification *n = t->notification;
	uint64_t daif = spin_lock_irqsave(&n->lock);

	t->armed = true;
	t->bits = bits;
	t->when_ns = first_ns;
	t->interval_ns = interval_ns;
	timeout_start(&t->timeout, first_ns);
	spin_unlock_irqrestore(&n->lock, daif);
}

static struct note_timer *timer_alloc(struct notification *n)
{
	struct note_timer *t = kzalloc(sizeof(*t));

	if (t) {
		timeout_init(&t->timeout, timer_rings);
		t->notification = n;
	}
	return t;
}

int bind_timer(struct inode *inode, uint64_t first_ns, uint64_t interval_ns,
	       uint64_t bits)
{
	struct notification *n = inode->data;
	int err = 0;

	mutex_lock(&inode->lock);
	if (!n->timer && first_ns)
		n->timer = timer_alloc(n);
	if (n->timer)
		halt(n->timer);
	else if (first_ns)
		err = -ENOMEM;
	if (!err && first_ns)
		arm(n->timer, first_ns, interval_ns, bits);
	mutex_unlock(&inode->lock);
	return err;
}

/* Interrupts */

static void line_comes(void *arg, struct weft_frame *frame)
{
	struct bound_irq *b = arg;
	uint64_t daif = spin_lock_irqsave(&bound_lock);

	(void)frame;
	/* Nobody in the kernel can silence its device. */
	irq_mask(b->irq);
	b->masked = true;
	if (b->notification)
		notification_signal(b->notification, b->bits);
	spin_unlock_irqrestore(&bound_lock, daif);
}

/* The rest under bound_lock. */

/* Its entry, or a free one, or NULL. */
static struct bound_irq *entry_of(uint32_t irq)
{
	struct bound_irq *free = NULL;

	for (unsigned i = BOUND_MAX; i-- > 0;) {
		if (bound[i].irq == irq)
			return &bound[i];
		if (!bound[i].irq)
			free = &bound[i];
	}
	return free;
}

static void unbind_irq(struct notification *n)
{
	struct bound_irq *b = n->irq;

	if (!b)
		return;
	irq_mask(b->irq);
	b->masked = true;
	b->notification = NULL;
	n->irq = NULL;
}

/* The line of @b, which is set up, begins: 0, -EBUSY, -EINVAL. */
static int open_line(struct bound_irq *b, uint32_t irq)
{
	int err = 0;

	b->masked = false;
	if (b->irq) {
		irq_unmask(irq, b->edge);
	} else {
		b->irq = irq;
		err = irq_register(irq, b->edge, line_comes, b,
				   "notification");
	}
	if (err)
		*b = (struct bound_irq){ 0 };
	return err;
}

static int bind_line(struct notification *n, uint32_t irq, bool edge,
		     uint64_t bits)
{
	struct bound_irq *b = entry_of(irq);
	int err;

	if (!b)
		return -ENOSPC;
	if (b->notification && b->notification != n)
		return -EBUSY;
	b->notification = n;
	b->edge = edge;
	b->bits = bits;
	err = open_line(b, irq);
	if (!err)
		n->irq = b;
	return err;
}

int bind_irq(struct inode *inode, uint32_t irq, bool edge, uint64_t bits)
{
	struct notification *n = inode->data;
	uint64_t daif;
	int err = 0;

	if (irq && irq < SPI_FIRST)
		return -EINVAL;
	mutex_lock(&inode->lock);
	daif = spin_lock_irqsave(&bound_lock);
	if (n->irq && n->irq->irq != irq)
		unbind_irq(n);
	if (irq)
		err = bind_line(n, irq, edge, bits);
	spin_unlock_irqrestore(&bound_lock, daif);
	mutex_unlock(&inode->lock);
	return err;
}

int bind_irq_ack(struct inode *inode)
{
	struct notification *n = inode->data;
	uint64_t daif;
	int err = -ENXIO;

	mutex_lock(&inode->lock);
	daif = spin_lock_irqsave(&bound_lock);
	if (n->irq) {
		err = 0;
		if (n->irq->masked) {
			n->irq->masked = false;
			irq_unmask(n->irq->irq, n->irq->edge);
		}
	}
	spin_unlock_irqrestore(&bound_lock, daif);
	mutex_unlock(&inode->lock);
	return err;
}

/* The end of both */

void bind_end(struct notification *n)
{
	uint64_t daif;

	if (n->timer) {
		halt(n->timer);
		kfree(n->timer);
		n->timer = NULL;
	}
	daif = spin_lock_irqsave(&bound_lock);
	unbind_irq(n);
	spin_unlock_irqrestore(&bound_lock, daif);
}
