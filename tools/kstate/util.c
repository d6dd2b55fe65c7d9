// SPDX-License-Identifier: GPL-2.0-only
/*
 * kstate(8): complaints, and the bytes of files.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool.h"

size_t utf8_len(const char *text, size_t left)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len, i;
	u32 c;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (len > left)
		return 0;
	c = s[0] & (0xff >> (len + 1));
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	/* the long way round, a surrogate, a C1 control, beyond the end */
	if ((len == 3 && c < 0x800) || (len == 4 && c < 0x10000) ||
	    (c >= 0xd800 && c < 0xe000) || c < 0xa0 || c > 0x10ffff)
		return 0;
	return len;
}

void *need(void *p)
{
	if (!p) {
		fputs("kstate: no memory\n", stderr);
		exit(EXIT_BROKEN);
	}
	return p;
}

/* One byte as what a terminal may see. */
static char *escape_byte(char *to, unsigned char c)
{
	if (c == '\n')
		return to + sprintf(to, "\\n");
	if (c == '\t')
		return to + sprintf(to, "\\t");
	if (c < 0x20 || c > 0x7e)
		return to + sprintf(to, "\\x%02x", c);
	if (c == '\\' || c == '"')
		*to++ = '\\';
	*to++ = c;
	return to;
}

char *escape(const char *text)
{
	char *out = need(malloc(strlen(text) * 4 + 1)), *to = out;
	size_t len;

	for (; *text; text += len) {
		len = utf8_len(text, strnlen(text, 4));
		if (len > 1) {
			to = mempcpy(to, text, len);
		} else {
			to = escape_byte(to, *text);
			len = 1;
		}
	}
	*to = '\0';
	return out;
}

void print_escaped(const char *text)
{
	char *clean = escape(text);

	fputs(clean, stdout);
	free(clean);
}

int complain(const char *name, const char *fmt, ...)
{
	char what[512], *clean;
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);

	fflush(stdout);
	clean = escape(name);
	fprintf(stderr, "kstate: %s: ", clean);
	free(clean);
	clean = escape(what);
	fprintf(stderr, "%s\n", clean);
	free(clean);
	return EXIT_BROKEN;
}

const char *report_where(const struct kstate_report *report, char *buf,
			 size_t size)
{
	snprintf(buf, size, "%s%s%s", report->desc,
		 *report->desc && *report->field ? "." : "", report->field);
	return buf;
}

int complain_report(const char *name, const struct kstate_report *report)
{
	char where[2 * sizeof(report->desc)];

	report_where(report, where, sizeof(where));
	return complain(name, "%s%s%s", where, *where ? ": " : "", report->why);
}

const char *plural(unsigned long long n)
{
	return n == 1 ? "" : "s";
}

/* Files of sysfs and pipes do not tell how large they are: read to the end. */
static void *read_fd(int fd, size_t hint, size_t *len)
{
	size_t size = hint + 4096, used = 0;
	char *bytes = need(malloc(size));
	ssize_t n;

	for (;;) {
		n = read(fd, bytes + used, size - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += n;
		if (used < size)
			continue;
		size *= 2;
		bytes = need(realloc(bytes, size));
	}
	if (n < 0) {
		free(bytes);
		return NULL;
	}
	*len = used;
	return bytes;
}

void *read_all(const char *name, size_t *len)
{
	bool std = !strcmp(name, "-");
	int fd = std ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *bytes;

	if (fd < 0 || fstat(fd, &st)) {
		complain(name, "%s", strerror(errno));
		if (fd >= 0 && !std)
			close(fd);
		return NULL;
	}
	bytes = read_fd(fd, S_ISREG(st.st_mode) ? st.st_size : 0, len);
	if (!bytes)
		complain(name, "%s", strerror(errno));
	if (!std)
		close(fd);
	return bytes;
}

char *read_sys(const struct options *opt, const char *file)
{
	char path[4096], *text, *c;
	size_t len;

	snprintf(path, sizeof(path), "%s/kstate/%s", opt->sys, file);
	text = read_all(path, &len);
	if (!text)
		return NULL;
	text = need(realloc(text, len + 1));
	text[len] = '\0';
	/* Names may come from another kernel: nothing for a terminal. */
	for (c = text; c < text + len; c++) {
		if (*c != '\n' && (*c < ' ' || *c > '~'))
			*c = '?';
	}
	return text;
}

bool have_sys_file(const struct options *opt, const char *file)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/kstate/%s", opt->sys, file);
	return !access(path, F_OK);
}

int have_sys(const struct options *opt)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/kstate", opt->sys);
	if (!access(path, F_OK))
		return EXIT_ALL;
	return complain(path, "%s", errno == ENOENT ?
			"this kernel has no KSTATE" : strerror(errno));
}

/*
 * A file of lines as an array of what each of them says; @parse returns NULL
 * for one that says nothing. NULL after a complaint.
 */
struct json_object *read_lines(const struct options *opt, const char *file,
			       struct json_object *(*parse)(const char *file,
							    const char *line))
{
	char *text = read_sys(opt, file), *line, *rest;
	struct json_object *list, *one;

	if (!text)
		return NULL;
	list = need(json_object_new_array());
	for (rest = text; (line = strsep(&rest, "\n")); ) {
		if (!*line)
			continue;
		one = parse(file, line);
		if (!one) {
			complain(file, "a line that says nothing: %s", line);
			json_object_put(list);
			list = NULL;
			break;
		}
		json_object_array_add(list, one);
	}
	free(text);
	return list;
}
