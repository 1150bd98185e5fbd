# SPDX-License-Identifier: MIT
# counted.sh - checks that are counted, and the mirror; to be sourced.
passed=0
failed=0

# check NAME COMMAND…
check() {
	local name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
		echo "ok: $name"
	else
		failed=$((failed + 1))
		echo "FAILED: $name"
	fi
}

# Where this machine's Debian comes from.
mirror() {
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} \
		2>/dev/null | grep -E '^(deb|URIs:) ' |
		grep -oE 'https?://[^ ]+/debian/?( |$)' | head -n 1
}
