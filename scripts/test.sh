#!/usr/bin/env bash
# Runs every test in the release profile and adds up what cargo printed for each test binary.
#
#   scripts/test.sh [ARGUMENTS FOR cargo test]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo="$(bash scripts/find-cargo.sh)"
log="$(mktemp)"
trap 'rm -f "$log"' EXIT

command=("$cargo" test --release --locked --workspace --no-fail-fast "$@")
printf '%s\n' "${command[*]}"
status=0
"${command[@]}" | tee "$log" || status=$?

# `test result: ok. 12 passed; 0 failed; 1 ignored; …`, a line for each test binary; a binary that did not build or
# crashed has none, so the exit status is cargo's and not the sum's.
awk '/^test result:/ { passed += $4; failed += $6; ignored += $8 }
     END { printf "\n%d passed, %d failed, %d ignored\n", passed, failed, ignored }' "$log"
exit "$status"
