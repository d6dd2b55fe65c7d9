#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The next kernel knows nothing of most of the recorded events. Sub-buffers of
# which nothing is left are no reason for readers to wait or to stop.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"

tracing=/sys/kernel/tracing

# On a CPU, more system calls than one sub-buffer can hold.
calls() {
	echo 1 >$tracing/events/syscalls/enable
	taskset -c "$1" dd if=/dev/zero of=/dev/null bs=1 count=500 2>/dev/null
	echo 0 >$tracing/events/syscalls/enable
}

marker() { taskset -c "$1" sh -c "echo 'marker $2' >$tracing/trace_marker"; }
markers() { grep -ao 'marker [0-9]*' "$1" | tr '\n' ' '; }
stat_of() { sed -n "s/^$2: //p" "$tracing/per_cpu/cpu$1/stats"; }

# It waits for more in the end, so it has to be stopped.
read_for_a_while() { timeout 5 cat "$tracing/per_cpu/cpu$1/$2" >/tmp/read; }

if [ "$stage" -eq 1 ]; then
	for cpu in 0 1; do
		calls $cpu
		marker $cpu 1
		calls $cpu
		calls $cpu
		marker $cpu 2
		marker $cpu 3
		calls $cpu
		diag "CPU $cpu: $(stat_of $cpu entries) events"
	done
	next_stage /boot/k2
fi

for cpu in 0 1; do
	equal "CPU $cpu: the markers are there" \
		"$(markers $tracing/per_cpu/cpu$cpu/trace)" "marker 1 marker 2 marker 3 "
	equal "CPU $cpu: nothing else is" "$(stat_of $cpu entries)" 3
	diag "CPU $cpu: $(stat_of $cpu 'dropped events') dropped events"
done
read_for_a_while 0 trace_pipe
equal "trace_pipe has them" "$(markers /tmp/read)" "marker 1 marker 2 marker 3 "
read_for_a_while 1 trace_pipe_raw
equal "trace_pipe_raw has them" "$(markers /tmp/read)" \
	"marker 1 marker 2 marker 3 "
for cpu in 0 1; do
	equal "CPU $cpu: nothing is left to read" "$(stat_of $cpu entries)" 0
	marker $cpu 4
done
read_for_a_while 0 trace_pipe
equal "trace_pipe has what follows" "$(markers /tmp/read)" "marker 4 "
read_for_a_while 1 trace_pipe_raw
equal "trace_pipe_raw has what follows" "$(markers /tmp/read)" "marker 4 "
