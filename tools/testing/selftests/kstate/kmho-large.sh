#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A program hands 512 MiB over by itself and exits. Its successor after the jump has
# the same bytes, stores others, and hands them over in turn.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

size=$((512 << 20))

# kmho_mem says what it found.
hand() {
	kmho_mem "$@" "seed=$seed" thp:448 small:64 | pass
}

if [ "$stage" -eq 1 ]; then
	check "huge pages where they are asked for" \
		put /sys/kernel/mm/transparent_hugepage/enabled madvise
	hand give 1 gen=2
elif [ "$stage" -le "$(hops)" ]; then
	hand take 1 gen=2 again
else
	hand take 1 gen=2
	equal "nothing is preserved any more" "$(cat $sys/preserved)" 0
	exit
fi
equal "all of it is preserved" "$(cat $sys/preserved)" $size
check "it is free for nobody else" \
	[ "$(mem_free)" -lt $(($(meminfo MemTotal) - size / 1024)) ]
go_on
