// SPDX-License-Identifier: MIT
/*
 * The end of the kernel: a report of what happened, then QEMU (or the machine)
 * is stopped with a failure that `./run` turns into its exit status.
 */
#ifndef LOOM_LIB_PANIC_H
#define LOOM_LIB_PANIC_H

struct weft_frame;

/* Print the message, registers where there are any, a backtrace; stop. */
_Noreturn void panic(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

/* The same for an exception that the kernel could not take at @frame. */
_Noreturn void panic_frame(const struct weft_frame *frame, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The machine cannot be used (no memory, a bad device tree ...): one clear
 * message without registers or backtrace; stop. For errors of the outside.
 */
_Noreturn void fatal(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

#endif
