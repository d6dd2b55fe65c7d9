// SPDX-License-Identifier: GPL-2.0-only
/*
 * Side A. What it expects is what becomes of side B's state here. The comments
 * say what B has that A has not.
 */
#include <linux/array_size.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "test_kstate_skew.h"

const char *const skew_side = "A";

/* Fields: another order, other offsets */
static struct moved {
	u32 n;
	u64 m;
} moved_is, moved_saves = { 1, 2 }, moved_gets = { 3, 4 };

SKEW_DESC(moved, KSTATE_SIMPLE(struct moved, n), KSTATE_SIMPLE(struct moved, m));

/* A field more */
static struct added {
	u32 n;
} added_is, added_saves = { 11 }, added_gets = { 22 };

SKEW_DESC(added, KSTATE_SIMPLE(struct added, n));

/* A field more, with a default */
static struct defaulted {
	u32 n;
} defaulted_is, defaulted_saves = { 11 }, defaulted_gets = { 22 };

SKEW_DESC(defaulted, KSTATE_SIMPLE(struct defaulted, n));

/* A mandatory field more */
static struct needs {
	u32 n;
} needs_is = { 5 }, needs_saves = { 11 };

SKEW_DESC(needs, KSTATE_SIMPLE(struct needs, n));

/* One that is mandatory since B's version */
static struct since {
	u32 n;
} since_is = { 5 }, since_saves = { 11 };

SKEW_DESC(since, KSTATE_SIMPLE(struct since, n));

/* B has no use for m any more. */
static struct retired {
	u32 n;
	u32 m;
} retired_is = { 5, 6 }, retired_saves = { 11, 12 };

SKEW_DESC(retired, KSTATE_SIMPLE(struct retired, n),
	  KSTATE_SIMPLE(struct retired, m, .flags = KSTATE_FIELD_MANDATORY));

/* The same, and it is not mandatory. */
static struct unused {
	u32 n;
	u32 m;
} unused_is = { 5, 6 }, unused_saves = { 11, 12 }, unused_gets = { 22, 6 };

SKEW_DESC(unused, KSTATE_SIMPLE(struct unused, n),
	  KSTATE_SIMPLE(struct unused, m));

/* Another name for the field, and B knows this one. */
static struct renamed {
	u32 old;
} renamed_is = { 5 }, renamed_saves = { 11 }, renamed_gets = { 5 };

SKEW_DESC(renamed, KSTATE_SIMPLE(struct renamed, old));

/* Another name for the description */
static struct title {
	u32 n;
} title_is = { 5 }, title_saves = { 11 };

SKEW_VERSIONED(title, "old_title", 1, 1, KSTATE_MANDATORY, NULL,
	       KSTATE_SIMPLE(struct title, n));

/* A description that B does not know */
static struct alone {
	u32 n;
} alone_is = { 5 }, alone_saves = { 11 };

SKEW_VERSIONED(alone, "alone_a", 1, 1, KSTATE_MANDATORY, NULL,
	       KSTATE_SIMPLE(struct alone, n));

/* A version that does not read this one */
static struct version {
	u32 n;
} version_is = { 5 }, version_saves = { 11 };

SKEW_DESC(version, KSTATE_SIMPLE(struct version, n));

/* Another type, but it may be lost. */
static struct loose {
	u32 n;
} loose_is = { 5 }, loose_saves = { 11 };

SKEW_VERSIONED(loose, "loose", 1, 1, 0, NULL, KSTATE_SIMPLE(struct loose, n));

/* Structs in structs: members more and less */
struct inner {
	u8 gone;
	u16 stays;
};

struct outer {
	struct inner in;
	u32 n;
};

static struct members {
	struct outer out;
} members_is = { { { 5, 6 }, 7 } }, members_saves = { { { 11, 12 }, 13 } },
members_gets = { { { 5, 22 }, 23 } };

SKEW_PART(inner, struct inner, 0, KSTATE_SIMPLE(struct inner, gone),
	  KSTATE_SIMPLE(struct inner, stays));
SKEW_PART(outer, struct outer, 0,
	  KSTATE_STRUCT(struct outer, in, struct inner, &inner_desc),
	  KSTATE_SIMPLE(struct outer, n));
