#!/bin/bash
# SPDX-License-Identifier: MIT
# container_test.sh - builds the Dockerfile for real and runs what was built.
#
#	container_test.sh [DEBIAN [POSTGRESQL]]		12 or 13; ON or OFF
#
# There need be no registry: the base image is made by debootstrap from this
# machine's Debian mirror.  The result runs as its own user on a read-only
# root, in a network of its own.  Needs root.
cd "$(dirname "$0")/../.." || exit 2
debian=${1:-12}
postgresql=${2:-OFF}
case $debian in
12) codename=bookworm ;;
13) codename=trixie ;;
esac
. tests/server/counted.sh
key=secret
work=$(mktemp -d /var/tmp/chatmem-container-XXXXXX)
store=(--root "$work/store" --runroot "$work/run" --storage-driver vfs)
root=$work/root
# What a container gets of its own: mounts and a network.
inside=(nsenter --mount="$work/ns/mnt" --net="$work/ns/net")

finish() {
	[ -z "$server" ] || kill -9 "$server" 2>/dev/null
	[ -z "$model" ] || kill "$model" 2>/dev/null
	umount "$work/ns/mnt" "$work/ns/net" "$work/ns" 2>/dev/null
	buildah "${store[@]}" rm --all >/dev/null 2>&1
	rm -rf "$work"
	echo "$passed passed, $failed failed"
	exit $((failed > 0))
}
trap finish EXIT

base() {
	debootstrap --variant=minbase "$codename" "$work/base" "$(mirror)" \
		>"$work/log" 2>&1 || { tail "$work/log"; return 1; }
	local from
	from=$(buildah "${store[@]}" from scratch) &&
		buildah "${store[@]}" add -q "$from" "$work/base" / \
			>/dev/null &&
		buildah "${store[@]}" commit -q "$from" \
			"docker.io/library/debian:$debian-slim" \
			>/dev/null
	rm -rf "$work/base"
}

image() {
	buildah "${store[@]}" bud --isolation chroot --format docker \
		--build-arg "DEBIAN=$debian" \
		--build-arg "POSTGRESQL=$postgresql" --pull-never -t chatmem . \
		>"$work/log" 2>&1 || {
		cat "$work/log"
		return 1
	}
}

# The part of the image's configuration that a daemon would act on.
config() {
	buildah "${store[@]}" inspect --type image \
		--format "{{.Docker.Config.$1}}" chatmem
}

# A container by hand: the image's root read-only, /data writable.
prepare() {
	local container
	container=$(buildah "${store[@]}" from --pull-never chatmem)
	mounted=$(buildah "${store[@]}" mount "$container")
	size=$(du -sb "$mounted" | cut -f1)
	mkdir -p "$mounted"/{dev,proc} "$root" "$work/ns"
	chmod 755 "$work"
	mount --bind "$work/ns" "$work/ns" && mount --make-private "$work/ns"
	touch "$work/ns/mnt" "$work/ns/net"
	unshare --mount="$work/ns/mnt" --net="$work/ns/net" true || return
	"${inside[@]}" ip link set lo up
	"${inside[@]}" mount --bind "$mounted" "$root"
	"${inside[@]}" mount -o remount,ro,bind "$root"
	"${inside[@]}" mount --bind "$mounted/data" "$root/data"
	"${inside[@]}" mount -t proc proc "$root/proc"
	"${inside[@]}" mount --bind /dev "$root/dev"
}

# run COMMAND…: in the container, as its user, with its environment.
run() {
	local environment
	environment=$(config Env | tr -d '[]')
	# shellcheck disable=SC2086 # a list of words
	exec "${inside[@]}" env -i $environment CHATMEM_API_KEY=t:$key \
		"CHATMEM_LLM_URL=$url" CHATMEM_LLM_MODEL=m \
		chroot --userspec="$(config User)" "$root" "$@"
}

