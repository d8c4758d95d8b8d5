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

/* What is used up by something that is not given back. */
static bool is_resource(const char *line)
{
	static const char *const names[] = {
		"pages_free", "threads", "processes", "files", "inodes",
		"MemFree:",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t len = strlen(names[i]);

		if (strncmp(line, names[i], len) == 0 && line[len] == ' ')
			return true;
	}
	return false;
}

static void add_file(struct counts *c, const char *path)
{
	char line[256];
	FILE *in = fopen(path, "re");
	size_t used = strlen(c->text);

	while (in != NULL && fgets(line, sizeof(line), in) != NULL)
		if (is_resource(line) &&
		    used + strlen(line) < sizeof(c->text)) {
			strcpy(c->text + used, line);
			used += strlen(line);
		}
	if (in != NULL)
		fclose(in);
}

static struct counts after;

static void take(struct counts *c)
{
	memset(c, 0, sizeof(*c));
	memset(&after, 0, sizeof(after));	/* its page is there, too */
	add_file(c, "/proc/loom/counts");
	add_file(c, "/proc/meminfo");
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

	if (access("/proc/loom/counts", R_OK) != 0) {
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
