// SPDX-License-Identifier: MIT
/*
 * ioctl(2) on the terminal: settings, size, flow, what is queued. Job control
 * is in tty/session.c. Called by the file layer through tty/tty.c.
 */
#include "tty/tty_impl.h"

#include "dev/uart.h"
#include "fs/file.h"
#include "lib/errno.h"
#include "mm/user.h"
#include "sched/clock.h"
#include "sched/wait.h"
#include "signal/signal.h"
#include "tty/ioctls.h"
#include "tty/session.h"

enum { DRAIN_LOOK_NS = 10 * 1000 * 1000 };

/* Bits per second of a speed's number in the settings; 0: not known. */
static uint32_t termios_speed(uint32_t cflag)
{
	static const uint32_t low[16] = {
		0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400,
		4800, 9600, 19200, 38400,
	};
	static const uint32_t high[16] = {
		0, 57600, 115200, 230400, 460800, 500000, 576000, 921600,
		1000000, 1152000, 1500000, 2000000, 2500000, 3000000,
		3500000, 4000000,
	};

	return (cflag & TERM_BOTHER ? high : low)[cflag & 15];
}

/* Wait until the ring is sent: 0, -EINTR. */
static int drain(void)
{
	int err = 0;

	while (uart_room() < UART_RING_SIZE && !err)
		err = wait_until(clock_deadline(DRAIN_LOOK_NS));
	return err;
}

static void read_settings(struct tty_termios2 *t)
{
	uint64_t daif = spin_lock_irqsave(&tty.lock);

	*t = (struct tty_termios2){ tty.ldisc.termios, tty.ispeed, tty.ospeed };
	spin_unlock_irqrestore(&tty.lock, daif);
}

static long get_termios(uint32_t cmd, uint64_t arg)
{
	struct tty_termios2 copy;

	read_settings(&copy);
	return copy_to_user(arg, &copy, cmd == TCGETS2 ? sizeof(copy) :
							 sizeof(copy.basic));
}

/* From the program, the speeds from their number unless they are given. */
static int load_termios(uint64_t arg, bool speeds, struct tty_termios2 *t)
{
	int err;

	read_settings(t);
	err = copy_from_user(t, arg, speeds ? sizeof(*t) : sizeof(t->basic));
	if (!err && (t->basic.cflag & TERM_CBAUD) != TERM_BOTHER)
		t->ispeed = t->ospeed = termios_speed(t->basic.cflag);
	return err;
}

static long set_termios(uint64_t arg, bool speeds, bool after, bool flush)
{
	struct tty_termios2 copy;
	unsigned events;
	uint64_t daif;
	int err = load_termios(arg, speeds, &copy);

	if (!err && after)
		err = drain();
	if (err)
		return err;
	daif = spin_lock_irqsave(&tty.lock);
	events = ldisc_set_termios(&tty.ldisc, &copy.basic, flush);
	tty.ispeed = copy.ispeed;
	tty.ospeed = copy.ospeed;
	tty_flush_stage();
	spin_unlock_irqrestore(&tty.lock, daif);
	uart_receive_more();
	tty_wake(events);
	return 0;
}

/* TCOOFF and TCION's like: what is already in the UART's ring still goes. */
static long control_flow(uint64_t how)
{
	uint8_t key = 0;
	uint64_t daif;

	if (how > TCION)
		return -EINVAL;
	daif = spin_lock_irqsave(&tty.lock);
	if (how == TCIOFF)
		key = tty.ldisc.termios.cc[TERM_VSTOP];
	else if (how == TCION)
		key = tty.ldisc.termios.cc[TERM_VSTART];
	else
		tty.held = how == TCOOFF;
	if (key)
		tty_put(NULL, key);
	tty_flush_stage();
	spin_unlock_irqrestore(&tty.lock, daif);
	if (how == TCOON)
		tty_wake(LDISC_STARTED);
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
	daif = spin_lock_irqsave(&tty.lock);
	ldisc_flush_input(&tty.ldisc);
	spin_unlock_irqrestore(&tty.lock, daif);
	uart_receive_more();
	return 0;
}

static long get_winsize(uint64_t arg)
{
	struct tty_winsize copy;
	uint64_t daif = spin_lock_irqsave(&tty.lock);

	copy = tty.size;
	spin_unlock_irqrestore(&tty.lock, daif);
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
	daif = spin_lock_irqsave(&tty.lock);
	changed = copy.rows != tty.size.rows || copy.cols != tty.size.cols;
	tty.size = copy;
	spin_unlock_irqrestore(&tty.lock, daif);
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
		daif = spin_lock_irqsave(&tty.lock);
		count = (int)ldisc_available(&tty.ldisc);
		spin_unlock_irqrestore(&tty.lock, daif);
	}
	return copy_to_user(arg, &count, sizeof(count));
}

static long get_discipline(uint64_t arg)
{
	const int first = 0;

	return copy_to_user(arg, &first, sizeof(first));
}

/* Those that are not for a process in the background. */
static long change(uint32_t cmd, uint64_t arg)
{
	int err = session_check(SIGTTOU);

	if (err)
		return err;
	switch (cmd) {
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_termios(arg, false, cmd != TCSETS, cmd == TCSETSF);
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
		return set_termios(arg, true, cmd != TCSETS2,
				   cmd == TCSETSF2);
	case TCXONC:
		return control_flow(arg);
	case TCFLSH:
		return flush_queues(arg);
	default:		/* a break is not sent, whatever @arg says */
		return drain();
	}
}

long tty_ioctl(struct file *f, uint32_t cmd, uint64_t arg)
{
	if (tty_is_dead(f))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	switch (cmd) {
	case TCGETS:
	case TCGETS2:
		return get_termios(cmd, arg);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
	case TCXONC:
	case TCFLSH:
	case TCSBRK:
	case TCSBRKP:
		return change(cmd, arg);
	case TIOCGWINSZ:
		return get_winsize(arg);
	case TIOCSWINSZ:
		return set_winsize(arg);
	case FIONREAD:
	case TIOCOUTQ:
		return get_count(cmd, arg);
	case TIOCGETD:
		return get_discipline(arg);
	case TIOCSTI:
		return -EIO;
	default:
		return session_ioctl(cmd, arg);
	}
}
