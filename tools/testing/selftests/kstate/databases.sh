#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# packages: redis-server redis-tools sqlite3 lmdb-utils
#
# Debian's Redis, SQLite and LMDB on khofs, over two jumps that come while
# transactions are made: nothing is stopped, closed or told. After each jump
# the files are what a power cut would have left on a disk that lies about
# nothing: they pass the databases' own checks, and hold every transaction
# that was acknowledged, with at most the one more that was under way.

# functions are called by names that are put together
# shellcheck disable=SC2317

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

dir=/khofs
# Of another tree: the last that was acknowledged, noted after it was.
acks=/acks
redis_socket=/tmp/redis.sock
least=20
step=20

# value N: that of transaction N is $v, 40 bytes to 3 KiB.
value() {
	_x=$((seed + $1)) v=
	for _ in 1 2 3 4; do
		_x=$((_x * 6364136223846793005 + 1442695040888963407))
		v=$v.$(((_x >> 33) & 0x7fffffff))
	done
	case $(($1 % 4)) in
	1) v=$v$v$v$v ;;
	2) v=$v$v$v$v; v=$v$v$v$v ;;
	3) v=$v$v$v$v; v=$v$v$v$v; v=$v$v$v$v ;;
	esac
}

# wanted N: "NUMBER VALUE" of all transactions up to N. What was made once is used
# again.
made=0
wanted() {
	while [ $made -lt "$1" ]; do
		made=$((made + 1))
		value $made
		printf '%d %s\n' $made "$v"
	done >>/tmp/made
	head -n "$1" /tmp/made
}

acked() {
	tail -n 1 "$acks/$1"
}

# with_pipes NAME COMMAND...: its input is descriptor 3, its output 4.
with_pipes() {
	_pipe=/tmp/$1
	shift
	mkfifo "$_pipe.in" "$_pipe.out"
	"$@" <"$_pipe.in" >"$_pipe.out" 2>&1 &
	exec 3>"$_pipe.in" 4<"$_pipe.out"
}

# answers LINE...: what comes back has to be that.
answers() {
	for _wanted; do
		read -r _got <&4
		if [ "$_got" != "$_wanted" ]; then
			echo "got '$_got', wanted '$_wanted'"
			return 1
		fi
	done
}

# Redis: every command is on file before it is answered; after every
# $step transactions the whole is saved in a file, too, and a child begins to
# write the log anew, from what it shares with its parent.
redis_start() {
	mkdir -p "$1"
	redis-server --port 0 --unixsocket "$redis_socket" --dir "$1" \
		--appendonly "$2" --appendfsync always --save '' >/tmp/redis.log &
	redis_pid=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		sleep 1
		[ "$(redis-cli -s "$redis_socket" ping 2>/dev/null)" != PONG ] ||
			return 0
	done
	cat /tmp/redis.log
	return 1
}

redis_open() {
	with_pipes redis redis-cli -s "$redis_socket" --raw
}

redis_do() {
	printf 'MULTI\nSET n:%d %s\nSET last %d\nEXEC\n' "$1" "$v" "$1" >&3
	answers OK QUEUED QUEUED OK OK || return
	[ $(($1 % step)) -eq 0 ] || return 0
	echo SAVE >&3
	answers OK && echo "$1" >>"$acks/rdb" || return
	echo BGREWRITEAOF >&3
	read -r _got <&4
	case $_got in
	"Background append only file rewriting "*) ;;
	# redis-cli has an empty line after an error
	"ERR Background append only file rewriting already in progress") answers '' ;;
	*)
		echo "$_got"
		return 1
		;;
	esac
}

redis_last() {
	redis-cli -s "$redis_socket" --raw get last
}

redis_dump() {
	_n=0 _keys=
	while [ $_n -lt "$1" ]; do
		_n=$((_n + 1))
		_keys="$_keys n:$_n"
	done
	# shellcheck disable=SC2086  # a list of words on purpose
	redis-cli -s "$redis_socket" --raw mget $_keys | awk '{ print NR, $0 }'
}

redis_check() {
	check "redis-check-aof" redis-check-aof \
		"$dir/redis/appendonlydir/appendonly.aof.manifest"
	check "redis-check-rdb" redis-check-rdb "$dir/redis/dump.rdb"
	mkdir /tmp/rdb
	cp "$dir/redis/dump.rdb" /tmp/rdb
	check "Redis starts from the saved file" redis_start /tmp/rdb no
	compare rdb "$(redis_last)" "$step"
	kill "$redis_pid"
	wait "$redis_pid"
	check "Redis starts from the log" redis_start "$dir/redis" yes
	equal "Redis has no other keys" "$(redis-cli -s "$redis_socket" dbsize)" \
		$(($(redis_last) + 1))
}

# SQLite: in WAL mode, whose index is a shared mapping.
sqlite() {
	sqlite3 "$dir/sqlite/db" "$@"
}

sqlite_start() {
	mkdir -p "$dir/sqlite"
	[ -e "$dir/sqlite/db" ] || equal "SQLite logs ahead" "$(sqlite \
		'PRAGMA journal_mode=WAL; CREATE TABLE t(n INTEGER PRIMARY KEY, v);
		CREATE TABLE c(last); INSERT INTO c VALUES(0);')" wal
}

