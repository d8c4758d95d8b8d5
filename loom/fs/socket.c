// SPDX-License-Identifier: MIT
/*
 * Connected pairs of sockets. Both ends are one object, guarded by one mutex,
 * which is held while bytes are copied to the receiver and never while
 * waiting. What waiters look at between wait_prepare and wait_sleep is also
 * read without it: whoever changes that wakes the queue afterwards, and the
 * queue's spinlock orders the two (sched/wait.h).
 *
 * A sender takes a share of its send buffer, copies the message from the
 * program without a lock, and puts it on the other end's queue. The share
 * goes back when the message is received or thrown away. So a message is
 * there whole or not at all, and what a program can keep in the kernel is
 * bounded.
 */
#include "fs/socket.h"

#include "fs/file.h"
#include "fs/inode.h"
#include "fs/pieces.h"
#include "fs/poll.h"
#include "fs/socket_queue.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "mm/user.h"
#include "proc/process.h"
#include "sched/clock.h"
#include "sched/mutex.h"
#include "sched/wait.h"
#include "signal/signal.h"

enum {
	BUFFER_FIRST = 212992,	/* as Linux, here and in the next three */
	BUFFER_WISH_MAX = 212992,
	SEND_BUFFER_MIN = 4608,
	RECEIVE_BUFFER_MIN = 2304,
	DGRAM_OVERHEAD = 32,
	FIONREAD = 0x541b,
	TIOCOUTQ = 0x5411,
};

struct socket {
	struct socket_pair *pair;
	bool is_second;

	/* pair->lock */
	struct list queue;	/* of chunks, on the way to here */
	bool closed;
	bool peer_gone;		/* a datagram socket that has noticed it */

	/* pair->lock to change, atomic to look at */
	uint64_t there;		/* bytes in queue */
	uint32_t messages;	/* in queue */
	uint64_t under_way;	/* memory of what was sent from here */
	uint32_t shut;		/* SOCKET_SHUT_ */
	uint32_t error;		/* to be told once */

	/* atomic */
	uint32_t buffer[2];	/* by enum socket_buffer, so is the next */
	uint64_t timeout_ns[2];

	struct waitq can_read, can_write;
};

struct socket_pair {
	struct mutex lock;	/* RANK_INODE */
	uint32_t refs;		/* atomic: the inodes of the ends */
	enum socket_type type;
	int creator;		/* pid */
	struct socket end[2];
};

static struct socket *socket_of(const struct file *f)
{
	return f->inode->data;
}

static struct socket *peer_of(struct socket *s)
{
	return &s->pair->end[!s->is_second];
}

static bool is_stream(const struct socket *s)
{
	return s->pair->type == SOCKET_STREAM;
}

#define LOOK(field) __atomic_load_n(&(field), __ATOMIC_ACQUIRE)
#define CHANGE(field, value) __atomic_store_n(&(field), value, __ATOMIC_RELEASE)

/* Until when a call may wait; 0: not at all. */
static uint64_t deadline_of(const struct file *f, enum socket_buffer which,
			    unsigned flags)
{
	uint64_t ns = LOOK(socket_of(f)->timeout_ns[which]);

	if (flags & MSG_DONTWAIT || file_flags(f) & FILE_NONBLOCK)
		return 0;
	return ns == WAIT_FOREVER ? ns : clock_deadline(ns);
}

/* Sending */

static bool has_room(struct socket *s)
{
	return LOOK(s->under_way) < LOOK(s->buffer[SOCKET_SEND_BUFFER]);
}

/* The error to be told, negative, which is then no more. Lock held. */
static int take_error(struct socket *s)
{
	int err = -(int)s->error;

	CHANGE(s->error, 0);
	return err;
}

/* Sleep until there may be room: 0, -EINTR, -EAGAIN at the deadline. */
static int wait_to_send(struct socket *s, uint64_t deadline)
{
	struct waiter w;
	int err = 0;

	if (!deadline)
		return -EAGAIN;
	wait_prepare(&s->can_write, &w, WAIT_INTERRUPTIBLE);
	if (!has_room(s) && !LOOK(s->error) &&
	    !(LOOK(s->shut) & SOCKET_SHUT_WRITE))
		err = wait_sleep(&w, deadline);
	wait_finish(&w);
	return err == -ETIMEDOUT ? -EAGAIN : err;
}