# A model that is reached by TLS.  The image trusts it as soon as its
# certificate is among those that the image has.
answer_as_model() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=model \
		-addext subjectAltName=IP:127.0.0.1 -keyout "$work/key.pem" \
		-out "$work/model.pem" 2>"$work/log" || return
	cat "$work/model.pem" "$work/key.pem" >"$work/both.pem"
	PYTHONPATH=$PWD/tests "${inside[@]}" python3 -c '
import signal, sys, upstream
print(upstream.Upstream(certificate=sys.argv[1]).url, flush=True)
signal.pause()' "$work/both.pem" >"$work/url" &
	model=$!
	for _ in $(seq 600); do
		url=$(cat "$work/url")
		[ -z "$url" ] || return 0
		sleep 0.1
	done
	return 1
}

trust_the_model() {
	cat "$work/model.pem" >>"$mounted/etc/ssl/certs/ca-certificates.crt"
}

ask() {
	"${inside[@]}" curl -sS -H "X-API-Key: $key" "http://127.0.0.1:8080$1" \
		"${@:2}"
}

healthy() {
	for _ in $(seq 600); do
		(run /usr/bin/chatmem health) >/dev/null 2>&1 && return
		sleep 0.2
	done
	return 1
}

# is_loaded LIBRARY: is it in the image?
is_loaded() {
	find "$mounted" -name "$1.so*" | grep -q .
}

# Every library is of a package that it names, and has that one's licence.
known() {
	local documents=$mounted/usr/share/doc name names
	local said=$documents/chatmem/sbom.spdx.json

	python3 -m json.tool "$said" >/dev/null || return
	names=$(sed -n 's/^      "name": "\(.*\)",$/\1/p' "$said")
	grep -qx libsqlite3-0 <<<"$names" || return
	if is_loaded libcurl-http; then
		grep -q 'pkg:deb/debian/curl@.*[?]arch=source' "$said" || return
	fi
	for name in $names; do
		[ -s "$documents/$name/copyright" ] || return
		[ "$name" = chatmem ] ||
			[ -s "$mounted/var/lib/dpkg/status.d/$name" ] || return
	done
}


stops() {
	kill -TERM "$server"
	wait "$server"
}

[ "$(id -u)" = 0 ] || { check 'needs root' false; exit; }
check 'a base image from debootstrap' base || exit
check "the build, on Debian $debian" image
[ "$failed" = 0 ] || exit
check 'its user is not root' [ "$(config User)" = 65532:65532 ]
check 'a health check by the binary' \
	grep -q '/usr/bin/chatmem health' <(config Healthcheck)
check 'SIGTERM stops it' [ "$(config StopSignal)" = SIGTERM ]
check 'a root of its own' prepare
echo "the image has $((size / 1000000)).$((size / 100000 % 10)) MB"
if [ "$postgresql" = ON ]; then
	check 'it has PostgreSQL' is_loaded libpq
	most=40
else
	check 'it has no PostgreSQL' eval '! is_loaded libpq'
	most=22
fi
check 'it is small' [ "$size" -lt $((most * 1000000)) ]
check 'it says what it is made of, with all licences' known
check 'a model answers' answer_as_model
(run /usr/bin/chatmem) 2>"$work/server.log" &
server=$!
check 'it starts on a read-only root and is healthy' healthy
check 'a message is stored' grep -q '"version":1' \
	<(ask /sessions/a/messages -d '"Hi!"')
check 'and comes back' grep -qx '{"history":"Human: Hi!"}' \
	<(ask /sessions/a/load)
check 'a certificate that it does not know is refused' \
	grep -q 'certificate that is not trusted' \
	<(ask /sessions/b/chat -d '{"input":"Hi!"}')
trust_the_model
check 'the one that it trusts is not' grep -qx '{"response":"Hi!"}' \
	<(ask /sessions/b/chat -d '{"input":"Hi!"}')
key=wrong
check 'without the key it does not' grep -q unauthenticated \
	<(ask /sessions/a/load)
check 'SIGTERM ends it with status 0' stops
[ "$failed" = 0 ] || cat "$work/server.log"
server=
