#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A crash image beside preserved state: the jump carries the state, and a crash
# boots the crash image, which sees the memory of the kernel that crashed.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

# What the crash image may use, and where it was loaded.
crash_area() {
	sed -n 's/^ *\([0-9a-f-]*\) : Crash kernel/\1/p' /proc/iomem
}

if [ -n "$(cmdline_value kstate.crash)" ]; then
	check "the crash kernel sees the crashed one" [ -s /proc/vmcore ]
	equal "its memory is an ELF core" \
		"$(dd if=/proc/vmcore bs=1 skip=1 count=3 2>/dev/null)" ELF
	diag "$(ls -l /proc/vmcore), MemTotal $(meminfo MemTotal) kB"
	equal "it is no hand-over" "$(cat $sys/generation)" 0
	equal "nothing was to be restored" "$(grep -c 'kstate:' $boot_log)" 0
	# the note of a word that the crashed kernel had in its memory
	check "and what was in its memory" grep -q "OSRELEASE=$(uname -r)" \
		/proc/vmcore
	exit
fi

diag "crash kernel at $(crash_area)"
equal "memory is set aside for a crash kernel" \
	"$(crash_area | wc -l)" 1
check "the crash image is loaded" load_crash
equal "it is there" "$(cat /sys/kernel/kexec_crash_loaded)" 1
start_module $((stage - 1)) || exit 1
case $stage in
1|2)
	check "pages can be preserved beside it" put $dbg/pages 1000
	go_on
	;;
3)
	check "an image for a jump is loaded too" load_next
	put $dbg/pages 1000
	pass_on check
	emit "# stage $stage jump up $(cut -d' ' -f1 /proc/uptime)"
	echo 1 >/proc/sys/kernel/sysrq
	echo c >/proc/sysrq-trigger
	fail "the kernel survived its crash"
	;;
esac
