// SPDX-License-Identifier: MIT
/*
 * Endpoints: where threads that send meet threads that receive. Nothing is
 * stored in one; who comes first waits. docs/ipc.md has what programs see.
 *
 * A message is the registers x1-x7 of the sender's frame and the parcel
 * ipc.out of its thread; it arrives in the receiver's frame, its parcel in
 * ipc.in. Before, the calling thread has set ipc.out, ipc.accepts and
 * ipc.buffer_size; afterwards what is still in ipc.out is its to free, and
 * what is in ipc.in is its to use, whatever the result.
 */
#ifndef LOOM_IPC_ENDPOINT_H
#define LOOM_IPC_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/lock.h"
#include "sched/wait.h"

struct file;
struct file_ops;
struct thread;

/* Who is on the queue of an endpoint. */
enum endpoint_queue {
	QUEUE_EMPTY,
	QUEUE_SENDERS,		/* SENDING and CALLING threads */
	QUEUE_RECEIVERS,
};

struct endpoint {
	/*
	 * The first cache line is all that a message touches. The lock is one
	 * of a table that is there for ever (endpoint.c says why).
	 */
	_Alignas(64) struct spinlock *lock;	/* RANK_ENDPOINT */

	/*
	 * For leaf calls (leaf.h). NULL: nobody waits, and nothing is to be
	 * done beside if somebody is about to receive. Or the one thread that
	 * does, asleep in a leaf call, on no queue. Or ENDPOINT_BUSY: neither.
	 */
	struct thread *ready;

	/* lock */
	struct list queue;	/* struct thread, ipc.link: by priority */
	uint32_t waiting;	/* enum endpoint_queue */
	bool watched;		/* somebody may be on pollers */
	uint32_t receivers;	/* files with the right to receive */
	uint32_t senders;	/* to send */

	struct waitq pollers;
};

#define ENDPOINT_BUSY ((struct thread *)1)

/* The one that is asleep there in a leaf call, or NULL. */
static inline struct thread *endpoint_ready(const struct endpoint *ep)
{
	return (uintptr_t)ep->ready > (uintptr_t)ENDPOINT_BUSY ? ep->ready :
								 NULL;
}

extern const struct file_ops endpoint_file_ops;

/* A new one with all rights: 0, -ENOMEM, -ENFILE. */
int endpoint_create(struct file **out);

/* How long to wait. */
struct ipc_patience {
	bool queues;		/* false: not for somebody at the other side */
	uint64_t deadline_ns;	/* the whole call; WAIT_FOREVER */
};

/*
 * Send; with @calls, also wait for the reply. 0, or
 *
 *	-EPIPE		no descriptor is left that could receive it
 *	-EMSGSIZE, -EOPNOTSUPP	the receiver cannot take the bytes, the file
 *	-EAGAIN		nobody waits for it, and it shall not queue
 *	-EINTR, -ETIMEDOUT	nobody has received it
 *
 * and once it was received, of a call only
 *
 *	-ECANCELED	a signal came before the reply
 *	-ETIMEDOUT	the time was up before it
 *	-ECONNRESET	the receiver will not reply
 */
int endpoint_send(struct endpoint *ep, uint64_t badge, bool calls,
		  const struct ipc_patience *patience);

/*
 * The first halves of a call and of REPLY_RECV in a leaf call: true if what is
 * left is to sleep, in ipc state and queued as it must be for that. False:
 * nothing has changed, the general way is needed. The caller's parcel is
 * empty, its ipc.badge set.
 */
bool endpoint_begin_call(struct endpoint *ep, bool queues);
bool endpoint_begin_receive(struct endpoint *ep);

/* What is left of either after the calling thread slept in a leaf call. */
int endpoint_resume(struct endpoint *ep);

/*
 * Receive. A call that this thread has not replied to is refused first. 0,
 * -EPIPE (no descriptor is left that could send), -EAGAIN, -EINTR, -ETIMEDOUT.
 */
int endpoint_receive(struct endpoint *ep,
		     const struct ipc_patience *patience);

/*
 * Reply to the call received last: 0; -ENOTCONN: there is none, or it has been
 * replied to; -ESRCH: the caller has given up. -EMSGSIZE, -EOPNOTSUPP: the
 * caller cannot take it; another reply may be tried.
 */
int endpoint_reply(void);

/* The calling thread leaves its program: execve or its end. */
void endpoint_leave(void);

#endif
