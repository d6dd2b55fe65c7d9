#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What was not recorded is not recorded in the next kernel either: events that
# a trigger enables without recording them, and, as it is not handed over what
# they were limited to, events and functions of some tasks, or without some
# functions.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"

tracing=/sys/kernel/tracing
switch=$tracing/events/sched/sched_switch
exec=$tracing/events/sched/sched_process_exec
fork=$tracing/events/sched/sched_process_fork

tracer_stops() {
	equal "$1: the tracer does not go on" "$(cat $tracing/current_tracer)" nop
	equal "$1: a line says so" \
		"$(dmesg | grep -c 'trace: tracer function does not go on')" 1
}

case $stage in
1)
	echo 'traceoff if prev_pid == 4194305' >$switch/trigger
	echo 1 >$exec/enable
	equal "an event is enabled and silent" "$(cat $switch/enable)" '0*'
	next_stage /boot/k2
	;;
2)
	equal "the silent event is not enabled" "$(cat $switch/enable)" 0
	equal "the other is" "$(cat $exec/enable)" 1
	equal "the silent one was not recorded" \
		"$(grep -c sched_switch: $tracing/trace)" 0
	check "the other was" grep -q sched_process_exec: $tracing/trace

	echo 1 >$fork/enable
	echo $$ >$tracing/set_event_pid
	echo $$ >$tracing/set_ftrace_pid
	echo vfs_open >$tracing/set_ftrace_filter
	echo function >$tracing/current_tracer
	next_stage /boot/k2
	;;
3)
	equal "events of one task are not enabled for all" \
		"$(cat $exec/enable $fork/enable | tr '\n' ' ')" "0 0 "
	equal "a line says so" \
		"$(dmesg | grep -c 'trace: 2 events that were enabled cannot be')" 1
	tracer_stops "functions of one task"

	echo vfs_open >$tracing/set_ftrace_notrace
	echo function >$tracing/current_tracer
	next_stage /boot/k2
	;;
4)
	tracer_stops "all functions but one"
	;;
esac
