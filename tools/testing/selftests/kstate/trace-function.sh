#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Function tracer and events together, recording until the jump. Functions have
# their right names in the next kernel, which lies elsewhere in memory.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"

tracing=/sys/kernel/tracing

busy() {
	i=0
	while [ $i -lt "$1" ]; do
		cat /proc/version >/dev/null
		i=$((i + 1))
	done
}

# The lines up to the marker that was written last before the jump. Without
# the tasks' names, which may be forgotten, and without what %p prints, which
# is another number in each kernel.
old_lines() {
	sed -n -e '/^#/d' -e 's/hrtimer=[0-9a-f]*//' -e 's/^[^:]*: //p' \
		-e '/: the jump$/q' "$1"
}
hash_of() { sha256sum <"$1" | cut -c1-16; }
functions() { sed -n 's/^\([a-zA-Z0-9_.]*\) <-.*/\1/p' "$1" | sort -u | tr '\n' ' '; }
text_of() { sed -n 's/^\([0-9a-f]*\) T _text$/\1/p' /proc/kallsyms; }

# Reading is recorded too: it would never come to an end.
echo 1 >$tracing/options/pause-on-trace

if [ "$stage" -eq 1 ]; then
	echo 'vfs_open do_filp_open' >$tracing/set_ftrace_filter
	echo 'next_pid != 0' >$tracing/events/sched/sched_switch/filter
	echo 1 >$tracing/events/sched/sched_switch/enable
	echo 1 >$tracing/events/timer/hrtimer_start/enable
	echo function >$tracing/current_tracer
	busy 10
	echo "the jump" >$tracing/trace_marker
	cat $tracing/trace >/tmp/trace
	old_lines /tmp/trace >/tmp/old
	diag "$(wc -l </tmp/old) lines, functions $(functions /tmp/old)"
	next_stage /boot/k2 "trace.lines=$(wc -l </tmp/old)" \
		"trace.hash=$(hash_of /tmp/old)" "trace.text=$(text_of)"
fi

busy 5
cat $tracing/trace >/tmp/trace
old_lines /tmp/trace >/tmp/old
sed '1,/: the jump$/d' /tmp/trace >/tmp/new
diag "text was at $(cmdline_value trace.text), is at $(text_of)"
equal "the tracer is the same" "$(cat $tracing/current_tracer)" function
equal "so is its filter" "$(sort $tracing/set_ftrace_filter | tr '\n' ' ')" \
	"do_filp_open vfs_open "
equal "events are enabled" "$(cat $tracing/events/sched/sched_switch/enable)" 1
equal "with their filter" "$(cat $tracing/events/sched/sched_switch/filter)" \
	"next_pid != 0"
equal "no line is missing" "$(wc -l </tmp/old)" "$(cmdline_value trace.lines)"
equal "every line says the same" "$(hash_of /tmp/old)" "$(cmdline_value trace.hash)"
equal "functions have their names" "$(functions /tmp/old)" "do_filp_open vfs_open "
check "callers have names" sh -c "! grep -q '<-0x' /tmp/old"
check "functions of timers have names" \
	grep -q 'hrtimer_start:.*function=[a-z_]' /tmp/old
check "functions are recorded after the jump" grep -q 'vfs_open <-' /tmp/new
check "events are recorded after the jump" grep -q 'sched_switch:' /tmp/new
