// SPDX-License-Identifier: MIT
/*
 * fsrandom: files and directories are made, linked, renamed, written, cut and
 * removed at random, and a simple model of the tree does the same. Results,
 * errors, contents, link counts and listings have to agree.
 *
 *	fsrandom [SEED [COUNT]]
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/counts.h"
#include "lib/rng.h"
#include "lib/tap.h"

#define DIRECTORY "fsrandom.tmp"

enum {
	NAMES = 5,		/* in a directory: a to e */
	DEPTH = 4,		/* names of a path, at most */
	SIZE = 6000,		/* of a file */
	DEEP = 40,		/* renames make the tree deeper than a path */
	TEXT = 2 * DEEP + 8,
	POOL = 1500,
};

struct node {
	bool is_dir;
	int nlink;
	struct node *child[NAMES], *parent;	/* of a directory */
	int size;				/* of a file */
	unsigned char data[SIZE];
};

struct path {
	int name[DEPTH], depth;
	char text[2 * DEPTH + 1];
};

static struct node *root;
static struct rng rng;
static int made, wrong;

/* Not of malloc, whose memory is as much as was ever used at once. */
static struct node pool[POOL];
static struct node *unused[POOL];

static void fill_pool(void)
{
	memset(pool, 1, sizeof(pool));
	for (int i = 0; i < POOL; i++)
		unused[i] = &pool[i];
}

static struct node *new_node(bool is_dir, struct node *parent)
{
	struct node *n = made < POOL ? unused[made] : NULL;

	if (n == NULL)
		tap_bail("the model is too small");
	memset(n, 0, sizeof(*n));
	n->is_dir = is_dir;
	n->nlink = is_dir ? 2 : 1;
	n->parent = is_dir ? parent : NULL;
	made++;
	return n;
}

static void free_node(struct node *n)
{
	unused[--made] = n;
}

/* A random path below the root of the model. */
static struct path random_path(void)
{
	struct path p = { .depth = 1 + (int)rng_below(&rng, DEPTH) };
	char *out = p.text;

	for (int i = 0; i < p.depth; i++) {
		p.name[i] = (int)rng_below(&rng, NAMES);
		if (i)
			*out++ = '/';
		*out++ = (char)('a' + p.name[i]);
	}
	*out = '\0';
	return p;
}

/* The directory that holds the last name: 0, or what a walk says. */
static int walk(const struct path *p, struct node **dir)
{
	*dir = root;
	for (int i = 0; i < p->depth - 1; i++) {
		*dir = (*dir)->child[p->name[i]];
		if (*dir == NULL)
			return ENOENT;
		if (!(*dir)->is_dir)
			return ENOTDIR;
	}
	return 0;
}

static struct node **slot(struct node *dir, const struct path *p)
{
	return &dir->child[p->name[p->depth - 1]];
}

/* What @p names: 0, ENOENT, ENOTDIR. */
static int find(const struct path *p, struct node **found)
{
	int err = walk(p, found);

	if (err)
		return err;
	*found = *slot(*found, p);
	return *found ? 0 : ENOENT;
}

static bool is_empty(const struct node *dir)
{
	for (int i = 0; i < NAMES; i++)
		if (dir->child[i])
			return false;
	return true;
}

static bool is_inside(const struct node *dir, const struct node *above)
{
	for (; dir; dir = dir->parent)
		if (dir == above)
			return true;
	return false;
}

/* The name at @where goes. */
static void drop(struct node **where)
{
	struct node *n = *where;

	*where = NULL;
	if (n->is_dir) {
		n->parent->nlink--;
		free_node(n);
	} else if (--n->nlink == 0) {
		free_node(n);
	}
}

/* The operations on the model: 0 or the errno. */

static int model_make(const struct path *p, bool is_dir)
{
	struct node *dir;
	int err = walk(p, &dir);

	if (err)
		return err;
	if (*slot(dir, p))
		return EEXIST;
	*slot(dir, p) = new_node(is_dir, dir);
	dir->nlink += is_dir;
	return 0;
}

static int model_remove(const struct path *p, bool is_dir)
{
	struct node *dir;
	int err = walk(p, &dir);

	if (err)
		return err;
	if (!*slot(dir, p))
		return ENOENT;
	if ((*slot(dir, p))->is_dir != is_dir)
		return is_dir ? ENOTDIR : EISDIR;
	if (is_dir && !is_empty(*slot(dir, p)))
		return ENOTEMPTY;
	drop(slot(dir, p));
	return 0;
}

