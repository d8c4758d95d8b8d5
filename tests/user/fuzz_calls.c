// SPDX-License-Identifier: MIT
/*
 * The calls that fuzz draws from, and the kinds of their arguments. One in
 * eight is any number with senseless arguments instead.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

static const struct call calls[] = {
	{ SYS_getcwd, { BUF, LEN } },
	{ SYS_dup, { FD } },
	{ SYS_dup3, { FD, FD, BITS } },
	{ SYS_fcntl, { FD, SMALL, ANY } },
	{ SYS_fcntl, { FD, SMALL, BUF } },
	{ SYS_fcntl, { FD, CMD, LOCK } },
	{ SYS_flock, { FD, SMALL } },
	{ SYS_ioctl, { FD, ANY, BUF } },
	{ SYS_mkdirat, { FD, PATH, BITS } },
	{ SYS_unlinkat, { FD, PATH, BITS } },
	{ SYS_mknodat, { FD, PATH, BITS, ANY } },
	{ SYS_statfs, { ABS, BUF } },
	{ SYS_fstatfs, { FD, BUF } },
	{ SYS_fallocate, { FD, BITS, LEN, LEN } },
	{ SYS_fchownat, { FD, PATH, SMALL, SMALL, BITS } },
	{ SYS_fchown, { FD, SMALL, SMALL } },
	{ SYS_setxattr, { PATH, PATH, BUF, LEN, BITS } },
	{ SYS_getxattr, { ABS, PATH, BUF, LEN } },
	{ SYS_listxattr, { ABS, BUF, LEN } },
	{ SYS_fremovexattr, { FD, PATH } },
	{ SYS_symlinkat, { PATH, FD, PATH } },
	{ SYS_linkat, { FD, PATH, FD, PATH, BITS } },
	{ SYS_renameat, { FD, PATH, FD, PATH } },
	{ SYS_renameat2, { FD, PATH, FD, PATH, BITS } },
	{ SYS_truncate, { PATH, LEN } },
	{ SYS_ftruncate, { FD, LEN } },
	{ SYS_faccessat, { FD, ABS, BITS } },
	{ SYS_chdir, { PATH } },
	{ SYS_fchdir, { FD } },
	{ SYS_fchmod, { FD, BITS } },
	{ SYS_fchmodat, { FD, PATH, BITS } },
	{ SYS_openat, { FD, PATH, BITS, BITS } },
	{ SYS_openat, { FD, PATH, SMALL, BITS } },
	{ SYS_openat, { FD, ABS, READ } },
	{ SYS_close, { FD } },
	{ SYS_close_range, { FD, FD, BITS } },
	{ SYS_pipe2, { BUF, BITS } },
	{ SYS_getdents64, { FD, BUF, LEN } },
	{ SYS_lseek, { FD, LEN, SMALL } },
	{ SYS_read, { FD, BUF, LEN } },
	{ SYS_read, { FD, MEM, LEN } },
	{ SYS_write, { FD, BUF, LEN } },
	{ SYS_write, { FD, MEM, LEN } },
	{ SYS_readv, { FD, IOV, SMALL } },
	{ SYS_writev, { FD, IOV, SMALL } },
	{ SYS_preadv, { FD, IOV, SMALL, LEN } },
	{ SYS_pwritev, { FD, IOV, SMALL, LEN } },
	{ SYS_preadv2, { FD, IOV, SMALL, LEN, ZERO, BITS } },
	{ SYS_pwritev2, { FD, IOV, SMALL, LEN, ZERO, BITS } },
	{ SYS_sendfile, { FD, FD, BUF, LEN } },
	{ SYS_copy_file_range, { FD, BUF, FD, BUF, LEN, ZERO } },
	{ SYS_splice, { FD, BUF, FD, BUF, LEN, BITS } },
	{ SYS_memfd_create, { PATH, SMALL } },
	{ SYS_sync_file_range, { FD, LEN, LEN, BITS } },
	{ SYS_fsync, { FD } },
	{ SYS_readahead, { FD, LEN, LEN } },
	{ SYS_eventfd2, { SMALL, BITS } },
	{ SYS_ppoll, { POLL, SMALL, TIME, SET, EIGHT } },
	{ SYS_ppoll, { POLL, SMALL, TIME, ZERO } },
	{ SYS_pselect6, { LEN, SELECT, SELECT, SELECT, TIME, BUF } },
	{ SYS_pselect6, { SMALL, SELECT, SELECT, SELECT, TIME, ZERO } },
	{ SYS_epoll_create1, { BITS } },
	{ SYS_epoll_ctl, { FD, SMALL, FD, BUF } },
	{ SYS_signalfd4, { FD, SET, EIGHT, BITS } },
	{ SYS_timerfd_create, { SMALL, BITS } },
	{ SYS_socket, { SMALL, SOCKET, SMALL } },
	{ SYS_socketpair, { SMALL, SOCKET, ZERO, BUF } },
	{ SYS_bind, { FD, BUF, LEN } },
	{ SYS_connect, { FD, BUF, LEN } },
	{ SYS_getsockname, { FD, BUF, BUF } },
	{ SYS_getpeername, { FD, BUF, BUF } },
	{ SYS_sendto, { FD, BUF, LEN, BITS, BUF, LEN } },
	{ SYS_sendto, { FD, BUF, LEN, BITS, ZERO, ZERO } },
	{ SYS_recvfrom, { FD, BUF, LEN, BITS, BUF, BUF } },
	{ SYS_sendmsg, { FD, MESSAGE, BITS } },
	{ SYS_sendmsg, { FD, MESSAGE, ZERO } },
	{ SYS_recvmsg, { FD, MESSAGE, BITS } },
	{ SYS_setsockopt, { FD, SMALL, SMALL, BUF, LEN } },
	{ SYS_getsockopt, { FD, SMALL, SMALL, BUF, BUF } },
	{ SYS_shutdown, { FD, SMALL } },
	{ SYS_pread64, { FD, BUF, LEN, LEN } },
	{ SYS_pwrite64, { FD, BUF, LEN, LEN } },
	{ SYS_readlinkat, { FD, ABS, BUF, LEN } },
	{ SYS_newfstatat, { FD, ABS, BUF, BITS } },
	{ SYS_fstat, { FD, BUF } },
	{ SYS_statx, { FD, ABS, BITS, BITS, BUF } },
	{ SYS_utimensat, { FD, PATH, TIME, BITS } },
	{ SYS_fadvise64, { FD, LEN, LEN, SMALL } },
	{ SYS_wait4, { PID, BUF, BITS, BUF } },
	{ SYS_waitid, { SMALL, PID, BUF, BITS, BUF } },
	{ SYS_set_tid_address, { BUF } },
	{ SYS_set_tid_address, { MEM } },
	{ SYS_futex, { BUF, BITS, SMALL, TIME, BUF, ANY } },
	{ SYS_futex, { WORD, FUTEX_OP, SMALL, TIME, WORD, ANY } },
	{ SYS_futex, { WORD, FUTEX_OP, SMALL, SMALL, WORD, SMALL } },
	{ SYS_set_robust_list, { BUF, LEN } },
	{ SYS_set_robust_list, { ROBUST, EIGHT } },
	{ SYS_get_robust_list, { PID, BUF, BUF } },
	{ SYS_rseq, { BUF, LEN, BITS, ANY } },
	{ SYS_membarrier, { BITS, SMALL } },
	{ SYS_getitimer, { SMALL, BUF } },
	{ SYS_setitimer, { SMALL, TIMER, BUF } },
	{ SYS_timer_create, { SMALL, EVENT, BUF } },
	{ SYS_timer_settime, { SMALL, BITS, TIMER, BUF } },
	{ SYS_timer_gettime, { SMALL, BUF } },
	{ SYS_timer_getoverrun, { SMALL } },
	{ SYS_timer_delete, { SMALL } },
	{ SYS_nanosleep, { TIME, BUF } },
	{ SYS_clock_gettime, { SMALL, BUF } },
	{ SYS_clock_getres, { SMALL, BUF } },
	{ SYS_clock_nanosleep, { SMALL, BITS, TIME, BUF } },
	{ SYS_sched_setparam, { PID, BUF } },
	{ SYS_sched_setscheduler, { PID, SMALL, BUF } },
	{ SYS_sched_setaffinity, { PID, LEN, BUF } },
	{ SYS_sched_getaffinity, { PID, LEN, BUF } },
	{ SYS_sched_getparam, { PID, BUF } },
	{ SYS_sched_rr_get_interval, { PID, BUF } },
	{ SYS_sched_yield, { ZERO } },
	{ SYS_kill, { PID, SIG } },
	{ SYS_tkill, { PID, SIG } },
	{ SYS_tgkill, { PID, PID, SIG } },
	{ SYS_rt_sigaction, { SIG, BUF, BUF, LEN } },
	{ SYS_rt_sigaction, { SIG, ACTION, BUF, EIGHT } },
	{ SYS_rt_sigprocmask, { SMALL, BUF, BUF, LEN } },
	{ SYS_rt_sigprocmask, { SMALL, SET, BUF, EIGHT } },
	{ SYS_rt_sigpending, { BUF, LEN } },
	{ SYS_rt_sigsuspend, { SET, EIGHT } },
	{ SYS_rt_sigtimedwait, { SET, INFO, TIME, EIGHT } },
	{ SYS_rt_sigqueueinfo, { PID, SIG, INFO } },
	{ SYS_rt_tgsigqueueinfo, { PID, PID, SIG, INFO } },
	{ SYS_sigaltstack, { ALTSTACK, BUF } },
	{ SYS_getpriority, { SMALL, PID } },
	{ SYS_times, { BUF } },
	{ SYS_setpgid, { PID, PID } },
	{ SYS_getpgid, { PID } },
	{ SYS_getsid, { PID } },
	{ SYS_setsid, { ZERO } },
	{ SYS_getgroups, { SMALL, BUF } },
	{ SYS_setgroups, { SMALL, BUF } },
	{ SYS_setreuid, { SMALL, SMALL } },
	{ SYS_setregid, { SMALL, SMALL } },
	{ SYS_faccessat2, { FD, ABS, BITS, BITS } },
	{ SYS_setresuid, { SMALL, SMALL, SMALL } },
	{ SYS_getresuid, { BUF, BUF, BUF } },
	{ SYS_uname, { BUF } },
	{ SYS_getrlimit, { SMALL, BUF } },
	{ SYS_setrlimit, { SMALL, BUF } },
	{ SYS_prlimit64, { PID, SMALL, BUF, BUF } },
	{ SYS_getrusage, { SMALL, BUF } },
	{ SYS_umask, { ANY } },
	{ SYS_prctl, { SMALL, BUF, ANY, ANY, ANY } },
	{ SYS_prctl, { ANY, BUF, ANY, ANY, ANY } },
	{ SYS_getcpu, { BUF, BUF } },
	{ SYS_gettimeofday, { BUF, BUF } },
	{ SYS_sysinfo, { BUF } },
	{ SYS_brk, { MEM } },
	{ SYS_brk, { ANY } },
	{ SYS_munmap, { MEM, LEN } },
	{ SYS_msync, { MEM, LEN, SMALL } },
	{ SYS_mincore, { MEM, LEN, BUF } },
	{ SYS_mlock, { MEM, LEN } },
	{ SYS_munlock, { MEM, LEN } },
	{ SYS_mlockall, { SMALL } },
	{ SYS_mremap, { MEM, LEN, LEN, SMALL, MEM } },
	{ SYS_mprotect, { MEM, LEN, SMALL } },
	{ SYS_madvise, { MEM, LEN, SMALL } },
	{ SYS_mmap, { MEM, LEN, SMALL, BITS, FD, LEN } },
	{ SYS_mmap, { MEM, LEN, SMALL, BITS, FD, ZERO } },
	{ SYS_mmap, { MEM, LEN, PROT, MAP_FLAGS, FD, LEN } },
	{ SYS_mmap, { MEM, LEN, PROT, MAP_FLAGS, FD, ZERO } },
	{ SYS_mprotect, { MEM, LEN, PROT } },
	{ SYS_mmap, { ZERO, LEN, SMALL, BITS, FD, ZERO } },
	{ SYS_getrandom, { BUF, LEN, BITS } },
	{ SYS_clone, { CLONE, STACK, BUF, BUF, BUF } },
	{ SYS_clone3, { BUF, LEN } },
	{ SYS_clone3, { CLONE_ARGS, LEN } },
	{ SYS_execve, { PROGRAM, VECTOR, VECTOR } },
	{ SYS_execveat, { FD, PROGRAM, VECTOR, VECTOR, BITS } },
};


#define NUMBERS 520

/* Not with senseless arguments: what these do would be felt outside. */
static const long never[] = {
	SYS_reboot, SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo,
	SYS_rt_tgsigqueueinfo, SYS_setpriority, SYS_sched_setparam,
	SYS_sched_setscheduler, SYS_sched_setaffinity, SYS_prlimit64,
	SYS_clock_settime, SYS_settimeofday, SYS_adjtimex, SYS_clock_adjtime,
	SYS_sethostname, SYS_setdomainname, SYS_syslog, SYS_mount, SYS_umount2,
	SYS_pivot_root, SYS_vhangup, SYS_clone, SYS_clone3, SYS_exit,
	SYS_exit_group, SYS_rt_sigreturn,
};

static bool is_never(long nr)
{
	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
		if (nr == never[i])
			return true;
	return false;
}

long draw_call(struct rng *rng, long arg[6])
{
	const struct call *call = &PICK(rng, calls);
	bool senseless = rng_below(rng, 8) == 0;
	long nr = senseless ? (long)rng_below(rng, NUMBERS) : call->nr;

	if (senseless && is_never(nr))
		nr = NUMBERS + nr;
	for (int i = 0; i < 6; i++)
		arg[i] = draw_argument(rng, senseless ? ANY : call->arg[i]);
	/* The terminal of others must not become that of this session. */
	if (nr == SYS_ioctl && (unsigned)arg[1] == TIOCSCTTY)
		arg[1] = TIOCNOTTY;
	return nr;
}
