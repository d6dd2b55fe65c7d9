// SPDX-License-Identifier: GPL-2.0-only
/*
 * Side B. What it expects is what becomes of side A's state here. What a row is
 * about stands in test_kstate_skew_a.c.
 */
#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "test_kstate_skew.h"

const char *const skew_side = "B";

static struct moved {
	u64 m;
	u8 other[3];
	u32 n;
} moved_is, moved_saves = { .m = 4, .n = 3 }, moved_gets = { .m = 2, .n = 1 };

SKEW_DESC(moved, KSTATE_SIMPLE(struct moved, m), KSTATE_SIMPLE(struct moved, n));

static struct added {
	u64 more;
	u32 n;
} added_is = { 77 }, added_saves = { 78, 22 }, added_gets = { 77, 11 };

SKEW_DESC(added, KSTATE_SIMPLE(struct added, more),
	  KSTATE_SIMPLE(struct added, n));

static struct defaulted {
	u64 more;
	u32 n;
} defaulted_is, defaulted_saves = { 78, 22 }, defaulted_gets = { 77, 11 };

SKEW_DESC(defaulted,
	  KSTATE_SIMPLE(struct defaulted, more, .flags = KSTATE_FIELD_DEFAULT,
			.value = 77),
	  KSTATE_SIMPLE(struct defaulted, n));

static struct needs {
	u32 n;
	u32 m;
} needs_is = { 5, 6 }, needs_saves = { 22, 23 };

SKEW_DESC(needs, KSTATE_SIMPLE(struct needs, n),
	  KSTATE_SIMPLE(struct needs, m, .flags = KSTATE_FIELD_MANDATORY));

static struct since {
	u32 n;
	u32 m;
} since_is = { 5, 6 }, since_saves = { 22, 23 }, since_gets = { 11, 6 };

SKEW_VERSIONED(since, "since", 2, 1, KSTATE_MANDATORY, NULL,
	       KSTATE_SIMPLE(struct since, n),
	       KSTATE_SIMPLE(struct since, m, .flags = KSTATE_FIELD_MANDATORY,
			     .since = 2));

static struct retired {
	u32 n;
} retired_is, retired_saves = { 22 }, retired_gets = { 11 };

SKEW_DESC(retired, KSTATE_SIMPLE(struct retired, n), KSTATE_UNUSED("m"));

static struct unused {
	u32 n;
} unused_is, unused_saves = { 22 }, unused_gets = { 11 };

SKEW_DESC(unused, KSTATE_SIMPLE(struct unused, n), KSTATE_UNUSED("m"));

static struct renamed {
	u32 new;
} renamed_is, renamed_saves = { 22 }, renamed_gets = { 11 };

SKEW_DESC(renamed, KSTATE_SIMPLE(struct renamed, new, .alias = "older,old"));

static struct title {
	u32 n;
} title_is, title_saves = { 22 }, title_gets = { 11 };

SKEW_VERSIONED(title, "title", 1, 1, KSTATE_MANDATORY, "test_skew.old_title",
	       KSTATE_SIMPLE(struct title, n));

static struct alone {
	u32 n;
} alone_is = { 5 }, alone_saves = { 22 };

SKEW_VERSIONED(alone, "alone_b", 1, 1, KSTATE_MANDATORY, NULL,
	       KSTATE_SIMPLE(struct alone, n));

static struct version {
	u32 n;
} version_is = { 5 }, version_saves = { 22 };

SKEW_VERSIONED(version, "version", 3, 2, KSTATE_MANDATORY, NULL,
	       KSTATE_SIMPLE(struct version, n));

static struct loose {
	char n[4];
} loose_is = { "is" }, loose_saves = { "B" };

SKEW_VERSIONED(loose, "loose", 1, 1, 0, NULL, KSTATE_TEXT(struct loose, n));

struct inner {
	u16 stays;
	u16 fresh;
};

struct outer {
	u32 n;
	u32 more;
	struct inner in;
};

static struct members {
	struct outer out;
} members_is = { { 5, 6, { 7, 8 } } }, members_saves = { { 23, 24, { 22, 25 } } },
members_gets = { { 13, 6, { 12, 8 } } };

SKEW_PART(inner, struct inner, 0, KSTATE_SIMPLE(struct inner, stays),
	  KSTATE_SIMPLE(struct inner, fresh));
SKEW_PART(outer, struct outer, 0, KSTATE_SIMPLE(struct outer, n),
	  KSTATE_SIMPLE(struct outer, more),
	  KSTATE_STRUCT(struct outer, in, struct inner, &inner_desc));
SKEW_DESC(members, KSTATE_STRUCT(struct members, out, struct outer,
				 &outer_desc));

