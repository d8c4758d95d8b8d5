// SPDX-License-Identifier: MIT
/*
 * System calls on sockets: what they say of their arguments, and the way to
 * fs/socket.c. Options are in sys_sockopt.c.
 */
#include "syscall/sys_socket.h"

#include <stdbool.h>
#include <stddef.h>

#include "fs/file.h"
#include "fs/pieces.h"
#include "fs/socket.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "mm/user.h"
#include "syscall/iov_arg.h"
#include "syscall/path_arg.h"
#include "syscall/socket_arg.h"
#include "syscall/syscall.h"

enum {
	SOCK_TYPE_MASK = 0xf,
	SOCK_RAW = 3,
	SOCK_TYPES = 11,	/* numbers from here on are no types */
	FAMILIES = 46,
	ADDRESS_MAX = 110,	/* sizeof(struct sockaddr_un) */
	STORAGE_MAX = 128,	/* sizeof(struct sockaddr_storage) */
	SOL_SOCKET = 1,
};

/* struct msghdr */
struct message_header {
	uint64_t name;
	uint32_t name_len, pad;
	uint64_t iov, iov_len;
	uint64_t control, control_len;
	uint32_t flags, pad2;
};

_Static_assert(sizeof(struct message_header) == 56, "Linux's struct msghdr");

/* struct cmsghdr */
struct control_header {
	uint64_t len;
	uint32_t level, type;
};

int socket_arg(uint64_t fd, struct file **out)
{
	struct file *f = file_arg(fd);
	int err = 0;

	if (!f)
		return -EBADF;
	if (!f->ops)
		err = -EBADF;
	else if (!socket_is(f))
		err = -ENOTSOCK;
	if (err)
		file_put(f);
	else
		*out = f;
	return err;
}

/* What Linux says to a family and type that it knows or does not know. */
static int check_type(uint32_t family, uint32_t type)
{
	const uint32_t flags = FILE_CLOEXEC | FILE_NONBLOCK;

	if (type & ~(SOCK_TYPE_MASK | flags))
		return -EINVAL;
	if (family >= FAMILIES)
		return -EAFNOSUPPORT;
	return (type & SOCK_TYPE_MASK) >= SOCK_TYPES ? -EINVAL : 0;
}

long sys_socket(const uint64_t arg[6])
{
	int err = check_type((uint32_t)arg[0], (uint32_t)arg[1]);

	if (err)
		return err;
	/* Counted: a program that needs more than pairs is told by name. */
	(void)syscall_part_missing(PART_SOCKET);
	return -EAFNOSUPPORT;
}

long sys_socketpair(const uint64_t arg[6])
{
	uint32_t type = (uint32_t)arg[1];
	struct file *end[2];
	int err = check_type((uint32_t)arg[0], type);

	if (err)
		return err;
	if ((uint32_t)arg[0] != AF_UNIX) {
		(void)syscall_part_missing(PART_SOCKET);
		return -EAFNOSUPPORT;
	}
	if ((uint32_t)arg[2] && (uint32_t)arg[2] != AF_UNIX)
		return -EPROTONOSUPPORT;
	switch (type & SOCK_TYPE_MASK) {
	case SOCKET_STREAM:
	case SOCKET_DGRAM:
	case SOCKET_SEQPACKET:
		break;
	case SOCK_RAW:		/* as Linux, which takes it for datagrams */
		type = (type & ~(uint32_t)SOCK_TYPE_MASK) | SOCKET_DGRAM;
		break;
	default:
		return -ESOCKTNOSUPPORT;
	}
	err = socket_pair_create((enum socket_type)(type & SOCK_TYPE_MASK),
				 type & FILE_NONBLOCK, end);
	return err ? err : install_pair(end, arg[3], type & FILE_CLOEXEC);
}

/* Addresses: a socket of a pair has none but its family. */

static int put_address(uint64_t addr, uint64_t len_addr)
{
	uint16_t family = AF_UNIX;
	uint32_t len, there = sizeof(family);

	if (copy_from_user(&len, len_addr, sizeof(len)))
		return -EFAULT;
	if ((int32_t)len < 0)
		return -EINVAL;
	if (copy_to_user(addr, &family, len < there ? len : there))
		return -EFAULT;
	return copy_to_user(len_addr, &there, sizeof(there));
}

long sys_getsockname(const uint64_t arg[6])
{
	struct file *f;
	int err = socket_arg(arg[0], &f);

	if (err)
		return err;
	err = put_address(arg[1], arg[2]);
	file_put(f);
	return err;
}

long sys_getpeername(const uint64_t arg[6])
{
	struct file *f;
	int err = socket_arg(arg[0], &f);

	if (err)
		return err;
	err = socket_peer_state(f);
	if (!err)
		err = put_address(arg[1], arg[2]);
	file_put(f);
	return err;
}

/* May @f send to the address that a call gives? Nobody has one. */
static int check_destination(const struct file *f, uint64_t addr, uint32_t len)
{
	uint16_t family;

	if (!addr || !len)
		return 0;
	if (len > STORAGE_MAX)
		return -EINVAL;
	if (socket_type_of(f) == SOCKET_STREAM)
		return -EISCONN;
	if (socket_type_of(f) == SOCKET_SEQPACKET)
		return 0;
	if (len <= sizeof(family) || len > ADDRESS_MAX)
		return -EINVAL;
	if (copy_from_user(&family, addr, sizeof(family)))
		return -EFAULT;
	return family == AF_UNIX ? -ECONNREFUSED : -EINVAL;
}

