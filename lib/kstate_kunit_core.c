// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: KUnit suite of the registry and the life cycle.
 */
#include "kstate_kunit.h"

/* ---- The worked example of Documentation/core-api/kstate/ ---- */

/* [example] */
struct example {
	int mode;
	unsigned long *mask;
	char name[10];
	struct page *page;
};

static const struct kstate_field example_fields[] = {
	KSTATE_SIMPLE(struct example, mode),
	KSTATE_POINTER(struct example, mask),
	KSTATE_ARRAY(struct example, name),
	KSTATE_PAGE(struct example, page),
	KSTATE_END()
};

static const struct kstate_description example_desc = {
	.name = "example", .version = 1, .size = sizeof(struct example),
	.owner = THIS_MODULE, .fields = example_fields,
};

/* [example end] */

static void test_example(struct kunit *test)
{
	struct kstate_hop *hop = kstate_hop_new(test);
	unsigned long mask = 0xf0;
	struct example src = {
		.mode = -3, .mask = &mask, .name = "example",
		.page = (void *)&fake_folios[0],
	};
	struct example dst = { };

	KUNIT_ASSERT_EQ(test, 0, kstate_core_register(&hop->old, &example_desc,
						      &src, 0));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));
	KUNIT_ASSERT_EQ(test, KSTATE_RESTORED,
			kstate_core_register(&hop->new, &example_desc, &dst,
					     0));
	KUNIT_EXPECT_EQ(test, dst.mode, -3);
	KUNIT_ASSERT_NOT_NULL(test, dst.mask);
	KUNIT_EXPECT_EQ(test, *dst.mask, 0xf0);
	KUNIT_EXPECT_STREQ(test, dst.name, "example");
	KUNIT_EXPECT_PTR_EQ(test, (void *)dst.page, (void *)&fake_folios[0]);
	kvfree(dst.mask);
}

/* The same through the API that others use. */
static void test_api(struct kunit *test)
{
	struct example obj = { .mode = 1 };

	KUNIT_ASSERT_EQ(test, 0, kstate_register(&example_desc, &obj, 4711));
	KUNIT_EXPECT_EQ(test, -EEXIST,
			kstate_register(&example_desc, &obj, 4711));
	kstate_unregister(&example_desc, 4711);
	kstate_unregister(&example_desc, 4711);
	KUNIT_EXPECT_EQ(test, -ENOENT,
			kstate_restore(&example_desc, &obj, 4711));
	KUNIT_EXPECT_FALSE(test, kstate_pending(&example_desc, 4711));
}

/* ---- Registry and restoring ---- */

struct thing {
	u32 value;
};

KIND_DESC(thing, struct thing, KSTATE_SIMPLE(struct thing, value));

static void test_identity(struct kunit *test)
{
	struct kstate_description twin = thing_desc;
	struct kstate_hop *hop = kstate_hop_new(test);
	static struct thing things[100];
	struct thing dst = { };
	int i;

	for (i = 0; i < ARRAY_SIZE(things); i++) {
		int nr = (i * 37) % ARRAY_SIZE(things);

		things[nr].value = nr;
		KUNIT_ASSERT_EQ(test, 0,
				kstate_core_register(&hop->old, &thing_desc,
						     &things[nr], nr));
	}
	KUNIT_EXPECT_EQ(test, -EEXIST,
			kstate_core_register(&hop->old, &thing_desc, &dst, 50));
	KUNIT_EXPECT_EQ(test, -EEXIST,
			kstate_core_register(&hop->old, &twin, &dst, 50));
	/* only who registered it can take it back */
	kstate_core_unregister(&hop->old, &twin, 50);
	KUNIT_EXPECT_EQ(test, hop->old.nr_objects, ARRAY_SIZE(things));
	kstate_core_unregister(&hop->old, &thing_desc, 50);
	KUNIT_EXPECT_EQ(test, hop->old.nr_objects, ARRAY_SIZE(things) - 1);

	KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));
	for (i = ARRAY_SIZE(things) - 1; i >= 0; i--) {
		KUNIT_EXPECT_EQ(test, i != 50,
				kstate_core_pending(&hop->new, &thing_desc, i));
		KUNIT_EXPECT_EQ(test, i == 50 ? -ENOENT : 0,
				kstate_core_restore(&hop->new, &thing_desc,
						    &dst, i));
		if (i != 50)
			KUNIT_EXPECT_EQ(test, dst.value, i);
	}
	KUNIT_EXPECT_EQ(test, -EALREADY,
			kstate_core_restore(&hop->new, &thing_desc, &dst, 5));
	KUNIT_EXPECT_EQ(test, 0, kstate_core_register(&hop->new, &thing_desc,
						      &dst, 5));
	KUNIT_EXPECT_EQ(test, 0, kstate_core_finish(&hop->new));
	KUNIT_EXPECT_EQ(test, -ENOENT,
			kstate_core_restore(&hop->new, &thing_desc, &dst, 6));
}

