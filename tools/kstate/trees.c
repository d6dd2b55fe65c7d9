// SPDX-License-Identifier: GPL-2.0-only
/*
 * kstate(8): trees, what /sys/fs/khofs says: the trees of khofs, and those among
 * them that came from the previous kernel and that nobody has mounted.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

#define KHOFS	"../fs/khofs"

static void path_of(const struct options *opt, const char *tree,
		    const char *file, char *path, size_t size)
{
	snprintf(path, size, "%s/" KHOFS "%s%s%s%s", opt->sys, *tree ? "/" : "",
		 tree, *file ? "/" : "", file);
}

/* False, and nothing said: the tree went while it was looked at. */
static bool read_number(const struct options *opt, const char *tree,
			const char *file, u64 *value)
{
	char path[4096], text[32] = "";
	ssize_t len;
	int fd;

	path_of(opt, tree, file, path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	*value = strtoull(text, NULL, 10);
	return len > 0;
}

static struct json_object *tree_json(const struct options *opt,
				     const char *name)
{
	u64 mounted, kept, bytes;
	struct json_object *to;

	if (!read_number(opt, name, "mounted", &mounted) ||
	    !read_number(opt, name, "kept", &kept) ||
	    !read_number(opt, name, "bytes", &bytes))
		return NULL;
	to = need(json_object_new_object());
	json_put_text(to, "name", name);
	json_put_bool(to, "mounted", mounted);
	json_put_bool(to, "kept", kept);
	json_put_u64(to, "bytes", bytes);
	return to;
}

static int is_tree(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strcmp(entry->d_name, "drop");
}

/* NULL after a complaint */
static struct json_object *read_trees(const struct options *opt)
{
	struct json_object *list, *one;
	struct dirent **entries;
	char path[4096];
	int i, nr;

	path_of(opt, "", "", path, sizeof(path));
	nr = scandir(path, &entries, is_tree, alphasort);
	if (nr < 0) {
		complain(path, "%s", errno == ENOENT ?
			 "this kernel has no khofs" : strerror(errno));
		return NULL;
	}
	list = need(json_object_new_array());
	for (i = 0; i < nr; i++) {
		one = tree_json(opt, entries[i]->d_name);
		if (one)
			json_object_array_add(list, one);
		free(entries[i]);
	}
	free(entries);
	return list;
}

static void print_trees(struct json_object *list)
{
	struct json_object *o;
	bool mounted, kept;
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		o = json_object_array_get_idx(list, i);
		mounted = json_object_get_boolean(json_object_object_get(o, "mounted"));
		kept = json_object_get_boolean(json_object_object_get(o, "kept"));
		print_escaped(json_str(o, "name"));
		printf(": %s, %s, %s bytes\n",
		       mounted ? "mounted" : "not mounted",
		       kept ? "kept" : "goes when it is unmounted",
		       json_str(o, "bytes"));
	}
}

/* The kernel says what is wrong with the name by its error. */
static int drop_tree(const struct options *opt, const char *name)
{
	size_t len = strlen(name);
	char path[4096];
	ssize_t n = -1;
	int fd, err;

	path_of(opt, "", "drop", path, sizeof(path));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return complain(path, "%s", errno == ENOENT ?
				"this kernel has no khofs" : strerror(errno));
	n = write(fd, name, len);
	err = errno;
	close(fd);
	if (n == (ssize_t)len)
		return EXIT_ALL;
	if (n >= 0 || err == ENOENT || err == EINVAL)
		return complain(name, "there is no such tree");
	return complain(name, "%s", err == EBUSY ?
			"is mounted" : strerror(err));
}

int cmd_trees(const struct options *opt, int argc, char **argv)
{
	struct json_object *list;

	if (argc)
		return complain(argv[0], "trees takes no arguments");
	if (opt->drop)
		return drop_tree(opt, opt->drop);
	list = read_trees(opt);
	if (!list)
		return EXIT_BROKEN;
	show_result(opt, list, print_trees);
	return EXIT_ALL;
}
