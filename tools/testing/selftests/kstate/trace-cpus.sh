#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The next kernel has fewer CPUs. Those that it could have keep their events;
# the events of others are counted as dropped.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"

tracing=/sys/kernel/tracing
mark=${0%/*}/trace_mark

sum() {
	cat $tracing/per_cpu/cpu*/stats | sed -n "s/^$1: //p" |
		awk '{ n += $1 } END { print n + 0 }'
}

case $stage in
1)
	echo 1024 >$tracing/buffer_size_kb
	check "markers are written" "$mark" write 0 1000 4
	next_stage /boot/k2 maxcpus=2
	;;
2)
	equal "this kernel runs on two CPUs" "$(nproc)" 2
	check "the markers of all four are there" "$mark" check 1000 4
	equal "in the order of time" "$("$mark" order <$tracing/trace)" 4000
	next_stage /boot/k2 nr_cpus=2
	;;
3)
	check "the markers of the first two are there" \
		sh -c "'$mark' order <$tracing/trace"
	equal "they are all there" "$(sum entries)" 2000
	equal "those of the others are counted" "$(sum 'dropped events')" 2000
	check "there is a line about them" sh -c "dmesg | grep 'events of CPUs'"
	;;
esac
