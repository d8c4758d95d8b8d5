// SPDX-License-Identifier: MIT
/*
 * What the kernel has given out: pages, threads, processes, open files,
 * inodes. A checker takes the counts, does what it does, and compares.
 */
#ifndef TESTS_USER_LIB_COUNTS_H
#define TESTS_USER_LIB_COUNTS_H

/* From /proc/loom/counts: lines, for the one who reads why a check failed. */
struct counts {
	char text[2048];
};

/*
 * Counting itself takes memory: a first call, and a first round of what is
 * to be checked, come before the one whose result counts. Waits, at most a
 * second, until what ended before is gone: two counts in turn are the same.
 */
void counts_take(struct counts *c);

/*
 * Print the result "nothing is lost": the counts are @before again, at once
 * or soon (orphans are init's to reap). Skipped where there are none.
 */
void counts_check(const struct counts *before);

#endif
