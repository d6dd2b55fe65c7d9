// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two-boot test of KSTATE: objects that use every kind of field.
 */
#include <linux/array_size.h>
#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/kstate.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "test_kstate.h"

/* ---- An object with every kind of field ---- */

struct test_leaf {
	u32 number;
	char tag[6];
};

struct test_inner {
	s16 delta;
	struct test_leaf leaf;
	u64 *value;
};

struct test_blob {
	u32 len;
	u8 bytes[96];
};

struct test_all {
	bool flag;
	u8 u8;
	s8 s8;
	u16 u16;
	s16 s16;
	u32 u32;
	s32 s32;
	u64 u64;
	s64 s64;
	unsigned long ul;
	long sl;
	char byte;
	bool flags[5];
	u16 u16s[7];
	s64 s64s[3];
	char text[10];
	unsigned long *number;
	u64 *no_number;
	u16 *list;
	u8 nr_list;
	u8 *bytes;
	u32 nr_bytes;
	s32 *no_list;
	u16 nr_no_list;
	struct test_inner in;
	struct test_inner *inp;
	struct test_inner *no_inp;
	struct test_inner **table;
	u64 nr_table;
	struct test_inner **no_table;
	unsigned int nr_no_table;
	struct test_blob blob;
	struct page *page;
	struct page *no_page;
	struct folio *folio;
	struct folio *large;
	struct folio *huge;
	unsigned int hooks;	/* not described */
};

static const u64 all_instances[] = { 0, 7, U64_MAX };
static struct test_all all[ARRAY_SIZE(all_instances)];
static int prepared;

static const struct kstate_field leaf_fields[] = {
	KSTATE_SIMPLE(struct test_leaf, number),
	KSTATE_ARRAY(struct test_leaf, tag),
	KSTATE_END()
};

static const struct kstate_description leaf_desc = {
	.name	= "test_kstate.leaf",
	.size	= sizeof(struct test_leaf),
	.owner	= THIS_MODULE,
	.fields	= leaf_fields,
};

static const struct kstate_field inner_fields[] = {
	KSTATE_SIMPLE(struct test_inner, delta),
	KSTATE_STRUCT(struct test_inner, leaf, struct test_leaf, &leaf_desc),
	KSTATE_POINTER(struct test_inner, value),
	KSTATE_END()
};

static const struct kstate_description inner_desc = {
	.name	= "test_kstate.inner",
	.size	= sizeof(struct test_inner),
	.owner	= THIS_MODULE,
	.fields	= inner_fields,
};

static ssize_t blob_size(const void *obj, const struct kstate_field *field)
{
	const struct test_all *a = obj;
	int err = a == &all[ARRAY_SIZE(all) - 1] ? test_fail_now(TEST_FAIL_SIZE) : 0;

	/* An upper bound, and not a good one for the first */
	return err ?: sizeof(struct test_blob) + (a == all ? test_spare : 0);
}

static int blob_save(struct kstate_stream *stream, const void *obj,
		     const struct kstate_field *field)
{
	const struct test_all *a = obj;
	int err = a == &all[ARRAY_SIZE(all) - 1] ? test_fail_now(TEST_FAIL_CUSTOM) : 0;

	return err ?: kstate_write(stream, a->blob.bytes, a->blob.len);
}

static int blob_load(struct kstate_stream *stream, void *obj,
		     const struct kstate_field *field)
{
	size_t len = kstate_read_left(stream);
	struct test_all *a = obj;
	int err;

	if (len > sizeof(a->blob.bytes))
		return -EMSGSIZE;
	err = kstate_read(stream, a->blob.bytes, len);
	if (!err)
		a->blob.len = len;
	return err;
}

static const struct kstate_custom_ops blob_ops = {
	.size	= blob_size,
	.save	= blob_save,
	.load	= blob_load,
};

static int all_prepare(void *obj)
{
	int err = test_starting();

	prepared += !err;
	return err;
}

static void all_abort(void *obj)
{
	prepared--;
}

static int all_pre_save(void *obj)
{
	return irqs_disabled() ? -EBUSY : 0;
}

