# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Sourced by the scenarios. Each runs once per kernel, with the stage as its
# argument: 1 in the kernel that booted, 2 after the first jump, and so on.
#
# Result lines are TAP without numbers: the host numbers them over all stages,
# and knows how many stages there have to be.

# Outside of the guest there is nobody who wants the machine replaced.
if [ -z "${RESULTS:-}" ]; then
	echo "1..0 # SKIP replaces the running kernel: runs in a guest, by make test"
	exit 4
fi

# shellcheck disable=SC2034  # for those who source this
stage=${1:-1}

emit() {
	printf '%s\n' "$*" >"$RESULTS"
	printf '%s\n' "$*"
}

ok() { emit "ok - $*"; }
fail() { emit "not ok - $*"; }
skip() { emit "ok - $* # SKIP"; }
diag() { emit "# $*"; }

# pass: result lines of a program, from its standard output
pass() {
	while read -r _line; do
		emit "$_line"
	done
}

# pass_with TEXT: the same, with TEXT before what each result is of.
pass_with() {
	while read -r _line; do
		case $_line in
		*"ok - "*) emit "${_line%%ok - *}ok - $1: ${_line#*ok - }" ;;
		*) emit "$_line" ;;
		esac
	done
}

# check TEXT COMMAND...: a result line from a command's exit status.
check() {
	_text=$1
	shift
	if "$@" >/tmp/check.log 2>&1; then
		ok "$_text"
	else
		fail "$_text"
		diag "failed: $*"
		while read -r _line; do
			diag "| $_line"
		done </tmp/check.log
	fi
}

# equal TEXT GOT WANTED
equal() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		fail "$1"
		diag "got '$2', wanted '$3'"
	fi
}

# Does this kernel look for memory that nothing points to any more?
leaks=/sys/kernel/debug/kmemleak
kmemleak_is_on() {
	[ -e $leaks ] && { echo scan >$leaks; } 2>/dev/null
}

# What is on its way from one place to another is not seen the first time.
has_leaks() {
	echo scan >$leaks
	usleep 1000000
	echo scan >$leaks
	cat $leaks >/tmp/leaks
	[ -s /tmp/leaks ]
}

# no_leaks TEXT: of what is older than 5 s
no_leaks() {
	sleep 6
	if has_leaks && sleep 6 && has_leaks; then
		fail "$1: nothing is leaked"
		head -n 40 /tmp/leaks | while read -r _line; do
			diag "$_line"
		done
	else
		ok "$1: nothing is leaked"
	fi
}

# The value of a word on the command line.
cmdline_value() {
	tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p"
}

hops() { cmdline_value kstate.hops; }

# The command line of this kernel with the stage counted up, and what the
# kernels add by themselves taken away. A word that is told replaces what was there.
next_cmdline() {
	_words=$(sed -e "s/kstate.stage=[0-9]*/kstate.stage=$((stage + 1))/" \
		-e 's/elfcorehdr=[^ ]*//' /proc/cmdline)
	# shellcheck disable=SC2048  # some are lists of words
	for _word in $*; do
		_words=$(printf '%s\n' "$_words" |
			sed "s/ ${_word%%=*}=[^ ]*//g")
	done
	printf '%s %s\n' "$_words" "$*"
}

# The archive this kernel was booted with; made again from what is there in a
# kernel that does not keep it.
initrd_file() {
	if [ -s /sys/firmware/initrd ]; then
		echo /sys/firmware/initrd
		return
	fi
	if [ ! -e /tmp/initrd ]; then
		(cd / && find . -xdev | cpio -o -H newc >/tmp/initrd 2>/dev/null)
	fi
	echo /tmp/initrd
}

# load [IMAGE [WORDS...]]: load the next kernel, /boot/k2 unless told.
load() {
	_image=${1:-/boot/k2}
	[ $# -eq 0 ] || shift
	kexec -s -l "$_image" --initrd="$(initrd_file)" \
		--command-line="$(next_cmdline "$@")"
}

# jump: into what is loaded. Returns only when the kernel refused.
jump() {
	! kmemleak_is_on || no_leaks "before jump $stage"
	emit "# stage $stage jump up $(cut -d' ' -f1 /proc/uptime)"
	kexec -e
}

# next_stage [IMAGE [WORDS...]]: load and jump.
next_stage() {
	if ! load "$@"; then
		fail "kexec -s -l ${1:-/boot/k2}"
		exit 1
	fi
	jump
	fail "kexec -e came back"
	exit 1
}
