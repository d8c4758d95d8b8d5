// SPDX-License-Identifier: MIT
/*
 * System calls on what a process may do beside its user ids (sys_proc.c): its
 * capabilities, groups, and which Linux it is for. There is one user, root,
 * who has all rights; what would give some away is refused.
 */
#include "syscall/sys_ident.h"

#include <stdbool.h>

#include "lib/errno.h"
#include "mm/user.h"
#include "proc/process.h"

enum {
	CAPABILITY_V1 = 0x19980330,
	CAPABILITY_V2 = 0x20071026,
	CAPABILITY_V3 = 0x20080522,
	GROUPS_MAX = 65536,
};

#define PERSONALITY_ASK	0xffffffff

/* The structures of Linux: version and process; a word of each set, twice */
struct cap_header {
	uint32_t version;
	int32_t pid;
};

struct cap_data {
	uint32_t effective, permitted, inheritable;
};

static unsigned words_of(uint32_t version)
{
	switch (version) {
	case CAPABILITY_V1: return 1;
	case CAPABILITY_V2:
	case CAPABILITY_V3: return 2;
	default: return 0;
	}
}

/*
 * How many words of each set the caller wants; a version that is not known
 * is answered with the latest: -EINVAL, but 0 if it only asked for that.
 */
static int read_header(uint64_t addr, bool asks, struct cap_header *header)
{
	const uint32_t latest = CAPABILITY_V3;
	int words;

	if (copy_from_user(header, addr, sizeof(*header)))
		return -EFAULT;
	words = (int)words_of(header->version);
	if (words)
		return words;
	if (copy_to_user(addr, &latest, sizeof(latest)))
		return -EFAULT;
	return asks ? 0 : -EINVAL;
}

static struct cap_data word_of_all(unsigned word)
{
	uint32_t all = (uint32_t)(CAPABILITY_ALL >> 32 * word);

	return (struct cap_data){ .effective = all, .permitted = all };
}

/* capget(header, data) */
long sys_capget(const uint64_t arg[6])
{
	struct cap_header header;
	struct process *p;
	int words = read_header(arg[0], !arg[1], &header);

	if (words <= 0)
		return words;
	if (header.pid < 0)
		return -EINVAL;
	if (header.pid) {
		p = process_find(header.pid);
		if (!p)
			return -ESRCH;
		process_put(p);
	}
	for (unsigned i = 0; arg[1] && i < (unsigned)words; i++) {
		struct cap_data data = word_of_all(i);

		if (copy_to_user(arg[1] + i * sizeof(data), &data,
				 sizeof(data)))
			return -EFAULT;
	}
	return 0;
}

/* capset(header, data): what is in force, or -EPERM */
long sys_capset(const uint64_t arg[6])
{
	struct cap_header header;
	struct cap_data data, all;
	int words = read_header(arg[0], false, &header);

	if (words < 0)
		return words;
	if (header.pid && header.pid != process_current()->pid)
		return -EPERM;
	for (unsigned i = 0; i < (unsigned)words; i++) {
		if (copy_from_user(&data, arg[1] + i * sizeof(data),
				   sizeof(data)))
			return -EFAULT;
		all = word_of_all(i);
		if (data.effective != all.effective ||
		    data.permitted != all.permitted || data.inheritable)
			return -EPERM;
	}
	return 0;
}

/* setgroups(count, list): none, or root's own, which is no difference */
long sys_setgroups(const uint64_t arg[6])
{
	int count = (int)arg[0];
	uint32_t group;

	if (count < 0 || count > GROUPS_MAX)
		return -EINVAL;
	for (int i = 0; i < count; i++) {
		if (copy_from_user(&group, arg[1] + (unsigned)i * 4u, 4))
			return -EFAULT;
		if (group)
			return -EPERM;
	}
	return 0;
}

/* setfsuid(uid): always the id before, which stays */
long sys_setfsuid(const uint64_t arg[6])
{
	(void)arg;
	return 0;
}

/* setfsgid(gid) */
long sys_setfsgid(const uint64_t arg[6])
{
	(void)arg;
	return 0;
}

/* personality(persona): there is the one of Linux */
long sys_personality(const uint64_t arg[6])
{
	uint32_t wish = (uint32_t)arg[0];

	return wish == 0 || wish == PERSONALITY_ASK ? 0 : -EINVAL;
}