/*
 * Take @cost of the send buffer. The last one may overdraw it: what is sent
 * need not fit, it must only not begin with a full buffer.
 */
static int take_room(struct socket *s, uint64_t cost, uint64_t deadline)
{
	int err;

	do {
		mutex_lock(&s->pair->lock);
		err = take_error(s);
		if (!err && s->shut & SOCKET_SHUT_WRITE)
			err = -EPIPE;
		if (!err && !has_room(s))
			err = -EAGAIN;
		if (!err)
			CHANGE(s->under_way, s->under_way + cost);
		mutex_unlock(&s->pair->lock);
		if (err != -EAGAIN)
			return err;
		err = wait_to_send(s, deadline);
	} while (!err);
	return err;
}

/* Give back room of @s, whose messages have gone. Lock held. */
static void give_room(struct socket *s, uint64_t cost)
{
	CHANGE(s->under_way, s->under_way - cost);
}

/*
 * A datagram socket finds that nobody is at the other end: what it has not
 * received from there is lost. Lock held.
 */
static int notice_peer_gone(struct socket *s)
{
	s->peer_gone = true;
	give_room(peer_of(s), chunks_free(&s->queue));
	CHANGE(s->there, 0);
	CHANGE(s->messages, 0);
	return -ECONNREFUSED;
}

/* Put a built message on the peer's queue, or say why not. Lock held. */
static int deliver(struct socket *s, struct list *chain, uint64_t len)
{
	struct socket *to = peer_of(s);

	if (to->closed && s->pair->type == SOCKET_DGRAM)
		return notice_peer_gone(s);
	if (to->closed || to->shut & SOCKET_SHUT_READ)
		return -EPIPE;
	list_splice_tail(&to->queue, chain);
	CHANGE(to->there, to->there + len);
	CHANGE(to->messages, to->messages + 1);
	return 0;
}

/* One message of the next @len bytes. */
static int send_message(struct socket *s, struct pieces *from, uint64_t len,
			uint64_t deadline)
{
	struct list chain = LIST_INIT(chain);
	uint64_t cost = chunks_cost(len);
	int err = take_room(s, cost, deadline);

	if (err)
		return err;
	err = chunks_build(&chain, from, len);
	mutex_lock(&s->pair->lock);
	if (!err)
		err = deliver(s, &chain, len);
	if (err)
		give_room(s, cost);
	mutex_unlock(&s->pair->lock);
	if (err) {
		(void)chunks_free(&chain);
		wait_wake_all(&s->can_write);
	} else {
		wait_wake_all(&peer_of(s)->can_read);
	}
	return err;
}

static long send_stream(struct socket *s, struct pieces *from, unsigned flags,
			uint64_t deadline)
{
	uint64_t done = 0;
	int err = LOOK(s->shut) & SOCKET_SHUT_WRITE ? -EPIPE : 0;

	while (from->left && !err) {
		uint64_t n = from->left < CHUNK_DATA ? from->left : CHUNK_DATA;

		err = send_message(s, from, n, deadline);
		if (!err)
			done += n;
	}
	if (done)
		return (long)done;
	if (err == -EPIPE && !(flags & MSG_NOSIGNAL))
		signal_send(process_current(), SIGPIPE);
	return err;
}

static long send_packet(struct socket *s, struct pieces *from,
			uint64_t deadline)
{
	uint64_t len = from->left;
	int err = 0;

	mutex_lock(&s->pair->lock);
	if (s->pair->type == SOCKET_SEQPACKET)
		err = take_error(s);
	if (s->peer_gone)
		err = -ENOTCONN;
	mutex_unlock(&s->pair->lock);
	if (err)
		return err;
	if (len > LOOK(s->buffer[SOCKET_SEND_BUFFER]) - DGRAM_OVERHEAD)
		return -EMSGSIZE;
	err = send_message(s, from, len, deadline);
	return err ? err : (long)len;
}

long socket_send(struct file *f, struct pieces *from, unsigned flags)
{
	struct socket *s = socket_of(f);
	uint64_t deadline = deadline_of(f, SOCKET_SEND_BUFFER, flags);

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	return is_stream(s) ? send_stream(s, from, flags, deadline) :
			      send_packet(s, from, deadline);
}

/* Receiving */

