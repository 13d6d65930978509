#!/usr/bin/env bash
# Prints the cargo to use: the one on the PATH, or rustup's where the PATH has none or too old a one, as in the shell
# that has just installed rustup. Where neither is as new as `rust-version` in Cargo.toml, says so and exits 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

wanted="$(sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' Cargo.toml)"
seen=""

for cargo in cargo "${CARGO_HOME:-$HOME/.cargo}/bin/cargo"; do
    version="$("$cargo" --version 2>/dev/null | sed -n 's/^cargo \([0-9.]*\).*/\1/p')" || continue
    seen="${seen:-$version}"
    if [ "$(printf '%s\n' "$wanted" "$version" | sort -V | head -n 1)" = "$wanted" ]; then
        printf '%s\n' "$cargo"
        exit 0
    fi
done
printf 'Rust %s or newer is needed; found: %s\n' "$wanted" "${seen:-none}" >&2
exit 1
