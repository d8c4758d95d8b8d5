// SPDX-License-Identifier: MIT
/*
 * The PL011 (Arm DDI 0183G) that is the console. The log writes to it
 * through uart_write_text, the terminal (tty/tty.c) through uart_put, the
 * crash report through uart_write_now.
 *
 * Transmission. The transmit interrupt says that the FIFO has drained past
 * its trigger level; it does not come for a FIFO that was never filled past
 * it. So whoever queues bytes moves the first into the FIFO himself, and the
 * interrupt is unmasked only while the ring still has some: then the FIFO
 * was filled, and its draining will be told.
 *
 * Reception. Only the interrupt handler reads the data register, so bytes
 * arrive in order without a lock. It never clears the receive interrupts: they
 * are levels that fall when the FIFO has been read empty, and must stay up for
 * what the receiver had no room for. They are cleared once, when the FIFO is
 * switched on, and the first thing that reception does is to read it empty.
 */
#include "dev/uart.h"

#include "dev/fdt.h"
#include "dev/irq.h"
#include "dev/mmio.h"
#include "lib/errno.h"
#include "lib/lock.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "mm/kvm.h"

enum {
	UARTDR = 0x00,
	UARTFR = 0x18,
	UARTLCR_H = 0x2c,
	UARTCR = 0x30,
	UARTIFLS = 0x34,
	UARTIMSC = 0x38,
	UARTMIS = 0x40,
	UARTICR = 0x44,

	DR_DATA = 0xff,
	DR_BREAK = 1 << 10,
	FR_BUSY = 1 << 3,
	FR_RXFE = 1 << 4,	/* nothing received */
	FR_TXFF = 1 << 5,	/* no room to transmit */
	LCR_FIFOS_8N1 = 1 << 4 | 3 << 5,
	CR_ENABLE = 1 << 0 | 1 << 8 | 1 << 9,	/* UART, transmit, receive */
	IFLS_HALF_QUARTER = 2 << 3 | 1,	/* receive at 1/2, transmit at 1/4 */
	INT_RX = 1 << 4,
	INT_TX = 1 << 5,
	INT_RX_TIMEOUT = 1 << 6,
	INT_RECEIVE = INT_RX | INT_RX_TIMEOUT,
	INT_ALL = 0x7ff,

	REGS_SIZE = 0x1000,
};

enum {
	RING_SIZE = UART_RING_SIZE,	/* a power of two */
	/*
	 * Moved in one go with interrupts masked: the deepest FIFO there is
	 * (r1p5), so a trigger level is always passed. An emulated UART that
	 * never says it is full does not keep us longer.
	 */
	BURST = 32,
	/* Looks at the FIFO in one interrupt, each for up to 64 bytes. */
	RECEIVE_ROUNDS = 8,
	/* Looks at a status that should change within a character's time. */
	WAIT_ROUNDS = 1000000,
};

static uintptr_t regs;		/* 0: there is no console */
static bool transmitter_stuck;	/* do not wait that long again */

static struct spinlock lock = SPINLOCK_INIT(RANK_UART, "uart");
/* lock */
static bool interrupt_driven;
static bool starved;		/* someone waits for space_fn */
static uint32_t imsc;		/* what UARTIMSC holds */
static char ring[RING_SIZE];
static uint32_t head, tail;	/* bytes ever put in, ever taken out */

/* Set once, before the interrupts that call them are unmasked. */
static void (*space_fn)(void);
static void (*receive_fn)(const char *data, size_t len);
static size_t (*receive_room)(void);
/* What came before the FIFO was on, which switching it on would lose. */
static char early[16];
static size_t early_count;

static bool wait_flag_clear(uint32_t flag)
{
	unsigned n;

	for (n = 0; n < WAIT_ROUNDS; n++)
		if (!(mmio_read32(regs + UARTFR) & flag))
			return true;
	return false;
}

/* One byte, with a bounded wait; a transmitter that is stuck loses it. */
static void put_now(char c)
{
	if (transmitter_stuck && mmio_read32(regs + UARTFR) & FR_TXFF)
		return;
	transmitter_stuck = !wait_flag_clear(FR_TXFF);
	if (!transmitter_stuck)
		mmio_write32(regs + UARTDR, (unsigned char)c);
}

static void set_imsc(uint32_t value)
{
	if (value == imsc)
		return;
	imsc = value;
	mmio_write32(regs + UARTIMSC, value);
}

