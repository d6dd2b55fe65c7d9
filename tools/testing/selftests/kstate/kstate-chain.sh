#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Many jumps in a row, with memory claimed, released and preserved at random at
# each: nothing grows. What counts is measured at the second jump and at the last.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

pages=4000

# In thousandths, how much of free memory is of no use for huge pages
unusable() {
	awk '/Normal|DMA32/ { v = $14 * 1000; if (v > most) most = v }
		END { printf "%d\n", most }' /sys/kernel/debug/extfrag/unusable_index
}

# What the command line carries from the second jump to the last
value() {
	cmdline_value "chain.$1"
}

stream=$(wc -c </sys/kernel/debug/kstate/stream)
start_module $((stage - 1)) pages=0 || exit 1
have=$(cat $dbg/pages)
if [ "$stage" -gt 1 ]; then
	equal "as many pages as there were" "$have" "$(value pages)"
	# At least as many as may be preserved beyond $pages
	check "a third is released, or so" \
		put $dbg/release $((500 + $(random $((have / 2)))))
	check "the hand-over is finished" put $sys/finish 1
fi
check "more is preserved" \
	put $dbg/pages $((pages - $(cat $dbg/pages) + $(random 500)))
now=$(cat $dbg/pages)
free=$(($(mem_free) + now * 4))
frag=$(unusable)
diag "free and preserved $free KiB, unusable $frag/1000, stream $stream bytes"
if [ "$stage" -gt "$(hops)" ]; then
	near "as much memory is free" "$free" "$(value free)" 4096
	near "it is not in smaller pieces" "$frag" "$(value frag)" 150
	near "the stream is as long" "$stream" "$(value stream)" 32768
	exit 0
fi
words="chain.pages=$now"
if [ "$stage" -eq 3 ]; then
	words="$words chain.free=$free chain.frag=$frag"
	words="$words chain.stream=$stream"
fi
next_stage /boot/k2 "$seed_word" "$words"
