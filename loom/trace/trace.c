// SPDX-License-Identifier: MIT
/*
 * The trace's records: one buffer for each CPU, and its way to the host.
 *
 * Facts kept, of each CPU's buffer:
 *
 *	touched by its CPU alone, all of DAIF masked; after the machine was
 *	stopped by the one that stopped it
 *	records[0..count)	in the order in which they happened
 *	sent			bytes of them that the host has
 *	skipped			events since the buffer is full, not recorded
 *
 * A buffer that is full is written at once, by semihosting, which stops this
 * CPU meanwhile: so nothing is lost as long as the host takes it. If it does
 * not (no channel, a full disk) events are counted and dropped, and now and
 * then the rest is tried again; when that works a record says how many are
 * missing there. A piece that the host took half of goes on where it ended, so
 * a file never has half a record but at its end.
 *
 * Why no lock and no barrier: nobody else looks. Exceptions are masked but for
 * those that this code causes itself; what such a one would tell is counted as
 * lost (busy).
 */
#include "trace/trace.h"

#if WEFT_TRACE

#include <weft/asid.h>
#include <weft/sysreg.h>
#include <weft/task.h>

#include "dev/host.h"
#include "dev/irq.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/kvm.h"
#include "proc/process.h"
#include "sched/cpu.h"
#include "sched/thread.h"

/* "LOOMTRC1", as bytes of the file */
#define TRACE_MAGIC UINT64_C(0x314352544d4f4f4c)

enum {
	RECORDS = 1024,
	RETRY = 256,		/* dropped events from one try to the next */
	COST_ROUNDS = 256,
	LAST = 8,		/* room for what comes at the end */
	EVENT_SHIFT = 56,	/* of when: above the counter */
};

/* One event: 32 bytes of the file. */
struct record {
	uint64_t when;		/* the counter, and the event */
	uint64_t task;		/* who runs */
	uint64_t a, b;
};

_Static_assert(sizeof(struct record) == 32, "tools/trace.py reads these");

static struct buffer {
	bool begun;
	bool busy;
	uint32_t count;
	uint32_t sent;
	uint64_t skipped;
	uint64_t events;	/* all that happened */
	uint64_t lost;		/* of those, not recorded */
	int64_t file;
	struct record records[RECORDS];
} buffers[CPU_MAX];

/* Once the files are complete nothing is recorded any more; atomic. */
static bool finished;

static void put(struct buffer *buffer, uint64_t event, uint64_t task,
		uint64_t a, uint64_t b)
{
	struct record *record = &buffer->records[buffer->count++];

	record->when = weft_read_cntvct_el0() | event << EVENT_SHIFT;
	record->task = task;
	record->a = a;
	record->b = b;
}

static void begin(struct buffer *buffer)
{
	buffer->begun = true;
	buffer->file = HOST_NO_FILE;
	put(buffer, TRACE_BEGIN, 0, TRACE_MAGIC, weft_read_cntfrq_el0());
}

static void create(struct buffer *buffer)
{
	char name[16];

	format(name, sizeof(name), "trace.%u", (unsigned)(buffer - buffers));
	buffer->file = host_create(name);
}

/* Write what there is. False: the host does not take it, or not all. */
static bool send(struct buffer *buffer)
{
	const char *data = (const char *)buffer->records;
	uint32_t size = buffer->count * (uint32_t)sizeof(struct record);

	if (!host_present())
		return false;
	if (buffer->file == HOST_NO_FILE)
		create(buffer);
	if (buffer->file == HOST_NO_FILE)
		return false;
	buffer->sent += (uint32_t)host_append(buffer->file,
					      data + buffer->sent,
					      size - buffer->sent);
	if (buffer->sent != size)
		return false;
	buffer->count = 0;
	buffer->sent = 0;
	return true;
}

/* The first records of an empty buffer: what happened to the one before. */
static void tell_sent(struct buffer *buffer, uint64_t since, uint64_t bytes)
{
	put(buffer, TRACE_WRITE, 0, since, bytes);
	if (buffer->skipped)
		put(buffer, TRACE_LOST, 0, buffer->skipped, 0);
	buffer->skipped = 0;
}

static void flush(struct buffer *buffer)
{
	uint64_t since = weft_read_cntvct_el0();
	uint64_t bytes = (uint64_t)buffer->count * sizeof(struct record);

	if (send(buffer))
		tell_sent(buffer, since, bytes);
}

static void drop(struct buffer *buffer)
{
	buffer->lost++;
	if (buffer->skipped++ % RETRY == RETRY - 1)
		flush(buffer);
}