/* ---- Hooks: which are called, in which order, and what if they fail ---- */

static struct {
	char trail[128];
	const char *fail;
} hooks;

static int note_hook(const char *name, const char *who)
{
	strlcat(hooks.trail, name, sizeof(hooks.trail));
	strlcat(hooks.trail, who, sizeof(hooks.trail));
	strlcat(hooks.trail, " ", sizeof(hooks.trail));
	return hooks.fail && str_has_prefix(hooks.fail, name) &&
	       !strcmp(hooks.fail + strlen(name), who) ? -EIO : 0;
}

struct hooked {
	char who[2];
	u32 value;
	u32 custom;
	u32 *word;
	struct folio *folio;
};

static int hook_prepare(void *obj)
{
	return note_hook("prepare", ((struct hooked *)obj)->who);
}

static void hook_abort(void *obj)
{
	note_hook("abort", ((struct hooked *)obj)->who);
}

static int hook_pre_save(void *obj)
{
	return note_hook("save", ((struct hooked *)obj)->who);
}

static int hook_pre_load(void *obj, u32 version)
{
	return note_hook("pre", version == 5 ? "5" : "?");
}

static int hook_post_load(void *obj, u32 version)
{
	struct hooked *h = obj;

	return h->value && h->word && h->folio ? note_hook("post", "5") : -EIO;
}

static ssize_t hook_size(const void *obj, const struct kstate_field *field)
{
	return sizeof(u32);
}

static int hook_save(struct kstate_stream *stream, const void *obj,
		     const struct kstate_field *field)
{
	/* more than was said, so that a late save has no room */
	u8 much[64] = { };
	int err = note_hook("custom", ((const struct hooked *)obj)->who);

	return err ? kstate_write(stream, much, sizeof(much)) :
		     kstate_write(stream, much, sizeof(u32));
}

static int hook_load(struct kstate_stream *stream, void *obj,
		     const struct kstate_field *field)
{
	int err = note_hook("load", "");

	if (!err)
		((struct hooked *)obj)->custom = 1;
	return err;
}

static void hook_undo(void *obj, const struct kstate_field *field)
{
	note_hook("undo", "");
	((struct hooked *)obj)->custom = 0;
}

static const struct kstate_custom_ops hook_ops = {
	.size = hook_size, .save = hook_save, .load = hook_load,
	.undo = hook_undo,
};

static const struct kstate_field hooked_fields[] = {
	KSTATE_CUSTOM(struct hooked, custom, &hook_ops),
	KSTATE_SIMPLE(struct hooked, value),
	KSTATE_POINTER(struct hooked, word),
	KSTATE_FOLIO(struct hooked, folio),
	KSTATE_END()
};

#define HOOKED_DESC(_name, _flags) {					\
	.name = (_name), .version = 5, .size = sizeof(struct hooked),	\
	.flags = (_flags), .owner = THIS_MODULE,			\
	.fields = hooked_fields,					\
	.prepare = hook_prepare, .abort = hook_abort,			\
	.pre_save = hook_pre_save, .pre_load = hook_pre_load,		\
	.post_load = hook_post_load }

static const struct kstate_description early_desc =
	HOOKED_DESC("test.early", 0);
static const struct kstate_description late_desc =
	HOOKED_DESC("test.late", KSTATE_LATE);

static u32 hooked_word = 9;

static struct hooked objects[3] = {
	{ .who = "1", .value = 1, .word = &hooked_word },
	{ .who = "2", .value = 2, .word = &hooked_word },
	{ .who = "3", .value = 3, .word = &hooked_word },
};

/* Two early objects, 1 and 2, and a late one, 3, registered backwards */
static struct kstate_hop *hooked_hop(struct kunit *test, const char *fail)
{
	struct kstate_hop *hop = kstate_hop_new(test);
	int i;

