#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Tests of kstate(8), as TAP.
#
# usage: run.sh DIR
#
# DIR has kstate, gen and mutate. With GOLDEN=write in the environment the files
# in golden/ are written anew instead of being compared with.

set -u
here=$(cd "$(dirname "$0")" && pwd -P)
bin=$(cd "$1" && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
nr=0
failed=0
export LC_ALL=C ASAN_OPTIONS=detect_leaks=1

kstate() { "$bin/kstate" "$@"; }

# result STATUS NAME
result() {
	nr=$((nr + 1))
	if [ "$1" -eq 0 ]; then
		printf 'ok %d - %s\n' "$nr" "$2"
	else
		printf 'not ok %d - %s\n' "$nr" "$2"
		failed=1
	fi
}

# golden NAME STATUS ARGUMENT...: all that a command prints, and its status
golden() {
	name=$1 want=$2
	shift 2
	kstate "$@" >out 2>&1
	got=$?
	if [ "${GOLDEN:-}" = write ]; then
		cp out "$here/golden/$name"
	fi
	diff -u "$here/golden/$name" out | sed 's/^/# /'
	cmp -s "$here/golden/$name" out && [ "$got" -eq "$want" ]
	result $? "$name: kstate $*"
}

# verdict STATUS TEXT ARGUMENT...: the status, and a line that has TEXT
verdict() {
	want=$1 text=$2
	shift 2
	kstate "$@" >out 2>&1
	got=$?
	[ "$got" -eq "$want" ] && grep -qF -e "$text" out
	good=$?
	[ "$good" -eq 0 ] || sed "s/^/# $got: /" out
	result "$good" "kstate $*: $text"
}

# complaint TEXT ARGUMENT...: status 3, and exactly one line, on standard error
complaint() {
	text=$1
	shift
	kstate "$@" >out 2>err
	got=$?
	[ "$got" -eq 3 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] &&
		[ "$(cat err)" = "kstate: $text" ]
	good=$?
	[ "$good" -eq 0 ] || sed "s/^/# $got: /" out err
	result "$good" "complains: $text"
}

# valid NAME ARGUMENT...: what is printed is JSON
valid() {
	name=$1
	shift
	kstate "$@" >out 2>/dev/null
	if command -v python3 >/dev/null; then
		python3 -c 'import json, sys; json.load(sys.stdin)' <out 2>/dev/null
		result $? "$name is JSON"
	else
		echo "ok $((nr += 1)) - $name is JSON # SKIP no python3"
	fi
}

test_dump() {
	golden all.txt 0 dump all.kst
	golden all.json 0 dump --json all.kst
	golden all-addresses.txt 0 dump -a all.kst
	golden all-schemas.txt 0 dump -s all.kst
	golden all-schemas.json 0 dump -s -j all-image.bz
	valid "a dump" dump -j all.kst
	valid "a list of schemas" dump -j all-image.kst
	kstate dump all.kst >direct
	kstate dump - <all.kst >out 2>&1
	cmp -s direct out
	result $? "dump reads from a pipe"
	kstate dump all.kst | grep -qE '0x|12340000|20480'
	[ $? -eq 1 ]
	result $? "no address is shown unless asked for"
	printf '\033' >control.pattern
	{ kstate dump all.kst; kstate dump -j all.kst; } | grep -qF -f control.pattern
	[ $? -eq 1 ]
	result $? "no control character reaches the terminal"
}

test_sources() {
	verdict 0 "bzImage: 1 schema, 0 objects" dump base.bz
	verdict 0 "object file: 1 schema, 0 objects" dump base.ko
	complaint "empty.bz: has no schemas" dump empty.bz
	complaint "plain.o: has no schemas" dump plain.o
	complaint "nothing: No such file or directory" dump nothing
	complaint "void: is empty" dump void
	complaint "text: is no stream, no kernel image and no object file" \
		dump text
	complaint "small.ko.xz: is compressed, unpack it first" dump small.ko.xz
	complaint "damaged.ko: the stream is shorter than it should be" \
		dump damaged.ko
	complaint "cut.bz: the image's kernel_info is damaged" dump cut.bz
	complaint ".: Is a directory" dump .
	printf 'x' >"$(printf 'a\nb\033')"
	complaint 'a\nb\x1b: is no stream, no kernel image and no object file' \
		dump "$(printf 'a\nb\033')"
}

test_check() {
	for name in added renamed wider narrow checked moved; do
		verdict 0 "example.thing: restorable" \
			check $name.bz --from base.kst
	done
	verdict 0 "example.thing: restorable" check base.ko --from base.bz
	verdict 0 "example.thing.other is not known there and skipped" \
		check fewer.bz --from base.bz
	verdict 1 "example.thing.byte is mandatory and was not saved (EPROTO)" \
		check needs.bz --from base.bz
	verdict 1 "example.thing.number was saved with another number of" \
		check array.bz --from base.bz
	verdict 1 "was saved in a version too old" check newer.bz -f base.bz
	verdict 1 "was saved in a version too new" check base.bz -f newer.bz
	verdict 1 "is not known to the image" check all-image.bz -f base.bz
	verdict 2 "is not known to the image" check all-image.bz -f must.bz
	verdict 1 "the image has no schemas (ENODATA)" check empty.bz -f base.bz
	verdict 2 "the image has no schemas (ENODATA)" check empty.bz -f must.bz
	verdict 2 "mandatory state would be lost" check needs.bz -f must.bz
	verdict 2 "the image has no schemas (ENODATA)" \
		check empty.bz base.ko -f must.bz
	verdict 0 "restorable" check empty.bz base.ko -f base.bz
	verdict 0 "restorable" check narrow.bz -f seven.kst
	verdict 1 "object 1: example.thing.number has a value that does not fit" \
		check narrow.bz -f thousand.kst
	verdict 1 "object 1: example.thing.number has a value that does not fit" \
		check checked.bz -f thousand.kst
	verdict 2 "(mandatory): lost: example.item takes its place in the image" \
		check moved.bz -f both.bz
	verdict 0 "example.item: restorable" check added.bz moved.bz -f both.kst
	verdict 2 "example.item takes its place" check moved.bz -f both.kst
	verdict 0 "example.item: restorable" check both.bz -f both.kst
	verdict 0 "restorable, 0 descriptions" check base.bz -f empty.bz
	verdict 1 "example.all (mandatory): restorable" \
		check all-image.bz -f all.kst
	golden check.json 1 check -j checked.bz -f thousand.kst
	golden check-needs.json 2 check -j needs.bz --from must.bz
	complaint "check: which IMAGE?" check
	complaint "check: --from or --running, not both" check a -f b -r
	complaint "nothing: No such file or directory" check nothing -f base.bz
	complaint "nothing: No such file or directory" check base.bz -f nothing
	complaint "no-sys/kstate: this kernel has no KSTATE" \
		check base.bz --sys=no-sys
	mkdir -p sys/kstate
	cp must.kst sys/kstate/schemas
	verdict 2 "sys/kstate/schemas -> needs.bz: mandatory state" \
		check needs.bz --running --sys=sys
}

test_diff() {
	for name in added fewer renamed wider checked array newer moved; do
		case $name in
		array|newer|moved) want=1 ;;
		*) want=0 ;;
		esac
		golden diff-$name.txt $want diff base.bz $name.bz
	done
	golden diff-must.txt 2 diff must.bz newer.bz
	verdict 0 "no schema differs" diff base.bz base.ko
	golden diff.json 0 diff -j base.bz wider.bz
	complaint "diff: which two images?" diff base.bz
}

