// SPDX-License-Identifier: MIT
/*
 * Process 1: made by the kernel, not by clone, and started by an execve that
 * has no caller. Called by boot/payload.c.
 */
#include <weft/sysreg.h>
#include <weft/trap.h>

#include "fs/file.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "mm/oom.h"
#include "proc/exec.h"
#include "proc/process.h"
#include "proc/tree.h"
#include "sched/clock.h"
#include "sched/thread.h"
#include "signal/signal.h"

#define CONSOLE "/dev/console"

static const char *reason(int err)
{
	switch (-err) {
	case ENOENT:
		return "no such file";
	case EACCES:
		return "not an executable file";
	case ENOEXEC:
		return "not a program for this machine";
	case ENOMEM:
		return "not enough memory";
	default:
		return "error";
	}
}

/* The first steps of process 1, on its own thread. */
static void init_start(void *arg)
{
	static const char *const envp[] = { "HOME=/", "TERM=vt100", NULL };
	const char *path = arg;
	const char *const argv[] = { path, NULL };
	struct weft_frame *frame = thread_user_frame(thread_current());
	const char *why;
	int err = exec_from_kernel(frame, path, argv, envp, &why);

	if (err)
		fatal("%s cannot be started: %s (error %d)", path,
		      why ? why : reason(err), -err);
	/* With --icount a nanosecond is an instruction. */
	klog("%s: started %lu ns after power-on\n", path,
	     (unsigned long)clock_now());
	weft_mask_all();
	weft_hook_user_exit(frame);
	weft_enter_user(frame);
}

/* Descriptors 0, 1 and 2. Without a console the program goes on without. */
static void open_console(struct process *p)
{
	struct file *file;
	int err = file_open(fs_root(), CONSOLE, FILE_RDWR, 0, &file);

	if (err) {
		klog("%s cannot be opened: error %d\n", CONSOLE, -err);
		return;
	}
	for (int fd = 0; fd < 3; fd++) {
		file_get(file);
		if (files_install(p->files, file, fd, false) < 0)
			file_put(file);
	}
	file_put(file);
}

void process_start_init(const char *path)
{
	struct process *p = process_alloc();
	struct thread *t;

	oom_init();
	signal_init();
	if (!p)
		fatal("no memory for process 1");
	p->exit_signal = SIGCHLD;
	signal_make_unkillable(p);
	p->fs = fs_context_create(fs_root(), 022);
	p->files = files_create();
	t = thread_create("init", init_start, (void *)(uintptr_t)path, p);
	if (!p->fs || !p->files || !t)
		fatal("no memory for process 1");
	open_console(p);
	if (process_publish(p, t, NULL))
		fatal("process 1 exists already");
	thread_start(t);
}
