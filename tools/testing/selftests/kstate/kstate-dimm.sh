#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Memory that comes and goes. What is preserved in memory that was added after boot, a
# DIMM that only ACPI tells of, stays in place over two jumps, as the next kernel is
# told that it is there. It cannot go offline, nor can the DIMM be taken out. When
# memory came or went since the image was loaded the jump is refused; loaded again, the
# image is asked whether it has enough memory left to boot in.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

user=/sys/kernel/debug/test_kstate_user
blocks=/sys/devices/system/memory
# of the DIMM, which begins at 4 GiB
first=$((0x100000000 / 0x$(cat $blocks/block_size_bytes)))
last=$((first + 3))
# of another one behind it, which is to go
other=$((last + 1))
dimm=/sys/bus/acpi/devices/PNP0C80:00
other_dimm=/sys/bus/acpi/devices/PNP0C80:01

normal_free() {
	awk '/zone +Normal/ { n = 1 } n && /pages free/ { print $3; exit }' \
		/proc/zoneinfo
}

online() {
	check "block $1 goes online, $2" put "$blocks/memory$1/state" "$2"
}

# The page allocator's blocks are tried for ever if it only finds that pages are in use.
no_block_goes_offline() {
	dmesg -c >/dev/null
	start=$(cut -d. -f1 /proc/uptime)
	gone=0
	for block in $(seq $first $((last - 1))); do
		timeout 20 sh -c "echo offline >$blocks/memory$block/state" \
			2>/dev/null && gone=$((gone + 1))
	done
	took=$(($(cut -d. -f1 /proc/uptime) - start))
	equal "no block with preserved memory goes offline" $gone 0
	check "which is said at once" [ $took -lt 15 ]
	check "and why, if all in a block could be moved" \
		[ "$(dmesg | grep -c 'is preserved: it cannot go offline')" -ge 1 ]
}

jump_is_refused() {
	dmesg -c >/dev/null
	kexec -e 2>/dev/null && fail "the jump came back"
	equal "the jump is refused, as memory $1 since" "$(dmesg |
		grep -c 'kstate: memory was added or removed')" 1
	equal "nothing goes on" "$(cat $sys/state)" idle
}

# 0: an image with so many huge pages on its command line has enough memory left
fits() {
	load_next "hugepages=$1" 2>/dev/null
}

# The most, in steps of 48: the DIMM that is to go has 64 of them
most_that_fits() {
	_low=0 _high=16
	while [ $((_high - _low)) -gt 1 ]; do
		_at=$(((_low + _high) / 2))
		if fits $((_at * 48)); then
			_low=$_at
		else
			_high=$_at
		fi
	done
	echo $((_low * 48))
}

take_other_dimm_out() {
	check "the empty DIMM is told to go" put $other_dimm/eject 1
	for _ in $(seq 20); do
		[ -e $blocks/memory$other ] || break
		sleep 1
	done
	check "it is gone" [ ! -e $blocks/memory$other ]
}

if [ "$stage" -eq 1 ]; then
	for block in $first $((first + 1)) $((first + 2)); do
		online "$block" online_kernel
	done
	had=$(normal_free)
	start_module 0 pages=40000 || exit 1
	diag "$((had - $(normal_free))) pages of the DIMM are in use"
	check "most of what is preserved lies in the DIMM" \
		[ "$(normal_free)" -lt $((had - 30000)) ]
	check "the test module for user memory starts" insmod \
		"/lib/modules/$(uname -r)/test_kstate_user.ko" seed="$seed"
	check "user memory is preserved" pin_mem pin small \
		$((($(normal_free) - 4096) * 4096))
	no_block_goes_offline
	check "the DIMM is told to go" put $dimm/eject 1
	online $other online_movable
	most=$(most_that_fits)
	check "an image is loaded that has just enough memory" fits "$most"
	take_other_dimm_out
	equal "the DIMM with preserved memory is still there" \
		"$(cat $blocks/memory$first/state)" online
	jump_is_refused went
	dmesg -c >/dev/null
	fits "$most" && fail "it has enough memory without the DIMM"
	equal "loaded again it has not enough, which is said" "$(dmesg |
		grep -c 'kernel would not have enough memory left for its hugepages=')" 1
	check "with fewer huge pages it has" fits $((most - 96))
	online $last online_movable
	jump_is_refused came
	pass_on check
	go_on hugepages=0
fi
start_module $((stage - 1)) pages=100 || exit 1
equal "block $first is memory of the boot" \
	"$(cat $blocks/memory$first/state)" online
equal "it is where firmware said that there is memory" \
	"$(dmesg | grep -c 'BIOS-e820: \[mem 0x0000000100000000-0x000000011fffffff\] usable')" 1
check "the test module for user memory starts" insmod \
	"/lib/modules/$(uname -r)/test_kstate_user.ko" seed="$seed"
pass <$user/results
check "the hand-over is finished" put $sys/finish 1
[ "$stage" -gt "$(hops)" ] || go_on