sqlite_open() {
	with_pipes sqlite sqlite3 -batch "$dir/sqlite/db"
	echo 'PRAGMA synchronous=FULL;' >&3
}

sqlite_do() {
	printf "BEGIN; INSERT INTO t VALUES(%d, '%s');" "$1" "$v" >&3
	printf 'UPDATE c SET last=%d; COMMIT; SELECT last FROM c;\n' "$1" >&3
	answers "$1"
}

sqlite_last() {
	sqlite 'SELECT last FROM c'
}

sqlite_dump() {
	sqlite -separator ' ' 'SELECT * FROM t ORDER BY n'
}

sqlite_check() {
	check "SQLite's log waits" test -s "$dir/sqlite/db-wal"
	equal "PRAGMA integrity_check" "$(sqlite 'PRAGMA integrity_check')" ok
}

# LMDB: a process for each transaction, which maps the file.
lmdb_start() {
	mkdir -p "$dir/lmdb"
}

lmdb_open() {
	:
}

lmdb_do() {
	printf '%s\n' VERSION=3 format=print type=btree mapsize=268435456 \
		HEADER=END " n:$(printf %08d "$1")" " $v" " last" " $1" \
		DATA=END | mdb_load "$dir/lmdb"
}

lmdb_pairs() {
	mdb_dump -p "$dir/lmdb" | sed '1,/^HEADER=END/d; /^DATA=END/d; s/^ //'
}

lmdb_last() {
	lmdb_pairs | sed -n '/^last$/ { n; p; }'
}

lmdb_dump() {
	lmdb_pairs | sed -n '/^n:/ { s/^n:0*//; N; s/\n/ /; p; }'
}

lmdb_check() {
	equal "mdb_stat counts" \
		"$(mdb_stat "$dir/lmdb" | sed -n 's/^ *Entries: //p')" \
		$(($(lmdb_last) + 1))
}

# compare NAME LAST STEP: nothing acknowledged is lost, and all is as it was made.
compare() {
	_acked=$(acked "$1")
	diag "$1: $2 transactions are there, $_acked were acknowledged"
	check "$1: no acknowledged transaction is lost" [ "$2" -ge "$_acked" ]
	check "$1: at most what was under way is there, too" \
		[ "$2" -le $((_acked + $3)) ]
	case $1 in
	rdb) redis_dump "$2" ;;
	*) "$1_dump" "$2" ;;
	esac >/tmp/got
	wanted "$2" >/tmp/wanted
	check "$1: each has what was stored" cmp /tmp/got /tmp/wanted
}

# work NAME N: transactions from number N on, until the machine is gone.
work() {
	"$1_open"
	_number=$2
	while value "$_number" && "$1_do" "$_number"; do
		echo "$_number" >>"$acks/$1"
		_number=$((_number + 1))
	done >"/tmp/$1.log" 2>&1
	fail "$1 goes on after transaction $_number"
	while read -r _line; do diag "| $_line"; done <"/tmp/$1.log"
}

# wait_for N: more transactions of each, from now on.
wait_for() {
	for _name in redis sqlite lmdb; do
		_goal=$(($(acked "$_name") + $1)) _tries=0
		while [ "$(acked "$_name")" -lt "$_goal" ]; do
			sleep 1
			_tries=$((_tries + 1))
			[ "$_tries" -lt 120 ] || return 1
		done
	done
}

mkdir "$dir" $acks
check "mounted" mount -t khofs -o name=databases,size=256M none "$dir"
check "mounted for what is acknowledged" mount -t khofs -o name=acks none $acks
for name in redis sqlite lmdb; do
	if [ "$stage" -gt 1 ]; then
		check "$name: transactions were made when the jump came" \
			[ "$(acked "$name")" -gt "$(cmdline_value db.$name)" ]
		"${name}_check"
		compare "$name" "$(${name}_last)" 1
	fi
done
[ "$stage" -le "$(hops)" ] || exit 0

if [ "$stage" -eq 1 ]; then
	diag "$(redis-server --version | cut -d' ' -f1-3)," \
		"SQLite $(sqlite3 --version | cut -d' ' -f1), $(mdb_stat -V)"
	check "Redis starts" redis_start "$dir/redis" yes
	for name in redis rdb sqlite lmdb; do
		echo 0 >$acks/$name
	done
fi
sqlite_start
lmdb_start
for name in redis sqlite lmdb; do
	first=1
	[ "$stage" -eq 1 ] || first=$(($(${name}_last) + 1))
	work "$name" "$first" &
done
check "transactions are made" wait_for $least
diag "acknowledged: Redis $(acked redis), SQLite $(acked sqlite)," \
	"LMDB $(acked lmdb)"
load /boot/k2 "$seed_word" "db.redis=$(acked redis)" \
	"db.sqlite=$(acked sqlite)" "db.lmdb=$(acked lmdb)" || fail "load"
check "and go on when the next kernel is loaded" wait_for 5
jump
fail "kexec -e came back"
exit 1
