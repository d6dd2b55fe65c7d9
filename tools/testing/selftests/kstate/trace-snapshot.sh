#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A snapshot that is wanted while the buffer is being handed over: it is not
# taken, as it would put another buffer into the place of this one.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"

tracing=/sys/kernel/tracing
mark=${0%/*}/trace_mark
cpus=$(nproc)

if [ "$stage" -eq 1 ]; then
	echo 1024 >$tracing/buffer_size_kb
	check "markers are written" "$mark" write 0 2000 "$cpus"
	# The first object is saved when the buffer is held already.
	check "a snapshot will be wanted then" \
		sh -c "echo snapshot:1 >$tracing/events/kstate/kstate_save/trigger"
	echo 1 >$tracing/events/kstate/kstate_save/enable
	next_stage /boot/k2
fi

grep -v '^#' $tracing/trace >/tmp/trace
equal "all markers are there" "$("$mark" order </tmp/trace)" $((2000 * cpus))
check "so is what was recorded after that" \
	grep -q 'kstate_save: .*trace.events' /tmp/trace
echo 0 >$tracing/events/enable
check "a snapshot can be taken here" sh -c "echo 1 >$tracing/snapshot"
grep -v '^#' $tracing/snapshot >/tmp/snapshot
equal "it has all the markers" "$("$mark" order </tmp/snapshot)" $((2000 * cpus))
check "new ones are written" "$mark" write 2000 100 "$cpus"
equal "they are in the buffer alone" "$("$mark" order <$tracing/trace)" \
	$((100 * cpus))
