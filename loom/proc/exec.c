// SPDX-License-Identifier: MIT
/*
 * execve(2). Everything that can fail is done first, beside the old program:
 * file, arguments, a new address space with the program and its stack, a copy
 * of the descriptors if others share them. Then the other threads end (exit.c:
 * of several calls at once one wins), and in exec_commit the process steps
 * over; that cannot fail. So an execve that fails leaves its caller as it was,
 * and no process is ever without a program.
 *
 * What the process has (memory, descriptors) is replaced while the caller is
 * its only thread; under the tree lock, for others may look (process.h).
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

#define SCRIPT_DEPTH	4	/* interpreters that are scripts themselves */

/* An execve on its way. */
struct exec {
	const struct exec_wish *wish;
	char interpreter[SCRIPT_LINE];	/* of a script */
	struct exec_args args;
	struct file *file;		/* program, or script so far */
	struct aspace *as;
	struct files *files;		/* a copy, or NULL: not needed */
	struct program program;
	uint64_t sp;
};

/* The file was open for execution: nobody could write to it. */
static void close_program(struct exec *e)
{
	if (!e->file)
		return;
	inode_end_execute(e->file->inode);
	file_put(e->file);
	e->file = NULL;
}

static void exec_release(struct exec *e)
{
	exec_args_free(&e->args);
	close_program(e);
	if (e->as)
		aspace_put(e->as);
	if (e->files)
		files_put(e->files);
}

/* Root may execute what anyone may. */
static int check_executable(const struct inode *inode)
{
	if ((inode->mode & MODE_FMT) != MODE_REG || !(inode->mode & 0111))
		return -EACCES;
	return 0;
}

static int open_executable(struct inode *inode, struct file **file)
{
	int err = inode_begin_execute(inode);

	if (err)
		return err;
	err = file_create(inode, FILE_RDONLY, file);
	if (err)
		inode_end_execute(inode);
	return err;
}

/* In the place of the file that is open already. */
static int open_program(struct exec *e, struct inode *inode)
{
	struct file *file;
	int err = check_executable(inode);

	if (!err)
		err = open_executable(inode, &file);
	if (err)
		return err;
	close_program(e);
	e->file = file;
	return 0;
}

static int find_program(struct exec *e)
{
	const struct exec_wish *wish = e->wish;
	struct inode *inode;
	int err;

	if (!wish->path[0])
		return open_program(e, wish->base);
	err = path_lookup(wish->base, wish->path, !wish->no_link, &inode);
	if (err)
		return err;
	err = inode_is(inode, MODE_LNK) ? -ELOOP : open_program(e, inode);
	inode_put(inode);
	return err;
}

static int find_interpreter(struct exec *e)
{
	struct inode *cwd = fs_context_cwd(process_current()->fs), *inode;
	int err = path_lookup(cwd, e->interpreter, true, &inode);

	inode_put(cwd);
	if (err)
		return err;
	err = open_program(e, inode);
	inode_put(inode);
	return err;
}

/* The file is a script that begins with @head: its interpreter comes in. */
static int open_interpreter(struct exec *e, char *head, size_t len)
{
	const char *script = e->interpreter[0] ? e->interpreter
					       : e->wish->name;
	char *interpreter, *argument;
	int err;

	/* The interpreter could not open it. */
	if (e->wish->name_fails)
		return -ENOENT;
	err = script_parse(head, len, &interpreter, &argument);
	if (!err)
		err = exec_args_interpret(&e->args, interpreter, argument,
					  script);
	if (err)
		return err;
	strlcpy(e->interpreter, interpreter, sizeof(e->interpreter));
	return find_interpreter(e);
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

void exec_hwcaps(uint64_t *hwcap, uint64_t *hwcap2)
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

	hwcap_from_ids(&ids, keys_used(), hwcap, hwcap2);
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

/* What /proc tells of the program: where its strings are. */
static void describe_program(struct exec *e, const struct exec_stack *s)
{
	const char *end = s->strings;
	struct aspace *as = e->as;

	as->arg_start = exec_stack_strings_at(s);
	for (unsigned i = 0; i < s->argc + s->envc; i++) {
		if (i == s->argc)
			as->arg_end = as->arg_start +
				      (size_t)(end - s->strings);
		end += strlen(end) + 1;
	}
	as->env_end = as->arg_start + (size_t)(end - s->strings);
	if (!s->envc)
		as->arg_end = as->env_end;
}

static int make_stack(struct exec *e)
{
	struct exec_stack s;
	int err = exec_args_add(&e->args, e->wish->name);

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
	exec_hwcaps(&s.hwcap, &s.hwcap2);
	describe_program(e, &s);
	random_bytes(s.random, sizeof(s.random));
	return write_stack(e, &s);
}

static int make_space(struct exec *e)
{
	int err;

	e->as = aspace_create();
	if (!e->as)
		return -ENOMEM;
	err = program_load(&e->program, e->file, e->as);
	if (!err)
		err = signal_map_page(e->as);
	return err ? err : make_stack(e);
}

/* Of a look-up of /proc, too: then the table is copied in vain. */
static bool files_are_shared(const struct process *p)
{
	return __atomic_load_n(&p->files->refs, __ATOMIC_RELAXED) > 1;
}

/*
 * The new program has its descriptors for itself. Another thread may share
 * them with a new process before it ends: exec_commit looks again, and does
 * without the copy if nobody has.
 */
static int unshare_files(struct exec *e)
{
	const struct process *p = process_current();

	if (!files_are_shared(p) &&
	    __atomic_load_n(&p->running, __ATOMIC_RELAXED) == 1)
		return 0;
	e->files = files_copy(p->files);
	return e->files ? 0 : -ENOMEM;
}

/* The arguments are there: all the rest that can fail. */
static int exec_prepare(struct exec *e)
{
	int err = follow_scripts(e);

	if (!err)
		err = make_space(e);
	if (!err)
		err = unshare_files(e);
	/* Last: there are no other threads to go back to afterwards. */
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

static void change_files(struct process *p, struct files *files)
{
	struct files *old = p->files;
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);

	p->files = files;
	spin_unlock_irqrestore(&process_tree_lock, daif);
	files_put(old);
}

/* Step over. */
static void exec_commit(struct exec *e, struct weft_frame *frame)
{
	struct process *p = process_current();

	timers_exec(p);
	process_leave_memory(p);
	process_change_aspace(p, e->as);
	e->as = NULL;
	if (e->files && files_are_shared(p)) {
		change_files(p, e->files);
		e->files = NULL;
	}
	files_close_on_exec(p->files);
	signal_exec();
	take_name(e->wish->name);
	mark_execed(p);
	fresh_registers(frame, e->program.entry, e->sp);
	/* Last: a parent in vfork that looks now sees all of it. */
	process_vfork_release(p);
}

int process_exec(struct weft_frame *frame, const struct exec_wish *wish)
{
	struct exec e = { .wish = wish };
	int err = find_program(&e);

	if (!err)
		err = exec_args_from_user(&e.args, wish->argv, wish->envp);
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
	const struct exec_wish wish = {
		.base = fs_root(),
		.path = path,
		.name = path,
	};
	struct exec e = { .wish = &wish };
	int err = find_program(&e);

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
