#!/usr/bin/env bash
# Checks that the engine compiles for the web (wasm32-unknown-unknown). Where rustup cannot install the target, the check is
# skipped, and that is said.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo="$(bash scripts/find-cargo.sh)"
target=wasm32-unknown-unknown
PATH="$(dirname "$cargo"):$PATH"

if ! rustup target list --installed 2>/dev/null | grep -qx "$target" && ! rustup target add "$target"; then
    printf 'wasm: SKIPPED: rustup cannot install %s\n' "$target"
    exit 0
fi
"$cargo" check --release --locked --package billiards-physics --target "$target"
