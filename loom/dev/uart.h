// SPDX-License-Identifier: MIT
/*
 * The console UART (PL011), found through the device tree's stdout-path.
 *
 * Output goes into a ring that the transmit interrupt drains; before
 * interrupts work and in a crash report it is written directly. Input is
 * handed to a receiver from the receive interrupt; what a busy receiver does
 * not take stays in the FIFO. The line's speed is what the firmware set.
 */
#ifndef LOOM_DEV_UART_H
#define LOOM_DEV_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fdt;

/* Directly, as soon as memory is mapped; -ENODEV if there is no PL011. */
int uart_init_early(const struct fdt *fdt);

/* Interrupt-driven from here on; needs irq_init. */
int uart_init(const struct fdt *fdt);

/*
 * Free bytes of the ring, UART_RING_SIZE when all is sent. When it is less
 * than half, @space_fn is called, in interrupt context, once it is half again.
 * Others may take of it before the caller does.
 */
size_t uart_room(void);
void uart_set_space_fn(void (*fn)(void));
enum { UART_RING_SIZE = 4096 };

/*
 * Queue all of it; what there is no room for is waited for, bounded and
 * without sleeping. For short texts, and those that a look at uart_room()
 * has found room for.
 */
void uart_put(const char *data, size_t len);

/*
 * The same for a text with "\n" as line ends, from any context with no lock
 * ranked RANK_UART or above held. What klog_set_sink is given.
 */
void uart_write_text(const char *text, size_t len);

/*
 * Receive from here on. @fn is called in interrupt context with bytes, never
 * with more than @room said just before. When it says 0 the bytes stay in the
 * FIFO, and their sender waits if it can, until uart_receive_more() is called.
 */
void uart_set_receive_fn(void (*fn)(const char *data, size_t len),
			 size_t (*room)(void));
void uart_receive_more(void);

/*
 * Directly and at once, after what is queued, whatever the state of the
 * driver and its lock (crash reports). On the wire when it returns.
 */
void uart_write_now(const char *data, size_t len);

/* Wait (bounded) until everything queued is on the wire. */
void uart_flush(void);

#endif