/* Sleep until there may be something: 0, -EINTR, -EAGAIN. */
static int wait_to_receive(struct socket *s, uint64_t deadline)
{
	struct waiter w;
	int err = 0;

	if (!deadline)
		return -EAGAIN;
	wait_prepare(&s->can_read, &w, WAIT_INTERRUPTIBLE);
	if (!LOOK(s->messages) && !LOOK(s->error) &&
	    !(LOOK(s->shut) & SOCKET_SHUT_READ))
		err = wait_sleep(&w, deadline);
	wait_finish(&w);
	return err == -ETIMEDOUT ? -EAGAIN : err;
}

/* A stream's bytes that are there now, or why there are none. Lock held. */
static long take_bytes(struct socket *s, struct pieces *to, bool peek)
{
	bool fault;
	uint64_t n;

	if (list_empty(&s->queue)) {
		if (s->error)
			return take_error(s);
		return s->shut & SOCKET_SHUT_READ ? 0 : -EAGAIN;
	}
	n = chunks_peek(&s->queue, to, false, &fault);
	if (fault && !n)
		return -EFAULT;
	if (!peek) {
		give_room(peer_of(s), chunks_drop_bytes(&s->queue, n));
		CHANGE(s->there, s->there - n);
		CHANGE(s->messages, !list_empty(&s->queue));
	}
	return (long)n;
}

static long receive_stream(struct socket *s, struct pieces *to, unsigned flags,
			   uint64_t deadline)
{
	bool peek = flags & MSG_PEEK;
	bool all = flags & MSG_WAITALL && !peek;
	uint64_t done = 0;
	long n;

	do {
		mutex_lock(&s->pair->lock);
		/* An error is for a call that has nothing else to say. */
		n = done && list_empty(&s->queue) && s->error ? 0 :
			take_bytes(s, to, peek);
		mutex_unlock(&s->pair->lock);
		if (n > 0) {
			done += (uint64_t)n;
			if (!peek)
				wait_wake_all(&peer_of(s)->can_write);
		} else if (n == -EAGAIN) {
			n = wait_to_receive(s, deadline);
			n = n ? n : 1;
		}
	} while (n > 0 && to->left && (all || !done));
	return done ? (long)done : n > 0 ? 0 : n;
}

/* The first message, or why there is none. Lock held. */
static long take_message(struct socket *s, struct pieces *to, unsigned flags,
			 bool *truncated)
{
	uint64_t len, n;
	bool fault;

	if (s->error)
		return take_error(s);
	if (list_empty(&s->queue))
		return -EAGAIN;
	len = chunks_first_length(&s->queue);
	n = chunks_peek(&s->queue, to, true, &fault);
	*truncated = n < len;
	if (!(flags & MSG_PEEK)) {
		give_room(peer_of(s), chunks_drop_message(&s->queue));
		CHANGE(s->there, s->there - len);
		CHANGE(s->messages, s->messages - 1);
	}
	if (fault)
		return -EFAULT;
	return (long)(flags & MSG_TRUNC ? len : n);
}

static long receive_packet(struct socket *s, struct pieces *to, unsigned flags,
			   uint64_t deadline, bool *truncated)
{
	bool is_sequence = s->pair->type == SOCKET_SEQPACKET;
	long n;

	for (;;) {
		bool ended;
		int err;

		mutex_lock(&s->pair->lock);
		n = take_message(s, to, flags, truncated);
		ended = s->shut & SOCKET_SHUT_READ;
		mutex_unlock(&s->pair->lock);
		if (n != -EAGAIN)
			break;
		/* Who does not wait gets no end of a datagram socket. */
		if (ended && (deadline || is_sequence))
			return 0;
		err = wait_to_receive(s, deadline);
		if (err)
			return err;
	}
	wait_wake_all(&peer_of(s)->can_write);
	return n;
}

long socket_receive(struct file *f, struct pieces *to, unsigned flags,
		    bool *truncated)
{
	struct socket *s = socket_of(f);
	uint64_t deadline = deadline_of(f, SOCKET_RECEIVE_BUFFER, flags);

	*truncated = false;
	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (is_stream(s))
		return receive_stream(s, to, flags, deadline);
	return receive_packet(s, to, flags, deadline, truncated);
}

/* The ends */

static void wake_both(struct socket *s)
{
	wait_wake_all(&s->can_read);
	wait_wake_all(&s->can_write);
}

