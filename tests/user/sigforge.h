// SPDX-License-Identifier: MIT
/*
 * What handlers of sigforge and sigmatrix do in assembly: sigforge.S, and
 * conformance/handlers.S for those that the kit for other kernels shares.
 */
#ifndef TESTS_USER_SIGFORGE_H
#define TESTS_USER_SIGFORGE_H

#include <signal.h>
#include <stdint.h>

/*
 * A handler that leaves in every register what nobody expects there (but for
 * TPIDR_EL0, which is not in a frame), and counts itself in trash_count. Uses
 * nothing of the C library.
 */
void trash(int sig, siginfo_t *info, void *context);
extern volatile uint64_t trash_count;

/* The same, after sched_yield. */
void trash_yield(int sig, siginfo_t *info, void *context);
/* The same, and what was interrupted goes on at its next instruction. */
void trash_skip(int sig, siginfo_t *info, void *context);
/* The same, with SIGUSR2 sent to the process number trash_pid before. */
void trash_send(int sig, siginfo_t *info, void *context);
extern uint64_t trash_pid;

/*
 * A handler that notes x29, x30 and sp as it found them in entered[] and goes
 * on with sigforge_inspect.
 */
void enter(int sig, siginfo_t *info, void *context);
void sigforge_inspect(int sig, siginfo_t *info, void *context);
extern uint64_t entered[3];

/* rt_sigreturn with this stack pointer; comes back only by longjmp. */
void return_at(uint64_t sp);

/* A restorer of the program's own: counts in restorer_count. */
void own_restorer(void);
extern volatile uint64_t restorer_count;

#endif
