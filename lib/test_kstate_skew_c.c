// SPDX-License-Identifier: GPL-2.0-only
/*
 * Side C. What it expects is what becomes of side A's state here, by way of side
 * B, which saves again what it could restore; of the others, it is what B
 * saves. Rows that are not here are descriptions that C does not know.
 */
#include <linux/array_size.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "test_kstate_skew.h"

const char *const skew_side = "C";

static struct moved {
	u8 other;
	u64 n;
	u64 m;
} moved_is, moved_saves, moved_gets = { .n = 1, .m = 2 };

SKEW_DESC(moved, KSTATE_SIMPLE(struct moved, m), KSTATE_SIMPLE(struct moved, n));

/* What B had by itself comes along. */
static struct added {
	u32 n;
	u8 more;
} added_is, added_saves, added_gets = { 11, 77 };

SKEW_DESC(added, KSTATE_SIMPLE(struct added, n),
	  KSTATE_SIMPLE(struct added, more));

static struct defaulted {
	u32 n;
	u64 more;
} defaulted_is, defaulted_saves, defaulted_gets = { 11, 77 };

SKEW_DESC(defaulted, KSTATE_SIMPLE(struct defaulted, n),
	  KSTATE_SIMPLE(struct defaulted, more, .flags = KSTATE_FIELD_DEFAULT,
			.value = 99));

/* B could not restore it from A. */
static struct needs {
	u32 m;
	u32 n;
} needs_is, needs_saves, needs_gets = { 23, 22 };

SKEW_DESC(needs,
	  KSTATE_SIMPLE(struct needs, m, .flags = KSTATE_FIELD_MANDATORY),
	  KSTATE_SIMPLE(struct needs, n, .flags = KSTATE_FIELD_MANDATORY));

static struct since {
	u32 n;
	u32 m;
} since_is, since_saves, since_gets = { 11, 6 };

SKEW_VERSIONED(since, "since", 3, 2, KSTATE_MANDATORY, NULL,
	       KSTATE_SIMPLE(struct since, n),
	       KSTATE_SIMPLE(struct since, m, .flags = KSTATE_FIELD_MANDATORY));

static struct renamed {
	u32 newest;
} renamed_is, renamed_saves, renamed_gets = { 11 };

SKEW_DESC(renamed, KSTATE_SIMPLE(struct renamed, newest, .alias = "new,old"));

static struct title {
	u32 n;
} title_is, title_saves, title_gets = { 11 };

SKEW_VERSIONED(title, "next_title", 1, 1, KSTATE_MANDATORY,
	       "test_skew.title,test_skew.old_title",
	       KSTATE_SIMPLE(struct title, n));

static struct alone {
	u32 n;
} alone_is, alone_saves, alone_gets = { 22 };

SKEW_VERSIONED(alone, "alone_b", 1, 1, KSTATE_MANDATORY, NULL,
	       KSTATE_SIMPLE(struct alone, n));

static struct version {
	u32 n;
} version_is, version_saves, version_gets = { 22 };

SKEW_VERSIONED(version, "version", 4, 3, KSTATE_MANDATORY, NULL,
	       KSTATE_SIMPLE(struct version, n));

struct inner {
	u32 fresh;
};

struct outer {
	struct inner in;
	u32 n;
};

static struct members {
	struct outer out;
} members_is, members_saves, members_gets = { { { 8 }, 13 } };

SKEW_PART(inner, struct inner, 0, KSTATE_SIMPLE(struct inner, fresh));
SKEW_PART(outer, struct outer, 0,
	  KSTATE_STRUCT(struct outer, in, struct inner, &inner_desc),
	  KSTATE_SIMPLE(struct outer, n));
SKEW_DESC(members, KSTATE_STRUCT(struct members, out, struct outer,
				 &outer_desc));

static struct widened {
	u16 n;
	s8 m;
} widened_is, widened_saves, widened_gets = { 60000, -7 };

SKEW_DESC(widened, KSTATE_SIMPLE(struct widened, n),
	  KSTATE_SIMPLE(struct widened, m));

static struct limits {
	u32 n;
	u32 m;
} limits_is = { 5, 6 }, limits_saves;

SKEW_DESC(limits,
	  KSTATE_SIMPLE(struct limits, n, .check = KSTATE_MIN_MAX(11, 20)),
	  KSTATE_SIMPLE(struct limits, m));

static struct type {
	char n[8];
} type_is = { "is" }, type_saves, type_gets = { "text" };

SKEW_DESC(type, KSTATE_TEXT(struct type, n));

