/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_STRING_H
#define _KSTATE_SHIM_LINUX_STRING_H

#include <linux/errno.h>
#include <linux/types.h>
#include <string.h>

ssize_t strscpy(char *to, const char *from, size_t size);
size_t strlcat(char *to, const char *from, size_t size);
void *memchr_inv(const void *p, int c, size_t size);
void *kmemdup(const void *from, size_t len, gfp_t gfp);
void *kvmemdup(const void *from, size_t len, gfp_t gfp);
char *kstrdup(const char *s, gfp_t gfp);
char *kstrndup(const char *s, size_t max, gfp_t gfp);

static inline size_t str_has_prefix(const char *str, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(str, prefix, len) ? 0 : len;
}

static inline int match_string(const char * const *array, size_t nr,
			       const char *string)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (!strcmp(array[i], string))
			return i;
	}
	return -EINVAL;
}

#endif /* _KSTATE_SHIM_LINUX_STRING_H */
