// SPDX-License-Identifier: MIT
/* The real-time clock (PL031, Arm DDI 0224C): the date when loom boots. */
#ifndef LOOM_DEV_RTC_H
#define LOOM_DEV_RTC_H

struct fdt;

/*
 * Set the clock's date from the machine's, where it has one; else the time
 * stays at 1970 plus what has passed since boot. Needs the timer.
 */
void rtc_init(const struct fdt *fdt);

#endif