static int model_link(const struct path *old, const struct path *new)
{
	struct node *n, *dir;
	int err = find(old, &n);

	if (!err)
		err = walk(new, &dir);
	if (err)
		return err;
	if (*slot(dir, new))
		return EEXIST;
	if (n->is_dir)
		return EPERM;
	*slot(dir, new) = n;
	n->nlink++;
	return 0;
}

static int depth_of(const struct node *dir)
{
	int depth = 0;

	for (; dir; dir = dir->parent)
		depth++;
	return depth;
}

static int height_of(const struct node *n)
{
	int height = 0;

	for (int i = 0; n->is_dir && i < NAMES; i++) {
		int h = n->child[i] ? height_of(n->child[i]) : 0;

		height = h > height ? h : height;
	}
	return height + 1;
}

/* Would the tree get so deep that no path of the check reaches its end? */
static bool is_too_deep(const struct path *old, const struct path *new)
{
	struct node *n, *dir;

	return find(old, &n) == 0 && walk(new, &dir) == 0 &&
	       depth_of(dir) + height_of(n) > DEEP;
}

/* What forbids that @n gets the place of @target, or goes to @new_dir. */
static int may_move(struct node *n, struct node *old_dir,
		    struct node *new_dir, struct node *target)
{
	if (n->is_dir && is_inside(new_dir, n))
		return EINVAL;
	if (!target || target == n)
		return 0;
	if (target->is_dir && is_inside(old_dir, target))
		return ENOTEMPTY;
	if (n->is_dir != target->is_dir)
		return n->is_dir ? ENOTDIR : EISDIR;
	return target->is_dir && !is_empty(target) ? ENOTEMPTY : 0;
}

static int model_rename(const struct path *old, const struct path *new)
{
	struct node *old_dir, *new_dir, *n, *target;
	int err = walk(old, &old_dir);

	if (!err)
		err = walk(new, &new_dir);
	if (err)
		return err;
	n = *slot(old_dir, old);
	if (!n)
		return ENOENT;
	target = *slot(new_dir, new);
	err = may_move(n, old_dir, new_dir, target);
	if (err || target == n)
		return err;
	if (target)
		drop(slot(new_dir, new));
	*slot(old_dir, old) = NULL;
	*slot(new_dir, new) = n;
	if (n->is_dir) {
		old_dir->nlink--;
		new_dir->nlink++;
		n->parent = new_dir;
	}
	return 0;
}

static int find_file(const struct path *p, struct node **n)
{
	int err = find(p, n);

	if (err)
		return err;
	return (*n)->is_dir ? EISDIR : 0;
}

static int model_write(const struct path *p, int at, const void *data, int len)
{
	struct node *n;
	int err = find_file(p, &n);

	if (err)
		return err;
	memcpy(n->data + at, data, (size_t)len);
	if (len && at + len > n->size)
		n->size = at + len;
	return 0;
}

static int model_truncate(const struct path *p, int size)
{
	struct node *n;
	int err = find_file(p, &n);

	if (err)
		return err;
	if (size < n->size)
		memset(n->data + size, 0, (size_t)(n->size - size));
	n->size = size;
	return 0;
}

/* The same on the file system: 0 or the errno. */

static int result(long value)
{
	return value < 0 ? errno : 0;
}