static int all_pre_load(void *obj, u32 version)
{
	struct test_all *a = obj;

	a->hooks = 1;
	return version == 3 && !a->inp && !a->huge ? 0 : -EINVAL;
}

static int all_post_load(void *obj, u32 version)
{
	struct test_all *a = obj;

	a->hooks++;
	if (test_refuse)
		return kstate_charge_folio(a->huge, NULL) ?: -EIO;
	return version == 3 && a->inp && a->huge ? 0 : -EINVAL;
}

static const struct kstate_field all_fields[] = {
	KSTATE_SIMPLE(struct test_all, flag, .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct test_all, u8),
	KSTATE_SIMPLE(struct test_all, s8),
	KSTATE_SIMPLE(struct test_all, u16),
	KSTATE_SIMPLE(struct test_all, s16),
	KSTATE_SIMPLE(struct test_all, u32),
	KSTATE_SIMPLE(struct test_all, s32),
	KSTATE_SIMPLE(struct test_all, u64),
	KSTATE_SIMPLE(struct test_all, s64),
	KSTATE_SIMPLE(struct test_all, ul),
	KSTATE_SIMPLE(struct test_all, sl),
	KSTATE_SIMPLE(struct test_all, byte),
	KSTATE_ARRAY(struct test_all, flags),
	KSTATE_ARRAY(struct test_all, u16s),
	KSTATE_ARRAY(struct test_all, s64s),
	KSTATE_ARRAY(struct test_all, text),
	KSTATE_POINTER(struct test_all, number),
	KSTATE_POINTER(struct test_all, no_number),
	KSTATE_VARRAY(struct test_all, list, nr_list),
	KSTATE_VARRAY(struct test_all, bytes, nr_bytes),
	KSTATE_VARRAY(struct test_all, no_list, nr_no_list),
	KSTATE_STRUCT(struct test_all, in, struct test_inner, &inner_desc),
	KSTATE_STRUCT_POINTER(struct test_all, inp, struct test_inner,
			      &inner_desc),
	KSTATE_STRUCT_POINTER(struct test_all, no_inp, struct test_inner,
			      &inner_desc),
	KSTATE_ARRAY_OF_POINTER(struct test_all, table, nr_table,
				struct test_inner, &inner_desc),
	KSTATE_ARRAY_OF_POINTER(struct test_all, no_table, nr_no_table,
				struct test_inner, &inner_desc),
	KSTATE_CUSTOM(struct test_all, blob, &blob_ops),
	KSTATE_PAGE(struct test_all, page),
	KSTATE_PAGE(struct test_all, no_page),
	KSTATE_FOLIO(struct test_all, folio),
	KSTATE_FOLIO(struct test_all, large),
	KSTATE_FOLIO(struct test_all, huge),
	KSTATE_END()
};

static const struct kstate_description all_desc = {
	.name		= "test_kstate.all",
	.version	= 3,
	.min_version	= 3,
	.size		= sizeof(struct test_all),
	.owner		= THIS_MODULE,
	.fields		= all_fields,
	.prepare	= all_prepare,
	.abort		= all_abort,
	.pre_save	= all_pre_save,
	.pre_load	= all_pre_load,
	.post_load	= all_post_load,
};

KSTATE_DECLARE(all_desc);

static void visit_scalars(struct visit *v, struct test_all *a)
{
	unsigned int i;

	visit_bool(v, "flag", &a->flag);
	VISIT(v, a->u8);
	VISIT(v, a->s8);
	VISIT(v, a->u16);
	VISIT(v, a->s16);
	VISIT(v, a->u32);
	VISIT(v, a->s32);
	VISIT(v, a->u64);
	VISIT(v, a->s64);
	VISIT(v, a->ul);
	VISIT(v, a->sl);
	VISIT(v, a->byte);
	for (i = 0; i < ARRAY_SIZE(a->flags); i++)
		visit_bool(v, "flags", &a->flags[i]);
	VISIT(v, a->u16s);
	VISIT(v, a->s64s);
	VISIT(v, a->text);
}

