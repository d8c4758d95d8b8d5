// SPDX-License-Identifier: MIT
/*
 * The ends of the machine. Called by the reboot system call, by process 1's
 * exit and by the crash report.
 *
 * With a host channel the host is told how it ended and QEMU ends with a
 * status; else the firmware switches off; and where there is neither, the CPU
 * sleeps for good.
 */
#include "dev/power.h"

#include <weft/sysreg.h>

#include "dev/host.h"
#include "dev/irq.h"
#include "dev/psci.h"
#include "dev/uart.h"
#include "lib/printf.h"
#include "sched/ipi.h"
#include "trace/trace.h"

enum {
	EXIT_GOOD = 0,
	EXIT_FAILED = 1,
};

static _Noreturn void halt(void)
{
	static const char text[] =
		"loom has stopped; this machine cannot be switched off.\r\n";

	uart_write_now(text, sizeof(text) - 1);
	for (;;)
		weft_wfi();
}

/* @line is for the host; @code is QEMU's exit status. */
static _Noreturn void off(const char *line, int code)
{
	irq_save();
	ipi_stop_others();
	uart_write_now("", 0);		/* what is queued */
	trace_finish();
	host_status(line);
	host_exit(code);
	psci_off();
	halt();
}

void power_off(void)
{
	off("poweroff", EXIT_GOOD);
}

void power_off_status(int status)
{
	char line[24];

	format(line, sizeof(line), "exit %d", status & 0xff);
	off(line, EXIT_GOOD);
}

void power_restart(void)
{
	irq_save();
	ipi_stop_others();
	uart_write_now("", 0);
	trace_finish();
	/* A machine that ./run started ends: nobody would feed the next one. */
	host_status("poweroff");
	host_exit(EXIT_GOOD);
	psci_reset();
	halt();
}

void power_fail(const char *why)
{
	char line[160];

	format(line, sizeof(line), "panic %s", why);
	off(line, EXIT_FAILED);
}
