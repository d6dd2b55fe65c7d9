#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A recorded page that was damaged: its events are lost and counted, the others
# are there, and readers and writers are not harmed. Another place at each hop.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"

tracing=/sys/kernel/tracing
mark=${0%/*}/trace_mark

stat_of() { sed -n "s/^$1: //p" $tracing/per_cpu/cpu0/stats; }
numbers() { sed -n 's/.*: mark 0 \([0-9]*\) .*/\1/p' $tracing/per_cpu/cpu0/trace; }

# damage NR BYTE: of the sub-buffer that has marker NR of CPU 0
damage() {
	page=$("$mark" where 0 "$1")
	diag "marker $1 is at ${page:-no place}"
	check "its sub-buffer will be damaged" sh -c \
		"echo phys $((page + $2)) >/sys/kernel/debug/kstate_damage"
}

# What was lost is one stretch of markers around NR.
check_stage() {
	equal "one line says that it was" "$(dmesg | grep -c ', 1 bad sub-buffers;')" 1
	equal "all are accounted for" \
		$(($(stat_of entries) + $(stat_of 'dropped events'))) "$2"
	equal "the marker is lost" "$(numbers | grep -cx "$1")" 0
	check "those before and after are not" sh -c \
		"[ $(numbers | sed -n 1p) -eq 0 ] && [ $(numbers | tail -n 1) -eq $(($2 - 1)) ]"
	equal "what the file has is what is counted" "$(numbers | wc -l)" \
		"$(stat_of entries)"
}

case $stage in
1)
	echo 1024 >$tracing/buffer_size_kb
	check "markers are written" "$mark" write 0 2000 1
	# bits of the length
	damage 500 9
	;;
2)
	check_stage 500 2000
	check "new ones follow" "$mark" write 2000 500 1
	# and of the time stamp
	damage 1500 7
	;;
3)
	check_stage 1500 2500
	check "new ones follow" "$mark" write 2500 500 1
	wanted=$(stat_of entries)
	timeout 5 cat $tracing/per_cpu/cpu0/trace_pipe >/tmp/pipe
	equal "trace_pipe has all that there is" "$(grep -c ': mark ' /tmp/pipe)" \
		"$wanted"
	exit
	;;
esac
next_stage /boot/k2
