// SPDX-License-Identifier: MIT
/*
 * sequence's pipes, socket pairs and event counters: what they hold, what poll
 * says of them, and what the other end sees when one is closed.
 *
 * All are non-blocking, and a signal for a reader that is gone is ignored.
 * Left out: how much fits. Linux gives a pipe pages and a socket packets, so
 * that depends on the sizes of the pieces; no more than 24 KiB wait in any.
 */
#define _GNU_SOURCE
#include "sequence.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SLOTS = 8, MOST = 24576 };

static int slot[SLOTS];
static char buffer[8192];

/* Rather one that is open. */
static unsigned a_slot(void)
{
	unsigned number = draw(SLOTS);

	for (int i = 0; i < 2 && slot[number] < 0; i++)
		number = draw(SLOTS);
	return number;
}

static void put(unsigned number, int fd)
{
	if (slot[number] >= 0)
		close(slot[number]);
	slot[number] = fd;
}

static void do_make(void)
{
	static const int types[] = { SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM,
				     SOCK_SEQPACKET, 77 };
	unsigned one = draw(SLOTS), two = draw(SLOTS), way = draw(4);
	int type = DRAW(types), fd[2], done;

	if (two == one)
		two = (one + 1) % SLOTS;
	if (way < 2) {
		say("pipe() #%u #%u", one, two);
		done = pipe2(fd, O_NONBLOCK);
	} else if (way == 2) {
		say("socketpair(%d) #%u #%u", type, one, two);
		done = socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, fd);
	} else {
		unsigned start = draw(3);
		int flags = draw(2) ? EFD_SEMAPHORE : 0;

		say("eventfd(%u, %d) #%u", start, flags, one);
		done = fd[0] = eventfd(start, flags | EFD_NONBLOCK);
		if (result(done < 0 ? -1 : 0) == 0)
			put(one, fd[0]);
		return;
	}
	if (result(done) == 0) {
		put(one, fd[0]);
		put(two, fd[1]);
	}
}

static void do_close(void)
{
	unsigned number = a_slot();

	say("close(#%u)", number);
	result(close(slot[number]));
	slot[number] = -1;
}

static void do_dup(void)
{
	unsigned from = a_slot(), to = draw(SLOTS);
	int fd;

	say("dup(#%u) #%u", from, to);
	fd = dup(slot[from]);
	if (result(fd < 0 ? -1 : 0) == 0)
		put(to, fd);
}

/* What waits to be read at any of the ends that are open. */
static int waiting(void)
{
	int most = 0, n;

	for (unsigned i = 0; i < SLOTS; i++)
		if (slot[i] >= 0 && ioctl(slot[i], FIONREAD, &n) == 0 &&
		    n > most)
			most = n;
	return most;
}

static void do_write(void)
{
	static const size_t some[] = { 0, 1, 8, 8, 100, 4096, 5000, 8192 };
	unsigned number = a_slot(), way = draw(3);
	size_t length = DRAW(some), half = length / 2;
	struct iovec pieces[2] = {
		{ buffer, half }, { buffer + half, length - half },
	};

	fill(buffer, length, draw(200));
	/* An event counter takes eight bytes; make them a small number. */
	if (length == 8)
		memcpy(buffer, &(uint64_t){ draw(5) }, 8);
	if (waiting() + (int)length > MOST) {
		say("full\n");
		return;
	}
	if (way == 0) {
		say("write(#%u, %zu)", number, length);
		result(write(slot[number], buffer, length));
	} else if (way == 1) {
		say("writev(#%u, %zu)", number, length);
		result(writev(slot[number], pieces, 2));
	} else {
		say("send(#%u, %zu)", number, length);
		result(send(slot[number], buffer, length, MSG_NOSIGNAL));
	}
}