SKEW_DESC(members, KSTATE_STRUCT(struct members, out, struct outer,
				 &outer_desc));

/* Values: wider */
static struct widened {
	u16 n;
	s32 m;
} widened_is, widened_saves = { 60000, -7 }, widened_gets = { 65535, -8 };

SKEW_DESC(widened, KSTATE_SIMPLE(struct widened, n),
	  KSTATE_SIMPLE(struct widened, m));

/* Wider, and it does not fit here. */
static struct narrowed {
	u16 n;
} narrowed_is = { 5 }, narrowed_saves = { 60000 };

SKEW_DESC(narrowed, KSTATE_SIMPLE(struct narrowed, n));

/* Without a sign */
static struct sign {
	s32 n;
} sign_is, sign_saves = { -1 }, sign_gets = { 7 };

SKEW_DESC(sign, KSTATE_SIMPLE(struct sign, n));

/* A bool; what is saved is none. */
static struct truth {
	u8 n;
} truth_is, truth_saves = { 2 }, truth_gets = { 1 };

SKEW_DESC(truth, KSTATE_SIMPLE(struct truth, n));

/* Limits */
static struct limits {
	u32 n;
	u32 m;
} limits_is, limits_saves = { 10, 3 }, limits_gets = { 10, 4 };

SKEW_DESC(limits, KSTATE_SIMPLE(struct limits, n),
	  KSTATE_SIMPLE(struct limits, m));

static struct outside {
	u32 n;
} outside_is, outside_saves = { 11 }, outside_gets = { 10 };

SKEW_DESC(outside, KSTATE_SIMPLE(struct outside, n));

static struct listed {
	u32 n;
} listed_is, listed_saves = { 3 }, listed_gets = { 4 };

SKEW_DESC(listed, KSTATE_SIMPLE(struct listed, n));

/* A number that has to be what it was */
static struct constant {
	u32 n;
} constant_is, constant_saves = { 3 }, constant_gets = { 4 };

SKEW_DESC(constant, KSTATE_SIMPLE(struct constant, n));

/* Other types */
static struct type {
	u32 n;
} type_is = { 5 }, type_saves = { 11 };

SKEW_DESC(type, KSTATE_SIMPLE(struct type, n));

static struct chars {
	char n[4];
} chars_is = { "is" }, chars_saves = { "A" };

SKEW_DESC(chars, KSTATE_ARRAY(struct chars, n));

static struct nested {
	u32 n;
} nested_is = { 5 }, nested_saves = { 11 };

SKEW_DESC(nested, KSTATE_SIMPLE(struct nested, n));

/* An array of one */
static struct single {
	u32 n;
} single_is, single_saves = { 11 }, single_gets = { 22 };

SKEW_DESC(single, KSTATE_SIMPLE(struct single, n));

/* A longer array; what is too much is zero. */
static struct array {
	u32 n[2];
} array_is, array_saves = { { 1, 2 } }, array_gets = { { 3, 4 } };

SKEW_DESC(array, KSTATE_ARRAY(struct array, n, .flags = KSTATE_FIELD_SHRINK));

/* And here it is not zero. */
static struct shrunk {
	u32 n[2];
} shrunk_is = { { 5, 6 } }, shrunk_saves = { { 1, 2 } };

SKEW_DESC(shrunk, KSTATE_ARRAY(struct shrunk, n, .flags = KSTATE_FIELD_SHRINK));

/* A longer array, and nobody allows it. */
static struct rigid {
	u32 n[2];
} rigid_is = { { 5, 6 } }, rigid_saves = { { 1, 2 } };

SKEW_DESC(rigid, KSTATE_ARRAY(struct rigid, n));

/* A count */
static struct counted {
	u32 n[2];
} counted_is, counted_saves = { { 1, 2 } }, counted_gets = { { 3, 4 } };

SKEW_DESC(counted, KSTATE_ARRAY(struct counted, n));

/* A count that is not this one */
static struct miscounted {
	u32 n[2];
} miscounted_is = { { 5, 6 } }, miscounted_saves = { { 1, 2 } };

