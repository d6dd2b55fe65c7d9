// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mandatory state: what the next kernel's image can restore, and what not. The
 * image's own description of it is in kernel/kstate_fault.c, which is built in.
 */
#include <linux/array_size.h>
#include <linux/kstate.h>
#include <linux/module.h>
#include <linux/string.h>

#include "test_kstate.h"

struct test_must {
	u32 value;
};

static struct test_must must;
static bool restored;

static const struct kstate_field good_fields[] = {
	KSTATE_SIMPLE(struct test_must, value),
	KSTATE_END()
};

static const struct kstate_description good_desc = {
	.name	= "test_kstate.must",
	.size	= sizeof(struct test_must),
	.flags	= KSTATE_MANDATORY,
	.owner	= THIS_MODULE,
	.fields	= good_fields,
};

/* The same object, where the member of that name is no number */
struct test_must_text {
	char value[4];
};

static const struct kstate_field type_fields[] = {
	KSTATE_TEXT(struct test_must_text, value),
	KSTATE_END()
};

static const struct kstate_description type_desc = {
	.name	= "test_kstate.must",
	.size	= sizeof(struct test_must_text),
	.flags	= KSTATE_MANDATORY,
	.owner	= THIS_MODULE,
	.fields	= type_fields,
};

static const struct kstate_description unknown_desc = {
	.name	= "test_kstate.unknown",
	.size	= sizeof(struct test_must),
	.flags	= KSTATE_MANDATORY,
	.owner	= THIS_MODULE,
	.fields	= good_fields,
};

/* What only the next kernel's hook can tell */
#define UNLUCKY		13

static int refuse_unlucky(const void *obj, u32 version)
{
	return ((const struct test_must *)obj)->value == UNLUCKY ? -EDOM : 0;
}

static const struct kstate_description stop_desc = {
	.name	= "test_kstate.must",
	.size	= sizeof(struct test_must),
	.flags	= KSTATE_MANDATORY | KSTATE_STOP,
	.owner	= THIS_MODULE,
	.validate = refuse_unlucky,
	.fields	= good_fields,
};

static const struct {
	const char *name;
	const struct kstate_description *desc;
	u32 value;
} variants[] = {
	{ "none" },
	{ "good",	&good_desc,	7 },
	{ "value",	&good_desc,	1000 },	/* more than there may be */
	{ "type",	&type_desc,	7 },
	{ "unknown",	&unknown_desc,	7 },
	{ "stop",	&stop_desc,	UNLUCKY },	/* refused when restored */
};

static const struct kstate_description *registered;

void test_must_stop(void)
{
	if (registered)
		kstate_unregister(registered, 0);
	registered = NULL;
}

/* Have the state that @name says, in place of what was there. */
int test_must_set(const char *name)
{
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(variants); i++) {
		if (sysfs_streq(name, variants[i].name))
			break;
	}
	if (i == ARRAY_SIZE(variants))
		return -EINVAL;
	test_must_stop();
	if (!variants[i].desc)
		return 0;
	must.value = variants[i].value;
	ret = kstate_register(variants[i].desc, &must, 0);
	if (ret < 0)
		return ret;
	restored = ret == KSTATE_RESTORED;
	registered = variants[i].desc;
	return 0;
}

/* What it is, and where from */
u32 test_must_value(bool *was_restored)
{
	*was_restored = restored;
	return must.value;
}