/* @big bytes at least make the stream need more than one page of index. */
static void visit_pointers(struct visit *v, struct test_all *a, u32 big)
{
	u32 nr_list = visit_count(v, 255);
	u32 nr_bytes = big + visit_count(v, 10000);

	if (!v->check) {
		a->nr_list = nr_list;
		a->nr_bytes = nr_bytes;
	}
	a->number = visit_array(v, "number", a->number, sizeof(*a->number));
	if (visit_same(v, "nr_list", a->nr_list, nr_list))
		a->list = visit_array(v, "list", a->list,
				      nr_list * sizeof(*a->list));
	if (visit_same(v, "nr_bytes", a->nr_bytes, nr_bytes))
		a->bytes = visit_array(v, "bytes", a->bytes, nr_bytes);
	visit_same(v, "nr_no_list", a->nr_no_list, 0);
	visit_same(v, "nr_no_table", a->nr_no_table, 0);
	if (a->no_number || a->no_list || a->no_inp || a->no_table ||
	    a->no_page)
		visit_bad(v, "NULL");
}

static void visit_inner(struct visit *v, struct test_inner *in)
{
	VISIT(v, in->delta);
	VISIT(v, in->leaf.number);
	VISIT(v, in->leaf.tag);
	in->value = visit_array(v, "in->value", in->value, sizeof(*in->value));
}

static void visit_structs(struct visit *v, struct test_all *a)
{
	u32 nr = 2 + visit_count(v, 40), i;

	visit_inner(v, &a->in);
	a->inp = visit_memory(v, "inp", a->inp, sizeof(*a->inp));
	if (a->inp)
		visit_inner(v, a->inp);

	if (!v->check)
		a->nr_table = nr;
	if (!visit_same(v, "nr_table", a->nr_table, nr))
		return;
	a->table = visit_memory(v, "table", a->table, nr * sizeof(*a->table));
	for (i = 0; a->table && i < nr; i++) {
		if (i % 3 == 1) {
			visit_same(v, "table", !!a->table[i], false);
			continue;
		}
		a->table[i] = visit_memory(v, "table", a->table[i],
					   sizeof(**a->table));
		if (a->table[i])
			visit_inner(v, a->table[i]);
	}
}

static void visit_rest(struct visit *v, struct test_all *a)
{
	u32 len = visit_count(v, sizeof(a->blob.bytes));
	struct folio *folio = a->page ? page_folio(a->page) : NULL;

	if (!v->check)
		a->blob.len = len;
	if (visit_same(v, "blob.len", a->blob.len, len))
		visit_bytes(v, "blob", a->blob.bytes, len);
	folio = visit_folio(v, "page", folio, 1);
	a->page = folio ? folio_page(folio, 0) : NULL;
	a->folio = visit_folio(v, "folio", a->folio, 0);
	a->large = visit_folio(v, "large", a->large, 3);
	a->huge = visit_folio(v, "huge", a->huge, 9);
}

/* What is not as it should be, or could not be made; NULL if all is well. */
static const char *all_visit(unsigned int i, unsigned int hops, bool check)
{
	struct visit v = {
		.key = test_key(hops, all_instances[i]), .check = check,
	};
	struct test_all *a = &all[i];

	visit_scalars(&v, a);
	visit_pointers(&v, a, i == ARRAY_SIZE(all) - 1 ? 5 * SZ_512K : 0);
	visit_structs(&v, a);
	visit_rest(&v, a);
	return v.bad;
}

static void all_free(struct test_all *a)
{
	u32 i;

	for (i = 0; a->table && i < a->nr_table; i++) {
		if (a->table[i])
			kvfree(a->table[i]->value);
		kvfree(a->table[i]);
	}
	kvfree(a->table);
	kvfree(a->in.value);
	if (a->inp)
		kvfree(a->inp->value);
	kvfree(a->inp);
	kvfree(a->number);
	kvfree(a->list);
	kvfree(a->bytes);
	if (a->page)
		__free_pages(a->page, 1);
	if (a->folio)
		folio_put(a->folio);
	if (a->large)
		folio_put(a->large);
	if (a->huge)
		folio_put(a->huge);
	memset(a, 0, sizeof(*a));
}

