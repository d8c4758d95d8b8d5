// SPDX-License-Identifier: MIT
/*
 * Error numbers of Linux on arm64: what a system call returns negated, and
 * what every function of the kernel returns negated on failure. Programs
 * see these values through their C library, so they never change.
 */
#ifndef LOOM_LIB_ERRNO_H
#define LOOM_LIB_ERRNO_H

#define EPERM		1	/* operation not permitted */
#define ENOENT		2	/* no such file or directory */
#define ESRCH		3	/* no such process */
#define EINTR		4	/* interrupted system call */
#define EIO		5	/* input or output failed */
#define ENXIO		6	/* no such device or address */
#define E2BIG		7	/* argument list too long */
#define ENOEXEC		8	/* not an executable that can run */
#define EBADF		9	/* bad descriptor */
#define ECHILD		10	/* no child process */
#define EAGAIN		11	/* try again */
#define EWOULDBLOCK	EAGAIN
#define ENOMEM		12	/* out of memory */
#define EACCES		13	/* permission denied */
#define EFAULT		14	/* bad address */
#define EBUSY		16	/* busy */
#define EEXIST		17	/* file exists */
#define EXDEV		18	/* link across file systems */
#define ENODEV		19	/* no such device */
#define ENOTDIR		20	/* not a directory */
#define EISDIR		21	/* is a directory */
#define EINVAL		22	/* invalid argument */
#define ENFILE		23	/* too many files in the system */
#define EMFILE		24	/* too many files in the process */
#define ENOTTY		25	/* not a terminal */
#define ETXTBSY		26	/* text file is busy */
#define EFBIG		27	/* file too large */
#define ENOSPC		28	/* no space left */
#define ESPIPE		29	/* cannot seek */
#define EROFS		30	/* read-only file system */
#define EMLINK		31	/* too many links */
#define EPIPE		32	/* broken pipe */
#define EDOM		33	/* outside the domain */
#define ERANGE		34	/* result does not fit */
#define EDEADLK		35	/* would deadlock */
#define ENAMETOOLONG	36	/* name too long */
#define ENOLCK		37	/* no lock available */
#define ENOSYS		38	/* no such system call */
#define ENOTEMPTY	39	/* directory is not empty */
#define ELOOP		40	/* too many symbolic links */
#define ENODATA		61	/* no data */
#define ETIME		62	/* timer expired */
#define EPROTO		71	/* protocol error */
#define EBADMSG		74	/* not the expected message */
#define EOVERFLOW	75	/* value does not fit its type */
#define EILSEQ		84	/* not a valid multibyte sequence */
#define ENOTSOCK	88	/* not a socket */
#define EMSGSIZE	90	/* message too long */
#define ENOPROTOOPT	92	/* no such socket option */
#define EPROTONOSUPPORT	93	/* protocol not supported */
#define ESOCKTNOSUPPORT	94	/* socket type not supported */
#define EOPNOTSUPP	95	/* not supported */
#define EAFNOSUPPORT	97	/* address family not supported */
#define ECONNRESET	104	/* connection reset by the other end */
#define ENOBUFS		105	/* no memory for a message */
#define EISCONN		106	/* socket is connected */
#define ENOTCONN	107	/* socket is not connected */
#define ETIMEDOUT	110	/* timed out */
#define ECONNREFUSED	111	/* nobody is there */
#define EALREADY	114	/* already in progress */
#define EINPROGRESS	115	/* now in progress */
#define ECANCELED	125	/* canceled */
#define EOWNERDEAD	130	/* owner died */
#define ENOTRECOVERABLE	131	/* not recoverable */

#define ENOTSUP		EOPNOTSUPP

#endif
