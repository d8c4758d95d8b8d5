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
#include "tty/tty.h"

#include <stdbool.h>
#include <stddef.h>

#include "dev/uart.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/poll.h"
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
	DRAIN_LOOK_NS = 10 * 1000 * 1000,
	VTIME_UNIT_NS = 100 * 1000 * 1000,
};

static struct spinlock lock = SPINLOCK_INIT(RANK_TTY, "terminal");
/* lock */
static struct ldisc discipline;
static char stage[256];		/* on its way to the UART */
static size_t staged;
static struct tty_winsize size = { .rows = 24, .cols = 80 };

static struct waitq readers = WAITQ_INIT("terminal input", readers);
static struct waitq writers = WAITQ_INIT("terminal output", writers);

static void stage_flush(void)
{
	uart_put(stage, staged);
	staged = 0;
}

/* The line discipline's way out. */
static void put(void *ctx, uint8_t byte)
{
	(void)ctx;
	if (staged == sizeof(stage))
		stage_flush();
	stage[staged++] = (char)byte;
}

/*
 * The UART's side, in its interrupt.
 */

static size_t receive_room(void)
{
	uint64_t daif = spin_lock_irqsave(&lock);
	size_t used = discipline.tail - discipline.head;
	size_t room = LDISC_SIZE - 1 - (used < LDISC_SIZE ? used : used - 1);

	/*
	 * A line that has no end in sight: no reader will make room. Take the
	 * bytes; the discipline refuses them with a bell, all but the end.
	 */
	if (room == 0 && !ldisc_readable(&discipline))
		room = 1;
	spin_unlock_irqrestore(&lock, daif);
	return room;
}

static void receive(const char *data, size_t len)
{
	unsigned events = 0;
	uint64_t daif;
	size_t i;

	daif = spin_lock_irqsave(&lock);
	for (i = 0; i < len; i++)
		events |= ldisc_input(&discipline, (uint8_t)data[i]);
	stage_flush();
	spin_unlock_irqrestore(&lock, daif);

	if (events & LDISC_SIGINT)
		session_signal(SIGINT);
	if (events & LDISC_SIGQUIT)
		session_signal(SIGQUIT);
	if (events & LDISC_SIGTSTP)
		session_signal(SIGTSTP);
	if (events & LDISC_READABLE)
		wait_wake_all(&readers);
}

static void space(void)
{
	wait_wake_all(&writers);
}

void tty_init(void)
{
	ldisc_init(&discipline, put, NULL);
	uart_set_space_fn(space);
	uart_set_receive_fn(receive, receive_room);
}

/*
 * Reading.
 */

