#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Under lockdown only an image is loaded that is signed, and as it was signed; root
# damages nothing; and all that the kernel holds comes over, as without lockdown:
# first with integrity, then with confidentiality.

# functions are called by check
# shellcheck disable=SC2317

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

lockdown=/sys/kernel/security/lockdown
mark=${0%/*}/trace_mark
cpus=$(nproc)

level() {
	sed -n 's/.*\[\(.*\)\].*/\1/p' $lockdown
}

# may_load TEXT IMAGE: it is loaded, and unloaded.
may_load() {
	check "$1 is loaded" load_bare "$2" none
	check "$1 is unloaded" kexec -s -u
}

# not_loaded TEXT IMAGE: nobody who root has become may load it.
not_loaded() {
	load_bare "$2" none >/tmp/refused 2>&1
	equal "$1 is not loaded" "$(grep -c 'not permitted' /tmp/refused)" 1
	equal "$1: nothing else is" "$(cat /sys/kernel/kexec_loaded)" 0
}

# changed BYTE: the image with one bit of that byte changed
changed() {
	_byte=$(od -An -tu1 -j "$1" -N 1 /boot/k2)
	cp /boot/k2 /tmp/changed
	# shellcheck disable=SC2059  # the byte is the format
	printf "\\$(printf %o $((_byte ^ 1)))" |
		dd of=/tmp/changed bs=1 seek="$1" conv=notrunc 2>/dev/null
}

# Where the image says what it can restore
schemas_at() {
	strings -t d /boot/k2 | awk '$2 ~ /^KSSTSTRM/ { print $1; exit }'
}

# Forget where the signature is: the fifth of the directories that a PE32+ header
# ends with.
unsigned() {
	_pe=$(od -An -tu4 -j 60 -N 4 /boot/k2)
	cp /boot/k2 /tmp/changed
	dd if=/dev/zero of=/tmp/changed bs=1 seek=$((_pe + 24 + 112 + 4 * 8)) \
		count=8 conv=notrunc 2>/dev/null
}

# images may_load|not_loaded: what was not signed so
images() {
	changed $(($(stat -c %s /boot/k2) / 2))
	"$1" "an image that was changed" /tmp/changed
	unsigned
	"$1" "an image without signature" /tmp/changed
	rm -f /tmp/changed
}

# What comes over, each time anew
leave() {
	keep_files 4
	check "memory is handed over" kmho_mem give 1 "seed=$seed" small:4 thp:4
	check "markers are written" "$mark" write $(((stage - 1) * 200)) 200 "$cpus"
}

check_left() {
	check_files
	kmho_mem take 1 "seed=$seed" small:4 thp:4 | pass
	[ "$(level)" = confidentiality ] ||
		check "no marker is missing" "$mark" check 200 "$cpus"
	empty refused
	check "the hand-over is finished" put $sys/finish 1
}

mount -t securityfs none /sys/kernel/security
put /sys/kernel/mm/transparent_hugepage/enabled madvise
mkdir -p /khofs
check "khofs is mounted" mount -t khofs -o noatime none /khofs
[ "$stage" -eq 1 ] || check_left
case $stage in
1)
	images may_load
	leave
	equal "there is no lockdown" "$(level)" none
	put $lockdown integrity
	;;
2)
	equal "this kernel is locked down, too" "$(level)" integrity
	rm -r /khofs/files
	leave
	put $lockdown confidentiality
	;;
3)
	equal "this kernel is locked down, too" "$(level)" confidentiality
	exit
	;;
esac
images not_loaded
changed $(($(schemas_at) + 200))
not_loaded "an image with other schemas" /tmp/changed
check "root cannot have the hand-over damaged" \
	sh -c '! echo "root 0" >/sys/kernel/debug/kstate_damage'
cat /sys/kernel/debug/kstate/stream >/tmp/stream 2>&1
equal "root reads the stream, but not under confidentiality" \
	"$(grep -c 'not permitted' /tmp/stream)" $((stage - 1))
check "what is signed is loaded" load_next "lockdown=$(level)"
check "a hand-over is tried" put $sys/dry_run 1
jump
fail "kexec -e came back"
exit 1
