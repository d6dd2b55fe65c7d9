// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of descriptions: the input stands for the random numbers that a round
 * of test-random makes descriptions, contents and changes up with.
 */
#include <stdlib.h>

#include <linux/types.h>

#include "fuzz.h"
#include "model.h"
#include "tap.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	if (size < 1)
		return -1;
	model_feed(data + 1, size - 1);
	model_round(data[0] % 8);
	if (tap_failed())
		abort();
	return 0;
}
