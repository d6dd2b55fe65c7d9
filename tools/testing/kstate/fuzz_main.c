// SPDX-License-Identifier: GPL-2.0
/*
 * Run a fuzzer on the inputs that are kept in corpus/, without libFuzzer.
 *
 * usage: fuzz-NAME
 *	  fuzz-NAME DIRECTORY	write the inputs there, as libFuzzer wants them
 *
 * An input is kept as text, two hexadecimal digits for a byte.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "fuzz.h"
#include "tap.h"

#define MAX_INPUT	0x10000

static const char *name, *output;
static u8 input[MAX_INPUT];

static size_t read_hex(const char *path)
{
	FILE *f = fopen(path, "r");
	unsigned int byte;
	size_t len = 0;

	while (f && len < sizeof(input) && fscanf(f, "%2x", &byte) == 1)
		input[len++] = byte;
	if (f)
		fclose(f);
	return len;
}

static void write_input(const char *path, size_t len)
{
	const char *base = strrchr(path, '/') + 1;
	char to[512];
	FILE *f;

	snprintf(to, sizeof(to), "%s/%s", output, base);
	f = fopen(to, "w");
	if (!CHECK(f))
		return;
	CHECK(fwrite(input, 1, len, f) == len);
	fclose(f);
}

/* Each in memory of its own size, so that ASan sees its end */
static void run_input(size_t len)
{
	u8 *copy = malloc(len);

	memcpy(copy, input, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static void corpus(void)
{
	char pattern[512];
	glob_t found;
	size_t i, len;

	snprintf(pattern, sizeof(pattern), "%s/%s/*.hex",
		 getenv("KSTATE_CORPUS") ?: "corpus", name);
	if (!CHECK(!glob(pattern, 0, NULL, &found)))
		return;
	for (i = 0; i < found.gl_pathc; i++) {
		len = read_hex(found.gl_pathv[i]);
		CHECK(len);
		if (output)
			write_input(found.gl_pathv[i], len);
		else
			run_input(len);
	}
	printf("# %zu inputs\n", found.gl_pathc);
	globfree(&found);
}

int main(int argc, char **argv)
{
	static const struct tap_test tests[] = {
		TAP_TEST(corpus),
	};

	name = strrchr(argv[0], '/');
	name = name ? name + 1 : argv[0];
	output = argc > 1 ? argv[1] : NULL;
	return tap_run(tests, ARRAY_SIZE(tests));
}
