#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Streams that are damaged somewhere, another way at each jump. With checksums as they
# were all comes over, as nothing was changed, or nothing, and one line says why. With
# checksums that fit some of it may come over, and what does can be read and removed.
# scripts/soak does that by the hundred.

# functions are called by check
# shellcheck disable=SC2317

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

tracing=/sys/kernel/tracing
mark=${0%/*}/trace_mark
cpus=$(nproc)

# What was done to the stream that this kernel found
damage=$(cmdline_value damage.how | tr : ' ')

# In the first one no memory is where it says, in the second one a file is of nobody.
# After that, whatever comes: every other one with checksums that fit.
nobody=305419896
next_damage() {
	case $stage in
	1) _next=0:far:mended ;;
	2) _next=$nobody:value:mended ;;
	*)
		# files and memory of programs come before the trace, which has
		# most bytes
		_next=$(random "$(any_of 30000 1000000000)")
		_next=$_next:$(any_of bit zero bit ones swap old cut)
		[ $((stage % 2)) -eq 0 ] || _next=$_next:mended
		;;
	esac
	echo "stream:$_next"
}
next=$(next_damage)

# Nothing came over, and that is all there is of it.
nothing_is_there() {
	nothing_restored "$damage"
	equal "$damage: no file" "$(ls /khofs)" ''
	equal "$damage: no memory of programs" "$(kmho_mem keys 0)" ''
}

# As if nothing had happened
all_is_there() {
	check_files
	kmho_mem take 1 "seed=$seed" small:2 thp:2 shared:1 | pass
	kmho_fork take 4 2 "seed=$seed" | pass
	check "$damage: no marker is missing" "$mark" check 100 "$cpus"
	empty refused
}

# What is there is of use, whatever it is. Nothing is said of contents: a number that
# was changed, with its checksum, is another number.
some_is_there() {
	check "$damage: what files there are can be read" \
		sh -c "find /khofs -type f -exec cat {} + >/dev/null"
	check "$damage: the trace can be read" cat $tracing/trace
	_files=$(find /khofs | wc -l) _keys=$(kmho_mem keys 0 | wc -l)
	kmho_mem take 1 "seed=$seed" small:2 thp:2 shared:1 >/tmp/taken 2>&1
	kmho_fork take 4 2 "seed=$seed" >>/tmp/taken 2>&1
	kmho_mem keys 0 | while read -r _key _; do
		kmho_mem cancel "$_key" >/dev/null 2>&1
	done
	diag "of $(wc -c </sys/kernel/debug/kstate/stream) bytes came $_files files," \
		"$_keys keys, $(grep -c '^ok' /tmp/taken) of them as it was;" \
		"$(tr '\n' ' ' <$sys/refused)"
}

# One that is immutable now is of use as well.
remove_files() {
	chattr -R -f -i -a /khofs
	rm -rf /khofs/* && [ "$(ls -A /khofs)" = '' ]
}

find_out() {
	if grep -q 'kstate: nothing is restored: ' $boot_log; then
		nothing_is_there
	elif [ "$damage" != "${damage%mended}" ]; then
		some_is_there
	else
		all_is_there
	fi
	check "$damage: all files can be removed" remove_files
	# what this kernel was given is needed, and nobody waits for it any more
	if [ "$next" != "${next%old*}" ] && ! grep -q . $sys/pending; then
		return
	fi
	put $sys/finish 1
	no_memory_missing "$damage: no memory is missing" 64
}

leave() {
	keep_files 1
	chown $nobody /khofs/files/lib.sh
	for key in 1 2 3; do
		kmho_mem give $key "seed=$seed" small:2 thp:2 shared:1 >/dev/null
	done
	kmho_fork give 4 2 "seed=$seed" >/dev/null
	put $tracing/buffer_size_kb 256
	put $tracing/trace ''
	check "markers are written" "$mark" write 0 100 "$cpus"
}

put /sys/kernel/mm/transparent_hugepage/enabled madvise
mkdir -p /khofs
mount -t khofs -o noatime none /khofs
if [ "$stage" -eq 1 ]; then
	note_memory
else
	find_out
fi
[ "$stage" -le "$(hops)" ] || exit 0
leave
check "the next stream will be damaged: $next" \
	put /sys/kernel/debug/kstate_damage "$(echo "$next" | tr : ' ')"
check "the next kernel is loaded" load_next "damage.how=$next"
jump
fail "kexec -e came back"
exit 1
