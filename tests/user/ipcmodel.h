/* SPDX-License-Identifier: MIT */
/*
 * A model of what docs/ipc.md says, for ipcrandom: a few actors, one of which
 * does something, and who comes back with what because of it.
 */
#ifndef TESTS_USER_IPCMODEL_H
#define TESTS_USER_IPCMODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ACTORS = 5, ENDPOINTS = 2, NOTES = 2, BADGES = 3 };

enum op {
	OP_SEND,
	OP_CALL,
	OP_RECV,
	OP_REPLY,
	OP_REPLY_RECV,
	OP_SIGNAL,
	OP_WAIT,
	OP_BUFFER,		/* name a buffer of so many bytes */
	OP_QUIT,		/* the thread ends; another takes its place */
};

extern const char *const op_names[];

struct step {
	enum op op;
	unsigned object;	/* endpoint or notification */
	unsigned badge;		/* which of the descriptors to send by */
	uint64_t timeout;
	uint64_t seed;		/* what the message is made of */
	size_t bytes;		/* of the buffer */
	bool gives;		/* a descriptor */
	bool accepts;
};

/* How a call came back. */
struct outcome {
	long result;
	uint64_t word;		/* OP_WAIT */
	bool has_message;	/* then all of the following */
	uint64_t seed;
	size_t bytes;
	bool gives, calls;
	bool has_badge;		/* it was sent, not replied */
	uint64_t badge;
};

bool op_sends(enum op op);	/* a message goes */
bool op_receives(enum op op);	/* a message may come */
uint64_t badge_value(unsigned badge);
int model_nice(unsigned actor);

void model_init(void);
void model_step(unsigned actor, const struct step *step);
/* @actor waits, and a signal comes that it has a handler for. */
void model_interrupt(unsigned actor);
/* The descriptors of one side, at which nobody waits, are closed. */
void model_end(unsigned endpoint);

bool model_waits(unsigned actor);
bool model_has_senders(unsigned endpoint);
bool model_has_calls(unsigned endpoint);	/* received, not replied to */

/* Has @actor come back since it was asked last? */
bool model_outcome(unsigned actor, struct outcome *outcome);

#endif
