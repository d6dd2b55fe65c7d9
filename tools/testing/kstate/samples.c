// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>

#include <linux/kstate.h>
#include <linux/slab.h>

#include "samples_kinds.h"
#include "shim_mem.h"

/* Samples must not depend on memory that runs out on purpose. */
void *sample_alloc(size_t nr, size_t size)
{
	return kvcalloc(nr, size, GFP_KERNEL | __GFP_NOFAIL);
}

char *sample_text(const char *prefix, unsigned int seed)
{
	char *text = sample_alloc(16, 1);

	snprintf(text, 16, "%s %u", prefix, seed);
	return text;
}

bool sample_same_bytes(const void *a, const void *b, size_t len)
{
	return !a == !b && (!a || !memcmp(a, b, len));
}

bool sample_same_text(const char *a, const char *b)
{
	return !a == !b && (!a || !strcmp(a, b));
}

/* ---- Scalars, with everything that a schema says of a field ---- */

struct scalars {
	bool flag;
	u8 a;
	s8 b;
	u16 c;
	s16 d;
	u32 e;
	s32 f;
	u64 g;
	s64 h;
	char i;
	unsigned long j;
};

static const struct kstate_field scalars_fields[] = {
	KSTATE_SIMPLE(struct scalars, flag),
	KSTATE_SIMPLE(struct scalars, a),
	KSTATE_SIMPLE(struct scalars, b),
	KSTATE_SIMPLE(struct scalars, c, .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct scalars, d, .alias = "not_in_the_stream"),
	KSTATE_SIMPLE(struct scalars, e),
	KSTATE_SIMPLE(struct scalars, f),
	KSTATE_SIMPLE(struct scalars, g),
	KSTATE_SIMPLE(struct scalars, h),
	KSTATE_SIMPLE(struct scalars, i),
	KSTATE_SIMPLE(struct scalars, j),
	KSTATE_END()
};

static const struct kstate_description scalars_desc =
	DESC("sample.scalars", struct scalars, scalars_fields,
	     .version = 0x102, .min_version = 0x101);

static void scalars_fill(void *obj, unsigned int seed, bool source)
{
	struct scalars *s = obj;

	s->flag = seed & 1;
	s->a = 200 + seed;
	s->b = -100 - seed;
	s->c = 60000 + seed;
	s->d = -30000 - seed;
	s->e = 4000000000U + seed;
	s->f = -2000000000 - seed;
	s->g = 0xfedcba9876543210ULL + seed;
	s->h = S64_MIN + seed;
	s->i = 'a' + seed;
	s->j = 0x1122334455667788UL + seed;
}

static bool scalars_same(const void *a, const void *b)
{
	const struct scalars *x = a, *y = b;

	return x->flag == y->flag && x->a == y->a && x->b == y->b &&
	       x->c == y->c && x->d == y->d && x->e == y->e && x->f == y->f &&
	       x->g == y->g && x->h == y->h && x->i == y->i && x->j == y->j;
}

static void scalars_release(void *obj)
{
	memset(obj, 0, sizeof(struct scalars));
}

/* ---- Embedded arrays ---- */

struct arrays {
	bool flags[3];
	u8 bytes[5];
	s16 words[2];
	u64 quads[2];
	char text[10];
};

static const struct kstate_field arrays_fields[] = {
	KSTATE_ARRAY(struct arrays, flags),
	KSTATE_ARRAY(struct arrays, bytes),
	KSTATE_ARRAY(struct arrays, words),
	KSTATE_ARRAY(struct arrays, quads),
	KSTATE_ARRAY(struct arrays, text),
	KSTATE_END()
};

static const struct kstate_description arrays_desc =
	DESC("sample.arrays", struct arrays, arrays_fields);

static void arrays_fill(void *obj, unsigned int seed, bool source)
{
	struct arrays *s = obj;

	s->flags[seed % 3] = true;
	memset(s->bytes, 0xf0 + seed, sizeof(s->bytes));
	s->words[0] = -2 - seed;
	s->words[1] = 2 + seed;
	s->quads[0] = U64_MAX - seed;
	s->quads[1] = 1ULL << seed;
	strscpy(s->text, seed & 1 ? "nine char" : "nine more",
		sizeof(s->text));
}

