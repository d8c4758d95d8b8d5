// SPDX-License-Identifier: MIT
/*
 * The kernel's messages: a ring that keeps the last 16 KiB, and a sink that
 * prints them as they come. Everybody calls klog(); the crash report reads
 * the ring.
 */
#include "lib/log.h"

#include <stdint.h>

#include "lib/lock.h"
#include "lib/printf.h"
#include "lib/string.h"

static struct spinlock lock = SPINLOCK_INIT(RANK_LOG, "log");
/* lock */
static char ring[LOG_RING_SIZE];
static uint64_t written;	/* bytes ever */

static void (*print)(const char *text, size_t len);

static void keep(const char *text, size_t len)
{
	uint64_t daif = spin_lock_irqsave(&lock);
	size_t i;

	for (i = 0; i < len; i++)
		ring[(written + i) % LOG_RING_SIZE] = text[i];
	__atomic_store_n(&written, written + len, __ATOMIC_RELAXED);
	spin_unlock_irqrestore(&lock, daif);
}

void klog_v(const char *fmt, va_list ap)
{
	static const char cut[] = "...\n";
	void (*sink)(const char *, size_t);
	char text[LOG_MESSAGE_MAX];
	size_t len = (size_t)format_v(text, sizeof(text), fmt, ap);

	if (len >= sizeof(text)) {
		len = sizeof(text);
		memcpy(text + len - (sizeof(cut) - 1), cut, sizeof(cut) - 1);
	}
	keep(text, len);
	sink = __atomic_load_n(&print, __ATOMIC_ACQUIRE);
	if (sink)
		sink(text, len);
}

void klog(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	klog_v(fmt, ap);
	va_end(ap);
}

void klog_set_sink(void (*sink)(const char *text, size_t len))
{
	__atomic_store_n(&print, sink, __ATOMIC_RELEASE);
}

uint64_t klog_end(void)
{
	return __atomic_load_n(&written, __ATOMIC_RELAXED);
}

size_t klog_read(uint64_t pos, char *buf, size_t n, uint64_t *next)
{
	uint64_t daif = spin_lock_irqsave(&lock);
	size_t done = 0;

	if (written > LOG_RING_SIZE && pos < written - LOG_RING_SIZE)
		pos = written - LOG_RING_SIZE;
	for (; done < n && pos < written; pos++)
		buf[done++] = ring[pos % LOG_RING_SIZE];
	spin_unlock_irqrestore(&lock, daif);
	*next = pos;
	return done;
}

size_t klog_tail(char *buf, size_t n)
{
	uint64_t end = __atomic_load_n(&written, __ATOMIC_RELAXED);
	uint64_t kept = end < LOG_RING_SIZE ? end : LOG_RING_SIZE;
	uint64_t pos = end - (n < kept ? n : kept);
	size_t out = 0;

	/* A line whose start is not there is left out. */
	if (pos > 0 && ring[(pos - 1) % LOG_RING_SIZE] != '\n')
		while (pos < end && ring[pos++ % LOG_RING_SIZE] != '\n')
			;
	while (pos < end)
		buf[out++] = ring[pos++ % LOG_RING_SIZE];
	return out;
}