static struct widened {
	s64 m;
	u64 n;
} widened_is, widened_saves = { -8, 65535 }, widened_gets = { -7, 60000 };

SKEW_DESC(widened, KSTATE_SIMPLE(struct widened, m),
	  KSTATE_SIMPLE(struct widened, n));

static struct narrowed {
	u32 n;
} narrowed_is, narrowed_saves = { 65536 }, narrowed_gets = { 60000 };

SKEW_DESC(narrowed, KSTATE_SIMPLE(struct narrowed, n));

static struct sign {
	u32 n;
} sign_is = { 5 }, sign_saves = { 7 };

SKEW_DESC(sign, KSTATE_SIMPLE(struct sign, n));

static struct truth {
	bool n;
} truth_is, truth_saves = { true };

SKEW_DESC(truth, KSTATE_SIMPLE(struct truth, n));

static struct limits {
	u32 n;
	u32 m;
} limits_is, limits_saves = { 10, 4 }, limits_gets = { 10, 3 };

SKEW_DESC(limits,
	  KSTATE_SIMPLE(struct limits, n, .check = KSTATE_MIN_MAX(1, 10)),
	  KSTATE_SIMPLE(struct limits, m, .check = KSTATE_ONE_OF(3, 4)));

static struct outside {
	u32 n;
} outside_is = { 5 }, outside_saves = { 10 };

SKEW_DESC(outside,
	  KSTATE_SIMPLE(struct outside, n, .check = KSTATE_MIN_MAX(1, 10)));

static struct listed {
	u32 n;
} listed_is = { 2 }, listed_saves = { 4 };

SKEW_DESC(listed,
	  KSTATE_SIMPLE(struct listed, n, .check = KSTATE_ONE_OF(2, 4)));

static struct constant {
	u32 n;
} constant_is = { 4 }, constant_saves = { 4 };

SKEW_DESC(constant, KSTATE_CONST(struct constant, n));

static struct type {
	char *n;
} type_is, type_saves = { "text" };

SKEW_DESC(type, KSTATE_STRING(struct type, n));

static struct chars {
	u8 n[4];
} chars_is = { { 5, 6 } }, chars_saves = { { 22 } };

SKEW_DESC(chars, KSTATE_ARRAY(struct chars, n));

struct one {
	u32 n;
};

static struct nested {
	struct one n;
} nested_is = { { 5 } }, nested_saves = { { 22 } };

SKEW_PART(one, struct one, 0, KSTATE_SIMPLE(struct one, n));
SKEW_DESC(nested, KSTATE_STRUCT(struct nested, n, struct one, &one_desc));

static struct single {
	u32 n[1];
} single_is, single_saves = { { 22 } }, single_gets = { { 11 } };

SKEW_DESC(single, KSTATE_ARRAY(struct single, n));

static struct array {
	u16 n[4];
} array_is = { { 9, 9, 8, 0 } }, array_saves = { { 3, 4 } },
array_gets = { { 1, 2, 8, 0 } };

SKEW_DESC(array, KSTATE_ARRAY(struct array, n, .flags = KSTATE_FIELD_GROW));

static struct shrunk {
	u32 n[3];
} shrunk_is = { { 7, 8, 9 } }, shrunk_saves = { { 3, 4, 5 } },
shrunk_gets = { { 1, 2, 9 } };

SKEW_DESC(shrunk, KSTATE_ARRAY(struct shrunk, n, .flags = KSTATE_FIELD_GROW));

static struct rigid {
	u32 n[3];
} rigid_is = { { 7, 8, 9 } }, rigid_saves = { { 3, 4, 0 } };

SKEW_DESC(rigid, KSTATE_ARRAY(struct rigid, n));

static struct counted {
	u16 nr;
	u64 *n;
} counted_is;
static u64 counted_n[2] = { 3, 4 };

SKEW_DESC(counted, KSTATE_VARRAY(struct counted, n, nr));

static void fill_counted(void)
{
	kvfree(counted_is.n);
	counted_is = (struct counted){ ARRAY_SIZE(counted_n), counted_n };
}

static bool check_counted(void)
{
	return counted_is.nr == 2 && counted_is.n[0] == 1 && counted_is.n[1] == 2;
}

static struct miscounted {
	u32 nr;
	u32 *n;
} miscounted_is;
static u32 miscounted_n[3] = { 3, 4, 5 };

SKEW_DESC(miscounted, KSTATE_VARRAY(struct miscounted, n, nr));

static void fill_miscounted(void)
{
	kvfree(miscounted_is.n);
	miscounted_is = (struct miscounted){ ARRAY_SIZE(miscounted_n),
					     miscounted_n };
}

