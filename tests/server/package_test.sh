#!/bin/bash
# SPDX-License-Identifier: MIT
# package_test.sh - the Debian package in a root of its own: it is installed
# with apt-get, upgraded, removed and purged, and data outlives all of it.
#
#	package_test.sh [CODENAME]	this machine's Debian, or a later one
#
# The root is made by debootstrap.  There is no systemd in it: the unit's
# command is run as the unit says.  Needs root.
cd "$(dirname "$0")/../.." || exit 2
. tests/server/counted.sh
work=$(mktemp -d /var/tmp/chatmem-package-XXXXXX)
root=$work/root
port=18321
wanted=etc/systemd/system/multi-user.target.wants/chatmem.service
# shellcheck source=/dev/null
codename=${1:-$(. /etc/os-release && echo "$VERSION_CODENAME")}

finish() {
	[ -z "$server" ] || kill -9 "$server" 2>/dev/null
	umount "$root/proc" 2>/dev/null
	rm -rf "$work"
	echo "$passed passed, $failed failed"
	exit $((failed > 0))
}
trap finish EXIT

quietly() {
	"$@" >"$work/log" 2>&1 || { tail -n 20 "$work/log"; return 1; }
}

mirror() {
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} \
		2>/dev/null | grep -E '^(deb|URIs:) ' |
		grep -oE 'https?://[^ ]+/debian/?( |$)' | head -n 1
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

inside() {
	DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"
}

install_() {
	inside apt-get install -y --no-install-recommends \
		"/chatmem_$1_$(dpkg --print-architecture).deb"
}

# unit NAME [UNIT]: what the unit has under this name.
unit() {
	sed -n "s/^$1=//p" \
		"$root/usr/lib/systemd/system/${2:-chatmem.service}"
}

timer_is_off() {
	[ -s "$root/usr/lib/systemd/system/chatmem-backup.timer" ] &&
		! find "$root/etc/systemd" -name 'chatmem-backup*' | grep -q .
}

# As its unit has it; the figure is the running server's.
backup() {
	local words

	install -d -m 700 -o 65534 -g 65534 "$root/var/lib/chatmem-backup"
	read -ra words <<<"$(unit ExecStart chatmem-backup.service | sed \
		's,${DIRECTORY},/var/lib/chatmem-backup,; s,${KEEP},7,')"
	quietly chroot --userspec=65534:65534 "$root" env -i \
		"$(unit Environment | grep DB=)" "${words[@]}" &&
		curl -s "http://127.0.0.1:$port/metrics" |
		grep -q '^chatmem_last_backup_timestamp_seconds [0-9]'
}

# As the unit has it, with nobody in place of the dynamic user.
start() {
	local words

	mkdir -p "$root/var/lib/chatmem" && chmod 700 "$root/var/lib/chatmem" &&
		chown 65534:65534 "$root/var/lib/chatmem"
	read -ra words <<<"$(unit ExecStart)"
	chroot --userspec=65534:65534 "$root" env -i "$(unit Environment)" \
		"${words[@]}" 2>>"$work/server.log" &
	server=$!
	for _ in $(seq 600); do
		chatmem health >/dev/null 2>&1 && return
		kill -0 "$server" 2>/dev/null || break
		sleep 0.2
	done
	cat "$work/server.log"
	return 1
}

stop() {
	kill -TERM "$server" && wait "$server"
	local status=$?
	server=
	return $status
}

chatmem() {
	chroot "$root" /usr/bin/chatmem "$@" \
		$([ "$1" != health ] || echo --listen "127.0.0.1:$port")
}

ask() {
	chatmem "$@" --url "http://127.0.0.1:$port"
}

said() {
	[ "$(ask show kept)" = 'Human: before the upgrade' ]
}

conffile() {
	grep -q "^CHATMEM_LISTEN=127.0.0.1:$port" \
		"$root/etc/chatmem/chatmem.conf"
}

[ "$(id -u)" = 0 ] || { check 'needs root' false; exit; }
check 'a root from debootstrap' quietly debootstrap --variant=minbase \
	"$codename" "$root" "$(mirror)" || exit
cp /etc/resolv.conf "$root/etc/resolv.conf"
mount -t proc proc "$root/proc"
check 'the build' quietly build
check 'a package' quietly pack 0.1.0
check 'and the next' quietly pack 0.1.1
[ "$failed" = 0 ] || exit
quietly inside apt-get update -qq
check 'it is installed' quietly install_ 0.1.0
check 'with its manual page' [ -s "$root/usr/share/man/man1/chatmem.1.gz" ]
check 'and what it is made of' grep -q '"name": "libsqlite3-0"' \
	"$root/usr/share/doc/chatmem/sbom.spdx.json"
check 'and its licences' grep -q '^License: Expat' \
	"$root/usr/share/doc/chatmem/copyright"
check 'and the service is on' [ -L "$root/$wanted" ]
check 'the timer of backups is off' timer_is_off
echo "CHATMEM_LISTEN=127.0.0.1:$port" >>"$root/etc/chatmem/chatmem.conf"
check 'it starts' start
check 'a message is stored' quietly ask append kept 'before the upgrade'
check 'a backup is made as the timer does' backup
check 'it is upgraded while it runs' quietly install_ 0.1.1
check 'and goes on meanwhile' said
check 'the old process ends with status 0' stop
check 'the settings are kept' conffile
check 'the new one starts' start
check 'and has the message' said
check 'it ends with status 0' stop
check 'it is removed' quietly inside apt-get remove -y chatmem
check 'the program is gone' [ ! -e "$root/usr/bin/chatmem" ]
check 'the settings are not' conffile
check 'it is purged' quietly inside apt-get purge -y chatmem
check 'and the service off' [ ! -L "$root/$wanted" ]
check 'the settings are gone' [ ! -e "$root/etc/chatmem/chatmem.conf" ]
check 'the store is not' [ -s "$root/var/lib/chatmem/chatmem.db" ]
check 'it is installed again' quietly install_ 0.1.1
echo "CHATMEM_LISTEN=127.0.0.1:$port" >>"$root/etc/chatmem/chatmem.conf"
check 'and starts with what was kept' start
check 'which is all there' said
check 'and ends' stop