/* DAIF masked. */
static void record(struct buffer *buffer, uint64_t event, uint64_t task,
		   uint64_t a, uint64_t b)
{
	buffer->events++;
	if (buffer->busy) {
		buffer->lost++;
		buffer->skipped++;
		return;
	}
	buffer->busy = true;
	if (!buffer->begun)
		begin(buffer);
	if (buffer->count == RECORDS) {
		drop(buffer);
	} else {
		put(buffer, event, task, a, b);
		if (buffer->count == RECORDS)
			flush(buffer);
	}
	buffer->busy = false;
}

static struct buffer *current_buffer(const struct weft_task *self)
{
	return &buffers[self->cpu->index];
}

static void tell(uint64_t event, uint64_t task, uint64_t a, uint64_t b)
{
	uint64_t daif = weft_read_daif();
	const struct weft_task *self;

	weft_mask_all();
	self = weft_task_current();
	if (self && !__atomic_load_n(&finished, __ATOMIC_RELAXED))
		record(current_buffer(self), event,
		       task ? task : (uintptr_t)self, a, b);
	weft_write_daif(daif);
}

void weft_hook_trace(uint64_t event, uint64_t a, uint64_t b)
{
	tell(event, 0, a, b);
}

void trace(enum trace_event event, uint64_t a, uint64_t b)
{
	tell(event, 0, a, b);
}

void trace_name(const struct thread *thread)
{
	uint64_t name[2];

	_Static_assert(sizeof(name) == sizeof(thread->name), "it fits");
	memcpy(name, thread->name, sizeof(name));
	tell(TRACE_NAME, (uintptr_t)thread, name[0], name[1]);
}

void trace_thread(const struct thread *thread, const struct thread *creator)
{
	const struct process *process = thread->process;
	uint64_t pid = process ? (uint32_t)process->pid : 0;

	tell(TRACE_THREAD, (uintptr_t)thread, pid << 32 | thread->tid,
	     (uintptr_t)creator);
	trace_name(thread);
}

void trace_flush(void)
{
	struct buffer *buffer = current_buffer(weft_task_current());

	/* Not for the record alone that says that the last was written. */
	if (buffer->count > 1)
		flush(buffer);
}

void trace_measure(void)
{
	struct buffer *buffer = current_buffer(weft_task_current());
	uint64_t daif = irq_save();
	uint64_t events = buffer->events;
	uint64_t ticks;
	uint32_t count;
	unsigned i;

	trace_flush();
	count = buffer->count;
	if (count + COST_ROUNDS < RECORDS) {
		ticks = weft_read_cntvct_el0();
		for (i = 0; i < COST_ROUNDS; i++)
			weft_hook_trace(TRACE_COST, 0, 0);
		ticks = weft_read_cntvct_el0() - ticks;
		/* As if it had not been. */
		buffer->count = count;
		buffer->events = events;
		trace(TRACE_COST, ticks, COST_ROUNDS);
	}
	irq_restore(daif);
}

/* The last of each file; a buffer that is full or lost some is emptied. */
static bool end(struct buffer *buffer, const struct cpu *cpu)
{
	if (buffer->count + LAST > RECORDS || buffer->skipped) {
		if (!send(buffer))
			return false;
		tell_sent(buffer, weft_read_cntvct_el0(), 0);
	}
	put(buffer, TRACE_COUNTER, 0, TRACE_COUNT_SWITCHES, cpu->switches);
	if (cpu == cpus) {
		put(buffer, TRACE_COUNTER, 0, TRACE_COUNT_IRQS, irq_total());
		put(buffer, TRACE_COUNTER, 0, TRACE_COUNT_ROLLOVERS,
		    kvm_asid_domain()->rollovers);
	}
	put(buffer, TRACE_END, 0, buffer->events, buffer->lost);
	return send(buffer);
}

/* The file cannot say it, and ends somewhere. */
static void complain(const struct buffer *buffer)
{
	uint64_t sent = buffer->sent / sizeof(struct record);
	char text[80];

	format(text, sizeof(text),
	       "loom: trace of CPU %u: the host did not take %lu events\n",
	       (unsigned)(buffer - buffers),
	       (unsigned long)(buffer->lost + buffer->count - sent));
	host_complain(text);
}

void trace_finish(void)
{
	unsigned i;

	if (__atomic_exchange_n(&finished, true, __ATOMIC_RELAXED))
		return;
	for (i = 0; i < CPU_MAX; i++)
		if (buffers[i].begun && !end(&buffers[i], &cpus[i]))
			complain(&buffers[i]);
}

#endif
