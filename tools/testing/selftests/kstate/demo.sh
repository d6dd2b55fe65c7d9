#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# packages: memcached
#
# The story that make demo tells: what the trace buffer held before the jump
# is there after it, and recording goes on; and so does Debian's memcached, with
# all that it had, as it has it on khofs.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=memcached-lib.sh
. "${0%/*}/memcached-lib.sh"

tracing=/sys/kernel/tracing
markers=1000
cached=$((16 << 20))

# The text of every marker in the buffer, in order, without CPU and time.
marker_lines() { sed -n 's/.*: \(marker [0-9]* [0-9a-f]*\)$/\1/p' $tracing/trace; }
marker_hash() { marker_lines | sha256sum | cut -c1-16; }
event_count() { grep -vc '^#' $tracing/trace; }
last_time() { sed -n 's/.* \([0-9]*\.[0-9]*\): .*/\1/p' $tracing/trace | tail -n 1; }

show_last() {
	grep -v '^#' $tracing/trace | tail -n "$1" | while read -r line; do
		diag "    $line"
	done
}

# Time stamps are decimals of the same width after the point.
not_before() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(b + 0 >= a + 0) }'; }

record() {
	echo 4096 >$tracing/buffer_size_kb
	echo 1 >$tracing/events/sched/sched_switch/enable
	i=0
	while [ $i -lt $markers ]; do
		echo "marker $i $(((i * 2654435761) % 65536))"
		i=$((i + 1))
	done | while read -r line; do echo "$line" >$tracing/trace_marker; done
	echo 0 >$tracing/events/sched/sched_switch/enable
}

# cache COMMAND: start memcached and set all keys, or get them; it is stopped,
# as a service is before a reboot.
cache() {
	mkdir /khofs
	check "khofs is mounted" mount -t khofs none /khofs
	check "memcached starts" mc_start /khofs 64
	check "all keys are $2" mc_client "$1" demo 1 $cached
	diag "    $(cat /tmp/mc.out)"
	check "memcached stops" mc_stop /khofs
}

case $stage in
1)
	diag "memcached, as Debian ships it, has its cache in a file on khofs:"
	cache set "set"
	diag "recording: $markers markers, and what the scheduler does meanwhile"
	record
	diag "the trace buffer holds $(event_count) events, among them" \
		"$(marker_lines | wc -l) markers; the last:"
	show_last 4
	equal "all markers are in the buffer" "$(marker_lines | wc -l)" $markers
	diag "loading the next kernel, and jumping: no disk, no copy of trace and cache"
	next_stage /boot/k2 "demo.hash=$(marker_hash)" "demo.events=$(event_count)" \
		"demo.time=$(last_time)"
	;;
*)
	diag "the trace buffer of the new kernel holds $(event_count) events; the last:"
	show_last 4
	equal "every event is there" "$(event_count)" "$(cmdline_value demo.events)"
	equal "the markers' hash is the same" "$(marker_hash)" \
		"$(cmdline_value demo.hash)"
	diag "recording goes on:"
	echo "after the jump" >$tracing/trace_marker
	show_last 1
	check "a new event follows the old ones" \
		grep -q "tracing_mark_write: after the jump" $tracing/trace
	check "time does not go backwards" \
		not_before "$(cmdline_value demo.time)" "$(last_time)"
	diag "memcached starts again, with what it had:"
	cache get "there, every byte as it was set"
	;;
esac
