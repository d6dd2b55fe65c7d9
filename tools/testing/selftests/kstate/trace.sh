#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Numbered markers, each with a hash, on all CPUs: over every jump each of them
# is in the buffer or counted as overwritten or read, and recording goes on.
#
# Words on the command line: trace.count=N markers on each CPU before the first
# jump, trace.kb=N size of the buffer, trace.subbuf=N size of sub-buffers in
# kB, trace.read=N blocks of 4 kB to be read from trace_pipe of CPU 0 before
# each jump.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"

tracing=/sys/kernel/tracing
cpus=$(nproc)
mark=${0%/*}/trace_mark

word() { cmdline_value "trace.$1" | tail -n 1; }
stat_of() { sed -n "s/^$1: //p" "$tracing/per_cpu/cpu0/stats"; }

setup() {
	if [ -n "$(word subbuf)" ]; then
		word subbuf >$tracing/buffer_subbuf_size_kb
	fi
	word kb >$tracing/buffer_size_kb
	check "markers are written" "$mark" write 0 "$(word count)" "$cpus"
}

# What the command line of the first stage asked for is still so.
check_settings() {
	equal "recording is on" "$(cat $tracing/tracing_on)" 1
	equal "the buffer has its size" "$(cat $tracing/buffer_size_kb)" "$(word size)"
	if [ -n "$(word subbuf)" ]; then
		equal "sub-buffers have their size" \
			"$(cat $tracing/buffer_subbuf_size_kb)" "$(word subbuf)"
	fi
	if [ -n "$(word read)" ]; then
		equal "what was read is not there again" "$(stat_of 'read events')" \
			"$(word consumed)"
	fi
}

# Through trace_pipe, until there is nothing left.
drain() {
	wanted=$(stat_of entries)
	timeout 10 cat $tracing/per_cpu/cpu0/trace_pipe >/tmp/pipe
	equal "trace_pipe of CPU 0 has all of them in order" \
		"$("$mark" order </tmp/pipe)" "$wanted"
}

if [ "$stage" -eq 1 ]; then
	setup
	written=$(word count)
else
	written=$(word written)
	check_settings
fi

check "all markers are accounted for" "$mark" check "$written" "$cpus"
while read -r line; do diag "$line"; done </tmp/check.log
check "new ones follow" "$mark" write "$written" 500 "$cpus"
written=$((written + 500))
check "they are accounted for" "$mark" check "$written" "$cpus"
check "all CPUs' markers are in order" sh -c "'$mark' order <$tracing/trace"

if [ -n "$(word read)" ]; then
	dd if=$tracing/per_cpu/cpu0/trace_pipe of=/dev/null bs=4096 \
		count="$(word read)" 2>/dev/null
	diag "$(stat_of 'read events') events of CPU 0 were read"
fi
if [ "$stage" -le "$(hops)" ]; then
	next_stage /boot/k2 "trace.written=$written" \
		"trace.size=$(cat $tracing/buffer_size_kb)" \
		"trace.consumed=$(stat_of 'read events')"
fi
drain
