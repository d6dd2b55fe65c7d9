#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The next kernel is another build: its events have other numbers, some do not
# exist, and its functions lie elsewhere.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"

tracing=/sys/kernel/tracing

id_of() { cat "$tracing/events/$1/id"; }
lines_of() { grep -c ": $1" /tmp/trace; }
hash_of() { sed -n "s/.*: \($1: .*\)/\1/p" /tmp/trace | sha256sum | cut -c1-16; }
sum() {
	cat $tracing/per_cpu/cpu*/stats | sed -n "s/^$1: //p" |
		awk '{ n += $1 } END { print n + 0 }'
}

record() {
	echo vfs_open >$tracing/set_ftrace_filter
	for e in sched/sched_switch sched/sched_process_exec timer/hrtimer_start \
		rcu/rcu_utilization syscalls/sys_enter_openat; do
		echo 1 >$tracing/events/$e/enable
	done
	echo function >$tracing/current_tracer
	i=0
	while [ $i -lt 10 ]; do
		cat /proc/version >/dev/null
		i=$((i + 1))
	done
	echo nop >$tracing/current_tracer
}

if [ "$stage" -eq 1 ]; then
	record
	# The switch of the tracer emptied the buffer: again, and leave it on
	echo function >$tracing/current_tracer
	i=0
	while [ $i -lt 10 ]; do
		cat /proc/version >/dev/null
		i=$((i + 1))
	done
	echo 0 >$tracing/events/enable
	echo 0 >$tracing/tracing_on
	cat $tracing/trace >/tmp/trace
	for e in sched_switch: sched_process_exec: sys_openat hrtimer_start: \
		rcu_utilization: 'vfs_open <-'; do
		diag "$(lines_of "$e") $e"
	done
	next_stage /boot/k2 "trace.switches=$(lines_of sched_switch:)" \
		"trace.execs=$(lines_of sched_process_exec:)" \
		"trace.calls=$(lines_of sys_openat)" \
		"trace.functions=$(lines_of 'vfs_open <-')" \
		"trace.hash=$(hash_of sched_switch)" \
		"trace.id=$(id_of sched/sched_switch)" "trace.total=$(sum entries)"
fi

cat $tracing/trace >/tmp/trace
diag "sched_switch was $(cmdline_value trace.id), is $(id_of sched/sched_switch)"
check "events have other numbers" \
	[ "$(cmdline_value trace.id)" != "$(id_of sched/sched_switch)" ]
equal "recording is off, as it was" "$(cat $tracing/tracing_on)" 0
equal "the switches are there" "$(lines_of sched_switch:)" "$(cmdline_value trace.switches)"
equal "they say the same" "$(hash_of sched_switch)" "$(cmdline_value trace.hash)"
equal "the execs are there" "$(lines_of sched_process_exec:)" "$(cmdline_value trace.execs)"
check "there were system calls" [ "$(cmdline_value trace.calls)" -gt 0 ]
check "they are not known here, and dropped" \
	[ "$(sum 'dropped events')" -ge "$(cmdline_value trace.calls)" ]
equal "all are accounted for" $(($(sum entries) + $(sum 'dropped events'))) \
	"$(cmdline_value trace.total)"
equal "addresses of the other build show as such" "$(lines_of '0xffff.* <-0xffff')" \
	"$(cmdline_value trace.functions)"
equal "no function has a name" "$(lines_of '[a-z_]* <-')" 0
check "nor has a timer's function" \
	sh -c "! grep 'hrtimer_start:' /tmp/trace | grep -q 'function=[a-z]'"
check "there is a line about it" sh -c "dmesg | grep 'trace: .*not known here'"