static long take_input(uint8_t *buf, size_t len)
{
	uint64_t daif = spin_lock_irqsave(&lock);
	long n = (long)ldisc_read(&discipline, buf, len);

	spin_unlock_irqrestore(&lock, daif);
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
	uint64_t daif = spin_lock_irqsave(&lock);
	const struct tty_termios *t = &discipline.termios;

	*min = 1;
	*vtime_ns = 0;
	if (!(t->lflag & TERM_ICANON)) {
		*min = t->cc[TERM_VMIN];
		*vtime_ns = t->cc[TERM_VTIME] * (uint64_t)VTIME_UNIT_NS;
	}
	spin_unlock_irqrestore(&lock, daif);
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

	(void)pos;
	if (len == 0)
		return 0;
	if (!session_may_read())
		return -EIO;
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

/* As many bytes as there is room for; 0: none. */
static size_t put_output(const uint8_t *data, size_t len)
{
	uint64_t daif = spin_lock_irqsave(&lock);
	size_t room = uart_room();
	size_t n = 0;

	if (room > ECHO_RESERVE)
		n = (room - ECHO_RESERVE) / OUTPUT_GROWTH;
	if (n > len)
		n = len;
	ldisc_output(&discipline, data, n);
	stage_flush();
	spin_unlock_irqrestore(&lock, daif);
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

static long tty_write(struct file *f, uint64_t buf, size_t len, uint64_t *pos)
{
	uint8_t data[PIECE];
	size_t done = 0;
	long n = 0;

	(void)pos;
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
	(void)pos;
	return write_piece(f, src, len);
}

/*
 * Settings.
 */

/* Wait until the ring is sent: 0, -EINTR. */
static int drain(void)
{
	int err = 0;

	while (uart_room() < UART_RING_SIZE && !err)
		err = wait_until(clock_deadline(DRAIN_LOOK_NS));
	return err;
}

static long get_termios(uint64_t arg)
{
	struct tty_termios copy;
	uint64_t daif = spin_lock_irqsave(&lock);

	copy = discipline.termios;
	spin_unlock_irqrestore(&lock, daif);
	return copy_to_user(arg, &copy, sizeof(copy));
}

static long set_termios(uint32_t cmd, uint64_t arg)
{
	struct tty_termios copy;
	uint64_t daif;
	bool wake;
	int err = copy_from_user(&copy, arg, sizeof(copy));

	if (!err && cmd != TCSETS)
		err = drain();
	if (err)
		return err;
	daif = spin_lock_irqsave(&lock);
	wake = ldisc_set_termios(&discipline, &copy, cmd == TCSETSF);
	stage_flush();
	spin_unlock_irqrestore(&lock, daif);
	uart_receive_more();
	if (wake)
		wait_wake_all(&readers);
	return 0;
}

/* Output is on its way to the UART and is not called back. */
static long flush_queues(uint64_t which)
{
	uint64_t daif;

	if (which > TCIOFLUSH)
		return -EINVAL;
	if (which == TCOFLUSH)
		return 0;
	daif = spin_lock_irqsave(&lock);
	ldisc_flush_input(&discipline);
	spin_unlock_irqrestore(&lock, daif);
	uart_receive_more();
	return 0;
}

static long get_winsize(uint64_t arg)
{
	struct tty_winsize copy;
	uint64_t daif = spin_lock_irqsave(&lock);

	copy = size;
	spin_unlock_irqrestore(&lock, daif);
	return copy_to_user(arg, &copy, sizeof(copy));
}

static long set_winsize(uint64_t arg)
{
	struct tty_winsize copy;
	bool changed;
	uint64_t daif;
	int err = copy_from_user(&copy, arg, sizeof(copy));

	if (err)
		return err;
	daif = spin_lock_irqsave(&lock);
	changed = copy.rows != size.rows || copy.cols != size.cols;
	size = copy;
	spin_unlock_irqrestore(&lock, daif);
	if (changed)
		session_signal(SIGWINCH);
	return 0;
}

static long get_count(uint32_t cmd, uint64_t arg)
{
	uint64_t daif;
	int count;

	if (cmd == TIOCOUTQ) {
		count = (int)(UART_RING_SIZE - uart_room());
	} else {
		daif = spin_lock_irqsave(&lock);
		count = (int)ldisc_available(&discipline);
		spin_unlock_irqrestore(&lock, daif);
	}
	return copy_to_user(arg, &count, sizeof(count));
}

static long tty_ioctl(struct file *f, uint32_t cmd, uint64_t arg)
{
	(void)f;
	switch (cmd) {
	case TCGETS:
		return get_termios(arg);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_termios(cmd, arg);
	case TCSBRK:		/* a break is not sent, whatever @arg says */
		return drain();
	case TCFLSH:
		return flush_queues(arg);
	case TIOCGWINSZ:
		return get_winsize(arg);
	case TIOCSWINSZ:
		return set_winsize(arg);
	case FIONREAD:
	case TIOCOUTQ:
		return get_count(cmd, arg);
	default:
		return session_ioctl(cmd, arg);
	}
}

/* Is there what a read takes without waiting? The lock is held. */
static bool has_input(void)
{
	const struct tty_termios *t = &discipline.termios;
	size_t min = 1;

	if (!(t->lflag & TERM_ICANON) && !t->cc[TERM_VTIME] &&
	    t->cc[TERM_VMIN])
		min = t->cc[TERM_VMIN];
	/* An end of file alone is readable, too. */
	return min == 1 ? ldisc_readable(&discipline) :
			  ldisc_available(&discipline) >= min;
}

static unsigned tty_poll(struct file *f, struct poll_table *pt)
{
	unsigned mask = 0;
	uint64_t daif;

	(void)f;
	poll_wait(pt, &readers);
	poll_wait(pt, &writers);
	daif = spin_lock_irqsave(&lock);
	if (has_input())
		mask |= POLLIN | POLLRDNORM;
	if (uart_room() > ECHO_RESERVE + OUTPUT_GROWTH)
		mask |= POLLOUT | POLLWRNORM;
	spin_unlock_irqrestore(&lock, daif);
	return mask;
}

static int tty_open(struct file *f)
{
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