SKEW_DESC(miscounted, KSTATE_ARRAY(struct miscounted, n));

/* A narrow count */
static struct crowd {
	u32 nr;
	u8 *n;
} crowd_is;
static u8 crowd_n[300] = { 1, 2, 3 };

SKEW_DESC(crowd, KSTATE_VARRAY(struct crowd, n, nr));

static void fill_crowd(void)
{
	kvfree(crowd_is.n);
	crowd_is = (struct crowd){ ARRAY_SIZE(crowd_n), crowd_n };
}

static bool check_crowd(void)
{
	return crowd_is.nr == 2 && crowd_is.n[0] == 8 && crowd_is.n[1] == 9;
}

/* The object has an array of another length. */
static struct existing {
	u32 nr;
	u32 *n;
} existing_is;
static u32 existing_n[2] = { 1, 2 };

SKEW_DESC(existing, KSTATE_VARRAY(struct existing, n, nr));

static void fill_existing(void)
{
	kvfree(existing_is.n);
	existing_is = (struct existing){ ARRAY_SIZE(existing_n), existing_n };
}

static bool check_existing(void)
{
	return existing_is.nr == 3 && existing_is.n[2] == 9;
}

/* Behind a pointer */
static struct pointed {
	u32 n;
} pointed_is, pointed_saves = { 11 }, pointed_gets = { 22 };

SKEW_DESC(pointed, KSTATE_SIMPLE(struct pointed, n));

/* Behind a pointer that is NULL */
static struct null {
	u32 n;
} null_is = { 5 }, null_saves = { 11 };

SKEW_DESC(null, KSTATE_SIMPLE(struct null, n));

/* A string of any length */
static struct text {
	char n[16];
} text_is, text_saves = { "from A" }, text_gets = { "from B" };

SKEW_DESC(text, KSTATE_TEXT(struct text, n));

/* One that is too long here, while B's object has another already */
static struct verbose {
	char n[16];
} verbose_is = { "is" }, verbose_saves = { "from A" };

SKEW_DESC(verbose, KSTATE_TEXT(struct verbose, n));

/* More bits */
static struct bits {
	unsigned long n[1];
} bits_is, bits_saves = { { BIT(39) } }, bits_gets = { { 1 } };

SKEW_DESC(bits, KSTATE_BITMAP(struct bits, n, 40));

static struct cut {
	unsigned long n[1];
} cut_is = { { 4 } }, cut_saves = { { BIT(39) } };

SKEW_DESC(cut, KSTATE_BITMAP(struct cut, n, 40));

/* Elements with a field more, on a list with a single head */
struct item {
	u32 n;
	struct list_head node;
};

static struct list {
	struct list_head items;
} list_is = { LIST_HEAD_INIT(list_is.items) };
static struct item list_item = { 11 };

SKEW_PART(item, struct item, 0, KSTATE_SIMPLE(struct item, n));
SKEW_DESC(list, KSTATE_LIST(struct list, items, struct item, node, &item_desc));

static void fill_list(void)
{
	struct item *item, *next;

	list_for_each_entry_safe(item, next, &list_is.items, node)
		kvfree(item);
	INIT_LIST_HEAD(&list_is.items);
	list_add(&list_item.node, &list_is.items);
}

static bool check_list(void)
{
	struct item *item;
	u32 want = 21;

	list_for_each_entry(item, &list_is.items, node) {
		if (item->n != want++)
			return false;
	}
	return want == 23;
}

/* No list but an array */
static struct sequence {
	struct list_head items;
} sequence_is = { LIST_HEAD_INIT(sequence_is.items) };
static struct item sequence_item = { 11 };

SKEW_DESC(sequence,
	  KSTATE_LIST(struct sequence, items, struct item, node, &item_desc));

static void fill_sequence(void)
{
	list_add(&sequence_item.node, &sequence_is.items);
}

/* The object has an element already. */
static struct in_use {
	struct list_head items;
} in_use_is = { LIST_HEAD_INIT(in_use_is.items) };
static struct item in_use_item = { 11 };

SKEW_DESC(in_use,
	  KSTATE_LIST(struct in_use, items, struct item, node, &item_desc));

