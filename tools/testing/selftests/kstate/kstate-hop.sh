#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Every kind of field and preserved memory, over one jump or more.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

note_place
hop=$((stage - 1))
equal "generation $hop" "$(cat $sys/generation)" $hop
# The stream ends an index page before its memory does.
start_module $hop spare=3000000 || exit 1
equal "the objects are registered" "$(objects registered)" "$all_objects"
if [ $hop -gt 0 ]; then
	equal "the objects are restored" "$(objects restored)" "$all_objects"
fi
if [ $hop -gt 0 ]; then
	# What announced the hand-over is for nobody else to read.
	announced=$(grep -lx 0x4b53 /sys/kernel/boot_params/setup_data/*/type)
	check "the hand-over was announced" test -n "$announced"
	equal "the announcement tells no addresses" \
		"$(tr -d '\0' <"${announced%type}data" | wc -c)" 0
fi
for list in pending refused lost last_error; do
	empty $list
done

check "the hand-over can be finished" put $sys/finish 1
empty restored
diag "MemTotal $(meminfo MemTotal) kB, $(cat $dbg/pages) pages preserved"

# A hand-over costs the next kernel nothing that it keeps.
if [ "$stage" -eq 1 ]; then
	note_memory
else
	no_memory_missing "no memory is missing" 256
fi

if [ "$stage" -le "$(hops)" ]; then
	check "more pages can be preserved" put $dbg/pages 200
	go_on
fi