static bool arrays_same(const void *a, const void *b)
{
	const struct arrays *x = a, *y = b;

	return sample_same_bytes(x->flags, y->flags, sizeof(x->flags)) &&
	       sample_same_bytes(x->bytes, y->bytes, sizeof(x->bytes)) &&
	       sample_same_bytes(x->words, y->words, sizeof(x->words)) &&
	       sample_same_bytes(x->quads, y->quads, sizeof(x->quads)) &&
	       sample_same_bytes(x->text, y->text, sizeof(x->text));
}

static void arrays_release(void *obj)
{
	memset(obj, 0, sizeof(struct arrays));
}

/* ---- Pointers to scalars: one, none, as many as counts of all widths say ---- */

struct pointers {
	unsigned long *word;
	u8 *none;
	bool *flag;
	u32 *list;
	u8 nr_list;
	char *text;
	u16 nr_text;
	s64 *empty;
	u32 nr_empty;
	u16 *lacking;
	u64 nr_lacking;
};

static const struct kstate_field pointers_fields[] = {
	KSTATE_POINTER(struct pointers, word),
	KSTATE_POINTER(struct pointers, none),
	KSTATE_POINTER(struct pointers, flag),
	KSTATE_VARRAY(struct pointers, list, nr_list),
	KSTATE_VARRAY(struct pointers, text, nr_text),
	KSTATE_VARRAY(struct pointers, empty, nr_empty),
	KSTATE_VARRAY(struct pointers, lacking, nr_lacking),
	KSTATE_END()
};

static const struct kstate_description pointers_desc =
	DESC("sample.pointers", struct pointers, pointers_fields);

static void pointers_fill(void *obj, unsigned int seed, bool source)
{
	struct pointers *s = obj;
	unsigned int i;

	s->word = sample_alloc(1, sizeof(*s->word));
	*s->word = 0x0123456789abcdefUL + seed;
	s->flag = sample_alloc(1, sizeof(*s->flag));
	*s->flag = !(seed & 1);
	s->nr_list = 5;
	s->list = sample_alloc(s->nr_list, sizeof(*s->list));
	for (i = 0; i < s->nr_list; i++)
		s->list[i] = seed * 1000 + i;
	s->nr_text = 300;
	s->text = sample_alloc(s->nr_text, sizeof(*s->text));
	memset(s->text, 'a' + seed, s->nr_text);
	s->empty = sample_alloc(1, sizeof(*s->empty));
}

static bool pointers_same(const void *a, const void *b)
{
	const struct pointers *x = a, *y = b;

	return sample_same_bytes(x->word, y->word, sizeof(*x->word)) &&
	       sample_same_bytes(x->none, y->none, sizeof(*x->none)) &&
	       sample_same_bytes(x->flag, y->flag, sizeof(*x->flag)) &&
	       x->nr_list == y->nr_list && x->nr_text == y->nr_text &&
	       sample_same_bytes(x->list, y->list, x->nr_list * sizeof(*x->list)) &&
	       sample_same_bytes(x->text, y->text, x->nr_text) &&
	       !x->empty == !y->empty && x->nr_empty == y->nr_empty &&
	       !x->lacking == !y->lacking && x->nr_lacking == y->nr_lacking;
}

static void pointers_release(void *obj)
{
	struct pointers *s = obj;

	kvfree(s->word);
	kvfree(s->none);
	kvfree(s->flag);
	kvfree(s->list);
	kvfree(s->text);
	kvfree(s->empty);
	kvfree(s->lacking);
	memset(s, 0, sizeof(*s));
}

/* ---- Structs: embedded, in an array, beside, several beside, listed ---- */

struct leaf {
	u32 id;
	u16 *key;
};

struct branch {
	struct leaf leaf;
	s32 weight;
};

struct structs {
	struct branch branch;
	struct leaf row[2];
	struct leaf *beside;
	struct leaf *none;
	struct leaf *several;
	u32 nr_several;
	struct leaf **listed;
	u8 nr_listed;
};

static const struct kstate_field leaf_fields[] = {
	KSTATE_SIMPLE(struct leaf, id),
	KSTATE_POINTER(struct leaf, key),
	KSTATE_END()
};

