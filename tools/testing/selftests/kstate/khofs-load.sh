#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# packages: fio stress-ng
#
# khofs under load: stress-ng changes one directory up to the jump, while what
# fio wrote in another, with checksums of its own in each block, and a tree of
# everything stay as they are.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

# The second file is written by stores to memory.
run_fio() {
	(cd /tmp && fio --thread --directory=/khofs/fio --verify=crc32c \
		--randseed=1 --fallocate=none --rw=randwrite --size=12M \
		--verify_fatal=1 --verify_state_save=0 "$@" \
		--name=written --ioengine=psync --bs=4k \
		--name=mapped --ioengine=mmap --bs=16k)
}

# stress OPERATIONS: so many of each, with their results looked at; 0: without end
stress() {
	set -- "$1" --temp-path /khofs/stress --verify --hdd-bytes 4M \
		--fallocate-bytes 4M --iomix-bytes 4M --sync-file-bytes 4M \
		--seek-size 4M --dentries 200 --dir-dirs 200
	for _name in chmod copy-file dentry dir fallocate filename getdent hdd \
		iomix mknod open rename seek sync-file touch utime; do
		set -- "$@" --$_name 1
		[ "$1" -eq 0 ] || set -- "$@" --$_name-ops "$1"
	done
	[ "$1" -ne 0 ] || set -- "$@" --timeout 0
	shift
	mkdir -p /khofs/stress
	(cd /tmp && stress-ng "$@")
}

sum() {
	khofs_tree list /khofs/static >/tmp/list || echo broken
	sha256sum </tmp/list | cut -d' ' -f1
}

wrong_is_seen() {
	cp /khofs/fio/written.0.0 /khofs/fio/kept
	printf x | dd of=/khofs/fio/written.0.0 bs=1 seek=6543210 conv=notrunc \
		2>/dev/null
	if run_fio --verify_only >/tmp/check.log 2>&1; then
		fail "a byte that is wrong is seen"
	else
		ok "a byte that is wrong is seen"
	fi
	mv /khofs/fio/kept /khofs/fio/written.0.0
}

mkdir -p /khofs
check "mounted" mount -t khofs -o noatime,size=256M none /khofs
if [ "$stage" -eq 1 ]; then
	mkdir /khofs/fio
	check "a tree of everything" khofs_tree make /khofs/static "$seed"
else
	equal "the tree is as it was" "$(sum)" "$(cmdline_value khofs.sum)"
	check "and what was written" run_fio --verify_only
	wrong_is_seen
	check "what was being changed can be removed" rm -r /khofs/stress
fi
check "files are written" run_fio --do_verify=0
check "some load, which looks at what it does" stress 40
[ "$stage" -le "$(hops)" ] || exit 0
words="khofs.sum=$(sum)"
load_next "$words"
stress 0 >/tmp/stress.log 2>&1 &
sleep 5
check "the load goes on" kill -0 $!
diag "$(find /khofs/stress 2>/dev/null | wc -l) files in the midst of it"
jump
fail "kexec -e came back"
exit 1
