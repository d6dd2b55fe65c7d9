#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# packages: stress-ng
#
# A host that swaps: a program stores to more memory than there is, in huge pages
# where it gets them, while the next kernel is loaded, again and again, and jumped
# to. What is preserved, a program's memory, and files are as they were.

# functions are called by check
# shellcheck disable=SC2317

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

swap=/dev/nvme0n1

# Blocks of 512 bytes that were read from there
swapped_in() {
	awk '{ print $3 }' /sys/block/"${swap#/dev/}"/stat
}

# 4 MiB within a second
swapping_in() {
	_had=$(swapped_in)
	usleep 1000000
	[ "$(swapped_in)" -gt $((_had + 8192)) ]
}

pages_come() {
	for _try in $(seq 60); do
		swapping_in && return 0
	done
	return 1
}

# More than is free, and less than there is with swap; what is read is compared.
hog() {
	_mib=$(($(meminfo MemAvailable) / 1024 + 256))
	(cd /tmp && exec stress-ng --vm 1 --vm-bytes "${_mib}M" --vm-keep --verify \
		--vm-madvise hugepage --vm-method rand-set --timeout 0) \
		>/tmp/hog.log 2>&1 &
	pages_come
}

start_module $((stage - 1)) pages=2000 || exit 1
mkdir -p /khofs
check "khofs is mounted" mount -t khofs -o size=128M none /khofs
if [ "$stage" -eq 1 ]; then
	check "huge pages for all" \
		put /sys/kernel/mm/transparent_hugepage/enabled always
	keep_files 32
	kmho_mem give 1 "seed=$seed" gen=2 thp:48 small:16 | pass
else
	check_files
	kmho_mem take 1 "seed=$seed" gen=2 again thp:48 small:16 | pass
fi
[ "$stage" -le "$(hops)" ] || exit 0

mkswap $swap >/dev/null
check "there is swap" swapon $swap
check "memory is short: pages come in from swap, others go" hog
for time in 1 2 3; do
	kexec -s -u
	check "an image finds room, time $time" load_soon
done
check "it hardly ever lacked memory in one piece" \
	[ "$(dmesg | grep -c 'kstate: no .* of contiguous memory')" -le 2 ]
equal "nothing of it is copied at the jump" "$(image_has in_place)" \
	"$(image_has pages)"
check "pages still come in" pages_come
equal "nothing was changed" "$(grep -ci 'fail: .*detected' /tmp/hog.log)" 0
diag "free $(meminfo MemFree) KiB, of swap $(meminfo SwapFree) of" \
	"$(meminfo SwapTotal) KiB"
jump
fail "kexec -e came back"
exit 1
