#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A jump is called off when the trace is ready for it: recording goes on, and
# the trace can do again what it could, until the jump that succeeds.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

tracing=/sys/kernel/tracing
mark=${0%/*}/trace_mark
cpus=$(nproc)
written=0

more_markers() {
	check "$1: markers are written" "$mark" write $written 1000 "$cpus"
	written=$((written + 1000))
	check "$1: all are accounted for" "$mark" check $written "$cpus"
}

call_off() {
	put $dbg/fail save
	jump
	equal "$1: the jump was called off" \
		"$(cut -d' ' -f1,2,5 $sys/last_error)" "test_kstate.memory 0 -EREMOTEIO"
	equal "$1: recording is on" "$(cat $tracing/tracing_on)" 1
	more_markers "$1"
}

if [ "$stage" -gt 1 ]; then
	check "after the jump: all are accounted for" "$mark" check \
		"$(cmdline_value trace.written)" "$cpus"
	equal "the buffer has its size" "$(cat $tracing/buffer_size_kb)" \
		"$(cmdline_value trace.size)"
	exit
fi

echo 1024 >$tracing/buffer_size_kb
start_module 0 || exit 1
more_markers "before"
check "the next kernel is loaded" load_next
call_off "first"
size=$(cat $tracing/buffer_size_kb)
check "the buffer can be resized" sh -c "echo 2048 >$tracing/buffer_size_kb"
check "it has a new size" [ "$(cat $tracing/buffer_size_kb)" -gt "$size" ]
call_off "second"
go_on "trace.written=$written" "trace.size=$(cat $tracing/buffer_size_kb)"
