// SPDX-License-Identifier: MIT
/*
 * What a thread does with endpoints and notifications: a member of struct
 * thread, all in one place. Only the files of ipc/ and the fast paths look
 * inside.
 *
 *	IDLE --> SENDING ----------------------> DONE --> IDLE
 *	     --> CALLING --> AWAITING_REPLY ---->
 *	     --> RECEIVING -------------------->
 *	     --> WAITING (for a notification) -->
 *
 * The thread itself leaves IDLE, and goes back to it. Who brings it to DONE
 * (who sends, receives, replies, signals, or closes what it waits for) has put
 * everything that it is given into its frame and into this structure, and
 * wakes it under the same hold of the lock. A thread that gives up makes
 * itself DONE. The lock is that of the object that it waits at; of a call it
 * stays that of its endpoint until the reply.
 *
 * The words of a message are nowhere but in the frames: x1-x7 of the sender go
 * into those of the receiver, and of the two the one that waits does not use
 * its frame (endpoint.c).
 */
#ifndef LOOM_IPC_STATE_H
#define LOOM_IPC_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"
#include "sched/wait.h"

struct file;
struct spinlock;
struct thread;

enum ipc_state {
	IPC_IDLE,
	IPC_SENDING,		/* on a queue; somebody is to receive it */
	IPC_CALLING,		/* the same, and then waits for the reply */
	IPC_RECEIVING,		/* on a queue */
	IPC_AWAITING_REPLY,	/* ipc.server has the reply right */
	IPC_WAITING,		/* on the queue of a notification */
	IPC_DONE,		/* result says how */
};

/* What travels beside the words: each NULL, or the holder's to free. */
struct parcel {
	struct file *file;	/* counted */
	uint8_t *bytes;		/* kmalloc'ed */
	uint32_t len;
};

struct ipc_thread {
	/*
	 * With thread->ipc_state, the first cache line is all that a message of
	 * words touches. The lock of what it waits at, unless it says
	 * otherwise.
	 */
	_Alignas(64)
	int32_t result;			/* DONE: 0 or -errno */
	struct list link;		/* on the queue of that object */
	struct thread *server;		/* AWAITING_REPLY: who is to reply */
	uint64_t badge;			/* SENDING, CALLING: of its descriptor;
					   WAITING: the word it was given */
	/*
	 * The reply right: the thread that waits for this one's reply, or
	 * NULL. Under reply_lock, its endpoint's, which only the thread itself
	 * and who calls it while it is RECEIVING change. Atomic: it looks
	 * first without the lock.
	 */
	struct thread *caller;
	struct spinlock *reply_lock;
	bool caller_gone;	/* there was one, it gave up; the same */
	uint8_t prio;		/* when it was put on the queue */

	/* Constant while others can see them: they wait, or are DONE. */
	int32_t accepts;		/* descriptor reserved, or -1 */
	uint64_t buffer;		/* user address; 0: none */
	uint32_t buffer_size;
	struct parcel out;		/* going; the lock */
	struct parcel in;		/* has come; the lock */
	struct watch watch;		/* the sleep */
};

#endif
