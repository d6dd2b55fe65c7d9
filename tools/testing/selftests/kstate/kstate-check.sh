#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Whether the next kernel can restore what must not be lost is decided by its
# image: when it is loaded, and once more at the jump. /boot/k1 knows what the
# module has, /boot/k2 knows nothing of KSTATE.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

# The module's mandatory object: good, value, type, unknown, none.
have() {
	check "there is state: $1" put $dbg/must "$1"
}

load_good() {
	load /boot/k1 "kstate.seed=$seed"
}

# refused IMAGE TEXT ERRNO OBJECT WHY: not loaded, and that is told.
refused() {
	dmesg -c >/dev/null
	if load "$1" 2>/tmp/kexec.err; then
		fail "$2: it is not loaded"
		return
	fi
	ok "$2: it is not loaded"
	told "$2" "$3" "$4" "$5"
	check "$2: kexec has the errno" grep -qi "$6" /tmp/kexec.err
}

# told TEXT ERRNO OBJECT WHY: one line in the log, and last_error.
told() {
	equal "$1: the log says why" "$(dmesg | grep -c \
		"kstate: the image cannot restore $3\.0: $4: -$2\$")" 1
	equal "$1: last_error says why" "$(cat $sys/last_error)" \
		"$3 0 $(last_error_end "$3" "$2" "$4")"
}

# DESCRIPTION FIELD ERRNO WHY, from "FIELD WHY" or "WHY" in the log
last_error_end() {
	case $3 in
	"value "*) echo "$1 value -$2 ${3#value }" ;;
	"the image"*) echo "- - -$2 $3" ;;
	*) echo "$1 - -$2 $3" ;;
	esac
}

# stays TEXT ERRNO OBJECT WHY: the jump fails, and the host goes on.
stays() {
	dmesg -c >/dev/null
	jump
	ok "$1: kexec -e came back"
	equal "$1: nothing goes on" "$(cat $sys/state)" idle
	told "$@"
	pass_on check
}

# A copy of an image with one byte of its schemas wrong.
damage() {
	cp "$1" /tmp/damaged
	_at=$(strings -t d -n 8 "$1" | sed -n 's/^ *\([0-9]*\) .*KSSTSTRM.*/\1/p' |
		head -n 1)
	printf '\377' | dd of=/tmp/damaged bs=1 seek=$((_at + 120)) \
		conv=notrunc 2>/dev/null
}

logged() {
	equal "the log says: $1" "$(dmesg | grep -c "kstate: $1")" "${2:-1}"
}

case $stage in
1)
	start_module 0 || exit 1
	dmesg -c >/dev/null
	check "optional state: any image is loaded" load /boot/k2
	logged "the image has no schemas: nothing says what it can restore"
	check "optional state: a good image is loaded" load_good
	logged "the image says nothing of test_kstate.all, which is a module's"
	kexec -s -u

	have good
	equal "it was not restored" "$(cat $dbg/must)" "7 new"
	refused /boot/k2 "no schemas" ENODATA test_kstate.must \
		"the image has no schemas" "no data"
	damage /boot/k1
	refused /tmp/damaged "damaged schemas" ENODATA test_kstate.must \
		"the image's schemas are damaged" "no data"
	check "a good image is loaded" load_good

	equal "nothing is forced" "$(cat $sys/force)" 0
	check "an operator may insist" put $sys/force 1
	logged "forced: images may lose mandatory state"
	check "forced: it is loaded" load /boot/k2
	logged "forced: test_kstate.must is mandatory and will be lost"
	check "no longer" put $sys/force 0

	have unknown
	refused /boot/k1 "unknown to the image" EPROTO test_kstate.unknown \
		"is not known to the image" "protocol"
	have type
	refused /boot/k1 "another type" EPROTO test_kstate.must \
		"value was saved as another type" "protocol"

	# registered after the image was loaded
	have none
	check "a good image is loaded" load_good
	have type
	stays "another type" EPROTO test_kstate.must \
		"value was saved as another type"
	have unknown
	stays "unknown to the image" EPROTO test_kstate.unknown \
		"is not known to the image"
	# what it is says that it fits, what it has does not
	have value
	stays "a value too large" ERANGE test_kstate.must \
		"value has a value that does not fit"
	have good
	jump
	fail "what fits is handed over"
	;;
2)
	start_module 1 || exit 1
	have good
	equal "it was restored" "$(cat $dbg/must)" "7 restored"
	;;
esac