/* The middle one is restored apart from being registered. */
static int all_register(unsigned int i)
{
	u64 instance = all_instances[i];
	int ret;

	if (i != 1)
		return kstate_register(&all_desc, &all[i], instance);
	ret = kstate_restore(&all_desc, &all[i], instance);
	test_expect(ret == (hop ? 0 : -ENOENT), "all: restored apart: %d", ret);
	ret = kstate_restore(&all_desc, &all[i], instance);
	test_expect(ret == (hop ? -EALREADY : -ENOENT),
		    "all: not restored twice: %d", ret);
	ret = kstate_register(&all_desc, &all[i], instance);
	test_expect(ret == 0, "all: registered after that: %d", ret);
	return ret ?: !!hop;
}

static int all_start(unsigned int i)
{
	u64 instance = all_instances[i];
	bool pending = kstate_pending(&all_desc, instance);
	const char *bad;
	int ret;

	test_expect(pending == !!hop, "all.%llu: %spending", instance,
		    hop ? "" : "not ");
	ret = all_register(i);
	if (ret < 0)
		return ret;
	test_expect(ret == (hop ? KSTATE_RESTORED : 0),
		    "all.%llu: registered: %d", instance, ret);
	if (hop && ret == KSTATE_RESTORED) {
		bad = all_visit(i, hop, true);
		test_expect(!bad, "all.%llu: contents: %s", instance,
			    bad ?: "good");
		test_expect(all[i].hooks == 2, "all.%llu: both hooks ran", instance);
	}
	all_free(&all[i]);
	bad = all_visit(i, hop + 1, false);
	return bad ? -ENOMEM : 0;
}

/* ---- An object that is saved late ---- */

/**
 * struct test_late - an object that is not quiet before the jump
 * @words: written by the pre_save hook
 * @cpus: how many were online then
 * @saves: how often it was called
 * @irqs_off: interrupts were off
 * @fail_nth: allocations that the task still had to make until one was to fail
 * @too_late: what came of preserving another page after everything was prepared
 * @page: written by the hook too
 */
struct test_late {
	u64 words[20];
	u32 cpus;
	u32 saves;
	bool irqs_off;
	u32 fail_nth;
	int too_late;
	struct page *page;
};

static struct test_late late;

static const struct kstate_field late_fields[] = {
	KSTATE_ARRAY(struct test_late, words),
	KSTATE_SIMPLE(struct test_late, cpus),
	KSTATE_SIMPLE(struct test_late, saves),
	KSTATE_SIMPLE(struct test_late, irqs_off),
	KSTATE_SIMPLE(struct test_late, fail_nth),
	KSTATE_SIMPLE(struct test_late, too_late),
	KSTATE_PAGE(struct test_late, page),
	KSTATE_END()
};

static void visit_late(struct visit *v)
{
	v->key = test_key(hop + !v->check, 'L');
	VISIT(v, late.words);
	visit_bytes(v, "page", page_address(late.page), PAGE_SIZE);
}

static int late_pre_save(void *obj)
{
	struct visit v = { };

	late.cpus = num_online_cpus();
	late.irqs_off = irqs_disabled();
#ifdef CONFIG_FAULT_INJECTION
	late.fail_nth = current->fail_nth;
#endif
	late.saves++;
	visit_late(&v);
	return test_fail_now(TEST_FAIL_LATE);
}

static const struct kstate_description late_desc = {
	.name		= "test_kstate.late",
	.version	= 1,
	.min_version	= 1,
	.size		= sizeof(struct test_late),
	.flags		= KSTATE_LATE,
	.owner		= THIS_MODULE,
	.fields		= late_fields,
	.pre_save	= late_pre_save,
};

KSTATE_DECLARE(late_desc);

/* When everything is prepared, but other tasks still run */
static int late_reboot(struct notifier_block *nb, unsigned long action,
		       void *cmd)
{
	struct page *page;

	if (!cmd || strcmp(cmd, "kexec reboot"))
		return NOTIFY_DONE;
	/* kstate-abort may make one fail */
	page = alloc_page(GFP_KERNEL) ?: alloc_page(GFP_KERNEL);
	if (page)
		late.too_late = kstate_preserve_range(page_to_phys(page),
						      PAGE_SIZE);
	kstate_unpreserve_range(page_to_phys(late.page), PAGE_SIZE);
	return NOTIFY_DONE;
}

