// SPDX-License-Identifier: MIT
/*
 * Connected pairs of sockets, as socketpair(2) makes them: streams of bytes,
 * datagrams, and sequences of packets. There are no others: nothing can be
 * named, listen or connect.
 */
#ifndef LOOM_FS_SOCKET_H
#define LOOM_FS_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

struct file;
struct pieces;

enum socket_type {
	SOCKET_STREAM = 1,
	SOCKET_DGRAM = 2,
	SOCKET_SEQPACKET = 5,
};

/* MSG_ flags, Linux */
enum {
	MSG_OOB = 1,
	MSG_PEEK = 2,
	MSG_TRUNC = 0x20,
	MSG_DONTWAIT = 0x40,
	MSG_WAITALL = 0x100,
	MSG_NOSIGNAL = 0x4000,
};

/* Which directions are shut. */
enum {
	SOCKET_SHUT_READ = 1,
	SOCKET_SHUT_WRITE = 2,
	SOCKET_SHUT_BOTH = 3,
};

/* Two open files; @flags: FILE_NONBLOCK or 0. 0; -ENOMEM, -ENFILE. */
int socket_pair_create(enum socket_type type, uint32_t flags,
		       struct file *end[2]);

bool socket_is(const struct file *f);

/* The rest: @f is a socket. */
enum socket_type socket_type_of(const struct file *f);
/* The process that made it. */
int socket_creator(const struct file *f);

/*
 * Bytes sent, or -EAGAIN, -EINTR, -EMSGSIZE, -ENOBUFS, -EFAULT, -EPIPE (and
 * SIGPIPE for a stream without MSG_NOSIGNAL), -ECONNRESET, -ECONNREFUSED,
 * -ENOTCONN.
 */
long socket_send(struct file *f, struct pieces *from, unsigned flags);

/*
 * Bytes received; 0 at the end. *@truncated: a datagram was cut. With
 * MSG_TRUNC the result is a datagram's full length.
 */
long socket_receive(struct file *f, struct pieces *to, unsigned flags,
		    bool *truncated);

void socket_shutdown(struct file *f, unsigned directions);

/* -ENOTCONN once a datagram socket has noticed that its peer is gone. */
int socket_peer_state(const struct file *f);

/* The pending error, positive, which is then no more; 0. */
int socket_take_error(struct file *f);

/* How much may be under way, of memory, from here; and to here. In bytes. */
enum socket_buffer { SOCKET_SEND_BUFFER, SOCKET_RECEIVE_BUFFER };
uint32_t socket_get_buffer(const struct file *f, enum socket_buffer which);
/* As Linux takes SO_SNDBUF and SO_RCVBUF: doubled, within limits. */
void socket_set_buffer(struct file *f, enum socket_buffer which, uint32_t wish);

/* How long a call waits, ns; WAIT_FOREVER: SO_SNDTIMEO and SO_RCVTIMEO. */
uint64_t socket_get_timeout(const struct file *f, enum socket_buffer which);
void socket_set_timeout(struct file *f, enum socket_buffer which, uint64_t ns);

#endif
