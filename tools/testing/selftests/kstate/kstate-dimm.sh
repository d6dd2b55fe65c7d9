#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Memory that was added after boot, a DIMM that only ACPI tells of: what is preserved in
# it stays in place over two jumps, as the next kernel is told that it is there. When
# memory came since the image was loaded, the jump is refused.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

blocks=/sys/devices/system/memory
# of the DIMM, which begins at 4 GiB
first=$((0x100000000 / 0x$(cat $blocks/block_size_bytes)))
last=$((first + 3))

normal_free() {
	awk '/zone +Normal/ { n = 1 } n && /pages free/ { print $3; exit }' \
		/proc/zoneinfo
}

if [ "$stage" -eq 1 ]; then
	for block in $first $((first + 1)) $((first + 2)); do
		check "block $block goes online" \
			put "$blocks/memory$block/state" online_kernel
	done
	had=$(normal_free)
	start_module 0 pages=40000 || exit 1
	diag "$((had - $(normal_free))) pages of the DIMM are in use"
	check "most of what is preserved lies in the DIMM" \
		[ "$(normal_free)" -lt $((had - 30000)) ]
	check "an image is loaded" load_next
	check "block $last goes online" \
		put $blocks/memory$last/state online_movable
	dmesg -c >/dev/null
	kexec -e 2>/dev/null && fail "the jump came back"
	equal "the jump is refused, as memory came since" "$(dmesg |
		grep -c 'kstate: memory was added or removed')" 1
	equal "nothing goes on" "$(cat $sys/state)" idle
	pass_on check
	go_on
fi
start_module $((stage - 1)) pages=100 || exit 1
equal "block $first is memory of the boot" \
	"$(cat $blocks/memory$first/state)" online
equal "it is where firmware said that there is memory" \
	"$(dmesg | grep -c 'BIOS-e820: \[mem 0x0000000100000000-0x000000011fffffff\] usable')" 1
check "the hand-over is finished" put $sys/finish 1
[ "$stage" -gt "$(hops)" ] || go_on
