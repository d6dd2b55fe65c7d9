#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Pages that are preserved when the image is loaded already, under memory
# pressure, survive the jump.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

random_below() {
	echo $(($(od -An -N4 -tu4 /dev/urandom) % $1))
}

# Use and free most of what is free, so that new pages come from anywhere.
pressure() {
	_mb=$(($(sed -n 's/^MemFree: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1024))
	_mb=$((_mb * $1 / 100))
	mkdir -p /tmp/fill
	for _i in 1 2 3 4; do
		fallocate -l $((_mb / 4))M /tmp/fill/$_i
	done
}

release() {
	rm -f /tmp/fill/"$1"
}

note_place
start_module $((stage - 1)) pages=$((1 + $(random_below 200))) || exit 1
[ "$stage" -le "$(hops)" ] || exit 0

if ! load_next; then
	fail "the next kernel is loaded"
	exit 1
fi
before=$(cat $dbg/pages)
pressure 70
preserved=0
for i in 1 2 3 4; do
	nr=$((1 + $(random_below 600)))
	put $dbg/pages $nr && preserved=$((preserved + nr))
	release $i
	put $dbg/pages 50 && preserved=$((preserved + 50))
done
pressure 30
rm -rf /tmp/fill
equal "pages were preserved after the load" "$(cat $dbg/pages)" \
	$((before + preserved))
diag "$preserved pages preserved after the load, $before before"
jump
fail "kexec -e came back"
exit 1