static uint32_t ring_room(void)
{
	return RING_SIZE - (head - tail);
}

static char ring_take(void)
{
	return ring[tail++ % RING_SIZE];
}

/* Move bytes from the ring to the FIFO; have the interrupt do the rest. */
static void transmit(void)
{
	unsigned n;

	for (n = 0; n < BURST && head != tail; n++) {
		if (mmio_read32(regs + UARTFR) & FR_TXFF)
			break;
		mmio_write32(regs + UARTDR, (unsigned char)ring_take());
	}
	set_imsc(head == tail ? imsc & ~(uint32_t)INT_TX : imsc | INT_TX);
}

/* Queue one byte; when the ring is full, make room by waiting for the FIFO. */
static void ring_put(char c)
{
	if (!ring_room())
		put_now(ring_take());
	ring[head++ % RING_SIZE] = c;
}

static void drain_now(void)
{
	while (head != tail)
		put_now(ring_take());
}

void uart_set_space_fn(void (*fn)(void))
{
	uint64_t daif = spin_lock_irqsave(&lock);

	space_fn = fn;
	spin_unlock_irqrestore(&lock, daif);
}

size_t uart_room(void)
{
	uint64_t daif;
	size_t room;

	if (!regs)
		return RING_SIZE;
	daif = spin_lock_irqsave(&lock);
	room = ring_room();
	if (room < RING_SIZE / 2)
		starved = true;
	spin_unlock_irqrestore(&lock, daif);
	return room;
}

/* The end of a text that is in the ring. */
static void transmit_all(void)
{
	if (interrupt_driven)
		transmit();
	else
		drain_now();
}

void uart_put(const char *data, size_t len)
{
	uint64_t daif;
	size_t i;

	if (!regs)
		return;
	daif = spin_lock_irqsave(&lock);
	for (i = 0; i < len; i++)
		ring_put(data[i]);
	transmit_all();
	spin_unlock_irqrestore(&lock, daif);
}

void uart_write_text(const char *text, size_t len)
{
	uint64_t daif;
	size_t i;

	if (!regs)
		return;
	daif = spin_lock_irqsave(&lock);
	for (i = 0; i < len; i++) {
		if (text[i] == '\n')
			ring_put('\r');
		ring_put(text[i]);
	}
	transmit_all();
	spin_unlock_irqrestore(&lock, daif);
}

void uart_write_now(const char *data, size_t len)
{
	uint64_t daif;
	size_t i;

	if (!regs)
		return;
	daif = irq_save();
	/*
	 * Without the lock, which the crashed code may hold: the positions
	 * are valid at any time, and the worst that a second CPU can do is
	 * to send a byte twice.
	 */
	drain_now();
	for (i = 0; i < len; i++)
		put_now(data[i]);
	if (!transmitter_stuck)
		wait_flag_clear(FR_BUSY);
	irq_restore(daif);
}

void uart_flush(void)
{
	uint64_t daif;

	if (!regs)
		return;
	daif = spin_lock_irqsave(&lock);
	drain_now();
	spin_unlock_irqrestore(&lock, daif);
	if (!transmitter_stuck)
		wait_flag_clear(FR_BUSY);
}

/* The receiver has no room: leave the rest in the FIFO until it has. */
static bool receive_pause(void)
{
	uint64_t daif = spin_lock_irqsave(&lock);

	set_imsc(imsc & ~(uint32_t)INT_RECEIVE);
	spin_unlock_irqrestore(&lock, daif);
	/*
	 * A reader that made room before the mask was set found nothing to
	 * resume; the locks on both sides order its room before this look.
	 */
	if (!receive_room())
		return true;
	uart_receive_more();
	return false;
}

static size_t receive_some(char *buf, size_t max)
{
	size_t n = 0;

	while (n < max && !(mmio_read32(regs + UARTFR) & FR_RXFE)) {
		uint32_t word = mmio_read32(regs + UARTDR);

		if (!(word & DR_BREAK))		/* no byte, the line is low */
			buf[n++] = (char)(word & DR_DATA);
	}
	return n;
}