static struct array {
	u32 n[3];
} array_is, array_saves, array_gets = { { 1, 2, 8 } };

SKEW_DESC(array, KSTATE_ARRAY(struct array, n, .flags = KSTATE_FIELD_SHRINK));

static struct shrunk {
	u32 n[2];
} shrunk_is = { { 5, 6 } }, shrunk_saves;

SKEW_DESC(shrunk, KSTATE_ARRAY(struct shrunk, n, .flags = KSTATE_FIELD_SHRINK));

static struct counted {
	u8 n[2];
} counted_is, counted_saves, counted_gets = { { 1, 2 } };

SKEW_DESC(counted, KSTATE_ARRAY(struct counted, n));

static struct pointed {
	u8 n;
} pointed_is, pointed_saves, pointed_gets = { 11 };

SKEW_DESC(pointed, KSTATE_SIMPLE(struct pointed, n));

static struct text {
	char n[4];
} text_is = { "is" }, text_saves;

SKEW_DESC(text, KSTATE_TEXT(struct text, n));

static struct bits {
	unsigned long n[1];
} bits_is, bits_saves, bits_gets = { { BIT(39) } };

SKEW_DESC(bits, KSTATE_BITMAP(struct bits, n, 40));

struct item {
	struct list_head node;
	struct list_head own;
	u16 n;
};

static struct list {
	struct list_head items;
} list_is = { LIST_HEAD_INIT(list_is.items) };

SKEW_PART(own, struct item, 0, KSTATE_SIMPLE(struct item, n));
SKEW_PART(item, struct item, 0, KSTATE_SIMPLE(struct item, n),
	  KSTATE_LIST(struct item, own, struct item, own, &own_desc));
SKEW_DESC(list, KSTATE_LIST(struct list, items, struct item, node, &item_desc));

static void fill_list(void)
{
	struct item *item, *next;

	list_for_each_entry_safe(item, next, &list_is.items, node)
		kvfree(item);
	INIT_LIST_HEAD(&list_is.items);
}

static bool check_list(void)
{
	return list_is_singular(&list_is.items) &&
	       list_first_entry(&list_is.items, struct item, node)->n == 11;
}

union value {
	u32 small;
	u64 big;
	u8 tiny;
};

static struct arms {
	u8 tag;
	union value value;
} arms_is, arms_saves, arms_gets = { 8, { .small = 11 } };

SKEW_PART(value, union value, KSTATE_ARMS,
	  KSTATE_SIMPLE(union value, big, .value = 7),
	  KSTATE_SIMPLE(union value, small, .value = 8),
	  KSTATE_SIMPLE(union value, tiny, .value = 9));
SKEW_DESC(arms, KSTATE_UNION(struct arms, value, tag, &value_desc));

static struct section {
	u32 n;
	u32 extra;
} section_is, section_saves, section_gets = { 11, 8 };

static bool section_needed(const void *obj)
{
	return ((const struct section *)obj)->extra;
}

SKEW_PART(section_extra, struct section, 0, KSTATE_SIMPLE(struct section, extra));
SKEW_DESC(section, KSTATE_SIMPLE(struct section, n),
	  KSTATE_SUBSECTION("extra", &section_extra_desc, section_needed));

static struct part {
	u32 n;
} part_is = { 5 }, part_saves;

SKEW_DESC(part, KSTATE_SIMPLE(struct part, n));

struct skew_row skew_rows[] = {
	SKEW_PLAIN(moved),
	SKEW_PLAIN(added),
	SKEW_PLAIN(defaulted),
	SKEW_PLAIN(needs),
	SKEW_PLAIN(since),
	SKEW_PLAIN(renamed),
	SKEW_PLAIN(title),
	SKEW_PLAIN(alone),
	SKEW_PLAIN(version),
	SKEW_PLAIN(members),
	SKEW_PLAIN(widened),
	SKEW_REFUSED(limits, -ERANGE),
	SKEW_PLAIN(type),
	SKEW_PLAIN(array),
	SKEW_REFUSED(shrunk, -ERANGE),
	SKEW_PLAIN(counted),
	SKEW_PLAIN(pointed),
	SKEW_REFUSED(text, -ERANGE),
	SKEW_PLAIN(bits),
	SKEW_OWN(list),
	SKEW_PLAIN(arms),
	SKEW_PLAIN(section),
	SKEW_REFUSED(part, -EPROTO),
};

const unsigned int nr_skew_rows = ARRAY_SIZE(skew_rows);