static bool check_miscounted(void)
{
	return miscounted_is.nr == 2 && miscounted_is.n[0] == 1 &&
	       miscounted_is.n[1] == 2;
}

static struct crowd {
	u8 nr;
	u8 *n;
} crowd_is;
static u8 crowd_n[2] = { 8, 9 };

SKEW_DESC(crowd, KSTATE_VARRAY(struct crowd, n, nr));

static void fill_crowd(void)
{
	crowd_is = (struct crowd){ ARRAY_SIZE(crowd_n), crowd_n };
}

static u32 existing_n[3] = { 7, 8, 9 };
static struct existing {
	u32 nr;
	u32 *n;
} existing_is = { ARRAY_SIZE(existing_n), existing_n },
existing_saves = { ARRAY_SIZE(existing_n), existing_n };

SKEW_DESC(existing, KSTATE_VARRAY(struct existing, n, nr));

static struct pointed {
	u64 *n;
} pointed_is;
static u64 pointed_n = 22;

SKEW_DESC(pointed, KSTATE_POINTER(struct pointed, n));

static void fill_pointed(void)
{
	kvfree(pointed_is.n);
	pointed_is.n = &pointed_n;
}

static bool check_pointed(void)
{
	return *pointed_is.n == 11;
}

static struct null {
	u64 *n;
} null_is;

SKEW_DESC(null, KSTATE_POINTER(struct null, n));

static void fill_null(void)
{
	kvfree(null_is.n);
	null_is.n = NULL;
}

static bool check_null(void)
{
	return *null_is.n == 11;
}

static struct text {
	char *n;
} text_is;

SKEW_DESC(text, KSTATE_STRING(struct text, n));

static void fill_text(void)
{
	kvfree(text_is.n);
	text_is.n = "from B";
}

static bool check_text(void)
{
	return !strcmp(text_is.n, "from A");
}

static struct verbose {
	const char *n;
} verbose_is = { "a constant" },
verbose_saves = { "more than fits into sixteen bytes" };

SKEW_DESC(verbose, KSTATE_STRING(struct verbose, n));

static struct bits {
	unsigned long n[2];
} bits_is = { { 2, 4 } }, bits_saves = { { 1 } }, bits_gets = { { BIT(39) } };

SKEW_DESC(bits, KSTATE_BITMAP(struct bits, n, 100));

static struct cut {
	unsigned long n[2];
} cut_is, cut_saves = { { BIT(50) } }, cut_gets = { { BIT(39) } };

SKEW_DESC(cut, KSTATE_BITMAP(struct cut, n, 100));

struct item {
	u64 n;
	struct hlist_node node;
	struct list_head own;
};

static struct list {
	struct hlist_head items;
} list_is;
static struct item list_items[2] = { { 21 }, { 22 } };

SKEW_PART(own, struct item, 0, KSTATE_SIMPLE(struct item, n));
SKEW_PART(item, struct item, 0, KSTATE_SIMPLE(struct item, n),
	  KSTATE_LIST(struct item, own, struct item, own, &own_desc));
SKEW_DESC(list, KSTATE_HLIST(struct list, items, struct item, node, &item_desc));

static void fill_list(void)
{
	struct item *item;
	struct hlist_node *next;

	hlist_for_each_entry_safe(item, next, &list_is.items, node)
		kvfree(item);
	INIT_HLIST_HEAD(&list_is.items);
	INIT_LIST_HEAD(&list_items[0].own);
	INIT_LIST_HEAD(&list_items[1].own);
	hlist_add_head(&list_items[1].node, &list_is.items);
	hlist_add_head(&list_items[0].node, &list_is.items);
}

/* A knows nothing of the list in the element: it is empty, and can be used. */
static bool check_list(void)
{
	struct item *item;

	if (hlist_empty(&list_is.items))
		return false;
	item = hlist_entry(list_is.items.first, struct item, node);
	return item->n == 11 && !item->node.next && item->own.next &&
	       list_empty(&item->own);
}

static struct sequence {
	struct one items[1];
} sequence_is = { { { 5 } } }, sequence_saves = { { { 22 } } };

SKEW_DESC(sequence,
	  KSTATE_STRUCT_ARRAY(struct sequence, items, struct one, &one_desc));

static struct item in_use_item = { 31 };
static struct in_use {
	struct hlist_head items;
} in_use_is = { { &in_use_item.node } };

SKEW_DESC(in_use,
	  KSTATE_HLIST(struct in_use, items, struct item, node, &item_desc));

static void fill_in_use(void)
{
	INIT_LIST_HEAD(&in_use_item.own);
	INIT_HLIST_HEAD(&in_use_is.items);
	hlist_add_head(&in_use_item.node, &in_use_is.items);
}

