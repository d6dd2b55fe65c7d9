# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Sourced by the scenarios that run memcached: Debian's, with its cache in a
# file, so that it can be restarted.

mc_socket=/tmp/memcached.sock

# mc_client COMMAND...: see memcached_load.c; what it says is in /tmp/mc.out.
mc_client() {
	memcached_load $mc_socket "$@" >/tmp/mc.out
}

# mc_start DIR MIB: what is in the file is taken up when there is DIR/cache.meta.
mc_start() {
	memcached -u root -s $mc_socket -m "$2" -e "$1/cache" >/tmp/mc.log 2>&1 &
	mc_pid=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		sleep 1
		mc_client stats 2>/dev/null && return
	done
	cat /tmp/mc.log
	return 1
}

# mc_stop DIR: it writes what it needs to take up the file again.
mc_stop() {
	kill -USR1 "$mc_pid"
	wait "$mc_pid" && [ -s "$1/cache.meta" ]
}

mc_stat() {
	sed -n "s/^$1 //p" /tmp/mc.out
}
