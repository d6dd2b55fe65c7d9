// SPDX-License-Identifier: GPL-2.0
/*
 * Random descriptions with random contents, read by the same description and by
 * one that has changed in random ways, and held against the model.
 *
 * usage: test-random [FIRST [ROUNDS]]
 *
 * A round depends on its number alone, so that one that failed can be repeated.
 */
#include <stdio.h>
#include <stdlib.h>

#include <linux/kernel.h>

#include "model.h"
#include "tap.h"

#define ROUNDS		2000

static unsigned long first = 1, rounds = ROUNDS;

static void all_rounds(unsigned int changes)
{
	unsigned long nr, restored = 0;

	for (nr = first; nr < first + rounds; nr++) {
		model_seed(nr);
		restored += model_round(changes);
		if (tap_failed()) {
			printf("# in round %lu, %u changes\n", nr, changes);
			break;
		}
	}
	printf("# %lu of %lu restored\n", restored, 2 * rounds);
}

static void same_description(void)
{
	all_rounds(0);
}

static void one_change(void)
{
	all_rounds(1);
}

static void many_changes(void)
{
	all_rounds(5);
}

int main(int argc, char **argv)
{
	static const struct tap_test tests[] = {
		TAP_TEST(same_description),
		TAP_TEST(one_change),
		TAP_TEST(many_changes),
	};

	if (argc > 1)
		first = strtoul(argv[1], NULL, 0);
	if (argc > 2)
		rounds = strtoul(argv[2], NULL, 0);
	return tap_run(tests, ARRAY_SIZE(tests));
}
