#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Kernels that describe the same state differently. Each knows, row by row, what
# becomes of the other's state: restored or refused. All of it is mandatory, so
# what cannot be restored has to be refused while the host runs on, when the
# image is loaded or at the jump; then it is dropped, and the next thing refused,
# until nothing is. kstate(8) has to have said the same before.
#
# With two kernels: from A to B and back, and once more with force, so that the
# next kernel has to do the refusing. With three: A, B, C.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

skew=/sys/kernel/debug/test_kstate_skew
forced=$(cmdline_value kstate.forced)

# What the jump to this stage was, and what the next one is.
mode_of() {
	if [ "$1" -eq 1 ]; then
		echo first
	elif [ -n "$forced" ] || [ "$1" -gt 3 ]; then
		echo forced
	else
		echo strict
	fi
}

next_image() {
	if [ -e /boot/k3 ]; then
		echo "/boot/k$((stage + 1))"
	else
		echo "/boot/k$((stage % 2 + 1))"
	fi
}

rows() {
	sed -n 's/^\(test_skew\.[^ ]*\) .*/\1/p' "$sys/$1" | sort
}

# The descriptions that a table names as lost, of those that are mandatory
lost_by_check() {
	kstate check "$image" |
		sed -n 's/^  \(test_skew\.[^ ]*\) (mandatory): lost.*/\1/p' | sort
}

# Take away what was refused; what it was is added to the list in $1.
drop() {
	_name=$(cut -d' ' -f1 <$sys/last_error)
	if ! put $skew/drop "$_name"; then
		fail "a refusal names an object: $(cat $sys/last_error)"
		exit 1
	fi
	echo "$_name" >>"$1"
}

# Load until nothing is refused any more.
drop_at_load() {
	: >/tmp/at-load
	until kexec -s -l "$image" 2>/tmp/kexec.err; do
		drop /tmp/at-load
	done
	kexec -s -u
	sort -o /tmp/at-load /tmp/at-load
}

# Jump until that works. Before, a dry run has to say the same.
drop_at_jump() {
	while :; do
		_before=$(rows registered)
		if kstate dry-run >/tmp/dry-run 2>&1; then
			ok "$(wc -l </tmp/at-jump) rows were refused at the jump"
			jump
			fail "what a dry run accepts is handed over"
			exit 1
		fi
		jump
		check "the host runs on" [ "$(rows registered)" = "$_before" ]
		check "the dry run has named it" grep -q \
			"$(cut -d' ' -f1 <$sys/last_error)" /tmp/dry-run
		drop /tmp/at-jump
	done
}

[ ! -e /boot/k3 ] || put $skew/keep Y
check "the objects are registered" put $skew/start "$(mode_of "$stage")"
pass <$skew/results
[ "$stage" -le "$(hops)" ] || exit 0

image=$(next_image)
: >/tmp/at-jump
if [ "$(mode_of $((stage + 1)))" = forced ]; then
	put $sys/force 1
	next_stage "$image"
fi
lost_by_check >/tmp/at-check
drop_at_load
equal "kstate check and the load refuse the same" \
	"$(tr '\n' ' ' </tmp/at-load)" "$(tr '\n' ' ' </tmp/at-check)"
ok "$(wc -l </tmp/at-load) rows were refused at the load"
check "what is left is loaded" load "$image"
drop_at_jump
