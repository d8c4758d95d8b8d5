// SPDX-License-Identifier: MIT
/*
 * Messages of the kernel. They are kept in a ring of 16 KiB (a crash report
 * prints its end) and go to the console as they come, unless the command line
 * says `loom.quiet`. May be called from anywhere, with any lock held but the
 * console's own (RANK_UART).
 *
 * One call is one message, at most LOG_MESSAGE_MAX bytes (cut, and said so),
 * usually one line; messages of several CPUs do not mix.
 */
#ifndef LOOM_LIB_LOG_H
#define LOOM_LIB_LOG_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LOG_MESSAGE_MAX = 256,
	LOG_RING_SIZE = 16384,
};

void klog(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void klog_v(const char *fmt, va_list ap)
	__attribute__((format(printf, 1, 0)));

/*
 * Where messages go: dev/uart.h's uart_write_text. The sink is called without
 * the log's lock, must not sleep or take a lock ranked below RANK_UART. NULL:
 * only into the ring.
 */
void klog_set_sink(void (*sink)(const char *text, size_t len));

/*
 * Copy what was logged from position @pos on (bytes since the start) to @buf,
 * at most @n bytes; what the ring has no more is skipped. *@next is where to
 * go on. How many there were.
 */
size_t klog_read(uint64_t pos, char *buf, size_t n, uint64_t *next);

/* Bytes ever logged: the position behind the last. */
uint64_t klog_end(void);

/*
 * The last bytes logged, from the start of a line, at most @n: how many went
 * to @buf (no NUL). For crash reports: takes no lock, so another CPU that
 * logs meanwhile may garble a line.
 */
size_t klog_tail(char *buf, size_t n);

#endif
