#!/bin/bash
# SPDX-License-Identifier: MIT
# lint.sh - what the compiler does not check: which room includes which,
# banned words, sizes, names.  Prints file:line: words; exits 1 if any.
cd "$(dirname "$0")/.." || exit 2
export LC_ALL=C.UTF-8
shopt -s nullglob

mapfile -t code < <(find schema core server -name '*.[ch]' | sort)
mapfile -t all < <(find schema core server tests -name '*.[ch]' | sort)
mapfile -t others < <(find tests -name '*.py' -o -name '*.sh' -o -name '*.lua')
mapfile -t page < <(find server/page -name '*.html' -o -name '*.js' -o \
	-name '*.css')
for file in CMakeLists.txt Dockerfile .ci/run server/run tests/run \
	tests/bench/{ratios,history,search,chat}; do
	[ ! -e "$file" ] || others+=("$file")
done

# say WORDS: turns grep's file:line:text into file:line: words.
say() {
	awk -F: -v words="$1" '{ print $1 ":" $2 ": " words }'
}

# The rooms: server -> core -> schema -> libc.  Inside a room, a folder
# includes no folder that includes it, directly or through others.
rooms() {
	local libc='<[a-z0-9_/]+\.h>'

	grep -nHE '^#include' "${code[@]}" | grep ^schema/ |
		grep -vE "$libc|\"schema/" |
		say 'schema includes no other room'
	grep -nHE '^#include' "${code[@]}" | grep ^core/ |
		grep -vE "$libc|\"(schema|core)/" |
		say 'core includes core and schema only'
	grep -oE '^#include "[^"]+/' "${code[@]}" |
		sed -E 's|/[^/]*:#include "| |; s|/$||' |
		awk '$1 != $2' | sort -u |
		tsort 2>&1 >/dev/null |
		sed -nE 's/^tsort: ([a-z].*)$/\1:1: in a circle of folders/p'
}

# Every third-party header lives in one folder.
libraries() {
	local file may third='microhttpd|sqlite3|jansson|gnutls|curl|pcre2'

	for file in "${code[@]}"; do
		case $file in
		schema/tokens/*) may='pcre2' ;;
		schema/*) may='jansson' ;;
		core/store/sqlite/*) may='sqlite3' ;;
		server/http/*) may='microhttpd' ;;
		server/upstream/*) may='curl' ;;
		server/auth/*) may='gnutls' ;;
		server/api/*) may='jansson' ;;
		server/main.c | server/serve.c) may='(jansson|gnutls)' ;;
		*) may='libc' ;;
		esac
		grep -nHE "^#include <($third)[/.]" "$file" |
			grep -vE "<$may[/.]" |
			say 'this library belongs to another folder'
	done
}

words() {
	local banned='strcpy|strcat|sprintf|vsprintf|strtok|atoi|gets'
	local sql='SELECT .*FROM|INSERT INTO|UPDATE .*SET|DELETE FROM|PRAGMA'

	grep -nHE "\b($banned)\(" "${all[@]}" | say 'a banned function'
	grep -nHE 'typedef (struct|union|enum)\b' "${all[@]}" |
		say 'a struct has no second name'
	grep -nHE '\b(TO''DO|FIX''ME|X''XX)\b' "${all[@]}" "${others[@]}" |
		say 'unfinished work'
	grep -nHE "\"[^\"]*\b($sql)\b" "${code[@]}" |
		grep -v '^core/store/' |
		say 'SQL belongs to core/store and schema/sql'
	grep -nHE '\bquery_(get_)?(number|text|blob|optional)\(&?\w+, [0-9]' \
		core/store/sql/*.c |
		say 'parameters and columns have names'
}

sizes() {
	local file

	for file in "${all[@]}" "${others[@]}"; do
		# A string is not broken: its words can be searched for.
		expand -t8 "$file" | awk -v file="$file" '
			length > 80 && !/^ *({ )?(SLICE\()?"/ {
				print file ":" NR ": over 80 columns" }'
	done
	for file in "${all[@]}"; do
		awk 'END { if (NR > 400)
			print FILENAME ":400: a file of " NR " lines" }' "$file"
	done
	for file in "${page[@]}"; do
		expand -t4 "$file" | awk -v file="$file" 'length > 100 {
			print file ":" NR ": over 100 columns" }'
	done
	[ ${#page[@]} = 0 ] || cat "${page[@]}" | wc -c |
		awk '$1 > 60000 { print "server/page:1: a page of " $1 \
			" bytes, 60000 at most" }'
	awk '/^{/ { start = FNR }
		/^}/ && start && FNR - start > 70 {
			print FILENAME ":" start ": a function of " \
				FNR - start " lines" }
		/^}/ { start = 0 }' "${code[@]}"
	[ ! -e README.md ] || awk 'END { if (NR > 250)
		print "README.md:250: " NR " lines, 250 at most" }' README.md
}

# What is kept at the top level; without git there is no telling.
top() {
	local agreed='core|schema|server|tests|\.ci'

	agreed+='|README\.md|LICENSE|Dockerfile|CMakeLists\.txt'
	agreed+='|\.(clang-format|clang-tidy|dockerignore|gitignore)'
	git ls-files 2>/dev/null | cut -d/ -f1 | sort -u |
		grep -vxE "$agreed" |
		sed 's/$/:1: does not belong at the top level/'
}

# The first lines of every file, and a header's guard.
heads() {
	local file guard

	for file in "${all[@]}" "${others[@]}" "${page[@]}"; do
		head -2 "$file" | grep -q 'SPDX-License-Identifier: MIT' ||
			echo "$file:1: no SPDX line"
	done
	for file in "${all[@]}"; do
		sed -n 2,3p "$file" | grep -qF "* ${file##*/} - " ||
			echo "$file:2: no name and clause"
	done
	for file in $(printf '%s\n' "${all[@]}" | grep 'h$'); do
		guard=$(tr 'a-z/.' 'A-Z__' <<<"$file")
		[ "$(grep -cE "^#(ifndef|define) $guard\$" "$file")" = 2 ] ||
			echo "$file:1: the header guard is not $guard"
	done
}

if { rooms; libraries; words; sizes; top; heads; } | grep .; then
	exit 1
fi
