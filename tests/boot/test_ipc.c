// SPDX-License-Identifier: MIT
/*
 * Interrupts that are bound to notifications. Programs can bind them, but have
 * no device that makes one come: here the distributor is told to.
 */
#include "boot_test.h"
#include "dev/gic.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "ipc/bind.h"
#include "ipc/notification.h"
#include "lib/errno.h"
#include "mm/kvm.h"
#include "sched/clock.h"

enum {
	GICD_ISPENDR = 0x200,
	LINE = 32 + 91,		/* QEMU's virt has nothing there */
};

#define VIRT_GICD UINT64_C(0x08000000)

static uintptr_t dist;

static void pend(void)
{
	gic_write_bit(dist + GICD_ISPENDR, LINE);
}

/* The word, within a second; 0: none. */
static uint64_t wait_word(struct notification *n)
{
	uint64_t word = 0;

	return notification_wait(n, true, clock_now() + 1000 * BOOT_MS,
				 &word) ? 0 : word;
}

static uint64_t look(struct notification *n)
{
	uint64_t word = 0;

	/* What was pending has been taken when this is over. */
	(void)notification_wait(n, true, clock_now() + 20 * BOOT_MS, &word);
	return word;
}

static int check_line(struct file *f, bool edge)
{
	struct notification *n = f->data;

	CHECK_NUM((uint64_t)bind_irq(f->inode, LINE, edge, 4), ==, 0);
	CHECK_NUM(look(n), ==, 0);
	pend();
	CHECK_NUM(wait_word(n), ==, 4);
	pend();
	CHECK_NUM(look(n), ==, 0);	/* masked */
	CHECK_NUM((uint64_t)bind_irq_ack(f->inode), ==, 0);
	CHECK_NUM(wait_word(n), ==, 4);	/* and kept */
	CHECK_NUM((uint64_t)bind_irq_ack(f->inode), ==, 0);
	CHECK_NUM(look(n), ==, 0);
	CHECK_NUM((uint64_t)bind_irq(f->inode, 0, false, 0), ==, 0);
	pend();
	CHECK_NUM(look(n), ==, 0);
	gic_write_bit(dist + GICD_ICPENDR, LINE);
	return BOOT_PASS;
}

static int with_notification(int (*check)(struct file *f))
{
	struct file *f;
	int result;

	if (!dist)
		dist = (uintptr_t)kvm_map_device(VIRT_GICD, 0x1000);
	CHECK(dist);
	CHECK(notification_create(&f) == 0);
	result = check(f);
	file_put(f);
	return result;
}

static int check_edge(struct file *f)
{
	return check_line(f, true);
}

static int check_level(struct file *f)
{
	return check_line(f, false);
}

static int test_edge(void)
{
	return with_notification(check_edge);
}

static int test_level(void)
{
	return with_notification(check_level);
}

/* Its last file goes while the line is bound, and while it is masked. */
static int check_end(struct file *f)
{
	struct notification *n = f->data;

	CHECK_NUM((uint64_t)bind_irq(f->inode, LINE, true, 1), ==, 0);
	pend();
	CHECK_NUM(wait_word(n), ==, 1);
	return BOOT_PASS;
}

static int test_end(void)
{
	int result = with_notification(check_end);

	if (result != BOOT_PASS)
		return result;
	pend();
	gic_write_bit(dist + GICD_ICPENDR, LINE);
	return with_notification(check_end);
}

extern const struct boot_test ipc_tests[];
const struct boot_test ipc_tests[] = {
	{ "ipc.edge", "an edge-triggered line signals, once until it is "
	  "acknowledged", test_edge },
	{ "ipc.level", "a level-triggered line does the same", test_level },
	{ "ipc.end", "a line is free when its notification ends", test_end },
	{ NULL, NULL, NULL },
};