void socket_shutdown(struct file *f, unsigned directions)
{
	struct socket *s = socket_of(f), *peer = peer_of(s);
	unsigned other = 0;

	if (directions & SOCKET_SHUT_READ)
		other |= SOCKET_SHUT_WRITE;
	if (directions & SOCKET_SHUT_WRITE)
		other |= SOCKET_SHUT_READ;
	mutex_lock(&s->pair->lock);
	CHANGE(s->shut, s->shut | directions);
	if (s->pair->type != SOCKET_DGRAM)
		CHANGE(peer->shut, peer->shut | other);
	mutex_unlock(&s->pair->lock);
	wake_both(s);
	wake_both(peer);
}

static void socket_release(struct file *f)
{
	struct socket *s = socket_of(f), *peer = peer_of(s);

	mutex_lock(&s->pair->lock);
	s->closed = true;
	CHANGE(s->shut, SOCKET_SHUT_BOTH);
	if (s->pair->type != SOCKET_DGRAM) {
		CHANGE(peer->shut, SOCKET_SHUT_BOTH);
		/* Messages of no bytes are not missed. */
		if (s->there > 0)
			CHANGE(peer->error, ECONNRESET);
	}
	give_room(peer, chunks_free(&s->queue));
	mutex_unlock(&s->pair->lock);
	wake_both(peer);
}

static void socket_destroy(struct inode *inode)
{
	struct socket *s = inode->data;

	if (s && !__atomic_sub_fetch(&s->pair->refs, 1, __ATOMIC_ACQ_REL))
		kfree(s->pair);
}

/* As a file */

static long socket_readv(struct file *f, const struct io_vector *iov,
			 unsigned n)
{
	struct pieces to;
	bool truncated;

	pieces_init(&to, iov, n);
	return to.left ? socket_receive(f, &to, 0, &truncated) : 0;
}

static long socket_read(struct file *f, uint64_t buf, size_t len, uint64_t *pos)
{
	struct io_vector iov = { .base = buf, .len = len };

	(void)pos;
	return socket_readv(f, &iov, 1);
}

static long socket_writev(struct file *f, const struct io_vector *iov,
			  unsigned n)
{
	struct pieces from;

	pieces_init(&from, iov, n);
	return socket_send(f, &from, 0);
}

static long socket_write(struct file *f, uint64_t buf, size_t len,
			 uint64_t *pos)
{
	struct io_vector iov = { .base = buf, .len = len };

	(void)pos;
	return socket_writev(f, &iov, 1);
}

static long socket_kwrite(struct file *f, void *src, size_t len, uint64_t *pos)
{
	struct pieces from;

	(void)pos;
	pieces_init_kernel(&from, src, len);
	return socket_send(f, &from, 0);
}

static unsigned socket_poll(struct file *f, struct poll_table *pt)
{
	struct socket *s = socket_of(f);
	unsigned mask = 0;
	uint32_t shut;

	poll_wait(pt, &s->can_read);
	poll_wait(pt, &s->can_write);
	shut = LOOK(s->shut);
	if (LOOK(s->error))
		mask |= POLLERR;
	if (shut == SOCKET_SHUT_BOTH)
		mask |= POLLHUP;
	if (shut & SOCKET_SHUT_READ)
		mask |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (LOOK(s->messages))
		mask |= POLLIN | POLLRDNORM;
	/* As Linux: with a quarter of the buffer in use there is no hurry. */
	if (LOOK(s->under_way) * 4 <= LOOK(s->buffer[SOCKET_SEND_BUFFER]))
		mask |= POLLOUT | POLLWRNORM | POLLWRBAND;
	return mask;
}

static long socket_ioctl(struct file *f, uint32_t cmd, uint64_t arg)
{
	struct socket *s = socket_of(f);
	uint32_t n;

	switch (cmd) {
	case FIONREAD:
		mutex_lock(&s->pair->lock);
		n = (uint32_t)(s->pair->type == SOCKET_DGRAM ?
			       chunks_first_length(&s->queue) : s->there);
		mutex_unlock(&s->pair->lock);
		break;
	case TIOCOUTQ:
		n = (uint32_t)LOOK(s->under_way);
		break;
	default:
		return -ENOTTY;
	}
	return copy_to_user(arg, &n, sizeof(n));
}

static const struct file_ops socket_file_ops = {
	.read = socket_read,
	.readv = socket_readv,
	.write = socket_write,
	.writev = socket_writev,
	.kwrite = socket_kwrite,
	.ioctl = socket_ioctl,
	.poll = socket_poll,
	.release = socket_release,
	.takes_empty = true,
};