static void do_read(void)
{
	static const size_t some[] = { 0, 1, 8, 8, 100, 4096, 8192, 8192 };
	static const int flags[] = { 0, 0, MSG_PEEK, MSG_TRUNC, MSG_DONTWAIT };
	unsigned number = a_slot(), way = draw(3);
	size_t length = DRAW(some), half = length / 3;
	struct iovec pieces[2] = {
		{ buffer, half }, { buffer + half, length - half },
	};
	int flag = DRAW(flags);
	long n;

	memset(buffer, 0, sizeof(buffer));
	if (way == 0) {
		say("read(#%u, %zu)", number, length);
		n = read(slot[number], buffer, length);
	} else if (way == 1) {
		say("readv(#%u, %zu)", number, length);
		n = readv(slot[number], pieces, 2);
	} else {
		say("recv(#%u, %zu, %d)", number, length, flag);
		n = recv(slot[number], buffer, length, flag);
	}
	result_with(n, "%08x", digest(buffer, sizeof(buffer)));
}

static void do_shutdown(void)
{
	unsigned number = a_slot();
	int way = (int)draw(4);

	say("shutdown(#%u, %d)", number, way);
	result(shutdown(slot[number], way));
}

static void do_poll(void)
{
	static const short some[] = {
		POLLIN, POLLOUT, POLLIN | POLLOUT, 0, POLLPRI, POLLRDHUP,
		POLLIN | POLLRDHUP | POLLOUT | POLLRDNORM | POLLWRNORM,
	};
	struct pollfd set[SLOTS];
	int n;

	for (unsigned i = 0; i < SLOTS; i++)
		set[i] = (struct pollfd){ slot[i], DRAW(some), -1 };
	/* One that is open to nobody: POLLNVAL; negative ones are left out. */
	if (draw(4) == 0)
		set[0].fd = 200;
	say("poll()");
	n = poll(set, SLOTS, 0);
	say(" =");
	for (unsigned i = 0; i < SLOTS; i++)
		say(" %#x/%#x", (unsigned)set[i].revents,
		    (unsigned)set[i].events);
	result(n);
}

static void do_select(void)
{
	struct timeval now = { 0, 0 };
	fd_set in, out, odd;
	int top = 0, n;

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&odd);
	for (unsigned i = 0; i < SLOTS; i++) {
		if (slot[i] < 0)
			continue;
		if (draw(2))
			FD_SET(slot[i], &in);
		if (draw(2))
			FD_SET(slot[i], &out);
		if (draw(2))
			FD_SET(slot[i], &odd);
		if (slot[i] > top)
			top = slot[i];
	}
	say("select()");
	n = select(top + 1, &in, &out, &odd, &now);
	for (unsigned i = 0; n >= 0 && i < SLOTS; i++)
		say(" %c%c%c", slot[i] >= 0 && FD_ISSET(slot[i], &in) ? 'i'
		    : '-', slot[i] >= 0 && FD_ISSET(slot[i], &out) ? 'o' : '-',
		    slot[i] >= 0 && FD_ISSET(slot[i], &odd) ? 'x' : '-');
	result(n);
}

static void do_ask(void)
{
	unsigned number = a_slot();
	int fd = slot[number], n = -7;

	switch (draw(4)) {
	case 0:
		say("FIONREAD(#%u)", number);
		result_with(ioctl(fd, FIONREAD, &n), "%d", n);
		break;
	case 1:
		say("F_GETFL(#%u)", number);
		result(fcntl(fd, F_GETFL));
		break;
	case 2:
		say("lseek(#%u)", number);
		result(lseek(fd, 0, SEEK_CUR));
		break;
	default:
		say("ftruncate(#%u)", number);
		result(ftruncate(fd, 10));
		break;
	}
}

static void begin(void)
{
	signal(SIGPIPE, SIG_IGN);
	for (unsigned i = 0; i < SLOTS; i++)
		slot[i] = -1;
}

static void step(void)
{
	static void (*const steps[])(void) = {
		do_make, do_make, do_make, do_close, do_dup, do_write,
		do_write, do_write, do_write, do_read, do_read, do_read,
		do_shutdown, do_poll, do_poll, do_select, do_ask, do_ask,
	};

	DRAW(steps)();
}

const struct topic topic_pipes = { "pipes", begin, step, NULL };
