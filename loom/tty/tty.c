// SPDX-License-Identifier: MIT
/*
 * The terminal's driver, between the UART's interrupts and the programs that
 * read and write. The file layer calls the operations at the end; the UART
 * calls receive(), receive_room() and space().
 *
 * Input. The receive interrupt puts bytes through the line discipline under
 * the terminal's lock, then, without it, raises signals and wakes readers.
 * When the buffer is full and has something that can be read, the UART is told
 * to keep the rest: nothing that was typed or pasted is lost to a program that
 * is slow. (As on Linux, a ^C behind it waits too.)
 *
 * Output. A program's bytes go through the line discipline a piece at a time,
 * as much as the UART's ring has room for, but for a reserve that only echo
 * may use: a program that floods the terminal cannot make the echo wait.
 */
#include "tty/tty_impl.h"

#include <stdbool.h>
#include <stddef.h>

#include "boot/payload.h"
#include "dev/uart.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/poll.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/lock.h"
#include "mm/kmem.h"
#include "mm/user.h"
#include "sched/clock.h"
#include "sched/wait.h"
#include "signal/signal.h"
#include "tty/ioctls.h"
#include "tty/ldisc.h"
#include "tty/session.h"

enum {
	ECHO_RESERVE = 512,	/* of the UART's ring */
	OUTPUT_GROWTH = 2,	/* a newline becomes two bytes */
	PIECE = 256,		/* of a program's buffer, on the stack */
	VTIME_UNIT_NS = 100 * 1000 * 1000,
};

struct tty tty = {
	.lock = SPINLOCK_INIT(RANK_TTY, "terminal"),
	.ispeed = 38400,
	.ospeed = 38400,
	.size = { .rows = 24, .cols = 80 },
};

static struct waitq readers = WAITQ_INIT("terminal input", readers);
static struct waitq writers = WAITQ_INIT("terminal output", writers);

void tty_flush_stage(void)
{
	uart_put(tty.stage, tty.staged);
	tty.staged = 0;
}

/*
 * The line discipline's way out. Echo that the ring has no room for is lost:
 * the interrupt cannot wait until the line has sent it.
 */
void tty_put(void *ctx, uint8_t byte)
{
	(void)ctx;
	if (tty.echoing) {
		if (!tty.echo_room)
			return;
		tty.echo_room--;
	}
	if (tty.staged == sizeof(tty.stage))
		tty_flush_stage();
	tty.stage[tty.staged++] = (char)byte;
}

/*
 * The UART's side, in its interrupt.
 */

static size_t receive_room(void)
{
	uint64_t daif = spin_lock_irqsave(&tty.lock);
	size_t used = tty.ldisc.tail - tty.ldisc.head;
	size_t room = LDISC_SIZE - 1 - (used < LDISC_SIZE ? used : used - 1);

	/*
	 * A line that has no end in sight: no reader will make room. Take the
	 * bytes; the discipline refuses them with a bell, all but the end.
	 */
	if (room == 0 && !ldisc_readable(&tty.ldisc))
		room = 1;
	spin_unlock_irqrestore(&tty.lock, daif);
	return room;
}

void tty_wake(unsigned events)
{
	if (events & LDISC_READABLE)
		wait_wake_all(&readers);
	if (events & LDISC_STARTED)
		wait_wake_all(&writers);
}

static void receive(const char *data, size_t len)
{
	unsigned events = 0;
	uint64_t daif;
	size_t i;

	daif = spin_lock_irqsave(&tty.lock);
	tty.echo_room = uart_room();
	tty.echoing = true;
	for (i = 0; i < len; i++)
		events |= ldisc_input(&tty.ldisc, (uint8_t)data[i]);
	tty.echoing = false;
	tty_flush_stage();
	spin_unlock_irqrestore(&tty.lock, daif);

	if (events & LDISC_SIGINT)
		session_signal(SIGINT);
	if (events & LDISC_SIGQUIT)
		session_signal(SIGQUIT);
	if (events & LDISC_SIGTSTP)
		session_signal(SIGTSTP);
	tty_wake(events);
}

static void space(void)
{
	wait_wake_all(&writers);
}

/* What ./run knows of the terminal that it runs in. */
static uint16_t given(const char *name, uint16_t otherwise)
{
	uint64_t value;

	if (!cmdline_u64(boot_cmdline(), name, &value) ||
	    value == 0 || value > UINT16_MAX)
		return otherwise;
	return (uint16_t)value;
}