static void receive(void)
{
	char buf[64];
	unsigned round;

	for (round = 0; round < RECEIVE_ROUNDS; round++) {
		size_t n = receive_room();

		if (n == 0 && receive_pause())
			return;
		n = receive_some(buf, n < sizeof(buf) ? n : sizeof(buf));
		if (n > 0)
			receive_fn(buf, n);
		else if (mmio_read32(regs + UARTFR) & FR_RXFE)
			return;
	}
}

/* True if writers that were refused should try again. */
static bool transmit_more(void)
{
	bool tell = false;

	spin_lock_masked(&lock);
	/* Before the FIFO is filled: its next draining is a new event. */
	mmio_write32(regs + UARTICR, INT_TX);
	transmit();
	if (starved && ring_room() >= RING_SIZE / 2) {
		starved = false;
		tell = true;
	}
	spin_unlock_masked(&lock);
	return tell;
}

static void handle_interrupt(void *arg, struct weft_frame *frame)
{
	uint32_t status = mmio_read32(regs + UARTMIS);

	(void)arg;
	(void)frame;
	if (status & INT_RECEIVE)
		receive();
	if (status & INT_TX && transmit_more() && space_fn)
		space_fn();
}

/* Both receiver and interrupt are there: hand over what waits, go on. */
static void receive_begin(void)
{
	uint64_t daif;

	if (!interrupt_driven || !receive_fn)
		return;
	daif = irq_save();
	if (early_count > 0 && receive_room() >= early_count)
		receive_fn(early, early_count);
	early_count = 0;
	receive();
	uart_receive_more();
	irq_restore(daif);
}

void uart_set_receive_fn(void (*fn)(const char *data, size_t len),
			 size_t (*room)(void))
{
	receive_fn = fn;
	receive_room = room;
	receive_begin();
}

void uart_receive_more(void)
{
	uint64_t daif;

	if (!regs)
		return;
	daif = spin_lock_irqsave(&lock);
	if (interrupt_driven && receive_fn)
		set_imsc(imsc | INT_RECEIVE);
	spin_unlock_irqrestore(&lock, daif);
}

/* The node of stdout-path if it is a PL011, else the first PL011. */
static int find(const struct fdt *fdt)
{
	static const char name[] = "arm,pl011";
	struct fdt_chosen chosen;
	int node;

	fdt_chosen(fdt, &chosen);
	node = chosen.stdout_node;
	if (node >= 0 && fdt_node_is_compatible(fdt, node, name))
		return node;
	node = fdt_node_by_compatible(fdt, -1, name);
	while (node >= 0 && !fdt_node_is_enabled(fdt, node))
		node = fdt_node_by_compatible(fdt, node, name);
	return node;
}

int uart_init_early(const struct fdt *fdt)
{
	uint64_t pa, size;
	int node = find(fdt);

	if (node < 0 || fdt_reg(fdt, node, 0, &pa, &size) < 0 ||
	    size < REGS_SIZE)
		return -ENODEV;
	regs = (uintptr_t)kvm_map_device(pa, REGS_SIZE);
	if (!regs)
		return -ENODEV;

	/*
	 * UARTLCR_H may change only while the UART is off and idle (3.3.8);
	 * writing it also takes over the firmware's divisors once more.
	 */
	wait_flag_clear(FR_BUSY);
	mmio_write32(regs + UARTIMSC, 0);
	early_count = receive_some(early, sizeof(early));
	mmio_write32(regs + UARTCR, 0);
	mmio_write32(regs + UARTLCR_H, LCR_FIFOS_8N1);
	mmio_write32(regs + UARTICR, INT_ALL);
	mmio_write32(regs + UARTCR, CR_ENABLE);
	return 0;
}

int uart_init(const struct fdt *fdt)
{
	uint32_t irq;
	bool edge;
	uint64_t daif;
	int err;

	if (!regs)
		return -ENODEV;
	if (irq_from_node(fdt, find(fdt), 0, &irq, &edge) < 0)
		fatal("uart: the device tree names no interrupt for it");
	mmio_write32(regs + UARTIFLS, IFLS_HALF_QUARTER);
	err = irq_register(irq, edge, handle_interrupt, NULL, "uart-pl011");
	if (err < 0)
		fatal("uart: interrupt %u cannot be used (%d)", irq, err);

	daif = spin_lock_irqsave(&lock);
	interrupt_driven = true;
	spin_unlock_irqrestore(&lock, daif);
	receive_begin();
	klog("uart: PL011, interrupt %u\n", irq);
	return 0;
}
