#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Who may do what: a user, and root of a user namespace, neither read, change nor
# hinder what is handed over, and learn no address.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"

# An address of the kernel, as anybody would print one
no_address() {
	! grep -aE '(^|[^0-9a-f])(0x)?ffff[89a-f][0-9a-f]{11}' "$@"
}

# What is tried, by root as well: else that it is refused to others says nothing.
try() {
	case $1 in
	load) kexec -s -l /boot/k2 --command-line=none ;;
	unload) kexec -s -u ;;
	kexec) kexec -e ;;
	mount) mount -t khofs -o name=tried none /tmp/mnt && umount /tmp/mnt ;;
	drop) echo tried >/sys/fs/khofs/drop ;;
	stream) cat /sys/kernel/debug/kstate/stream ;;
	image) cat /sys/kernel/debug/kstate/image ;;
	address) no_address /tmp/address ;;
	*) return 2 ;;
	esac
}

if [ "$stage" = try ]; then
	try "$2"
	exit
fi

# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

as_user() {
	as user "$@"
}

# as_root_there COMMAND...: the same user as root of namespaces of its own
as_root_there() {
	as_user "unshare -U -r -m sh -c '$*'"
}

# refused WHO WHAT...: none of it works, as WHO has no right to
refused() {
	_who=$1
	shift
	for _what; do
		if $_who "RESULTS=/dev/null $0 try $_what" >/tmp/tried 2>&1; then
			fail "$_who: $_what is refused"
		elif grep -qiE 'not permitted|denied|CAP_SYS' /tmp/tried; then
			ok "$_who: $_what is refused"
		else
			fail "$_who: $_what fails for want of a right"
			diag "$(tail -n 1 /tmp/tried)"
		fi
	done
}

# files WHO "<"|">>": which of KSTATE's files WHO may read, or write. They are opened,
# since a shell takes root of a namespace for root.
files() {
	"$1" "for f in $sys/* /sys/fs/khofs/*; do \
		[ -f \$f ] && (: $2 \$f) 2>/dev/null && echo \${f##*/}; done" |
		LC_ALL=C sort | tr '\n' ' '
}

public="counts generation last_error map_bytes preserved state "

add_user user 1000 1000
chmod 1777 /tmp
mkdir -p /tmp/mnt /khofs
check "khofs is mounted by root" mount -t khofs -o name=kept none /khofs
if [ "$stage" -eq 1 ]; then
	echo "what root left" >/khofs/file
	chmod 600 /khofs/file
	kmho_mem give 1 uid=1000 "seed=$seed" small:1 | grep -v '^ok'
	kmho_mem give 2 "seed=$seed" small:1 | grep -v '^ok'
else
	equal "what root left is there" "$(cat /khofs/file)" "what root left"
	check "and is root's" test ! "$(as_user cat /khofs/file 2>/dev/null)"
	kmho_mem take 2 uid=1000 small:1 "seed=$seed" >/tmp/out 2>&1
	check "a user finds no key of root's" grep -q '^not ok.*No such' /tmp/out
	check "root finds no key of a user's by its number" \
		sh -c "kmho_mem take 1 small:1 seed=$seed | grep -q '^not ok.*No such'"
	check "the user has its own" \
		sh -c "! kmho_mem take 1 uid=1000 small:1 seed=$seed | grep '^not ok'"
fi

for what in load unload load mount drop stream image; do
	check "root: $what works" try $what
done
for who in as_user as_root_there; do
	equal "$who: works at all" "$($who echo works)" works
	refused $who load unload kexec mount drop stream image
	equal "$who: reads what all may" "$(files $who "<")" "$public"
	equal "$who: writes nothing" "$(files $who ">>")" ""
done
equal "root of a namespace is no root here" "$(as_root_there id -u)" 0
equal "what root loaded is loaded" "$(cat /sys/kernel/kexec_loaded)" 1

# shellcheck disable=SC2046  # a list of files
check "files that all may read have no address" no_address \
	$(for f in $public; do echo "$sys/$f"; done)
dmesg | grep -E 'kstate|kmho|khofs' >/tmp/said
check "KSTATE says something" test -s /tmp/said
check "and what it says has no address" no_address /tmp/said
echo "ffffffff81000000 T _stext" >/tmp/address
check "an address would be found" sh -c "! $0 try address"

if [ "$stage" -le "$(hops)" ]; then
	go_on
fi
