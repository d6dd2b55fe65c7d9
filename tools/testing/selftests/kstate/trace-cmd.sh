#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Debian's trace-cmd reads what the previous kernel recorded: binary pages and
# formats, as trace_pipe_raw and the format files have them.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"

tracing=/sys/kernel/tracing
mark=${0%/*}/trace_mark
cpus=$(nproc)

report() { trace-cmd report -i /tmp/trace.dat 2>/tmp/report.err; }
# As the kernel's own text has it, where they agree.
markers() { sed -n 's/.*\(mark [0-9]* [0-9]* [0-9a-f]*\)$/\1/p' | sort; }

if [ "$stage" -eq 1 ]; then
	echo 1 >$tracing/events/sched/sched_switch/enable
	check "markers are written" "$mark" write 0 2000 "$cpus"
	echo 0 >$tracing/events/sched/sched_switch/enable
	next_stage /boot/k2 "trace.switches=$(grep -c sched_switch: $tracing/trace)"
fi

check "a marker follows" "$mark" write 2000 1 "$cpus"
markers <$tracing/trace >/tmp/text
lines=$(grep -vc '^#' $tracing/trace)
check "trace-cmd extract" trace-cmd extract -o /tmp/trace.dat
check "trace-cmd report" sh -c "trace-cmd report -i /tmp/trace.dat >/tmp/report"
diag "$(wc -l </tmp/report) lines, $lines events, e.g. $(grep sched_switch /tmp/report | head -n 1)"
markers </tmp/report >/tmp/binary
check "it has the same markers" cmp /tmp/text /tmp/binary
equal "all of them" "$(wc -l </tmp/binary)" $((2001 * cpus))
equal "and the other events" "$(grep -c sched_switch: /tmp/report)" \
	"$(cmdline_value trace.switches)"
# shellcheck disable=SC2016  # the fields are awk's
check "time does not go backwards" awk '
	match($0, /[0-9]+\.[0-9]+:/) {
		t = substr($0, RSTART, RLENGTH - 1) + 0
		if (t < last) { print; exit 1 }
		last = t
	}' /tmp/report