static int real_make(const struct path *p, bool is_dir)
{
	int fd;

	if (is_dir)
		return result(mkdir(p->text, 0755));
	fd = open(p->text, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int real_write(const struct path *p, int at, const void *data, int len)
{
	int fd = open(p->text, O_WRONLY | O_CLOEXEC), err;

	if (fd < 0)
		return errno;
	err = pwrite(fd, data, (size_t)len, at) == len ? 0 : EIO;
	close(fd);
	return err;
}

static void compare(const char *what, const char *path, const char *second,
		    int real, int model)
{
	if (real != model && wrong++ < 10)
		tap_note("%s %s %s: errno %d, expected %d", what, path, second,
			 real, model);
}

static void one_write(const struct path *p)
{
	unsigned char data[SIZE];
	int at = (int)rng_below(&rng, SIZE);
	int len = (int)rng_below(&rng, (uint64_t)(SIZE - at));

	if (rng_below(&rng, 2))
		len %= 50;
	for (int i = 0; i < len; i++)
		data[i] = (unsigned char)rng_next(&rng);
	compare("write", p->text, "", real_write(p, at, data, len),
		model_write(p, at, data, len));
}

static void one_operation(void)
{
	struct path p = random_path(), q = random_path();
	int size;

	switch (rng_below(&rng, 10)) {
	case 0:
	case 1:
		compare("create", p.text, "", real_make(&p, false),
			model_make(&p, false));
		break;
	case 2:
	case 3:
		compare("mkdir", p.text, "", real_make(&p, true),
			model_make(&p, true));
		break;
	case 4:
		compare("unlink", p.text, "", result(unlink(p.text)),
			model_remove(&p, false));
		break;
	case 5:
		compare("rmdir", p.text, "", result(rmdir(p.text)),
			model_remove(&p, true));
		break;
	case 6:
		compare("link", p.text, q.text, result(link(p.text, q.text)),
			model_link(&p, &q));
		break;
	case 7:
		if (is_too_deep(&p, &q))
			break;
		compare("rename", p.text, q.text,
			result(rename(p.text, q.text)), model_rename(&p, &q));
		break;
	case 8:
		one_write(&p);
		break;
	default:
		size = (int)rng_below(&rng, SIZE);
		compare("truncate", p.text, "", result(truncate(p.text, size)),
			model_truncate(&p, size));
		break;
	}
}

/* Everything at and below @n, which has the path @path. */

static bool same_contents(const struct node *n, const char *path)
{
	static unsigned char data[SIZE + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = read(fd, data, sizeof(data));

	close(fd);
	return size == n->size && memcmp(data, n->data, (size_t)size) == 0;
}

static bool same_listing(const struct node *n, const char *path)
{
	int seen[NAMES] = { 0 };
	DIR *d = opendir(path);
	struct dirent *e;
	bool same = d != NULL;

	while (d != NULL && (e = readdir(d)) != NULL) {
		int name = e->d_name[0] - 'a';

		if (e->d_name[0] == '.')
			continue;
		if (name < 0 || name >= NAMES || e->d_name[1])
			same = false;
		else
			seen[name]++;
	}
	if (d != NULL)
		closedir(d);
	for (int i = 0; i < NAMES; i++)
		same &= seen[i] == (n->child[i] != NULL);
	return same;
}

static void check_tree(const struct node *n, const char *path)
{
	struct stat st;
	char below[TEXT];

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode) != !n->is_dir ||
	    (int)st.st_nlink != n->nlink) {
		wrong++;
		if (wrong < 10)
			tap_note("%s: mode %o, %d links, expected %d", path,
				 (unsigned int)st.st_mode, (int)st.st_nlink,
				 n->nlink);
	}
	if (!(n->is_dir ? same_listing(n, path) : same_contents(n, path))) {
		if (wrong++ < 10)
			tap_note("%s: what is in it", path);
	}
	for (int i = 0; n->is_dir && i < NAMES; i++) {
		snprintf(below, sizeof(below), "%.*s/%c", TEXT - 8, path,
			 'a' + i);
		if (n->child[i])
			check_tree(n->child[i], below);
	}
}

/* Remove all that is below @n, from both. */
static void remove_tree(struct node *n, const char *path)
{
	char below[TEXT];

	for (int i = 0; i < NAMES; i++) {
		if (!n->child[i])
			continue;
		snprintf(below, sizeof(below), "%.*s/%c", TEXT - 8, path,
			 'a' + i);
		if (n->child[i]->is_dir) {
			remove_tree(n->child[i], below);
			compare("rmdir", below, "", result(rmdir(below)), 0);
		} else {
			compare("unlink", below, "", result(unlink(below)), 0);
		}
		drop(&n->child[i]);
	}
}

static void run(uint64_t seed, int count)
{
	rng_seed(&rng, seed, 0);
	root = new_node(true, NULL);
	for (int i = 0; i < count && wrong < 10; i++) {
		one_operation();
		if (i % 100 == 99)
			check_tree(root, ".");
	}
	check_tree(root, ".");
	remove_tree(root, ".");
	free_node(root);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	int count = argc > 2 ? atoi(argv[2]) : 3000;
	struct counts before;

	umask(022);
	fill_pool();
	tap_note("seed %llu", (unsigned long long)seed);
	if (mkdir(DIRECTORY, 0755) != 0 || chdir(DIRECTORY) != 0)
		tap_bail("%s", DIRECTORY);
	run(seed, count);
	tap_equal(wrong, 0, "%d operations agree with the model", count);
	/*
	 * The same needs no more memory the next time. Once between, for the
	 * C library's own: what counting leaves in its heap is in the way.
	 */
	counts_take(&before);
	run(seed, count / 10);
	counts_take(&before);
	wrong = 0;
	run(seed, count);
	tap_equal(wrong, 0, "and again");
	tap_equal(made, 0, "the model is empty");
	counts_check(&before);
	tap_ok(chdir("..") == 0 && rmdir(DIRECTORY) == 0,
	       "nothing is left behind");
	return tap_done();
}
