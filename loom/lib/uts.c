// SPDX-License-Identifier: MIT
/*
 * The names of the system; see uts.h. The release is the one of the interface,
 * which is what programs ask for: static glibc looks at it and refuses to
 * start on a Linux that is too old.
 */
#include "lib/uts.h"

#include "lib/lock.h"
#include "lib/string.h"

static struct spinlock lock = SPINLOCK_INIT(RANK_UTS, "system names");
/* lock */
static struct uts_names names = {
	.sysname = "Linux",
	.nodename = "loom",
	.release = "6.1.0-loom",
	.version = "loom, a small kernel on weft",
	.machine = "aarch64",
	.domainname = "(none)",
};

void uts_get(struct uts_names *copy)
{
	spin_lock(&lock);
	*copy = names;
	spin_unlock(&lock);
}

static void set(char field[UTS_SIZE], const char *name, size_t len)
{
	spin_lock(&lock);
	memset(field, 0, UTS_SIZE);
	memcpy(field, name, len);
	spin_unlock(&lock);
}

void uts_set_nodename(const char *name, size_t len)
{
	set(names.nodename, name, len);
}

void uts_set_domainname(const char *name, size_t len)
{
	set(names.domainname, name, len);
}
