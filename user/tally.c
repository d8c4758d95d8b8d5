// SPDX-License-Identifier: MIT
/*
 * tally: a server and its clients, as an example of endpoints and
 * notifications (docs/ipc.md).
 *
 * The server has a sum for each client and knows who asks by the badge of the
 * descriptor that it gave that client: no client can add to another's sum. A
 * client that is done signals its bit of a notification, on which the parent
 * of all waits. When the last client has gone, nobody has a descriptor left to
 * call by, which ends the server.
 */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <loom/ipc.h>

#include "lib/prog.h"

#define USAGE \
	"usage: tally [CLIENTS [TIMES]]\n" \
	"A server, and so many clients (3; at most 16) that add to a sum of\n" \
	"their own so many times (1000): an example of loom's endpoints.\n"

enum { CLIENTS_MAX = 16 };

/* What a client asks for: the label of its message. */
enum { ADD, SUM };

static int checked(long result, const char *what)
{
	if (result < 0) {
		errno = (int)-result;
		err(1, "%s", what);
	}
	return (int)result;
}

/* word[0]: what to add; of the reply: the sum. */
static void handle(struct loom_message *m, uint64_t *sums)
{
	uint64_t *sum = &sums[m->badge - 1];

	if (loom_label(m->tag) == ADD)
		*sum += m->word[0];
	*m = (struct loom_message){ .word = { *sum } };
}

static void serve(int fd)
{
	uint64_t sums[CLIENTS_MAX] = { 0 };
	struct loom_message m = { .tag = 0 };
	long result;

	/* The first has nobody to reply to, and only receives. */
	while ((result = loom_reply_recv(fd, &m)) == 0 || result == -ESRCH) {
		if (result == 0)
			handle(&m, sums);
		else	/* who called has been killed: to the next */
			m = (struct loom_message){ .tag = 0 };
	}
	exit(result == -EPIPE ? 0 : 1);
}

static void be_client(int out, int done, unsigned number, long times)
{
	struct loom_message m;

	for (long i = 1; i <= times; i++) {
		m = (struct loom_message){ .tag = LOOM_TAG(ADD, 0),
					   .word = { (uint64_t)i * number } };
		checked(loom_call(out, &m), "call");
	}
	m = (struct loom_message){ .tag = LOOM_TAG(SUM, 0) };
	checked(loom_call(out, &m), "call");
	printf("client %u: %lu\n", number, (unsigned long)m.word[0]);
	fflush(stdout);
	checked(loom_signal(done, 0), "signal");
	exit(0);
}

static pid_t start(void)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	return pid;
}

/* A client has its badge on both, and nothing else of them. */
static void start_client(int ep, int note, unsigned number, long times)
{
	int out = checked(loom_dup(ep, LOOM_RIGHT_SEND, number, 0), "dup");
	int done = checked(loom_dup(note, LOOM_RIGHT_SEND,
				    UINT64_C(1) << number, 0), "dup");

	if (start() == 0) {
		close(ep);
		close(note);
		be_client(out, done, number, times);
	}
	close(out);
	close(done);
}

/* Until each client has signalled its bit. */
static void wait_for_all(int note, unsigned clients)
{
	uint64_t bits = 0, left = ((UINT64_C(1) << clients) - 1) << 1;

	while (left) {
		checked(loom_wait(note, LOOM_FOREVER, &bits), "wait");
		left &= ~bits;
	}
}

int main(int argc, char **argv)
{
	long clients = 3, times = 1000;
	int ep, in, note, status;

	prog_help(argc, argv, USAGE);
	if (argc > 3 ||
	    (argc > 1 && !prog_number(argv[1], 1, CLIENTS_MAX, &clients)) ||
	    (argc > 2 && !prog_number(argv[2], 0, INT_MAX, &times)))
		prog_usage(USAGE);
	ep = checked(loom_endpoint(0), "no endpoints: is this loom?");
	note = checked(loom_notification(0), "notification");
	in = checked(loom_dup(ep, LOOM_RIGHT_RECV, 0, 0), "dup");
	if (start() == 0) {
		/* With the right to send it would be its own last caller. */
		close(ep);
		serve(in);
	}
	close(in);
	for (unsigned i = 1; i <= clients; i++)
		start_client(ep, note, i, times);
	wait_for_all(note, (unsigned)clients);
	puts("all clients are done");
	close(ep);
	while (wait(&status) > 0)
		if (status)
			return 1;
	return 0;
}