put_sys() {
	mkdir -p sys/kstate sys/debug/kstate
	echo saved >sys/kstate/state
	echo 3 >sys/kstate/generation
	echo 'acme.session 7 acme.session nr_users -ERANGE has a value that does not fit' \
		>sys/kstate/last_error
	printf '%s\n' 'acme.session 7 2 early' 'acme.user 0 1 late' \
		>sys/kstate/registered
	echo 'acme.session 7 2 48' >sys/kstate/restored
	: >sys/kstate/pending
	echo 'acme.session 8 2 48 acme.session nr_users -ERANGE has a value that does not fit' \
		>sys/kstate/refused
	printf 'acme.\033user 0 1 0\n' >sys/kstate/lost
	printf '%s\n' 'registered 2' 'restored 1' 'pending 0' 'refused 1' \
		'lost 1' >sys/kstate/counts
	cp all.kst sys/debug/kstate/stream
	printf '%s\n' 'acme.session 2 96 12 ok' \
		'acme.user 1 0 3 -EBUSY was refused by its pre_save hook' \
		>sys/kstate/dry_run
}

# refused_run STATUS TEXT: a dry run whose write fails, as no file may grow
refused_run() {
	(
		trap '' XFSZ
		ulimit -f 0
		kstate dry-run --sys=dry 2>&1
		echo "status $?"
	) | cat >out
	grep -qF -e "$2" out && grep -qx "status $1" out
	good=$?
	[ "$good" -eq 0 ] || sed 's/^/# /' out
	result "$good" "kstate dry-run that is refused: $2"
}

