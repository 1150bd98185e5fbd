# SPDX-License-Identifier: MIT
# counted.sh - checks that are counted; to be sourced.
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