union value {
	u32 small;
	u64 big;
};

static struct arms {
	u32 tag;
	union value value;
} arms_is, arms_saves = { 1000, { .big = 22 } },
arms_gets = { 2000, { .small = 11 } };

SKEW_PART(value, union value, KSTATE_ARMS,
	  KSTATE_SIMPLE(union value, big, .value = 1000),
	  KSTATE_SIMPLE(union value, small, .value = 2000));
SKEW_DESC(arms, KSTATE_UNION(struct arms, value, tag, &value_desc));

static struct choices {
	u8 tag;
	union value value;
} choices_is, choices_saves = { 2, { .big = 22 } },
choices_gets = { 1, { .small = 11 } };

SKEW_PART(choice, union value, KSTATE_ARMS,
	  KSTATE_SIMPLE(union value, small, .value = 1),
	  KSTATE_SIMPLE(union value, big, .value = 2));
SKEW_DESC(choices, KSTATE_UNION(struct choices, value, tag, &choice_desc));

static struct target {
	struct added *n;
} target_is, target_saves = { &added_is };

SKEW_DESC(target, KSTATE_REF(struct target, n, struct added, &added_desc));

static struct section {
	u32 n;
	u32 extra;
} section_is = { 0, 8 }, section_saves = { 22, 23 }, section_gets = { 11, 8 };

static bool section_needed(const void *obj)
{
	return ((const struct section *)obj)->extra;
}

SKEW_PART(section_extra, struct section, 0, KSTATE_SIMPLE(struct section, extra));
SKEW_DESC(section, KSTATE_SIMPLE(struct section, n),
	  KSTATE_SUBSECTION("extra", &section_extra_desc, section_needed));

static struct part {
	u32 n;
	u32 extra;
} part_is = { 0, 8 }, part_saves = { 22, 23 }, part_gets = { 11, 8 };

static bool part_needed(const void *obj)
{
	return ((const struct part *)obj)->extra;
}

SKEW_PART(part_extra, struct part, 0, KSTATE_SIMPLE(struct part, extra));
SKEW_DESC(part, KSTATE_SIMPLE(struct part, n),
	  KSTATE_SUBSECTION("extra", &part_extra_desc, part_needed,
			    .flags = KSTATE_FIELD_MANDATORY));

struct skew_row skew_rows[] = {
	SKEW_PLAIN(moved),
	SKEW_PLAIN(added),
	SKEW_PLAIN(defaulted),
	SKEW_REFUSED(needs, -EPROTO),
	SKEW_PLAIN(since),
	SKEW_PLAIN(retired),
	SKEW_PLAIN(unused),
	SKEW_PLAIN(renamed),
	SKEW_PLAIN(title),
	SKEW_REFUSED(alone, 0),
	SKEW_REFUSED(version, -EOPNOTSUPP),
	SKEW_REFUSED(loose, -EPROTO),
	SKEW_PLAIN(members),
	SKEW_PLAIN(widened),
	SKEW_PLAIN(narrowed),
	SKEW_REFUSED(sign, -ERANGE),
	SKEW_REFUSED(truth, -ERANGE),
	SKEW_PLAIN(limits),
	SKEW_REFUSED(outside, -ERANGE),
	SKEW_REFUSED(listed, -ERANGE),
	SKEW_REFUSED(constant, -EINVAL, .late = true),
	SKEW_REFUSED(type, -EPROTO),
	SKEW_REFUSED(chars, -EPROTO),
	SKEW_REFUSED(nested, -EPROTO),
	SKEW_PLAIN(single),
	SKEW_PLAIN(array),
	SKEW_PLAIN(shrunk),
	SKEW_REFUSED(rigid, -EMSGSIZE),
	SKEW_OWN(counted),
	SKEW_OWN(miscounted),
	SKEW_REFUSED_OWN(crowd, -ERANGE),
	SKEW_REFUSED(existing, -EMSGSIZE, .late = true),
	SKEW_OWN(pointed),
	SKEW_OWN(null),
	SKEW_OWN(text),
	SKEW_REFUSED(verbose, -EEXIST, .late = true),
	SKEW_PLAIN(bits),
	SKEW_PLAIN(cut),
	SKEW_OWN(list),
	SKEW_REFUSED(sequence, -EPROTO),
	SKEW_REFUSED_OWN(in_use, -EEXIST, .late = true),
	SKEW_PLAIN(arms),
	SKEW_PLAIN(choices),
	SKEW_REFUSED(target, -EPROTO),
	SKEW_PLAIN(section),
	SKEW_PLAIN(part),
};

const unsigned int nr_skew_rows = ARRAY_SIZE(skew_rows);
