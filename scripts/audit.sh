#!/usr/bin/env bash
# Checks the licences of all dependencies and which of them are banned (cargo deny), and for dependencies that nothing uses
# (cargo machete). A tool that is absent is built once; where that cannot be, its check is skipped, and that is said.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo="$(bash scripts/find-cargo.sh)"
PATH="$PATH:$(dirname "$cargo"):${CARGO_HOME:-$HOME/.cargo}/bin"

# Whether the cargo subcommand "$1" of version "$2" is there, or could be built.
has_tool() {
    command -v "cargo-$1" >/dev/null 2>&1 && return 0
    printf 'audit: building cargo-%s\n' "$1"
    "$cargo" install --locked --quiet --version "$2" "cargo-$1" && return 0
    printf 'audit: SKIPPED: cargo-%s is not there and cannot be built\n' "$1"
    return 1
}

if has_tool machete 0.9.1; then cargo-machete --with-metadata; fi
if has_tool deny 0.18.5; then cargo-deny --locked --workspace check licenses bans; fi
