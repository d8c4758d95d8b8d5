// SPDX-License-Identifier: MIT
/*
 * Threads that wait at an endpoint or a notification: the queue, the sleep and
 * the wake-up, for endpoint.c and notification.c.
 *
 *	ipc_watch(self);
 *	lock
 *	nothing to do but to wait: ipc_enqueue(&queue, self, IPC_SENDING)
 *	unlock
 *	for (;;) {
 *		err = ipc_sleep(self, deadline)
 *		lock
 *		if (self->ipc_state == IPC_DONE) break;
 *		if (err) ipc_give_up(self, err), break;
 *		unlock
 *	}
 *	result = ipc_result(self);
 *	unlock
 *
 * Who finishes a thread does it under the lock, which the thread takes before
 * it goes on: it cannot vanish under its waker. That no wake-up is lost is the
 * argument for struct watch in sched/wait.c, with ipc_finish as the waker.
 */
#ifndef LOOM_IPC_QUEUE_H
#define LOOM_IPC_QUEUE_H

#include "ipc/state.h"
#include "sched/thread.h"

/* A new thread, all zeros. */
void ipc_init_thread(struct thread *thread);

/* Before the caller looks whether it has to wait. */
void ipc_watch(struct thread *self);

/* Behind those of the same or a better priority. The lock is held. */
void ipc_enqueue(struct list *queue, struct thread *self,
		 enum ipc_state state);

/* The first of a queue that is not empty. */
struct thread *ipc_first(const struct list *queue);

/* @thread is DONE, off its queue, and wakes up. The lock is held. */
void ipc_finish(struct thread *thread, int result);

/* The calling thread gives up: the same without a wake-up. */
void ipc_give_up(struct thread *self, int result);

/*
 * Interruptible sleep until ipc_finish, and maybe without: 0, -ETIMEDOUT,
 * -EINTR. What came since the last look is not lost.
 */
int ipc_sleep(struct thread *self, uint64_t deadline_ns);

/* The result of one that is DONE, which is IDLE afterwards. */
int ipc_result(struct thread *self);

#endif