# A regular file does not run anything: it is what was read after a run.
test_dry_run() {
	mkdir -p dry/kstate
	printf '1 0 0 0 ok\n' >dry/kstate/dry_run
	verdict 0 "everything can be saved" dry-run --sys=dry
	printf '1 0 0 0 -EPROTO acme.user is not known to the image\n' \
		>dry/kstate/dry_run
	verdict 1 "-EPROTO: acme.user is not known to the image" \
		dry-run --sys=dry
	verdict 1 '"status": 1' dry-run --json --sys=dry
	printf 'acme.user 1 0 3 -EINVAL was refused by its prepare hook\n' \
		>dry/kstate/dry_run
	refused_run 2 "-EINVAL: was refused by its prepare hook"
	printf 'acme.user 1 0 3 ok\n' >dry/kstate/dry_run
	refused_run 3 "kstate: dry run: File too large"
	rm dry/kstate/dry_run
	complaint "dry/kstate/dry_run: this kernel has no dry run" \
		dry-run --sys=dry
}

test_sys() {
	put_sys
	golden status.txt 0 status --sys=sys
	golden status.json 0 status -j --sys=sys
	golden list.txt 0 list --sys=sys
	golden list.json 0 list -j --sys=sys
	golden list-refused.txt 0 list refused --sys=sys
	: >sys/kstate/last_error
	echo 1 >sys/kstate/force
	echo 0 >sys/kstate/generation
	golden status-cold.txt 0 status --sys=sys
	test_dry_run
	verdict 0 "stream: 6 schemas, 4 objects" dump --live --sys=sys
	complaint "wanted: no such state of an object" list wanted --sys=sys
	complaint "no-sys/kstate: this kernel has no KSTATE" status --sys=no-sys
	complaint "no-sys/kstate: this kernel has no KSTATE" list --sys=no-sys
	complaint "no-sys/kstate: this kernel has no KSTATE" dry-run --sys=no-sys
	echo 'acme.session' >sys/kstate/lost
	complaint "lost: a line that says nothing: acme.session" list --sys=sys
	rm sys/kstate/lost
	complaint "sys/kstate/lost: No such file or directory" list --sys=sys
	rm sys/kstate/counts
	complaint "sys/kstate/counts: No such file or directory" \
		status --sys=sys
}

# put_tree NAME MOUNTED KEPT BYTES
put_tree() {
	mkdir -p "trees/fs/khofs/$1"
	echo "$2" >"trees/fs/khofs/$1/mounted"
	echo "$3" >"trees/fs/khofs/$1/kept"
	echo "$4" >"trees/fs/khofs/$1/bytes"
}