void tty_init(void)
{
	tty.size.rows = given("loom.rows", tty.size.rows);
	tty.size.cols = given("loom.cols", tty.size.cols);
	ldisc_init(&tty.ldisc, tty_put, NULL);
	uart_set_space_fn(space);
	uart_set_receive_fn(receive, receive_room);
}

/*
 * What was opened as /dev/tty is good until the session has the terminal no
 * more; then it reads as at its end. What was opened as the console stays: it
 * is where the next session begins.
 */

bool tty_is_dead(const struct file *f)
{
	return f->inode->rdev == DEV_TTY &&
	       (uintptr_t)f->data != session_hangups();
}

/*
 * Reading.
 */

static long take_input(uint8_t *buf, size_t len)
{
	uint64_t daif = spin_lock_irqsave(&tty.lock);
	long n = (long)ldisc_read(&tty.ldisc, buf, len);

	spin_unlock_irqrestore(&tty.lock, daif);
	if (n >= 0)
		uart_receive_more();
	return n;
}

/* Input, or 0 at an end of file; -EINTR, or -ETIMEDOUT at @deadline. */
static long wait_input(uint8_t *buf, size_t len, uint64_t deadline)
{
	struct waiter waiter;
	int err = 0;
	long n;

	for (;;) {
		wait_prepare(&readers, &waiter, WAIT_INTERRUPTIBLE);
		n = take_input(buf, len);
		if (n != -EAGAIN || err < 0)
			break;
		err = wait_sleep(&waiter, deadline);
	}
	wait_finish(&waiter);
	return n == -EAGAIN ? err : n;
}

/* VMIN and VTIME (POSIX.1-2017, 11.1.7); a line needs one byte, any time. */
static void read_terms(size_t *min, uint64_t *vtime_ns)
{
	uint64_t daif = spin_lock_irqsave(&tty.lock);
	const struct tty_termios *t = &tty.ldisc.termios;

	*min = 1;
	*vtime_ns = 0;
	if (!(t->lflag & TERM_ICANON)) {
		*min = t->cc[TERM_VMIN];
		*vtime_ns = t->cc[TERM_VTIME] * (uint64_t)VTIME_UNIT_NS;
	}
	spin_unlock_irqrestore(&tty.lock, daif);
}

static long read_input(uint8_t *buf, size_t len)
{
	uint64_t deadline = WAIT_FOREVER;
	uint64_t vtime_ns;
	size_t min, got = 0;

	read_terms(&min, &vtime_ns);
	if (min == 0)
		deadline = clock_deadline(vtime_ns);
	if (min > len)
		min = len;
	do {
		long n = wait_input(buf + got, len - got, deadline);

		if (n == -ETIMEDOUT)
			break;
		if (n < 0)
			return got ? (long)got : n;
		if (n == 0)
			break;
		got += (size_t)n;
		if (vtime_ns)	/* between bytes, once there is one */
			deadline = clock_deadline(vtime_ns);
	} while (got < min);
	return (long)got;
}

static long tty_read(struct file *f, uint64_t buf, size_t len, uint64_t *pos)
{
	uint8_t small[PIECE];
	uint8_t *data = small;
	long n;
	int err;

	(void)pos;
	if (len == 0 || tty_is_dead(f))
		return 0;
	err = session_check(SIGTTIN);
	if (err)
		return err;
	if (len > sizeof(small)) {
		len = len < LDISC_SIZE ? len : LDISC_SIZE;
		data = kmalloc(len);
		if (!data)
			return -ENOMEM;
	}
	if (file_flags(f) & FILE_NONBLOCK)
		n = take_input(data, len);
	else
		n = read_input(data, len);
	if (n > 0) {
		n = (long)copy_to_user_partial(buf, data, (size_t)n);
		if (n == 0)
			n = -EFAULT;
	}
	if (data != small)
		kfree(data);
	return n;
}

/*
 * Writing.
 */

/* As many bytes as there is room for; 0: none, or output is stopped. */
static size_t put_output(const uint8_t *data, size_t len)
{
	uint64_t daif = spin_lock_irqsave(&tty.lock);
	size_t room = uart_room();
	size_t n = 0;

	if (!tty.held && !tty.ldisc.stopped && room > ECHO_RESERVE)
		n = (room - ECHO_RESERVE) / OUTPUT_GROWTH;
	if (n > len)
		n = len;
	ldisc_output(&tty.ldisc, data, n);
	tty_flush_stage();
	spin_unlock_irqrestore(&tty.lock, daif);
	return n;
}

