// SPDX-License-Identifier: GPL-2.0
/*
 * The first process of the guests that scripts/bench-memory boots, and what
 * jumps. Both tell the time stamp counter, which goes on over kexec: the
 * difference is how long it takes from the call to the next kernel's user
 * space.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <termios.h>
#include <unistd.h>
#include <linux/reboot.h>
#include <x86intrin.h>

static int run_scenario(unsigned long long tsc)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", tsc);
	setenv("TSC", text, 1);
	execl("/bin/sh", "sh", "/guest.sh", NULL);
	return 1;
}

static int go_on(unsigned long long tsc)
{
	int fd = open("/dev/ttyS1", O_WRONLY | O_NOCTTY);

	if (fd < 0 || dprintf(fd, "jump %llu\n", tsc) < 0)
		return 1;
	tcdrain(fd);
	reboot(LINUX_REBOOT_CMD_KEXEC);
	perror("reboot");
	return 1;
}

int main(void)
{
	unsigned long long tsc = __rdtsc();

	return getpid() == 1 ? run_scenario(tsc) : go_on(tsc);
}