static const struct kstate_description leaf_desc =
	DESC("sample.leaf", struct leaf, leaf_fields);

static const struct kstate_field branch_fields[] = {
	KSTATE_STRUCT(struct branch, leaf, struct leaf, &leaf_desc),
	KSTATE_SIMPLE(struct branch, weight),
	KSTATE_END()
};

static const struct kstate_description branch_desc =
	DESC("sample.branch", struct branch, branch_fields);

static const struct kstate_field structs_fields[] = {
	KSTATE_STRUCT(struct structs, branch, struct branch, &branch_desc),
	KSTATE_STRUCT_ARRAY(struct structs, row, struct leaf, &leaf_desc),
	KSTATE_STRUCT_POINTER(struct structs, beside, struct leaf, &leaf_desc),
	KSTATE_STRUCT_POINTER(struct structs, none, struct leaf, &leaf_desc),
	KSTATE_STRUCT_VARRAY(struct structs, several, nr_several, struct leaf,
			     &leaf_desc),
	KSTATE_ARRAY_OF_POINTER(struct structs, listed, nr_listed, struct leaf,
				&leaf_desc),
	KSTATE_END()
};

static const struct kstate_description structs_desc =
	DESC("sample.structs", struct structs, structs_fields);

static void leaf_fill(struct leaf *leaf, unsigned int seed)
{
	leaf->id = seed * 0x01010101;
	leaf->key = sample_alloc(1, sizeof(*leaf->key));
	*leaf->key = 5000 + seed;
}

static void structs_fill(void *obj, unsigned int seed, bool source)
{
	struct structs *s = obj;

	s->branch.weight = -1 - seed;
	leaf_fill(&s->branch.leaf, seed);
	leaf_fill(&s->row[0], seed + 1);
	s->row[1].id = seed + 2;
	s->beside = sample_alloc(1, sizeof(*s->beside));
	leaf_fill(s->beside, seed + 3);
	s->nr_several = 2;
	s->several = sample_alloc(s->nr_several, sizeof(*s->several));
	leaf_fill(&s->several[1], seed + 4);
	s->nr_listed = 3;
	s->listed = sample_alloc(s->nr_listed, sizeof(*s->listed));
	s->listed[0] = sample_alloc(1, sizeof(struct leaf));
	s->listed[2] = sample_alloc(1, sizeof(struct leaf));
	leaf_fill(s->listed[2], seed + 5);
}

static bool leaf_same(const struct leaf *x, const struct leaf *y)
{
	return !x == !y &&
	       (!x || (x->id == y->id &&
		       sample_same_bytes(x->key, y->key, sizeof(*x->key))));
}

static bool structs_same(const void *a, const void *b)
{
	const struct structs *x = a, *y = b;
	unsigned int i;

	if (!leaf_same(&x->branch.leaf, &y->branch.leaf) ||
	    x->branch.weight != y->branch.weight ||
	    !leaf_same(&x->row[0], &y->row[0]) ||
	    !leaf_same(&x->row[1], &y->row[1]) ||
	    !leaf_same(x->beside, y->beside) || !leaf_same(x->none, y->none) ||
	    x->nr_several != y->nr_several || !x->several != !y->several ||
	    x->nr_listed != y->nr_listed || !x->listed != !y->listed)
		return false;
	for (i = 0; x->several && i < x->nr_several; i++) {
		if (!leaf_same(&x->several[i], &y->several[i]))
			return false;
	}
	for (i = 0; x->listed && i < x->nr_listed; i++) {
		if (!leaf_same(x->listed[i], y->listed[i]))
			return false;
	}
	return true;
}

static void leaf_drop(struct leaf *leaf)
{
	if (leaf)
		kvfree(leaf->key);
	kvfree(leaf);
}

static void structs_release(void *obj)
{
	struct structs *s = obj;
	unsigned int i;

	kvfree(s->branch.leaf.key);
	kvfree(s->row[0].key);
	kvfree(s->row[1].key);
	leaf_drop(s->beside);
	leaf_drop(s->none);
	for (i = 0; s->several && i < s->nr_several; i++)
		kvfree(s->several[i].key);
	kvfree(s->several);
	for (i = 0; s->listed && i < s->nr_listed; i++)
		leaf_drop(s->listed[i]);
	kvfree(s->listed);
	memset(s, 0, sizeof(*s));
}

