// SPDX-License-Identifier: MIT
/*
 * inject's scenarios of loom's own calls: objects, descriptors of them, timers,
 * and a call with bytes and a descriptor to a server for which nothing fails.
 */
#define _GNU_SOURCE
#include "inject.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <loom/ipc.h>

static uint8_t buffer[LOOM_MESSAGE_MAX];
static int out;			/* to the server */
static pid_t server;

/* As the C library has it: -1, and errno. */
static long told(long result)
{
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

static int run_objects(void)
{
	uint64_t bits = 0;
	int note, ep, copy;

	NEED((note = (int)told(loom_notification(0))) >= 0);
	NEED((copy = (int)told(loom_dup(note, LOOM_RIGHT_SEND, 6, 0))) >= 0);
	CHECK(loom_signal(copy, 1) == 0);
	CHECK(loom_wait(note, 0, &bits) == 0 && bits == 6);
	NEED(told(loom_bind_timer(note, CLOCK_MONOTONIC, 0, 1, 0, 4)) == 0);
	CHECK(loom_wait(note, LOOM_FOREVER, &bits) == 0 && bits == 4);
	NEED((ep = (int)told(loom_endpoint(0))) >= 0);
	NEED((copy = (int)told(loom_dup(ep, LOOM_RIGHT_RECV, 0, 0))) >= 0);
	CHECK(close(ep) == 0 && close(copy) == 0 && close(note) == 0);
	return INJECT_DONE;
}

/* Gives back the bytes, and the descriptor that it got. */
static _Noreturn void serve(int in)
{
	struct loom_message m = { .tag = LOOM_TAG_ACCEPT };

	loom_buffer(buffer, sizeof(buffer));
	while (loom_reply_recv(in, &m) == 0) {
		m.tag = LOOM_TAG_BYTES(loom_bytes(m.tag)) | LOOM_TAG_ACCEPT |
			(m.tag & LOOM_TAG_FD);
		m.fd = LOOM_FD(m.fd, 0);
	}
	_exit(0);
}

static void start_server(void)
{
	int ep = (int)loom_endpoint(0);
	int in = (int)loom_dup(ep, LOOM_RIGHT_RECV, 0, 0);

	out = (int)loom_dup(ep, LOOM_RIGHT_SEND, 0, 0);
	close(ep);
	memset(buffer, 'b', sizeof(buffer));
	server = fork();
	if (server == 0) {
		close(out);
		serve(in);
	}
	close(in);
	loom_buffer(buffer, sizeof(buffer));
}

static int call_server(void)
{
	struct loom_message m = {
		.tag = LOOM_TAG(0, LOOM_TAG_ACCEPT | LOOM_TAG_FD) |
		       LOOM_TAG_BYTES(1000),
		.fd = LOOM_FD(out, LOOM_RIGHT_SEND),
		.fd_badge = 9,
	};

	NEED(told(loom_call(out, &m)) == 0);
	CHECK(m.tag == (LOOM_TAG_FD | LOOM_TAG_BYTES(1000)));
	CHECK(buffer[0] == 'b' && buffer[999] == 'b');
	CHECK(close((int)m.fd) == 0);
	return INJECT_DONE;
}

static int run_call(void)
{
	int result = call_server();

	/* The server has one, too, which it might call itself by. */
	CHECK(kill(server, SIGKILL) == 0);
	CHECK(close(out) == 0 && waitpid(server, NULL, 0) == server);
	return result;
}

const struct inject_scenario inject_ipc[] = {
	{ "ipc-objects", NULL, run_objects },
	{ "ipc-call", start_server, run_call },
	{ NULL, NULL, NULL },
};