	hooks.trail[0] = '\0';
	hooks.fail = fail;
	for (i = 2; i >= 0; i--) {
		objects[i].folio = (void *)&fake_folios[i];
		KUNIT_ASSERT_EQ(test, 0,
				kstate_core_register(&hop->old,
						     i == 2 ? &late_desc :
							      &early_desc,
						     &objects[i], i + 1));
	}
	return hop;
}

static void test_order(struct kunit *test)
{
	struct kstate_hop *hop = hooked_hop(test, NULL);
	struct hooked dst = { };

	KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
	KUNIT_EXPECT_STREQ(test, hooks.trail,
			   "prepare1 prepare2 prepare3 save1 custom1 save2 custom2 ");
	hooks.trail[0] = '\0';
	objects[2].value = 33;
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));
	objects[2].value = 3;
	KUNIT_EXPECT_STREQ(test, hooks.trail, "save3 custom3 ");
	hooks.trail[0] = '\0';
	KUNIT_ASSERT_EQ(test, 0, kstate_core_restore(&hop->new, &late_desc,
						     &dst, 3));
	KUNIT_EXPECT_STREQ(test, hooks.trail, "pre5 load post5 ");
	KUNIT_EXPECT_EQ(test, dst.value, 33);
	kvfree(dst.word);
	hooks.trail[0] = '\0';
	kstate_core_abort(&hop->old);
	KUNIT_EXPECT_STREQ(test, hooks.trail, "abort3 abort2 abort1 ");
}

/* Saving fails at any of its steps, all is undone, a second try works. */
static void test_save_fails(struct kunit *test)
{
	static const struct {
		const char *fail;
		const char *trail;
	} cases[] = {
		{ "prepare1", "prepare1 " },
		{ "prepare3", "prepare1 prepare2 prepare3 abort2 abort1 " },
		{ "save2", "prepare1 prepare2 prepare3 save1 custom1 save2 abort3 abort2 abort1 " },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kstate_hop *hop = hooked_hop(test, cases[i].fail);

		KUNIT_EXPECT_EQ(test, -EIO, kstate_hop_save(hop));
		KUNIT_EXPECT_STREQ(test, hooks.trail, cases[i].trail);
		KUNIT_EXPECT_EQ(test, hop->old.phase, KSTATE_IDLE);
		KUNIT_EXPECT_EQ(test, hop->old.last.err, -EIO);
		hooks.fail = NULL;
		fake_folios[0].preserved = false;
		fake_folios[1].preserved = false;
		fake_folios[2].preserved = false;
		KUNIT_EXPECT_EQ(test, 0, kstate_hop_save(hop));
		KUNIT_EXPECT_EQ(test, 0, kstate_hop_jump(hop));
	}
}

/* What a dry run notes, and who is to blame when it fails */
static void test_meter(struct kunit *test)
{
	struct kstate_hop *hop = hooked_hop(test, NULL);
	struct kstate_meter meter = { };
	char line[128];
	int i;

	hop->old.meter = &meter;
	KUNIT_EXPECT_EQ(test, 0, kstate_hop_save(hop));
	kstate_core_abort(&hop->old);
	kstate_meter_result(&hop->old, &meter, 0);
	KUNIT_ASSERT_EQ(test, meter.nr, 2);
	KUNIT_EXPECT_STREQ(test, meter.rows[0].name, early_desc.name);
	KUNIT_EXPECT_EQ(test, meter.rows[0].objects, 2);
	KUNIT_EXPECT_GT(test, meter.rows[0].bytes, 0);
	KUNIT_EXPECT_STREQ(test, meter.rows[1].name, late_desc.name);
	KUNIT_EXPECT_EQ(test, meter.rows[1].objects, 1);
	KUNIT_EXPECT_GT(test, kstate_meter_print(&meter, 1, line, sizeof(line)),
			0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(line, " ok\n"));
	KUNIT_EXPECT_EQ(test, 0,
			kstate_meter_print(&meter, 2, line, sizeof(line)));

	kstate_meter_reset(&meter);
	for (i = 0; i < 3; i++)
		fake_folios[i].preserved = false;
	hooks.fail = "save2";
	KUNIT_EXPECT_EQ(test, -EIO, kstate_hop_save(hop));
	kstate_meter_result(&hop->old, &meter, -EIO);
	KUNIT_ASSERT_EQ(test, meter.nr, 2);
	KUNIT_EXPECT_STREQ(test, meter.failed, early_desc.name);
	KUNIT_EXPECT_GT(test, kstate_meter_print(&meter, 0, line, sizeof(line)),
			0);
	KUNIT_EXPECT_NULL(test, strstr(line, " ok\n"));
	kstate_meter_reset(&meter);
	hop->old.meter = NULL;
}

