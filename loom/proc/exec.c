// SPDX-License-Identifier: MIT
/*
 * execve(2). Everything that can fail is done first, beside the old program:
 * file, arguments, a new address space with the program and its stack. Only
 * then, in exec_commit, the process steps over; that cannot fail. So an execve
 * that fails leaves its caller as it was, and no process is ever without a
 * program.
 */
#include "proc/exec.h"

#include <weft/frame.h>
#include <weft/sve.h>
#include <weft/sysreg.h>

#include "dev/irq.h"
#include "fs/file.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/random.h"
#include "lib/string.h"
#include "mm/aspace.h"
#include "mm/kmem.h"
#include "mm/user.h"
#include "proc/exec_args.h"
#include "proc/exec_stack.h"
#include "proc/fpstate.h"
#include "proc/hwcap.h"
#include "proc/keys.h"
#include "proc/load.h"
#include "proc/process.h"
#include "proc/script.h"
#include "proc/timers.h"
#include "proc/tree.h"
#include "sched/thread.h"
#include "signal/frame.h"
#include "signal/signal.h"

#define PATH_SIZE	4096
#define SCRIPT_DEPTH	4	/* interpreters that are scripts themselves */

/* An execve on its way. */
struct exec {
	char *path;			/* as the caller gave it; kmalloc'ed */
	char interpreter[SCRIPT_LINE];	/* of a script */
	struct exec_args args;
	struct file *file;		/* program, or script so far */
	struct aspace *as;
	struct program program;
	uint64_t sp;
};

static void exec_release(struct exec *e)
{
	kfree(e->path);
	exec_args_free(&e->args);
	if (e->file)
		file_put(e->file);
	if (e->as)
		aspace_put(e->as);
}

/* Root may execute what anyone may. */
static int check_executable(const struct inode *inode)
{
	if ((inode->mode & MODE_FMT) != MODE_REG || !(inode->mode & 0111))
		return -EACCES;
	return 0;
}

/* In the place of the file that is open already. */
static int open_program(struct exec *e, const char *path)
{
	struct inode *cwd, *inode;
	struct file *file;
	int err;

	cwd = fs_context_cwd(process_current()->fs);
	err = path_lookup(cwd, path, true, &inode);
	inode_put(cwd);
	if (err)
		return err;
	err = check_executable(inode);
	if (!err)
		err = file_create(inode, FILE_RDONLY, &file);
	inode_put(inode);
	if (err)
		return err;
	if (e->file)
		file_put(e->file);
	e->file = file;
	return 0;
}

/* The file is a script that begins with @head: its interpreter comes in. */
static int open_interpreter(struct exec *e, char *head, size_t len)
{
	const char *script = e->interpreter[0] ? e->interpreter : e->path;
	char *interpreter, *argument;
	int err;

	err = script_parse(head, len, &interpreter, &argument);
	if (!err)
		err = exec_args_interpret(&e->args, interpreter, argument,
					  script);
	if (err)
		return err;
	strlcpy(e->interpreter, interpreter, sizeof(e->interpreter));
	return open_program(e, e->interpreter);
}

/* Until the file is no script. */
static int follow_scripts(struct exec *e)
{
	char head[SCRIPT_LINE];
	long n;
	int err;

	for (unsigned depth = 0; ; depth++) {
		n = file_kread(e->file, head, sizeof(head), 0);
		if (n < 0)
			return (int)n;
		if (!script_is(head, (size_t)n))
			return 0;
		if (depth == SCRIPT_DEPTH)
			return -ELOOP;
		err = open_interpreter(e, head, (size_t)n);
		if (err)
			return err;
	}
}

static void describe_cpu(struct exec_stack *s)
{
	const struct hwcap_ids ids = {
		.pfr0 = weft_read_id_aa64pfr0_el1(),
		.pfr1 = weft_read_id_aa64pfr1_el1(),
		.isar0 = weft_read_id_aa64isar0_el1(),
		.isar1 = weft_read_id_aa64isar1_el1(),
		.isar2 = weft_read_id_aa64isar2_el1(),
		.mmfr1 = weft_read_id_aa64mmfr1_el1(),
		.mmfr2 = weft_read_id_aa64mmfr2_el1(),
		.zfr0 = weft_read_id_aa64zfr0_el1(),
	};

	hwcap_from_ids(&ids, keys_used(), &s->hwcap, &s->hwcap2);
}

