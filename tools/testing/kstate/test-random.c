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

/* Run @one for each round, which @arg is for, until one fails. */
static unsigned long run_rounds(unsigned int (*one)(unsigned int arg),
				unsigned int arg, unsigned long nr_rounds)
{
	unsigned long nr, sum = 0;

	for (nr = first; nr < first + nr_rounds; nr++) {
		model_seed(nr);
		sum += one(arg);
		if (tap_failed()) {
			printf("# in round %lu\n", nr);
			break;
		}
	}
	return sum;
}

static void all_rounds(unsigned int changes)
{
	printf("# %lu of %lu restored\n",
	       run_rounds(model_round, changes, rounds), 2 * rounds);
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

static unsigned int starve(unsigned int arg)
{
	model_starve();
	return 0;
}

static void no_memory(void)
{
	run_rounds(starve, 0, rounds / 10);
}

static unsigned int live(unsigned int arg)
{
	model_life();
	return 0;
}

static void many_objects(void)
{
	run_rounds(live, 0, rounds);
}

int main(int argc, char **argv)
{
	static const struct tap_test tests[] = {
		TAP_TEST(same_description),
		TAP_TEST(one_change),
		TAP_TEST(many_changes),
		TAP_TEST(no_memory),
		TAP_TEST(many_objects),
	};

	if (argc > 1)
		first = strtoul(argv[1], NULL, 0);
	if (argc > 2)
		rounds = strtoul(argv[2], NULL, 0);
	return tap_run(tests, ARRAY_SIZE(tests));
}