static void fill_in_use(void)
{
	list_add(&in_use_item.node, &in_use_is.items);
}

static bool check_in_use(void)
{
	return list_is_singular(&in_use_is.items) &&
	       list_first_entry(&in_use_is.items, struct item, node)->n == 31;
}

/* Arms with other numbers */
union value {
	u32 small;
	u64 big;
};

static struct arms {
	u8 tag;
	union value value;
} arms_is, arms_saves = { 1, { .small = 11 } }, arms_gets = { 2, { .big = 22 } };

SKEW_PART(value, union value, KSTATE_ARMS,
	  KSTATE_SIMPLE(union value, small, .value = 1),
	  KSTATE_SIMPLE(union value, big, .value = 2));
SKEW_DESC(arms, KSTATE_UNION(struct arms, value, tag, &value_desc));

/* An arm more, and in use */
union choice {
	u32 small;
};

static struct choices {
	u8 tag;
	union choice value;
} choices_is = { 1, { 5 } }, choices_saves = { 1, { 11 } };

SKEW_PART(choice, union choice, KSTATE_ARMS,
	  KSTATE_SIMPLE(union choice, small, .value = 1));
SKEW_DESC(choices, KSTATE_UNION(struct choices, value, tag, &choice_desc));

/* A reference to something else */
static struct target {
	struct moved *n;
} target_is, target_saves = { &moved_is };

SKEW_DESC(target, KSTATE_REF(struct target, n, struct moved, &moved_desc));

/* Subsections that A does not know */
static struct section {
	u32 n;
} section_is, section_saves = { 11 }, section_gets = { 22 };

SKEW_DESC(section, KSTATE_SIMPLE(struct section, n));

static struct part {
	u32 n;
} part_is = { 5 }, part_saves = { 11 };

SKEW_DESC(part, KSTATE_SIMPLE(struct part, n));

struct skew_row skew_rows[] = {
	SKEW_PLAIN(moved),
	SKEW_PLAIN(added),
	SKEW_PLAIN(defaulted),
	SKEW_REFUSED(needs, -EPROTO),
	SKEW_REFUSED(since, -EPROTO),
	SKEW_REFUSED(retired, -EPROTO),
	SKEW_PLAIN(unused),
	SKEW_PLAIN(renamed),
	SKEW_REFUSED(title, 0),
	SKEW_REFUSED(alone, 0),
	SKEW_REFUSED(version, -EOPNOTSUPP),
	SKEW_REFUSED(loose, -EPROTO),
	SKEW_PLAIN(members),
	SKEW_PLAIN(widened),
	SKEW_REFUSED(narrowed, -ERANGE),
	SKEW_PLAIN(sign),
	SKEW_PLAIN(truth),
	SKEW_PLAIN(limits),
	SKEW_PLAIN(outside),
	SKEW_PLAIN(listed),
	SKEW_PLAIN(constant),
	SKEW_REFUSED(type, -EPROTO),
	SKEW_REFUSED(chars, -EPROTO),
	SKEW_REFUSED(nested, -EPROTO),
	SKEW_PLAIN(single),
	SKEW_PLAIN(array),
	SKEW_REFUSED(shrunk, -ERANGE),
	SKEW_REFUSED(rigid, -EMSGSIZE),
	SKEW_PLAIN(counted),
	SKEW_REFUSED(miscounted, -EMSGSIZE),
	SKEW_OWN(crowd),
	SKEW_OWN(existing),
	SKEW_PLAIN(pointed),
	SKEW_REFUSED(null, -ENODATA),
	SKEW_PLAIN(text),
	SKEW_REFUSED(verbose, -ERANGE),
	SKEW_PLAIN(bits),
	SKEW_REFUSED(cut, -ERANGE),
	SKEW_OWN(list),
	SKEW_REFUSED_OWN(sequence, -EPROTO),
	SKEW_OWN(in_use),
	SKEW_PLAIN(arms),
	SKEW_REFUSED(choices, -EPROTO),
	SKEW_REFUSED(target, -EPROTO),
	SKEW_PLAIN(section),
	SKEW_REFUSED(part, -EPROTO),
};

const unsigned int nr_skew_rows = ARRAY_SIZE(skew_rows);
