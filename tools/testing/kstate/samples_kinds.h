/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SAMPLES_KINDS_H
#define _KSTATE_SAMPLES_KINDS_H

#include "samples.h"

#define DESC(_name, _type, _fields, ...) {				\
	.name = (_name), .version = 1, .size = sizeof(_type),		\
	.fields = (_fields), ##__VA_ARGS__ }

#define SAMPLE(_name) {							\
	.name = #_name, .desc = &_name##_desc, .fill = _name##_fill,	\
	.same = _name##_same, .release = _name##_release }

#define SAMPLE_DECLARE(_name)						\
	extern const struct kstate_description _name##_desc;		\
	void _name##_fill(void *obj, unsigned int seed, bool source);	\
	bool _name##_same(const void *a, const void *b);		\
	void _name##_release(void *obj)

SAMPLE_DECLARE(lists);
SAMPLE_DECLARE(bitmaps);
SAMPLE_DECLARE(unions);
SAMPLE_DECLARE(strings);
SAMPLE_DECLARE(subsections);
SAMPLE_DECLARE(refs);
SAMPLE_DECLARE(ranges);
SAMPLE_DECLARE(rules);

/* Memory that does not run out on purpose */
void *sample_alloc(size_t nr, size_t size);
char *sample_text(const char *prefix, unsigned int seed);
bool sample_same_bytes(const void *a, const void *b, size_t len);
bool sample_same_text(const char *a, const char *b);

#endif /* _KSTATE_SAMPLES_KINDS_H */
