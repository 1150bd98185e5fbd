#!/bin/sh
# SPDX-License-Identifier: MIT
# lint.sh - what the compiler does not check; the rules are in lint.py.
exec python3 "$(dirname "$0")/lint.py"