static struct notifier_block late_notifier = {
	.notifier_call = late_reboot,
};

static void late_check(void)
{
	struct visit v = { .check = true };

	test_expect(late.saves == 1 && late.cpus == 1 && late.irqs_off,
		    "late: saved %u times, %u CPUs, interrupts %s", late.saves,
		    late.cpus, late.irqs_off ? "off" : "on");
	test_expect(!late.fail_nth, "late: no failure was still to come: %u",
		    late.fail_nth);
	test_expect(late.too_late == -EBUSY,
		    "late: preserving another page is refused: %d",
		    late.too_late);
	if (late.page)
		visit_late(&v);
	else
		visit_bad(&v, "page");
	test_expect(!v.bad, "late: contents: %s", v.bad ?: "good");
}

static int late_start(bool lost)
{
	int want = hop && !lost ? KSTATE_RESTORED : 0;
	int ret = kstate_register(&late_desc, &late, 0);

	test_expect(ret == want, "late: registered: %d", ret);
	if (ret < 0)
		return ret;
	if (ret == KSTATE_RESTORED)
		late_check();
	if (!late.page)
		late.page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	late.saves = 0;
	late.too_late = 0;
	return late.page ? register_reboot_notifier(&late_notifier) : -ENOMEM;
}

/* ---- An object that goes on where it was ---- */

struct test_counter {
	u32 hops;
	u64 seed;
};

static struct test_counter counter;

static const struct kstate_field counter_fields[] = {
	KSTATE_SIMPLE(struct test_counter, hops),
	KSTATE_SIMPLE(struct test_counter, seed),
	KSTATE_END()
};

static const struct kstate_description counter_desc = {
	.name	= "test_kstate.counter",
	.size	= sizeof(struct test_counter),
	.owner	= THIS_MODULE,
	.fields	= counter_fields,
};

KSTATE_DECLARE(counter_desc);

/* Nobody would keep the module whose it is. */
static const struct kstate_description orphan_desc = {
	.name	= "test_kstate.orphan",
	.size	= sizeof(struct test_counter),
	.fields	= counter_fields,
};

static int counter_start(void)
{
	struct test_counter other = { };
	int ret = kstate_register(&counter_desc, &counter, 0);

	if (ret < 0)
		return ret;
	test_expect(counter.hops == hop, "counter: %u", counter.hops);
	test_expect(counter.seed == (hop ? test_mix(0, 0) : 0),
		    "counter: seed");
	counter.hops++;
	counter.seed = test_mix(0, 0);

	ret = kstate_register(&counter_desc, &other, 0);
	test_expect(ret == -EEXIST, "counter: a second one is refused: %d",
		    ret);
	ret = kstate_restore(&counter_desc, &other, 1);
	test_expect(ret == -ENOENT, "counter: nothing under a wrong number: %d",
		    ret);
	ret = kstate_register(&orphan_desc, &other, 0);
	test_expect(ret == -EINVAL, "orphan: it is refused: %d", ret);
	return 0;
}

/* ---- All of them ---- */

int test_fields_start(bool lost)
{
	unsigned int i;
	int err;

	err = counter_start();
	for (i = 0; !err && i < ARRAY_SIZE(all); i++)
		err = all_start(i);
	return err ?: late_start(lost);
}

/* Whatever was done to them, but for a jump, the objects are as they were. */
void test_fields_check(void)
{
	const char *bad;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		bad = all_visit(i, hop + 1, true);
		test_expect(!bad, "all.%llu: unharmed: %s", all_instances[i],
			    bad ?: "good");
	}
	test_expect(!prepared, "all: %d prepared and not aborted", prepared);
	test_expect(page_count(late.page) == 1 && !late.saves,
		    "late: not saved and not held");
}

void test_fields_stop(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		kstate_unregister(&all_desc, all_instances[i]);
		all_free(&all[i]);
	}
	unregister_reboot_notifier(&late_notifier);
	kstate_unregister(&late_desc, 0);
	if (late.page)
		__free_page(late.page);
	kstate_unregister(&counter_desc, 0);
}
