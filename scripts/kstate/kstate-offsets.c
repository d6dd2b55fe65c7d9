// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the members of descriptions are in the kernel that is being built,
 * which need not be where the host's compiler would put them.
 */
#include <linux/kbuild.h>
#include <linux/kstate.h>

#define STRUCT(s)	DEFINE(SIZE_##s, sizeof(struct s))
#define MEMBER(s, m) do {						\
	DEFINE(OFF_##s##_##m, offsetof(struct s, m));			\
	DEFINE(WIDTH_##s##_##m, sizeof_field(struct s, m));		\
} while (0)

int main(void)
{
	DEFINE(SIZE_pointer, sizeof(void *));
	DEFINE(SIZE_value, sizeof(u64));

	STRUCT(kstate_description);
	MEMBER(kstate_description, name);
	MEMBER(kstate_description, alias);
	MEMBER(kstate_description, version);
	MEMBER(kstate_description, min_version);
	MEMBER(kstate_description, size);
	MEMBER(kstate_description, flags);
	MEMBER(kstate_description, fields);

	STRUCT(kstate_field);
	MEMBER(kstate_field, name);
	MEMBER(kstate_field, alias);
	MEMBER(kstate_field, kind);
	MEMBER(kstate_field, type);
	MEMBER(kstate_field, flags);
	MEMBER(kstate_field, offset);
	MEMBER(kstate_field, size);
	MEMBER(kstate_field, count);
	MEMBER(kstate_field, count_offset);
	MEMBER(kstate_field, count_size);
	MEMBER(kstate_field, node);
	MEMBER(kstate_field, since);
	MEMBER(kstate_field, desc);
	MEMBER(kstate_field, target);
	MEMBER(kstate_field, ops);
	MEMBER(kstate_field, check);
	MEMBER(kstate_field, needed);
	MEMBER(kstate_field, value);

	STRUCT(kstate_check);
	MEMBER(kstate_check, min);
	MEMBER(kstate_check, max);
	MEMBER(kstate_check, values);
	MEMBER(kstate_check, nr_values);

	STRUCT(kstate_custom_ops);
	return 0;
}
