// SPDX-License-Identifier: MIT
/*
 * getsockopt and setsockopt. A pair has few settings that mean anything: the
 * sizes of its buffers and how long it waits. Those that Linux has and that
 * would change nothing here are read as 0; to set one is refused.
 */
#include "syscall/sys_socket.h"

#include <stddef.h>

#include "fs/file.h"
#include "fs/socket.h"
#include "lib/errno.h"
#include "mm/user.h"
#include "sched/wait.h"
#include "syscall/socket_arg.h"
#include "syscall/syscall.h"

#define US_PER_S 1000000
#define NS_PER_US UINT64_C(1000)

enum {
	SOL_SOCKET = 1,

	SO_DEBUG = 1,
	SO_REUSEADDR = 2,
	SO_TYPE = 3,
	SO_ERROR = 4,
	SO_DONTROUTE = 5,
	SO_BROADCAST = 6,
	SO_SNDBUF = 7,
	SO_RCVBUF = 8,
	SO_KEEPALIVE = 9,
	SO_OOBINLINE = 10,
	SO_PASSCRED = 16,
	SO_PEERCRED = 17,
	SO_RCVTIMEO = 20,
	SO_SNDTIMEO = 21,
	SO_ACCEPTCONN = 30,
	SO_PROTOCOL = 38,
	SO_DOMAIN = 39,
	SO_RCVTIMEO_NEW = 66,	/* the same on a 64-bit machine */
	SO_SNDTIMEO_NEW = 67,
};

union option {
	int32_t number;
	struct {
		int32_t pid;
		uint32_t uid, gid;
	} creator;
	struct {
		int64_t sec, usec;
	} time;
};

static void get_time(const struct file *f, enum socket_buffer which,
		     union option *o)
{
	uint64_t us = socket_get_timeout(f, which) / NS_PER_US;

	o->time.sec = 0;
	o->time.usec = 0;
	if (socket_get_timeout(f, which) == WAIT_FOREVER)
		return;
	o->time.sec = (int64_t)(us / US_PER_S);
	o->time.usec = (int64_t)(us % US_PER_S);
}

/* The size of the value, or a negative errno. */
static int get_option(struct file *f, int name, union option *o)
{
	o->number = 0;
	switch (name) {
	case SO_DEBUG:
	case SO_REUSEADDR:
	case SO_DONTROUTE:
	case SO_BROADCAST:
	case SO_KEEPALIVE:
	case SO_OOBINLINE:
	case SO_PASSCRED:
	case SO_ACCEPTCONN:
	case SO_PROTOCOL:
		break;
	case SO_TYPE:
		o->number = (int32_t)socket_type_of(f);
		break;
	case SO_ERROR:
		o->number = socket_take_error(f);
		break;
	case SO_DOMAIN:
		o->number = AF_UNIX;
		break;
	case SO_SNDBUF:
		o->number = (int32_t)socket_get_buffer(f, SOCKET_SEND_BUFFER);
		break;
	case SO_RCVBUF:
		o->number =
			(int32_t)socket_get_buffer(f, SOCKET_RECEIVE_BUFFER);
		break;
	case SO_PEERCRED:
		o->creator.pid = socket_creator(f);
		o->creator.uid = 0;
		o->creator.gid = 0;
		return sizeof(o->creator);
	case SO_RCVTIMEO:
	case SO_RCVTIMEO_NEW:
		get_time(f, SOCKET_RECEIVE_BUFFER, o);
		return sizeof(o->time);
	case SO_SNDTIMEO:
	case SO_SNDTIMEO_NEW:
		get_time(f, SOCKET_SEND_BUFFER, o);
		return sizeof(o->time);
	default:
		(void)syscall_part_missing(PART_SOCKET_OPTION);
		return -ENOPROTOOPT;
	}
	return sizeof(o->number);
}

static int put_option(struct file *f, int name, uint64_t addr,
		      uint64_t len_addr)
{
	union option o;
	int32_t len;
	int size;

	if (copy_from_user(&len, len_addr, sizeof(len)))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	size = get_option(f, name, &o);
	if (size < 0)
		return size;
	if (len > size)
		len = size;
	if (copy_to_user(addr, &o, (size_t)len))
		return -EFAULT;
	return copy_to_user(len_addr, &len, sizeof(len));
}

long sys_getsockopt(const uint64_t arg[6])
{
	struct file *f;
	int err = socket_arg(arg[0], &f);

	if (err)
		return err;
	if ((int)arg[1] == SOL_SOCKET)
		err = put_option(f, (int)arg[2], arg[3], arg[4]);
	else
		err = -EOPNOTSUPP;
	file_put(f);
	return err;
}

static int set_time(struct file *f, enum socket_buffer which, uint64_t addr,
		    uint32_t len)
{
	union option o;
	uint64_t us;

	if (len < sizeof(o.time))
		return -EINVAL;
	if (copy_from_user(&o, addr, sizeof(o.time)))
		return -EFAULT;
	if (o.time.usec < 0 || o.time.usec >= US_PER_S)
		return -EDOM;
	if (o.time.sec < 0) {
		socket_set_timeout(f, which, 0);
		return 0;
	}
	us = (uint64_t)o.time.usec;
	if (o.time.sec > INT32_MAX || (o.time.sec == 0 && us == 0)) {
		socket_set_timeout(f, which, WAIT_FOREVER);
		return 0;
	}
	us += (uint64_t)o.time.sec * US_PER_S;
	socket_set_timeout(f, which, us * NS_PER_US);
	return 0;
}

static int set_option(struct file *f, int name, uint64_t addr, uint32_t len)
{
	int32_t number;

	if (len < sizeof(number))
		return -EINVAL;
	if (copy_from_user(&number, addr, sizeof(number)))
		return -EFAULT;
	switch (name) {
	case SO_SNDBUF:
		socket_set_buffer(f, SOCKET_SEND_BUFFER, (uint32_t)number);
		return 0;
	case SO_RCVBUF:
		socket_set_buffer(f, SOCKET_RECEIVE_BUFFER, (uint32_t)number);
		return 0;
	case SO_RCVTIMEO:
	case SO_RCVTIMEO_NEW:
		return set_time(f, SOCKET_RECEIVE_BUFFER, addr, len);
	case SO_SNDTIMEO:
	case SO_SNDTIMEO_NEW:
		return set_time(f, SOCKET_SEND_BUFFER, addr, len);
	default:
		(void)syscall_part_missing(PART_SOCKET_OPTION);
		return -ENOPROTOOPT;
	}
}

long sys_setsockopt(const uint64_t arg[6])
{
	struct file *f;
	int err = socket_arg(arg[0], &f);

	if (err)
		return err;
	if ((int32_t)arg[4] < 0)
		err = -EINVAL;
	else if ((int)arg[1] == SOL_SOCKET)
		err = set_option(f, (int)arg[2], arg[3], (uint32_t)arg[4]);
	else
		err = -EOPNOTSUPP;
	file_put(f);
	return err;
}
