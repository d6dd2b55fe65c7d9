#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What it costs to hand memory over with kmho(2) and to take it over again, beside
# writing it to tmpfs and reading it back, for scripts/bench, which starts a guest
# for it: not one of the tests.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"

# Shell arithmetic has 64 bits; rows have thousandths.
# row NAME UNIT MICROSECONDS UNITS [CONTROL BAR]
row() {
	_control=
	[ $# -lt 5 ] || _control=$(($5 * 1000000 / $4))
	printf 'row %s|0|insns/%s|%s|%s|%s|%s\n' "$1" "$2" \
		$(($3 * 1000000 / $4)) "${5:+by tmpfs}" "${_control:-0}" \
		"${6:-0}" >"$RESULTS"
}

# measured FILE TEXT: the microseconds that kmho_mem tells
measured() {
	sed -n "s/^# ${2}in \([0-9]*\) us$/\1/p" "$1"
}

# give KEY NAME OPTION... KIND:MIB: what it took, as words of a command line
give() {
	_key=$1 _name=$2
	shift 2
	kmho_mem give "$_key" "$@" >/tmp/out || fail "kmho_mem: $(cat /tmp/out)"
	echo "kmho.$_name=$(measured /tmp/out '')"
	echo "kmho.tmpfs_$_name=$(measured /tmp/out 'the first by tmpfs ')"
}

# take KEY NAME UNIT UNITS BAR KIND:MIB: the bar is in thousandths, 0 for none.
take() {
	_key=$1 _name=$2 _unit=$3 _units=$4 _bar=$5
	shift 5
	kmho_mem take "$_key" all "$@" >/tmp/out ||
		fail "kmho_mem: $(cat /tmp/out)"
	_given=$(cmdline_value "kmho.$_name")
	_taken=$(measured /tmp/out '')
	_tmpfs=$(cmdline_value "kmho.tmpfs_$_name")
	row "kmho: hand over, $_name" "$_unit" "$_given" "$_units"
	row "kmho: take over, $_name" "$_unit" "$_taken" "$_units"
	if [ -n "$_tmpfs" ]; then
		row "kmho: both, $_name" "$_unit" $((_given + _taken)) \
			"$_units" "$_tmpfs" "$_bar"
	fi
}

case $stage in
1)
	echo madvise >/sys/kernel/mm/transparent_hugepage/enabled
	# shellcheck disable=SC2046  # a list of words
	next_stage /boot/k2 $(give 1 small bench small:128
		give 2 huge bench thp:128
		give 3 shared bench shared:128
		give 4 gigabyte thp:1024)
	;;
*)
	take 1 small page 32768 20 small:128
	take 2 huge 2M 64 20 thp:128
	take 3 shared page 32768 0 shared:128
	take 4 gigabyte GiB 1 0 thp:1024
	;;
esac
