#!/bin/bash
# SPDX-License-Identifier: MIT
# package_test.sh - the Debian package on a machine of its own: apt-get
# installs, upgrades, removes and purges it under a running systemd, and data
# outlives all of it.
#
#	package_test.sh [CODENAME]	this machine's Debian, or a later one
#
# The machine is a root that debootstrap makes, in namespaces; it has no
# network, so that what the package depends on is fetched before.  Needs root.
cd "$(dirname "$0")/../.." || exit 2
. tests/server/counted.sh
work=$(mktemp -d /var/tmp/chatmem-package-XXXXXX)
root=$work/root
url=http://127.0.0.1:8080
architecture=$(dpkg --print-architecture)
# shellcheck source=/dev/null
codename=${1:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
machine=
init=

finish() {
	[ -z "$machine" ] || kill -9 "$machine" 2>/dev/null
	wait 2>/dev/null
	rm -rf "$work"
	echo "$passed passed, $failed failed"
	exit $((failed > 0))
}
trap finish EXIT

quietly() {
	"$@" >"$work/log" 2>&1 || { tail -n 20 "$work/log"; return 1; }
}

# wait_until COMMAND…: for two minutes.
wait_until() {
	for _ in $(seq 600); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.2
	done
	return 1
}

build() {
	cmake -G Ninja -B build-package -DCHATMEM_POSTGRESQL=ON \
		-DCHATMEM_PACKAGE=ON && ninja -C build-package chatmem
}

# pack VERSION: the same program, as a version.
pack() {
	(cd build-package && cpack -D CPACK_PACKAGE_VERSION="$1" \
		-D CPACK_OUTPUT_FILE_PREFIX="$root")
}

fetch() {
	cp /etc/resolv.conf "$root/etc/resolv.conf" &&
		chroot "$root" apt-get update -qq &&
		chroot "$root" apt-get install -y -d --no-install-recommends \
			"/chatmem_0.1.0_$architecture.deb"
}

# The root becomes a machine's: systemd is its first process.
boot() {
	# shellcheck disable=SC2016
	unshare --pid --mount --uts --ipc --net --cgroup --fork --kill-child \
		bash -c 'mount --bind "$1" "$1" && mount --bind "$1/dev" \
			"$1/dev" && cd "$1" && pivot_root . mnt && exec \
			chroot . /bin/sh -c "umount -l /mnt; exec env -i \
			container=other PATH=$PATH /sbin/init"' sh "$root" \
		</dev/null >"$work/console" 2>&1 &
	machine=$!
	wait_until inside systemctl show-environment && wait_until is_booted
}

is_booted() {
	[[ $(inside systemctl is-system-running) = @(running|degraded) ]]
}

inside() {
	init=${init:-$(pgrep -P "$machine")}
	nsenter -t "$init" -a -r -w env DEBIAN_FRONTEND=noninteractive "$@"
}

install_() {
	inside apt-get install -y --no-install-recommends "$@" \
		"/chatmem_${version}_$architecture.deb"
}

is() {
	[ "$(inside systemctl "is-$1" "$2")" = "$3" ]
}

serves() {
	wait_until inside chatmem health || {
		inside journalctl -u chatmem --no-pager -n 20
		return 1
	}
}

said() {
	[ "$(inside chatmem show kept --url $url)" = \
		'Human: before the upgrade' ]
}

conffile() {
	grep -q '^CHATMEM_LOG_LEVEL=debug' "$root/etc/chatmem/chatmem.conf"
}

edit() {
	echo 'CHATMEM_LOG_LEVEL=debug' >>"$root/etc/chatmem/chatmem.conf"
}

logged() {
	inside journalctl -u chatmem --no-pager | grep -q "$1"
}

reload() {
	inside systemctl reload chatmem && wait_until logged 'read again'
}

pid() {
	inside systemctl show -p MainPID --value chatmem
}

# It is started anew, and has what was acknowledged.
killed() {
	local old

	old=$(pid)
	inside bash -c "kill -9 $old" && wait_until is_another_than "$old" &&
		serves
}

is_another_than() {
	local new

	new=$(pid)
	[ "$new" != 0 ] && [ "$new" != "$1" ]
}

backup() {
	inside systemctl start chatmem-backup &&
		nsenter -t "$init" -n curl -s $url/metrics |
		grep -q '^chatmem_last_backup_timestamp_seconds [0-9]'
}

timer_runs() {
	inside systemctl enable --now chatmem-backup.timer &&
		inside systemctl list-timers 'chatmem*' |
		grep -q 'backup\.timer'
}

# As chatmem.socket says.
take_socket() {
	inside systemctl stop chatmem &&
		inside systemctl enable --now chatmem.socket
}

# ask_until FILE: the statuses of requests, one after the other.
ask_until() {
	until [ -e "$1" ]; do
		nsenter -t "$init" -n curl -s -o /dev/null -w '%{http_code}\n' \
			$url/sessions/kept/messages
	done
}

# An update, and a restart, while somebody asks: every answer is 200.
loses_nothing() {
	local asks result

	# A quick machine has begun it five times within ten seconds by now.
	inside systemctl reset-failed chatmem
	ask_until "$work/done" >"$work/statuses" &
	asks=$!
	quietly install_ --reinstall && inside systemctl restart chatmem
	result=$?
	touch "$work/done"
	wait "$asks"
	[ "$result" = 0 ] && [ "$(sort -u "$work/statuses")" = 200 ]
}

[ "$(id -u)" = 0 ] || { check 'needs root' false; exit; }
check 'a root from debootstrap' quietly debootstrap --variant=minbase \
	--include=systemd-sysv "$codename" "$root" "$(mirror)" || exit
check 'the build' quietly build
check 'a package' quietly pack 0.1.0
check 'and the next' quietly pack 0.1.1
check 'what it depends on' quietly fetch
[ "$failed" = 0 ] || exit
check 'systemd runs' boot || exit
version=0.1.0
check 'it is installed' quietly install_
check 'with its manual page' [ -s "$root/usr/share/man/man1/chatmem.1.gz" ]
check 'and what it is made of' grep -q '"name": "libsqlite3-0"' \
	"$root/usr/share/doc/chatmem/sbom.spdx.json"
check 'and its licences' grep -q '^License: Expat' \
	"$root/usr/share/doc/chatmem/copyright"
check 'the service is on' is enabled chatmem.service enabled
check 'and serves' serves
check 'the socket is off' is enabled chatmem.socket disabled
check 'and the timer of backups' is enabled chatmem-backup.timer disabled
check 'a message is stored' quietly inside chatmem append kept \
	'before the upgrade' --url $url
edit
check 'settings are read again' reload
check 'it is started anew when it was killed' killed
check 'and has the message' said
check 'a backup is made' backup
check 'and each night' quietly timer_runs
version=0.1.1
check 'it is upgraded' quietly install_
check 'and serves' serves
check 'the settings are kept' conffile
check 'and the message' said
check 'systemd takes its socket' quietly take_socket
check 'an update loses no request' loses_nothing
check 'it ends well' quietly inside systemctl stop chatmem.socket chatmem
check 'with status 0' is failed chatmem.service inactive
check 'it is removed' quietly inside apt-get remove -y chatmem
check 'the program is gone' [ ! -e "$root/usr/bin/chatmem" ]
check 'the settings are not' conffile
check 'it is purged' quietly inside apt-get purge -y chatmem
check 'and the service off' [ ! -L \
	"$root/etc/systemd/system/multi-user.target.wants/chatmem.service" ]
check 'the settings are gone' [ ! -e "$root/etc/chatmem/chatmem.conf" ]
check 'the store is not' [ -s "$root/var/lib/private/chatmem/chatmem.db" ]
check 'it is installed again' quietly install_
check 'and serves' serves
check 'what was kept' said