/* Whose loss stops a kernel, by what the administrator wants */
static void test_stops(struct kunit *test)
{
	static const u32 flags[] = {
		0, KSTATE_MANDATORY, KSTATE_MANDATORY | KSTATE_STOP,
	};
	struct kstate_hop *hop = kstate_hop_new(test);
	struct kstate_core *core = &hop->new;
	struct kstate_description desc = thing_desc;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		desc.flags = flags[i];
		core->stop = KSTATE_STOP_NEVER;
		KUNIT_EXPECT_FALSE(test, kstate_core_stops(core, &desc));
		core->stop = KSTATE_STOP_ASKED;
		KUNIT_EXPECT_EQ(test, i == 2, kstate_core_stops(core, &desc));
		core->stop = KSTATE_STOP_MANDATORY;
		KUNIT_EXPECT_EQ(test, i >= 1, kstate_core_stops(core, &desc));
	}
}

/* A folio that cannot be preserved, and one that was exchanged afterwards */
static void test_folio_fails(struct kunit *test)
{
	struct kstate_hop *hop = hooked_hop(test, NULL);

	fake_folios[1].preserved = true;
	KUNIT_EXPECT_EQ(test, -EBUSY, kstate_hop_save(hop));
	KUNIT_EXPECT_STREQ(test, hop->old.last.field, "folio");

	hop = hooked_hop(test, NULL);
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
	objects[2].folio = (void *)&fake_folios[3];
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));
	KUNIT_EXPECT_FALSE(test, kstate_core_pending(&hop->new, &late_desc, 3));
	KUNIT_EXPECT_TRUE(test, kstate_core_pending(&hop->new, &early_desc, 2));
}

static void test_lost(struct kunit *test)
{
	static const char * const fails[] = { "save3", "custom3" };
	struct hooked dst = { };
	struct kstate_hop *hop;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fails); i++) {
		hop = hooked_hop(test, fails[i]);
		KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
		KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));
		KUNIT_EXPECT_EQ(test, -ENOENT,
				kstate_core_restore(&hop->new, &late_desc, &dst,
						    3));
		KUNIT_EXPECT_TRUE(test, kstate_core_pending(&hop->new,
							    &early_desc, 2));
		/* it counts as nothing to restore */
		KUNIT_EXPECT_EQ(test, 0,
				kstate_core_register(&hop->new, &late_desc,
						     &dst, 3));
	}
}

/* While a hand-over is going on, nothing joins it, but objects may leave. */
static void test_leaving(struct kunit *test)
{
	struct kstate_hop *hop = hooked_hop(test, NULL);
	struct thing thing = { };

	KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
	KUNIT_EXPECT_EQ(test, -EBUSY, kstate_hop_save(hop));
	KUNIT_EXPECT_EQ(test, -EBUSY,
			kstate_core_register(&hop->old, &thing_desc, &thing,
					     0));
	KUNIT_EXPECT_EQ(test, -EBUSY, kstate_core_finish(&hop->old));
	hooks.trail[0] = '\0';
	kstate_core_unregister(&hop->old, &early_desc, 1);
	kstate_core_unregister(&hop->old, &late_desc, 3);
	KUNIT_EXPECT_STREQ(test, hooks.trail, "abort1 abort3 ");
	hooks.trail[0] = '\0';
	kstate_core_abort(&hop->old);
	KUNIT_EXPECT_STREQ(test, hooks.trail, "abort2 ");
	KUNIT_EXPECT_EQ(test, hop->old.nr_objects, 1);
}