static const struct inode_ops socket_inode_ops = {
	.dev = 5,
	.destroy = socket_destroy,
};

/* Making a pair */

static void init_end(struct socket_pair *pair, unsigned i)
{
	struct socket *s = &pair->end[i];

	s->pair = pair;
	s->is_second = i;
	list_init(&s->queue);
	for (unsigned j = 0; j < 2; j++) {
		s->buffer[j] = BUFFER_FIRST;
		s->timeout_ns[j] = WAIT_FOREVER;
	}
	waitq_init(&s->can_read, "socket readers");
	waitq_init(&s->can_write, "socket writers");
}

static struct socket_pair *pair_alloc(enum socket_type type)
{
	struct socket_pair *pair = kzalloc(sizeof(*pair));

	if (!pair)
		return NULL;
	mutex_init(&pair->lock, RANK_INODE, "socket pair");
	pair->type = type;
	pair->creator = process_current()->pid;
	init_end(pair, 0);
	init_end(pair, 1);
	return pair;
}

/* The file of one end. The inode counts as one of the pair's users. */
static int end_create(struct socket_pair *pair, unsigned i, uint32_t flags,
		      struct file **out)
{
	struct inode *inode = inode_alloc(&socket_inode_ops, 0,
					  MODE_SOCK | 0777);
	int err;

	if (!inode)
		return -ENOMEM;
	inode->file_ops = &socket_file_ops;
	inode->data = &pair->end[i];
	__atomic_add_fetch(&pair->refs, 1, __ATOMIC_RELAXED);
	err = file_create(inode, FILE_RDWR | flags, out);
	/* No other file of it: by a path (/proc/PID/fd) it is no device. */
	inode->file_ops = NULL;
	inode_put(inode);
	return err;
}

int socket_pair_create(enum socket_type type, uint32_t flags,
		       struct file *end[2])
{
	struct socket_pair *pair = pair_alloc(type);
	int err;

	if (!pair)
		return -ENOMEM;
	/* The maker's own, so that a failure frees the pair once. */
	pair->refs = 1;
	err = end_create(pair, 0, flags, &end[0]);
	if (!err) {
		err = end_create(pair, 1, flags, &end[1]);
		if (err)
			file_put(end[0]);
	}
	if (!__atomic_sub_fetch(&pair->refs, 1, __ATOMIC_ACQ_REL))
		kfree(pair);
	return err;
}

bool socket_is(const struct file *f)
{
	return f->ops == &socket_file_ops;
}

/* Its settings */

enum socket_type socket_type_of(const struct file *f)
{
	return socket_of(f)->pair->type;
}

int socket_creator(const struct file *f)
{
	return socket_of(f)->pair->creator;
}

int socket_peer_state(const struct file *f)
{
	struct socket *s = socket_of(f);
	bool gone;

	mutex_lock(&s->pair->lock);
	gone = s->peer_gone;
	mutex_unlock(&s->pair->lock);
	return gone ? -ENOTCONN : 0;
}

int socket_take_error(struct file *f)
{
	struct socket *s = socket_of(f);
	int err;

	mutex_lock(&s->pair->lock);
	err = take_error(s);
	mutex_unlock(&s->pair->lock);
	return -err;
}

uint32_t socket_get_buffer(const struct file *f, enum socket_buffer which)
{
	return LOOK(socket_of(f)->buffer[which]);
}

void socket_set_buffer(struct file *f, enum socket_buffer which, uint32_t wish)
{
	struct socket *s = socket_of(f);
	uint32_t least = which == SOCKET_SEND_BUFFER ? SEND_BUFFER_MIN :
						       RECEIVE_BUFFER_MIN;
	uint32_t size = 2 * (wish < BUFFER_WISH_MAX ? wish : BUFFER_WISH_MAX);

	CHANGE(s->buffer[which], size < least ? least : size);
	wait_wake_all(&s->can_write);
}

uint64_t socket_get_timeout(const struct file *f, enum socket_buffer which)
{
	return LOOK(socket_of(f)->timeout_ns[which]);
}

void socket_set_timeout(struct file *f, enum socket_buffer which, uint64_t ns)
{
	CHANGE(socket_of(f)->timeout_ns[which], ns);
}
