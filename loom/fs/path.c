// SPDX-License-Identifier: MIT
/*
 * Path walks: from text to inodes. Every call that takes a path ends here.
 *
 * A walk holds a reference on where it is and no lock between two steps. The
 * text of a symbolic link is read into memory of its own, put on a stack and
 * walked before the text that named it: nested links cost memory, not stack.
 */
#include "fs/path.h"

#include "fs/fs_context.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmem.h"

enum { LINKS_MAX = 40 };

/* A symbolic link whose target is being walked. */
struct link_text {
	struct link_text *up;
	const char *rest;	/* of the text that named the link */
	char target[];
};

struct walk {
	struct inode *at;	/* counted */
	struct inode *root;	/* counted: where absolute paths start */
	const char *rest;	/* what is still to be walked */
	struct link_text *links;
	unsigned followed;
	bool slash;		/* after the name taken last */
	bool must_be_dir;	/* a link at the end had slashes behind it */
};

static void pop_link(struct walk *w)
{
	struct link_text *text = w->links;

	w->rest = text->rest;
	w->links = text->up;
	kfree(text);
}

/* Go to the next name; false if there is none. */
static bool more(struct walk *w)
{
	for (;;) {
		for (; *w->rest == '/'; w->rest++)
			w->slash = true;
		if (*w->rest)
			return true;
		if (!w->links)
			return false;
		pop_link(w);
	}
}

static int take_name(struct walk *w, char name[FS_NAME_SIZE])
{
	size_t len = 0;

	while (w->rest[len] && w->rest[len] != '/')
		len++;
	if (len >= FS_NAME_SIZE)
		return -ENAMETOOLONG;
	memcpy(name, w->rest, len);
	name[len] = '\0';
	w->rest += len;
	w->slash = false;
	return 0;
}

static enum path_last kind_of_name(const char *name)
{
	if (strcmp(name, ".") == 0)
		return PATH_DOT;
	return strcmp(name, "..") == 0 ? PATH_DOTDOT : PATH_NAME;
}

static int find(const struct walk *w, const char *name, struct inode **out)
{
	enum path_last kind = kind_of_name(name);
	struct inode *dir = w->at;

	if (kind == PATH_NAME)
		return inode_lookup(dir, name, out);
	/* Nothing is above the root. */
	if (kind == PATH_DOTDOT && dir != w->root) {
		*out = inode_parent(dir);
		return 0;
	}
	inode_get(dir);
	*out = dir;
	return 0;
}

static void move_to(struct walk *w, struct inode *inode)
{
	inode_put(w->at);
	w->at = inode;
}

/* Walk @link's target before the rest of the present text. */
static int push_link(struct walk *w, struct inode *link)
{
	/* A link without a size has a short, made-up target (/proc/self). */
	size_t room = link->size ? link->size : 64;
	struct link_text *text;
	long n;

	text = kmalloc(sizeof(*text) + room + 1);
	if (!text)
		return -ENOMEM;
	n = inode_readlink(link, text->target, room);
	if (n <= 0) {
		kfree(text);
		return n < 0 ? (int)n : -ENOENT;
	}
	text->target[n] = '\0';
	text->up = w->links;
	text->rest = w->rest;
	w->links = text;
	w->rest = text->target;
	if (text->target[0] == '/') {
		inode_get(w->root);
		move_to(w, w->root);
	}
	return 0;
}

/*
 * Follow the link *@found: its text is put before the rest (*@found is NULL
 * then), or what it stands for takes its place.
 */
static int follow(struct walk *w, struct inode **found)
{
	struct inode *link = *found;
	int err = FOLLOW_PATH;

	*found = NULL;
	if (w->followed++ == LINKS_MAX)
		err = -ELOOP;
	else if (link->ops->follow)
		err = link->ops->follow(link, found);
	if (err == FOLLOW_PATH)
		err = push_link(w, link);
	inode_put(link);
	return err;
}

/* The walk ends in the directory that it is in. */
static void end_here(struct walk *w, struct path_end *end)
{
	end->last = PATH_ROOT;
	end->name[0] = '\0';
	end->dir = w->at;
	end->inode = w->at;
	inode_get(w->at);
}

/* The walk ends with end->name in the present directory. */
static int end_at(struct walk *w, struct inode *found, struct path_end *end)
{
	end->slash = w->slash || w->must_be_dir;
	if (found && end->slash && !inode_is(found, MODE_DIR)) {
		inode_put(found);
		return -ENOTDIR;
	}
	end->last = kind_of_name(end->name);
	end->dir = w->at;
	end->inode = found;
	return 0;
}

static bool must_follow(const struct walk *w, const struct inode *inode,
			bool last, unsigned flags)
{
	if (!inode_is(inode, MODE_LNK))
		return false;
	return !last || w->slash || (flags & WALK_FOLLOW);
}

/* On success w->at belongs to @end. */
static int walk(struct walk *w, unsigned flags, struct path_end *end)
{
	while (more(w)) {
		struct inode *found = NULL;
		bool last;
		int err = take_name(w, end->name);

		if (err)
			return err;
		if (!inode_is(w->at, MODE_DIR))
			return -ENOTDIR;
		last = !more(w);
		if (last && (flags & WALK_PARENT))
			return end_at(w, NULL, end);
		if (last && (flags & WALK_CREATE) && w->slash &&
		    kind_of_name(end->name) == PATH_NAME)
			return -EISDIR;
		err = find(w, end->name, &found);
		if (last && err == -ENOENT)
			return end_at(w, NULL, end);
		if (err)
			return err;
		if (must_follow(w, found, last, flags)) {
			w->must_be_dir |= last && w->slash;
			err = follow(w, &found);
			if (err)
				return err;
			if (!found)
				continue;
		}
		if (last)
			return end_at(w, found, end);
		move_to(w, found);
	}
	end_here(w, end);
	return 0;
}

int path_walk(struct inode *cwd, const char *path, unsigned flags,
	      struct path_end *end)
{
	struct walk w = { .rest = path };
	int err;

	end->dir = NULL;
	end->inode = NULL;
	end->slash = false;
	if (!path[0])
		return -ENOENT;
	w.root = fs_caller_root();
	w.at = path[0] == '/' ? w.root : cwd;
	inode_get(w.at);
	err = walk(&w, flags, end);
	while (w.links)
		pop_link(&w);
	inode_put(w.root);
	if (err) {
		inode_put(w.at);
		end->dir = NULL;
		end->inode = NULL;
	}
	return err;
}

void path_end_put(struct path_end *end)
{
	if (end->inode)
		inode_put(end->inode);
	if (end->dir)
		inode_put(end->dir);
}

int path_lookup(struct inode *cwd, const char *path, bool follow,
		struct inode **out)
{
	struct path_end end;
	int err = path_walk(cwd, path, follow ? WALK_FOLLOW : 0, &end);

	if (err)
		return err;
	if (!end.inode) {
		path_end_put(&end);
		return -ENOENT;
	}
	*out = end.inode;
	inode_put(end.dir);
	return 0;
}
