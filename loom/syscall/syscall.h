// SPDX-License-Identifier: MIT
/*
 * System calls: from the number in x8 to the function that does it.
 *
 * The calls are Linux's for arm64. syscall/list.h names them all, in the
 * order of their numbers, and says which exist here; each of those is a
 *
 *	long sys_NAME(const uint64_t arg[6]);
 *
 * declared in the header of its subject (sys_fs.h, sys_mm.h, sys_proc.h ...),
 * called with interrupts enabled and no lock held. It may sleep. It returns
 * a result or a negative errno. One that needs the caller's registers (clone,
 * execve) finds them with thread_user_frame(thread_current()).
 *
 * A call that does not exist gives -ENOSYS and is counted, as is a part of a
 * call that exists (syscall_part_missing).
 */
#ifndef LOOM_SYSCALL_SYSCALL_H
#define LOOM_SYSCALL_SYSCALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weft_frame;

/*
 * The SVC of a program: does what its registers say, result into x0. @arg of
 * the function that does it is in the frame itself: one that changes frame->x
 * (clone, execve and rt_sigreturn may) has read its arguments before.
 */
void syscall_dispatch(struct weft_frame *frame);

/*
 * The call that the calling thread made as a leaf call, and in which it slept,
 * goes on to its end; as syscall_dispatch.
 */
void syscall_resume(struct weft_frame *frame);

/*
 * The same if it is over at once, with DAIF masked: true. Else nothing was
 * done.
 */
bool syscall_resume_quickly(struct weft_frame *frame);

/* What a call that exists may be asked for and does not do. */
enum syscall_part {
	PART_CLONE_FLAGS,
	PART_FUTEX_PI,
	PART_ADJTIMEX_SET,
	PART_CLOSE_RANGE_UNSHARE,
	PART_PIPE_PACKETS,
	PART_SOCKET,
	PART_SOCKET_CONTROL,
	PART_SOCKET_OPTION,
	PART_MMAP_WRITE_EXEC,
	PART_MREMAP_DONTUNMAP,
	PART_SYSLOG,
	PART_OPENAT2_RESOLVE,
	PART_COUNT
};

/* Counts; returns -ENOSYS. */
long syscall_part_missing(enum syscall_part part);

/* What programs call it; NULL: nothing. */
const char *syscall_name(uint64_t number);

/* @count times was called what is not here: a call, or a part of one. */
typedef void syscall_missing_fn(const char *name, uint32_t count, void *arg);

/* Each of them in turn. */
void syscall_each_missing(syscall_missing_fn *fn, void *arg);

/*
 * `loom: not implemented: mremap (3), clone(flags) (1)` and a newline into
 * @buf[@size], NUL-terminated; "..." where it does not fit. Returns the
 * length; 0, and an empty string, when all that was called exists.
 */
size_t syscall_report(char *buf, size_t size);

/*
 * That line to the host's standard error, when the machine runs a single
 * program (./run -- PROGRAM) and stops now. At most once.
 */
void syscall_report_unimplemented(void);

#endif
