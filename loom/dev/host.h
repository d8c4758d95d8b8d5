// SPDX-License-Identifier: MIT
/*
 * The host channel: Arm semihosting, used by `./run -- PROGRAM` for the
 * program's standard streams and for the exit status. Present only if the
 * command line has `loom.host=semihosting`; no program can issue the calls
 * itself (QEMU runs with userspace=off).
 *
 * Every pointer is to kernel memory. The calls do not sleep, so all may be
 * made in any context with no lock ranked RANK_UART or above held; a host that
 * takes bytes slowly stops the whole machine meanwhile.
 */
#ifndef LOOM_DEV_HOST_H
#define LOOM_DEV_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void host_init(bool present);
bool host_present(void);

/*
 * Does the machine answer semihosting calls? Where it does not, the call is an
 * undefined instruction, which is mended. For the one case in which nothing
 * can tell: there is no device tree. Needs the vectors.
 */
bool host_probe(void);

enum host_stream { HOST_OUT, HOST_ERR };

/*
 * Bytes written: all, or those before the host stopped taking them. -EPIPE if
 * it took none (its reader has gone), -EIO if there is no such stream. At
 * most 64 KiB at a time.
 */
long host_write(enum host_stream stream, const void *data, size_t len);

/*
 * Bytes read from standard input at its present position, 0 at its end,
 * -EAGAIN if there is nothing yet (look again after a tick), -EIO.
 */
long host_read(void *data, size_t len);

/* Will host_read give something else than -EAGAIN? */
bool host_readable(void);

/*
 * Tell the host how the machine ended: one line without its end ("exit N",
 * "poweroff", "panic ..."); what is not printable goes as '?'. Takes no lock:
 * also for crash reports.
 */
void host_status(const char *line);

/*
 * A new file of the host, in QEMU's working directory, for the trace: its
 * number, or HOST_NO_FILE. host_append: how many bytes the host took, perhaps
 * fewer than @len. Both take no lock: a file is its caller's alone.
 */
#define HOST_NO_FILE INT64_C(-1)
int64_t host_create(const char *name);
size_t host_append(int64_t file, const void *data, size_t len);

/* To standard error at the end of the machine; no lock, as host_status. */
void host_complain(const char *text);

/* Leave the machine. Returns only if there is no host channel. */
void host_exit(int code);

#endif
