#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Pages that are preserved when the image is loaded already, under memory
# pressure, survive the jump.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

# Take nearly all memory that is free, in files that lie all over it: what is
# preserved while they go, one by one, comes from everywhere.
files=24
fill() {
	_kb=$(meminfo MemAvailable)
	_kb=$(((_kb - 24 * 1024) / files))
	mkdir -p /tmp/fill
	mount -t tmpfs -o size=100% tmpfs /tmp/fill
	for _i in $(seq $files); do
		fallocate -l "${_kb}K" /tmp/fill/"$_i" || return 1
	done
}

note_place
start_module $((stage - 1)) pages=$((1 + $(random 200))) || exit 1
[ "$stage" -le "$(hops)" ] || exit 0

check "an image of kexec_load(2) is loaded" kexec -c -l /boot/k2 --reuse-cmdline
equal "it is all copied at the jump" "$(image_has in_place)" 0
if ! load_next; then
	fail "the next kernel is loaded"
	exit 1
fi
check "the next kernel is loaded" [ "$(image_has pages)" -gt 4096 ]
equal "and nothing of it is copied at the jump" "$(image_has in_place)" \
	"$(image_has pages)"
before=$(cat $dbg/pages)
if ! fill; then
	fail "memory is nearly full"
	exit 1
fi
preserved=0
for file in $(seq $files | shuf); do
	rm /tmp/fill/"$file"
	nr=$((1 + $(random 120)))
	put $dbg/pages $nr && preserved=$((preserved + nr))
done
equal "pages were preserved after the load" "$(cat $dbg/pages)" \
	$((before + preserved))
diag "$preserved pages preserved after the load, $before before"
jump
fail "kexec -e came back"
exit 1
