// SPDX-License-Identifier: MIT
/*
 * Between the files of /proc: the tree (procfs.c), texts about the machine
 * (proc_machine.c, proc_loom.c) and about a process (proc_process.c,
 * proc_memory.c, proc_threads.c), links and descriptors (proc_link.c). Nobody
 * else includes this.
 */
#ifndef LOOM_FS_PROC_H
#define LOOM_FS_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file;
struct inode;

/* What something in /proc is about. */
struct proc_id {
	int pid;		/* 0: no process */
	int sub;		/* a thread's number, a descriptor; -1: none */
};

/*
 * A text that grows. What does not fit into PROC_TEXT_MAX bytes, or for which
 * there is no memory, is left out from a whole line on.
 */
struct proc_text {
	char *bytes;		/* kmalloc'ed */
	size_t len, size;
	bool full;
};

#define PROC_TEXT_MAX	(512 * 1024)

void proc_add(struct proc_text *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void proc_add_bytes(struct proc_text *t, const void *bytes, size_t len);

/*
 * The writer of a file: 0 or a negative errno (-ESRCH: the process is gone).
 * No lock is held but that of the open file's position. May sleep.
 */
typedef int (*proc_text_fn)(struct proc_text *t, struct proc_id id);

int proc_meminfo(struct proc_text *t, struct proc_id id);
int proc_uptime(struct proc_text *t, struct proc_id id);
int proc_loadavg(struct proc_text *t, struct proc_id id);
int proc_machine_stat(struct proc_text *t, struct proc_id id);
int proc_cpuinfo(struct proc_text *t, struct proc_id id);
int proc_mounts(struct proc_text *t, struct proc_id id);
int proc_filesystems(struct proc_text *t, struct proc_id id);
int proc_devices(struct proc_text *t, struct proc_id id);
int proc_interrupts(struct proc_text *t, struct proc_id id);
int proc_version(struct proc_text *t, struct proc_id id);
int proc_boot_cmdline(struct proc_text *t, struct proc_id id);
int proc_counts(struct proc_text *t, struct proc_id id);
int proc_cpus(struct proc_text *t, struct proc_id id);
int proc_asid(struct proc_text *t, struct proc_id id);
int proc_calls(struct proc_text *t, struct proc_id id);
int proc_threads(struct proc_text *t, struct proc_id id);
int proc_locks(struct proc_text *t, struct proc_id id);	/* debug builds */
int proc_hostname(struct proc_text *t, struct proc_id id);
int proc_domainname(struct proc_text *t, struct proc_id id);
int proc_ostype(struct proc_text *t, struct proc_id id);
int proc_osrelease(struct proc_text *t, struct proc_id id);
int proc_osversion(struct proc_text *t, struct proc_id id);
int proc_pid_max(struct proc_text *t, struct proc_id id);
int proc_threads_max(struct proc_text *t, struct proc_id id);
int proc_overflow_id(struct proc_text *t, struct proc_id id);
int proc_overcommit(struct proc_text *t, struct proc_id id);
int proc_uuid(struct proc_text *t, struct proc_id id);
int proc_boot_id(struct proc_text *t, struct proc_id id);
int proc_entropy(struct proc_text *t, struct proc_id id);
int proc_file_max(struct proc_text *t, struct proc_id id);

int proc_stat(struct proc_text *t, struct proc_id id);
int proc_statm(struct proc_text *t, struct proc_id id);
int proc_status(struct proc_text *t, struct proc_id id);
int proc_comm(struct proc_text *t, struct proc_id id);
int proc_limits(struct proc_text *t, struct proc_id id);
int proc_zero(struct proc_text *t, struct proc_id id);
int proc_maps(struct proc_text *t, struct proc_id id);
int proc_cmdline(struct proc_text *t, struct proc_id id);
int proc_environ(struct proc_text *t, struct proc_id id);
int proc_fdinfo(struct proc_text *t, struct proc_id id);
int proc_wchan(struct proc_text *t, struct proc_id id);
int proc_syscall(struct proc_text *t, struct proc_id id);
int proc_stack(struct proc_text *t, struct proc_id id);

/* Links that are paths: the target is written like a file. */
int proc_self(struct proc_text *t, struct proc_id id);
int proc_thread_self(struct proc_text *t, struct proc_id id);
int proc_mounts_link(struct proc_text *t, struct proc_id id);

/* Links to things: what they stand for, counted. */
typedef int (*proc_follow_fn)(struct proc_id id, struct inode **out);

int proc_exe(struct proc_id id, struct inode **out);
int proc_cwd(struct proc_id id, struct inode **out);
int proc_root(struct proc_id id, struct inode **out);
int proc_fd(struct proc_id id, struct inode **out);

/*
 * The path of @inode from the caller's root, without a NUL, cut to @size: its
 * length, or a negative errno.
 */
long proc_show_path(struct inode *inode, char *buf, size_t size);

/* The next descriptor of process @pid at or above @fd; or -1. */
int proc_next_fd(int pid, int fd);
/* The permission bits of the link for a descriptor; -ENOENT: not open. */
int proc_fd_mode(int pid, int fd);

#endif