static long send_buffer(struct file *f, const uint64_t arg[6])
{
	struct io_vector iov = {
		.base = arg[1],
		.len = arg[2] < IO_MAX ? arg[2] : IO_MAX,
	};
	struct pieces from;
	int err;

	if (!user_range_ok(iov.base, iov.len))
		return -EFAULT;
	err = check_destination(f, arg[4], (uint32_t)arg[5]);
	if (err)
		return err;
	pieces_init(&from, &iov, 1);
	return socket_send(f, &from, (uint32_t)arg[3]);
}

long sys_sendto(const uint64_t arg[6])
{
	struct file *f;
	long n = socket_arg(arg[0], &f);

	if (n)
		return n;
	n = send_buffer(f, arg);
	file_put(f);
	return n;
}

static long receive_buffer(struct file *f, const uint64_t arg[6])
{
	struct io_vector iov = {
		.base = arg[1],
		.len = arg[2] < IO_MAX ? arg[2] : IO_MAX,
	};
	struct pieces to;
	bool truncated;

	if (!user_range_ok(iov.base, iov.len))
		return -EFAULT;
	pieces_init(&to, &iov, 1);
	return socket_receive(f, &to, (uint32_t)arg[3], &truncated);
}

/* The sender has no address: a length of 0. */
static int put_no_address(uint64_t len_addr)
{
	uint32_t len;

	if (copy_from_user(&len, len_addr, sizeof(len)))
		return -EFAULT;
	if ((int32_t)len < 0)
		return -EINVAL;
	len = 0;
	return copy_to_user(len_addr, &len, sizeof(len));
}

long sys_recvfrom(const uint64_t arg[6])
{
	struct file *f;
	long n = socket_arg(arg[0], &f);
	int err;

	if (n)
		return n;
	n = receive_buffer(f, arg);
	if (n >= 0 && arg[4]) {
		err = put_no_address(arg[5]);
		n = err ? err : n;
	}
	file_put(f);
	return n;
}

long sys_shutdown(const uint64_t arg[6])
{
	static const unsigned directions[] = {
		SOCKET_SHUT_READ, SOCKET_SHUT_WRITE, SOCKET_SHUT_BOTH,
	};
	uint32_t how = (uint32_t)arg[1];
	struct file *f;
	int err = socket_arg(arg[0], &f);

	if (err)
		return err;
	if (how < sizeof(directions) / sizeof(*directions))
		socket_shutdown(f, directions[how]);
	else
		err = -EINVAL;
	file_put(f);
	return err;
}

/* Messages */

static int get_header(struct message_header *m, struct io_vector **iov,
		      uint64_t addr)
{
	if (copy_from_user(m, addr, sizeof(*m)))
		return -EFAULT;
	if (m->name && (int32_t)m->name_len < 0)
		return -EINVAL;
	if (m->iov_len > IOV_MAX)
		return -EMSGSIZE;
	return iov_arg_get(iov, m->iov, m->iov_len);
}

/*
 * What may travel beside the bytes: nothing. A message that asks for it is
 * refused as one of a kind that is not known: the receiver would miss it.
 */
static int check_control(const struct message_header *m)
{
	struct control_header c;
	uint64_t at = 0;

	if (m->control_len > INT32_MAX)
		return -ENOBUFS;
	while (at + sizeof(c) <= m->control_len) {
		if (copy_from_user(&c, m->control + at, sizeof(c)))
			return -EFAULT;
		if (c.len < sizeof(c) || c.len > m->control_len - at)
			return -EINVAL;
		if (c.level == SOL_SOCKET) {
			(void)syscall_part_missing(PART_SOCKET_CONTROL);
			return -EINVAL;
		}
		at += (c.len + 7) & ~UINT64_C(7);
	}
	return 0;
}

static long send_message(struct file *f, uint64_t addr, unsigned flags)
{
	struct message_header m;
	struct io_vector *iov;
	struct pieces from;
	long n = get_header(&m, &iov, addr);

	if (n)
		return n;
	pieces_init(&from, iov, (unsigned)m.iov_len);
	n = check_control(&m);
	if (!n)
		n = check_destination(f, m.name, m.name_len);
	if (!n)
		n = socket_send(f, &from, flags);
	kfree(iov);
	return n;
}

long sys_sendmsg(const uint64_t arg[6])
{
	struct file *f;
	long n = socket_arg(arg[0], &f);

	if (n)
		return n;
	n = send_message(f, arg[1], (uint32_t)arg[2]);
	file_put(f);
	return n;
}

/* The members of the header that recvmsg sets. */
static int put_header(const struct message_header *m, uint64_t addr,
		      bool truncated)
{
	uint32_t name_len = 0, flags = truncated ? MSG_TRUNC : 0;
	uint64_t control_len = 0;

	if (m->name &&
	    copy_to_user(addr + offsetof(struct message_header, name_len),
			 &name_len, sizeof(name_len)))
		return -EFAULT;
	if (copy_to_user(addr + offsetof(struct message_header, flags),
			 &flags, sizeof(flags)))
		return -EFAULT;
	return copy_to_user(addr + offsetof(struct message_header,
					    control_len),
			    &control_len, sizeof(control_len));
}

static long receive_message(struct file *f, uint64_t addr, unsigned flags)
{
	struct message_header m;
	struct io_vector *iov;
	struct pieces to;
	bool truncated;
	long n = get_header(&m, &iov, addr);

	if (n)
		return n;
	pieces_init(&to, iov, (unsigned)m.iov_len);
	n = socket_receive(f, &to, flags, &truncated);
	kfree(iov);
	if (n >= 0 && put_header(&m, addr, truncated))
		n = -EFAULT;
	return n;
}

long sys_recvmsg(const uint64_t arg[6])
{
	struct file *f;
	long n = socket_arg(arg[0], &f);

	if (n)
		return n;
	n = receive_message(f, arg[1], (uint32_t)arg[2]);
	file_put(f);
	return n;
}
