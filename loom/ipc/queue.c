// SPDX-License-Identifier: MIT
/* Threads that wait at an endpoint or a notification; see queue.h. */
#include "ipc/queue.h"

#include "lib/assert.h"
#include "sched/sched.h"

static struct thread *thread_at(struct list *node)
{
	return container_of(node, struct thread, ipc.link);
}

void ipc_init_thread(struct thread *thread)
{
	thread->ipc.accepts = -1;
	thread->ipc.watch.thread = thread;
	list_init(&thread->ipc.link);
}

void ipc_watch(struct thread *self)
{
	watch_init(&self->ipc.watch);
}

/* A priority that it gets while it waits counts from the next time on. */
void ipc_enqueue(struct list *queue, struct thread *self, enum ipc_state state)
{
	struct list *at = queue->prev;

	assert(self->ipc_state == IPC_IDLE);
	self->ipc.prio = self->prio;
	while (at != queue && thread_at(at)->ipc.prio > self->ipc.prio)
		at = at->prev;
	list_add_after(at, &self->ipc.link);
	self->ipc_state = state;
}

struct thread *ipc_first(const struct list *queue)
{
	return list_first_entry(queue, struct thread, ipc.link);
}

void ipc_give_up(struct thread *self, int result)
{
	struct ipc_thread *ipc = &self->ipc;

	if (self->ipc_state != IPC_AWAITING_REPLY)
		list_del(&ipc->link);
	ipc->result = result;
	self->ipc_state = IPC_DONE;
}

void ipc_finish(struct thread *thread, int result)
{
	struct ipc_thread *ipc = &thread->ipc;

	ipc_give_up(thread, result);
	/* One that sleeps in a leaf call has not reset it. */
	__atomic_store_n(&ipc->watch.rung, true, __ATOMIC_RELEASE);
	sched_wake(thread);
}

int ipc_sleep(struct thread *self, uint64_t deadline_ns)
{
	int err = watch_sleep(&self->ipc.watch, deadline_ns);

	watch_begin(&self->ipc.watch);
	return err;
}

int ipc_result(struct thread *self)
{
	assert(self->ipc_state == IPC_DONE);
	self->ipc_state = IPC_IDLE;
	return self->ipc.result;
}