/* ---- Custom bytes: a string, as an example ---- */

struct custom {
	u8 before;
	char *text;
	u8 after;
};

#define CUSTOM_MAX	100

static ssize_t custom_size(const void *obj, const struct kstate_field *field)
{
	return CUSTOM_MAX;
}

static int custom_save(struct kstate_stream *stream, const void *obj,
		       const struct kstate_field *field)
{
	const struct custom *s = obj;

	return s->text ? kstate_write(stream, s->text, strlen(s->text)) : 0;
}

static int custom_load(struct kstate_stream *stream, void *obj,
		       const struct kstate_field *field)
{
	size_t len = kstate_read_left(stream);
	struct custom *s = obj;
	char *text = NULL;
	int err;

	if (len > CUSTOM_MAX)
		return -EBADMSG;
	if (len) {
		text = kvzalloc(len + 1, GFP_KERNEL);
		if (!text)
			return -ENOMEM;
		err = kstate_read(stream, text, len);
		if (!err && strlen(text) != len)
			err = -EBADMSG;
		if (err) {
			kvfree(text);
			return err;
		}
	}
	kvfree(s->text);
	s->text = text;
	return 0;
}

static const struct kstate_custom_ops custom_ops = {
	.size = custom_size, .save = custom_save, .load = custom_load,
};

static const struct kstate_field custom_fields[] = {
	KSTATE_SIMPLE(struct custom, before),
	KSTATE_CUSTOM(struct custom, text, &custom_ops),
	KSTATE_SIMPLE(struct custom, after),
	KSTATE_END()
};

static const struct kstate_description custom_desc =
	DESC("sample.custom", struct custom, custom_fields);

static void custom_fill(void *obj, unsigned int seed, bool source)
{
	struct custom *s = obj;

	s->before = seed;
	s->text = sample_alloc(8, 1);
	memset(s->text, 'a' + seed, 7);
	s->after = 2 * seed;
}

static bool custom_same(const void *a, const void *b)
{
	const struct custom *x = a, *y = b;

	return x->before == y->before && x->after == y->after &&
	       !x->text == !y->text &&
	       (!x->text || !strcmp(x->text, y->text));
}

static void custom_release(void *obj)
{
	struct custom *s = obj;

	kvfree(s->text);
	memset(s, 0, sizeof(*s));
}

/* ---- Memory that stays in place ---- */

struct folios {
	u8 before;
	struct page *page;
	struct folio *folio;
	struct folio *none;
	u8 after;
};

static const struct kstate_field folios_fields[] = {
	KSTATE_SIMPLE(struct folios, before),
	KSTATE_PAGE(struct folios, page),
	KSTATE_FOLIO(struct folios, folio),
	KSTATE_FOLIO(struct folios, none),
	KSTATE_SIMPLE(struct folios, after),
	KSTATE_END()
};

static const struct kstate_description folios_desc =
	DESC("sample.folios", struct folios, folios_fields);

/* The next kernel's object has no folios yet. */
static void folios_fill(void *obj, unsigned int seed, bool source)
{
	struct folios *s = obj;

	s->before = seed;
	s->after = seed + 1;
	if (source) {
		s->page = &shim_folios[0].page;
		s->folio = &shim_folios[3];
	}
}

static bool folios_same(const void *a, const void *b)
{
	const struct folios *x = a, *y = b;

	return x->before == y->before && x->after == y->after &&
	       x->page == y->page && x->folio == y->folio && x->none == y->none;
}

static void folios_release(void *obj)
{
	memset(obj, 0, sizeof(struct folios));
}

/* ---- All of them ---- */

const struct sample samples[] = {
	SAMPLE(scalars),
	SAMPLE(arrays),
	SAMPLE(pointers),
	SAMPLE(structs),
	SAMPLE(custom),
	SAMPLE(folios),
	SAMPLE(lists),
	SAMPLE(bitmaps),
	SAMPLE(unions),
	SAMPLE(subsections),
	SAMPLE(strings),
	SAMPLE(refs),
	SAMPLE(ranges),
	SAMPLE(rules),
};

const unsigned int nr_samples = ARRAY_SIZE(samples);
