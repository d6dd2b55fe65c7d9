#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What nobody claims is listed, and freed when the hand-over is finished; only
# root can finish it.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

not_claimed() {
	dmesg | sed -n 's/.*kstate: \([0-9]*\) preserved pages were not claimed.*/\1/p'
}

# finish_frees PAGES OBJECTS: what nobody claimed and asked for, nothing else.
finish_frees() {
	stream=$(awk '{ n += $4 } END { print int(n / 1024) }' \
		$sys/restored $sys/pending $sys/refused)
	total=$(meminfo MemTotal)
	free=$(mem_free)
	check "finish" put $sys/finish 1
	equal "the log says how many pages nobody claimed" "$(not_claimed)" "$1"
	equal "the log lists what nobody asked for" \
		"$(dmesg | grep -c 'was not asked for')" "$2"
	near "they are the kernel's again" "$(meminfo MemTotal)" \
		$((total + $1 * 4 + stream)) 64
	near "and free" "$(mem_free)" $((free + $1 * 4 + stream)) 2048
	empty pending
	dmesg -c >/dev/null
	check "finishing twice does no harm" put $sys/finish 1
	equal "and frees nothing" "$(dmesg | grep -c 'not claimed')" 0
}

case $stage in
1)
	start_module 0 pages=6000 || exit 1
	# the folio that is preserved by the prepare hook is one of four pages
	go_on kstate.pages=$(($(cat $dbg/pages) + 4))
	;;
2)
	add_user nobody 65534 65534
	equal "there is a nobody" "$(as nobody id -u)" 65534
	as nobody "echo 1 >$sys/finish" 2>/dev/null
	equal "nobody cannot finish" "$(objects pending)" "$all_objects"
	for value in 0 2 finish ''; do
		if put $sys/finish "$value"; then
			fail "only 1 finishes, not '$value'"
		else
			ok "only 1 finishes, not '$value'"
		fi
	done
	equal "it is not finished by that" "$(objects pending)" "$all_objects"

	# the module takes its list of pages, but not the pages
	start_module 1 claim=0 pages=10 || exit 1
	finish_frees "$(cmdline_value kstate.pages)" 0
	rmmod test_kstate

	start_module 0 pages=3000 || exit 1
	next=$(($(cat $dbg/pages) + 4))
	# folios of the objects: three of 1 + 2 + 8 + 512 pages, and the late one
	go_on kstate.left=$((next + 3 * 523 + 1))
	;;
3)
	equal "all is pending" "$(objects pending)" "$all_objects"
	# objects are refused when their folios are claimed: those count as left
	make_cgroup claimer
	if in_cgroup claimer insmod "/lib/modules/$(uname -r)/test_kstate.ko" \
		seed="$seed" hop=2 refuse=1; then
		fail "the module refuses"
	fi
	near "nobody is charged for what was claimed and taken back" \
		"$(charged claimer)" 0 1024
	equal "objects are refused" "$(objects refused)" \
		"test_kstate.all 0,test_kstate.all 7,test_kstate.all 18446744073709551615,"
	# the counter was restored; nobody asks for the other two
	finish_frees "$(cmdline_value kstate.left)" 2
	start_module 0
	;;
esac
