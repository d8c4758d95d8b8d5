// SPDX-License-Identifier: MIT
/*
 * syslog(2), which dmesg uses: the kernel's messages. They are given as
 * Linux does, each line with its priority, which is the same for all. To wait
 * for the next message is not offered.
 */
#include "lib/errno.h"
#include "lib/log.h"
#include "lib/string.h"
#include "mm/user.h"
#include "syscall/sys_system.h"
#include "syscall/syscall.h"

/* Actions */
enum {
	LOG_CLOSE = 0,
	LOG_OPEN = 1,
	LOG_READ = 2,
	LOG_READ_ALL = 3,
	LOG_READ_CLEAR = 4,
	LOG_CLEAR = 5,
	LOG_CONSOLE_OFF = 6,
	LOG_CONSOLE_ON = 7,
	LOG_CONSOLE_LEVEL = 8,
	LOG_SIZE_UNREAD = 9,
	LOG_SIZE_BUFFER = 10,
};

enum { CHUNK = 256 };

#define PRIORITY	"<6>"

/* Messages before this are no longer shown; atomic. */
static uint64_t cleared;

/* What is given to a program. */
struct output {
	uint64_t buf;
	size_t len, done;
	bool line_starts;
};

/* False: there is no more room, or a bad address. */
static bool give(struct output *o, const char *text, size_t len)
{
	if (len > o->len - o->done)
		return false;
	if (copy_to_user(o->buf + o->done, text, len))
		return false;
	o->done += len;
	return true;
}

/* @len bytes of messages, each line behind its priority. */
static bool give_lines(struct output *o, const char *text, size_t len)
{
	while (len) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) + 1 : len;

		if (o->line_starts && !give(o, PRIORITY, strlen(PRIORITY)))
			return false;
		if (!give(o, text, n))
			return false;
		o->line_starts = end;
		text += n;
		len -= n;
	}
	return true;
}

/*
 * Where to start so that the newest of it fits: each line gets a prefix,
 * so that half of the room is for text at least of usual lines.
 */
static uint64_t start_of(size_t len)
{
	uint64_t first = __atomic_load_n(&cleared, __ATOMIC_RELAXED);
	uint64_t end = klog_end();

	if (end > LOG_RING_SIZE && first < end - LOG_RING_SIZE)
		first = end - LOG_RING_SIZE;
	if (end - first > len / 2)
		first = end - len / 2;
	return first;
}

static long read_all(uint64_t buf, int len)
{
	struct output o = { buf, (size_t)len, 0, true };
	uint64_t pos = start_of((size_t)len), end = klog_end();
	char chunk[CHUNK];
	size_t n;

	while (pos < end) {
		n = klog_read(pos, chunk, sizeof(chunk), &pos);
		if (!n || !give_lines(&o, chunk, n))
			break;
	}
	if (!o.done && pos < end)
		return -EFAULT;
	return (long)o.done;
}

static void clear(void)
{
	__atomic_store_n(&cleared, klog_end(), __ATOMIC_RELAXED);
}

/* syslog(action, buf, len) */
long sys_syslog(const uint64_t arg[6])
{
	int action = (int)arg[0], len = (int)arg[2];
	long n;

	switch (action) {
	case LOG_READ_ALL:
	case LOG_READ_CLEAR:
		if (!arg[1] || len < 0)
			return -EINVAL;
		n = len ? read_all(arg[1], len) : 0;
		if (n >= 0 && action == LOG_READ_CLEAR)
			clear();
		return n;
	case LOG_CLEAR:
		clear();
		return 0;
	case LOG_SIZE_BUFFER:
		return 2 * LOG_RING_SIZE;	/* with the priorities */
	case LOG_CLOSE:
	case LOG_OPEN:
		return 0;
	case LOG_READ:
	case LOG_SIZE_UNREAD:
	case LOG_CONSOLE_OFF:
	case LOG_CONSOLE_ON:
	case LOG_CONSOLE_LEVEL:
		return syscall_part_missing(PART_SYSLOG);
	default:
		return -EINVAL;
	}
}
