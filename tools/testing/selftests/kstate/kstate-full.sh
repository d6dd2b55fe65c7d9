#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Nearly all memory is preserved, in large pieces. The image finds room in what
# kstate_reserve= set apart, the next kernel boots in what is left, and all of it
# is there.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

user=/sys/kernel/debug/test_kstate_user

check "the test module starts" insmod \
	"/lib/modules/$(uname -r)/test_kstate_user.ko" seed="$seed"
case $stage in
1)
	pages=$(meminfo HugePages_Free)
	check "$pages huge pages are preserved" pin_mem pin huge2m \
		$((pages << 21)) huge=2097152
	percent=$((pages * 204800 / $(meminfo MemTotal)))
	diag "$percent % of memory is preserved"
	check "these are 85 % of memory or more" [ "$percent" -ge 85 ]
	equal "memory set apart is lent" "$(meminfo CmaTotal)" 163840
	# user memory comes from there as long as that is most of what is free
	check "in memory that is lent nothing is preserved" \
		pin_mem movable lent 33554432
	# the next kernel would take what is left for huge pages
	check "the image is loaded" load_next hugepages=0
	jump
	fail "what was loaded is jumped to"
	;;
2)
	pass <$user/results
	diag "free: $(meminfo MemFree) KiB"
	check "another image is loaded" load
	check "and unloaded" kexec -s -u
	;;
esac