/* At least one byte; -EINTR. */
static long wait_output(const uint8_t *data, size_t len)
{
	struct waiter waiter;
	int err = 0;
	size_t n;

	for (;;) {
		wait_prepare(&writers, &waiter, WAIT_INTERRUPTIBLE);
		n = err < 0 ? 0 : put_output(data, len);
		if (n > 0 || err < 0)
			break;
		err = wait_sleep(&waiter, WAIT_FOREVER);
	}
	wait_finish(&waiter);
	return n ? (long)n : err;
}

/* Returns bytes written of one piece that lies in kernel memory. */
static long write_piece(const struct file *f, const uint8_t *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		long n = (long)put_output(data + done, len - done);

		if (n == 0 && file_flags(f) & FILE_NONBLOCK)
			n = -EAGAIN;
		else if (n == 0)
			n = wait_output(data + done, len - done);
		if (n < 0)
			return done ? (long)done : n;
		done += (size_t)n;
	}
	return (long)done;
}

/* May the calling process write now? As session_check. */
static int check_write(const struct file *f)
{
	uint64_t daif = spin_lock_irqsave(&tty.lock);
	bool stops = tty.ldisc.termios.lflag & TERM_TOSTOP;

	spin_unlock_irqrestore(&tty.lock, daif);
	if (tty_is_dead(f))
		return -EIO;
	return stops ? session_check(SIGTTOU) : 0;
}

static long tty_write(struct file *f, uint64_t buf, size_t len, uint64_t *pos)
{
	uint8_t data[PIECE];
	size_t done = 0;
	long n = check_write(f);

	(void)pos;
	if (n < 0)
		return n;
	while (done < len) {
		size_t want = len - done < PIECE ? len - done : PIECE;
		size_t got = copy_from_user_partial(data, buf + done, want);

		n = got ? write_piece(f, data, got) : -EFAULT;
		if (n < 0)
			break;
		done += (size_t)n;
		if ((size_t)n < want)	/* interrupted, or a bad address */
			break;
		if (done < len && signal_pending()) {
			n = -EINTR;
			break;
		}
	}
	return done ? (long)done : n;
}

static long tty_kwrite(struct file *f, void *src, size_t len, uint64_t *pos)
{
	int err = check_write(f);

	(void)pos;
	return err ? err : write_piece(f, src, len);
}

/* Is there what a read takes without waiting? The lock is held. */
static bool has_input(void)
{
	const struct tty_termios *t = &tty.ldisc.termios;
	size_t min = 1;

	if (!(t->lflag & TERM_ICANON) && !t->cc[TERM_VTIME] &&
	    t->cc[TERM_VMIN])
		min = t->cc[TERM_VMIN];
	/* An end of file alone is readable, too. */
	return min == 1 ? ldisc_readable(&tty.ldisc) :
			  ldisc_available(&tty.ldisc) >= min;
}

/* A write of one byte would not wait. The lock is held. */
static bool has_room(void)
{
	return !tty.held && !tty.ldisc.stopped &&
	       uart_room() >= ECHO_RESERVE + OUTPUT_GROWTH;
}

static unsigned tty_poll(struct file *f, struct poll_table *pt)
{
	unsigned mask = 0;
	uint64_t daif;

	poll_wait(pt, &readers);
	poll_wait(pt, &writers);
	if (tty_is_dead(f))
		return POLL_ALWAYS | POLLERR | POLLHUP;
	daif = spin_lock_irqsave(&tty.lock);
	if (has_input())
		mask |= POLLIN | POLLRDNORM;
	if (has_room())
		mask |= POLLOUT | POLLWRNORM;
	spin_unlock_irqrestore(&tty.lock, daif);
	return mask;
}

static int tty_open(struct file *f)
{
	f->data = (void *)(uintptr_t)session_hangups();
	if (f->inode->rdev == DEV_TTY)
		return session_is_mine() ? 0 : -ENXIO;
	if (!(f->flags & FILE_NOCTTY))
		session_open();
	return 0;
}

const struct file_ops tty_file_ops = {
	.read = tty_read,
	.write = tty_write,
	.kwrite = tty_kwrite,
	.ioctl = tty_ioctl,
	.poll = tty_poll,
	.open = tty_open,
};