static int write_stack(struct exec *e, const struct exec_stack *s)
{
	size_t size = exec_stack_block_size(s);
	void *block = kmalloc(size);
	int err;

	if (!block)
		return -ENOMEM;
	e->sp = exec_stack_build(s, block);
	err = aspace_write(e->as, e->sp, block, size);
	if (!err)
		err = aspace_write(e->as, exec_stack_strings_at(s),
				   s->strings, s->strings_len);
	kfree(block);
	return err;
}

static int make_stack(struct exec *e)
{
	struct exec_stack s;
	int err = exec_args_add(&e->args, e->path);

	if (err)
		return err;
	s = (struct exec_stack){
		.top = e->program.stack_top,
		.strings = e->args.data,
		.strings_len = e->args.len,
		.argc = e->args.argc,
		.envc = e->args.envc,
		.phdr = e->program.phdr,
		.phnum = e->program.phnum,
		.entry = e->program.entry,
		.signal_stack = sigframe_most(weft_sve_max_vl()),
	};
	describe_cpu(&s);
	random_bytes(s.random, sizeof(s.random));
	return write_stack(e, &s);
}

/* The file is open, the arguments are there: all the rest. */
static int exec_prepare(struct exec *e)
{
	int err = follow_scripts(e);

	if (err)
		return err;
	e->as = aspace_create();
	if (!e->as)
		return -ENOMEM;
	err = program_load(&e->program, e->file, e->as);
	if (!err)
		err = signal_map_page(e->as);
	if (!err)
		err = make_stack(e);
	/* From here on the caller has no other threads to go back to. */
	return err ? err : process_become_single();
}

static void take_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	process_set_name(slash ? slash + 1 : path);
}

/* What others see of the change, under the lock that they look under. */
static void mark_execed(struct process *p)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);

	p->has_execed = true;
	p->exit_signal = SIGCHLD;
	spin_unlock_irqrestore(&process_tree_lock, daif);
}

/* Nothing of the old program in any register. */
static void fresh_registers(struct weft_frame *frame, uint64_t pc, uint64_t sp)
{
	struct thread *t = thread_current();
	uint64_t daif;

	keys_renew(PAC_KEY_ALL);
	daif = irq_save();
	weft_frame_init_user(frame, pc, sp);
	weft_task_set_tls(&t->task, 0);
	irq_restore(daif);
	fpstate_exec();
}

/* Step over. */
static void exec_commit(struct exec *e, struct weft_frame *frame)
{
	struct process *p = process_current();

	timers_exec(p);
	process_leave_memory(p);
	process_change_aspace(p, e->as);
	e->as = NULL;
	files_close_on_exec(p->files);
	signal_exec();
	take_name(e->path);
	mark_execed(p);
	fresh_registers(frame, e->program.entry, e->sp);
	/* Last: a parent in vfork that looks now sees all of it. */
	process_vfork_release(p);
}

static int path_from_user(struct exec *e, uint64_t path)
{
	long len;

	e->path = kmalloc(PATH_SIZE);
	if (!e->path)
		return -ENOMEM;
	len = string_from_user(e->path, path, PATH_SIZE);
	return len < 0 ? (int)len : 0;
}

static int path_from_kernel(struct exec *e, const char *path)
{
	e->path = kmalloc(PATH_SIZE);
	if (!e->path)
		return -ENOMEM;
	return strlcpy(e->path, path, PATH_SIZE) < PATH_SIZE ? 0
							     : -ENAMETOOLONG;
}

long process_exec(struct weft_frame *frame, uint64_t path, uint64_t argv,
		  uint64_t envp)
{
	struct exec e = { 0 };
	int err = path_from_user(&e, path);

	if (!err)
		err = open_program(&e, e.path);
	if (!err)
		err = exec_args_from_user(&e.args, argv, envp);
	if (!err)
		err = exec_prepare(&e);
	if (!err)
		exec_commit(&e, frame);
	exec_release(&e);
	return err;
}

int exec_from_kernel(struct weft_frame *frame, const char *path,
		     const char *const *argv, const char *const *envp,
		     const char **why)
{
	struct exec e = { 0 };
	int err = path_from_kernel(&e, path);

	if (!err)
		err = open_program(&e, e.path);
	if (!err)
		err = exec_args_from_kernel(&e.args, argv, envp);
	if (!err)
		err = exec_prepare(&e);
	if (!err)
		exec_commit(&e, frame);
	*why = e.program.error;
	exec_release(&e);
	return err;
}
