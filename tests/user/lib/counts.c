// SPDX-License-Identifier: MIT
/*
 * The kernel's counts; see counts.h.
 */
#include "counts.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "tap.h"

#define COUNTS "/proc/loom/counts"

/* What is used up by something that is not given back. */
static bool is_resource(const char *line)
{
	static const char *const names[] = {
		"threads", "processes", "files", "inodes",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t len = strlen(names[i]);

		if (strncmp(line, names[i], len) == 0 && line[len] == ' ')
			return true;
	}
	return false;
}

/*
 * The kernel's own page table keeps its pages: it has as many as the most
 * threads at once have needed so far, which is a matter of chance. So a page
 * that went there is as good as a free one.
 */
static void read_counts(struct counts *c)
{
	FILE *in = fopen(COUNTS, "re");
	long pages = 0, value;
	char line[256];
	size_t used;

	while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
		used = strlen(c->text);
		if (sscanf(line, "pages_free %ld", &value) == 1 ||
		    sscanf(line, "pages_spare %ld", &value) == 1)
			pages += value;
		else if (is_resource(line) &&
			 used + strlen(line) < sizeof(c->text))
			strcpy(c->text + used, line);
	}
	used = strlen(c->text);
	snprintf(c->text + used, sizeof(c->text) - used,
		 "pages_free + pages_spare %ld\n", pages);
	if (in != NULL)
		fclose(in);
}

static struct counts after;

static void take(struct counts *c)
{
	memset(c, 0, sizeof(*c));
	memset(&after, 0, sizeof(after));	/* its page is there, too */
	read_counts(c);
}

void counts_take(struct counts *c)
{
	take(c);
	for (int i = 0; i < 50; i++) {
		child_sleep(20);
		take(&after);
		if (strcmp(c->text, after.text) == 0)
			return;
		*c = after;
	}
}

void counts_check(const struct counts *before)
{
	bool same = false;

	if (access(COUNTS, R_OK) != 0) {
		tap_skip("not loom", "nothing is lost");
		return;
	}
	for (int i = 0; i < 100 && !same; i++) {
		take(&after);
		same = strcmp(before->text, after.text) == 0;
		if (!same)
			child_sleep(20);
	}
	if (!tap_ok(same, "nothing is lost"))
		tap_note("before:\n%safter:\n%s", before->text, after.text);
}