static void test_left(struct kunit *test)
{
	struct kstate_hop *hop = hooked_hop(test, NULL);

	KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
	kstate_core_unregister(&hop->old, &early_desc, 1);
	kstate_core_unregister(&hop->old, &late_desc, 3);
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));
	KUNIT_EXPECT_FALSE(test, kstate_core_pending(&hop->new, &early_desc, 1));
	KUNIT_EXPECT_TRUE(test, kstate_core_pending(&hop->new, &early_desc, 2));
	KUNIT_EXPECT_FALSE(test, kstate_core_pending(&hop->new, &late_desc, 3));
}

/* Restoring fails at any of its steps, and the object is as it was. */
static void test_load_fails(struct kunit *test)
{
	static const struct {
		const char *fail;
		const char *trail;
	} cases[] = {
		{ "pre5", "pre5 " },
		{ "load", "pre5 load " },
		{ "post5", "pre5 load post5 undo " },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kstate_hop *hop = hooked_hop(test, NULL);
		struct hooked dst = { .value = 77 };

		KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
		KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));
		hooks.trail[0] = '\0';
		hooks.fail = cases[i].fail;
		KUNIT_EXPECT_EQ(test, -EIO,
				kstate_core_register(&hop->new, &early_desc,
						     &dst, 2));
		KUNIT_EXPECT_STREQ(test, hooks.trail, cases[i].trail);
		KUNIT_EXPECT_EQ(test, dst.value, 77);
		KUNIT_EXPECT_EQ(test, dst.custom, 0);
		KUNIT_EXPECT_NULL(test, dst.word);
		KUNIT_EXPECT_NULL(test, dst.folio);
		KUNIT_EXPECT_FALSE(test, fake_folios[1].claimed);
		KUNIT_EXPECT_EQ(test, hop->new.nr_objects, 0);
		/* refused once, it is not tried again */
		KUNIT_EXPECT_EQ(test, -EALREADY,
				kstate_core_restore(&hop->new, &early_desc,
						    &dst, 2));
		KUNIT_EXPECT_EQ(test, 0,
				kstate_core_register(&hop->new, &early_desc,
						     &dst, 2));
		KUNIT_EXPECT_EQ(test, dst.value, 77);
	}
}

static void test_folio_gone(struct kunit *test)
{
	struct kstate_hop *hop = hooked_hop(test, NULL);
	struct hooked dst = { };

	KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));
	fake_folios[1].claimed = true;
	KUNIT_EXPECT_EQ(test, -ESTALE,
			kstate_core_restore(&hop->new, &early_desc, &dst, 2));
	KUNIT_EXPECT_EQ(test, dst.value, 0);
}

/* ---- What the core remembers to unpreserve ---- */

static void test_notes(struct kunit *test)
{
	struct kstate_core *core = &kstate_hop_new(test)->old;

	/* not preparing: nothing is noted */
	kstate_core_note(core, 10, 10, false);
	KUNIT_EXPECT_NULL(test, core->notes.rb_node);

	core->owner = current;
	kstate_core_note(core, 40, 4, true);
	kstate_core_note(core, 10, 10, false);
	kstate_core_note(core, 20, 10, false);
	kstate_core_unnote(core, 0, 10);
	kstate_core_unnote(core, 44, 10);
	kstate_core_unnote(core, 40, 4);	/* all of one */
	kstate_core_unnote(core, 15, 10);	/* an end and a beginning */
	kstate_core_unnote(core, 26, 2);	/* a middle */
	core->owner = NULL;
	kstate_core_unnote(core, 10, 5);
	kstate_core_unnote(core, 25, 1);
	KUNIT_EXPECT_NOT_NULL(test, core->notes.rb_node);
	kstate_core_unnote(core, 28, 2);
	KUNIT_EXPECT_NULL(test, core->notes.rb_node);
}

static struct kunit_case kstate_core_cases[] = {
	KUNIT_CASE(test_example),
	KUNIT_CASE(test_api),
	KUNIT_CASE(test_identity),
	KUNIT_CASE(test_order),
	KUNIT_CASE(test_save_fails),
	KUNIT_CASE(test_meter),
	KUNIT_CASE(test_stops),
	KUNIT_CASE(test_folio_fails),
	KUNIT_CASE(test_lost),
	KUNIT_CASE(test_leaving),
	KUNIT_CASE(test_left),
	KUNIT_CASE(test_load_fails),
	KUNIT_CASE(test_folio_gone),
	KUNIT_CASE(test_notes),
	{}
};

struct kunit_suite kstate_core_suite = {
	.name = "kstate_core",
	.test_cases = kstate_core_cases,
};