test_trees() {
	mkdir -p trees/kernel
	complaint "trees/kernel/../fs/khofs: this kernel has no khofs" \
		trees --sys=trees/kernel
	put_tree cache 1 1 4096
	put_tree scratch 1 0 0
	put_tree waits 0 1 1073741824
	: >trees/fs/khofs/drop
	golden trees.txt 0 trees --sys=trees/kernel
	golden trees.json 0 trees -j --sys=trees/kernel
	kstate trees --drop=waits --sys=trees/kernel &&
		[ "$(cat trees/fs/khofs/drop)" = waits ]
	result $? "a tree is dropped"
	rm trees/fs/khofs/waits/kept
	kstate trees --sys=trees/kernel >out && ! grep -q waits out
	result $? "a tree that goes meanwhile is left out"
	rm trees/fs/khofs/drop
	ln -s /dev/full trees/fs/khofs/drop
	complaint "cache: No space left on device" \
		trees --drop=cache --sys=trees/kernel
	complaint "x: trees takes no arguments" trees x
}

test_arguments() {
	complaint "eat: no such command; see kstate --help" eat
	complaint "-x: no such option" dump -x
	complaint "--from: needs an argument" check base.bz --from
	complaint "dump: has no option --from" dump --from base.bz
	complaint "dump: one FILE, or --live" dump
	complaint "dump: one FILE, or --live" dump a b
	complaint "x: status takes no arguments" status x
	verdict 0 "Usage: kstate" --help
	verdict 0 "dump [-j]" dump --help
	verdict 0 "stream format" --version
	verdict 3 "Usage: kstate"
	kstate dump all.kst >/dev/full 2>err
	[ $? -eq 3 ] && grep -q "No space left" err
	result $? "a full disk is told"
}

# sane FILE: the program says yes or no, in one line, and does not die
sane() {
	kstate dump "$1" >/dev/null 2>err
	got=$?
	if [ "$got" -eq 0 ] && [ ! -s err ]; then return; fi
	if [ "$got" -eq 3 ] && [ "$(wc -l <err)" -eq 1 ] &&
		! grep -qE 'AddressSanitizer|runtime error' err; then return; fi
	bad="$bad $2"
	sed 's/^/# /' err
}

# cut FILE STEP: truncated at every STEPth byte
cut() {
	bad=
	size=$(wc -c <"$1")
	at=1
	while [ "$at" -lt "$size" ]; do
		head -c "$at" "$1" >broken
		sane broken "$at"
		at=$((at + $2))
	done
	[ -z "$bad" ]
	result $? "$1 truncated at every ${2}th byte${bad:+: fails at $bad}"
}

# flip FILE STEP FROM: bytes turned over one by one
flip() {
	bad=
	size=$(wc -c <"$1")
	at=$3
	while [ "$at" -lt "$size" ]; do
		cp "$1" broken
		byte=$(od -An -tu1 -j "$at" -N 1 "$1")
		# shellcheck disable=SC2059  # the format is the byte
		printf "\\$(printf %03o $((byte ^ (1 << at % 8))))" |
			dd of=broken bs=1 seek="$at" conv=notrunc 2>/dev/null
		sane broken "$at"
		at=$((at + $2))
	done
	[ -z "$bad" ]
	result $? "$1 with bits flipped in every ${2}th byte${bad:+: fails at $bad}"
}

test_damage() {
	cut all.kst 89
	cut all-image.bz 97
	cut base.ko 31
	flip all.kst 79 0
	flip all-image.bz 97 2048
	flip base.bz 3 2048
	flip base.ko 17 0
	"$bin/mutate" all.kst all-image.kst 6000 >out 2>err
	good=$?
	[ "$good" -eq 0 ] || sed 's/^/# /' err
	result "$good" "damage behind right checksums: $(tail -n 1 err)"
}

echo "TAP version 13"
"$bin/gen" . || exit 1
: >void
echo "some text" >text
printf '\3757zXZ\0rest' >small.ko.xz
head -c 2100 base.bz >cut.bz
# shellcheck disable=SC2086  # "ccache gcc" is two words
echo 'int x;' | ${CC:-cc} -c -x c - -o plain.o || exit 1
objcopy --add-section .kstate_schema=base.kst plain.o base.ko || exit 1
head -c 200 base.kst >half.kst
objcopy --add-section .kstate_schema=half.kst plain.o damaged.ko || exit 1

test_dump
test_sources
test_check
test_diff
test_sys
test_trees
test_arguments
test_damage
echo "1..$nr"
exit "$failed"
