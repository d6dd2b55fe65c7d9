// SPDX-License-Identifier: GPL-2.0-only
/*
 * kstate(8): what state survives kexec, and would the next kernel restore it?
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

/* No letters for these */
enum {
	OPT_SYS = 256,
};

static const struct option long_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "live", no_argument, NULL, 'l' },
	{ "schemas", no_argument, NULL, 's' },
	{ "addresses", no_argument, NULL, 'a' },
	{ "from", required_argument, NULL, 'f' },
	{ "running", no_argument, NULL, 'r' },
	{ "drop", required_argument, NULL, 'd' },
	{ "sys", required_argument, NULL, OPT_SYS },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ }
};

static const struct command {
	const char *name;
	const char *options;	/* letters of those it knows, beside jh */
	const char *usage;
	const char *help;
	int (*run)(const struct options *opt, int argc, char **argv);
} commands[] = {
	{ "status", "", "", "where the running kernel stands", cmd_status },
	{ "list", "", "[STATE]...",
	  "objects: registered, restored, pending, refused, lost", cmd_list },
	{ "dump", "lsa", "[-s] [-a] FILE | --live",
	  "what is in a stream or an image", cmd_dump },
	{ "check", "fr", "IMAGE [MODULE]... [-f FILE | -r]",
	  "can IMAGE restore what FILE or this kernel saves?", cmd_check },
	{ "diff", "", "IMAGE IMAGE",
	  "how the schemas of two images differ", cmd_diff },
	{ "dry-run", "", "", "prepare a hand-over, save, and call it off",
	  cmd_dry_run },
	{ "trees", "d", "[-d NAME]", "trees of khofs: list them, or free one",
	  cmd_trees },
};

static void print_usage(FILE *out)
{
	size_t i;

	fputs("Usage: kstate COMMAND [-j] [OPTION]... [ARGUMENT]...\n\n", out);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-8s %-32s %s\n", commands[i].name,
			commands[i].usage, commands[i].help);
	fputs("\n  -j, --json       print JSON\n"
	      "  -l, --live       the stream that this kernel was given\n"
	      "  -s, --schemas    schemas only\n"
	      "  -a, --addresses  show physical addresses\n"
	      "  -f, --from=FILE  what is saved: an image, a module, a stream\n"
	      "  -r, --running    what this kernel has registered\n"
	      "  -d, --drop=NAME  free this tree, which is not mounted\n"
	      "  -h, --help       this text\n"
	      "  -V, --version    the format that this program reads\n\n"
	      "Exit status: 0 fine, 1 optional state would be lost,\n"
	      "2 mandatory state would be lost, 3 error. See kstate(8).\n", out);
}

static void set_option(struct options *opt, int letter, const char *arg)
{
	switch (letter) {
	case 'j':
		opt->json = true;
		break;
	case 'l':
		opt->live = true;
		break;
	case 's':
		opt->schemas = true;
		break;
	case 'a':
		opt->addresses = true;
		break;
	case 'f':
		opt->from = arg;
		break;
	case 'r':
		opt->running = true;
		break;
	case 'd':
		opt->drop = arg;
		break;
	case OPT_SYS:
		opt->sys = arg;
		break;
	}
}

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

static bool knows(const struct command *cmd, int letter)
{
	return letter == OPT_SYS || letter == 'j' ||
	       strchr(cmd->options, letter);
}

static const char *long_name(int letter)
{
	const struct option *o = long_options;

	while (o->val != letter)
		o++;
	return o->name;
}

static int run(const struct command *cmd, int argc, char **argv)
{
	struct options opt = { .sys = "/sys/kernel" };
	int letter, status;

	opterr = 0;
	while ((letter = getopt_long(argc, argv, ":jlsaf:rd:hV", long_options,
				     NULL)) != -1) {
		if (letter == 'h') {
			printf("usage: kstate %s [-j] %s\n%s\n", cmd->name,
			       cmd->usage, cmd->help);
			return EXIT_ALL;
		}
		if (letter == ':')
			return complain(argv[optind - 1], "needs an argument");
		if (letter == '?')
			return complain(argv[optind - 1], "no such option");
		if (!knows(cmd, letter))
			return complain(cmd->name, "has no option --%s",
					long_name(letter));
		set_option(&opt, letter, optarg);
	}
	status = cmd->run(&opt, argc - optind, argv + optind);
	/* A verdict that nobody can read is none. */
	if (fflush(stdout) || ferror(stdout))
		status = complain("standard output", "%s", strerror(errno));
	return status;
}

int main(int argc, char **argv)
{
	const struct command *cmd;

	if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
		print_usage(stdout);
		return EXIT_ALL;
	}
	if (argc > 1 && (!strcmp(argv[1], "-V") ||
			 !strcmp(argv[1], "--version"))) {
		printf("kstate: stream format %d\n", KSTATE_ABI_STREAM_FORMAT);
		return EXIT_ALL;
	}
	if (argc < 2) {
		print_usage(stderr);
		return EXIT_BROKEN;
	}
	cmd = find_command(argv[1]);
	if (!cmd)
		return complain(argv[1], "no such command; see kstate --help");
	return run(cmd, argc - 1, argv + 1);
}
