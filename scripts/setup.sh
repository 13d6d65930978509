#!/usr/bin/env bash
# Brings what the build, the demo and the tests need: system packages through apt, and Rust through rustup if you agree.
# Safe to run again: where everything is there it changes nothing and says so in one line.
#
#   scripts/setup.sh               asks on a terminal before it installs Rust
#   RUSTUP=yes scripts/setup.sh    installs or updates Rust without asking
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# To build: OpenCV, FFmpeg, libclang (reads their headers), a C++ compiler and linker, the window systems' headers.
# To run: the libraries that winit opens at run time, and Mesa's drivers, whose lavapipe draws without a GPU.
# To test: a virtual display with its xauth. To fetch: certificates and curl.
packages="
    libopencv-dev libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libclang-dev clang build-essential pkg-config libwayland-dev libx11-dev libxkbcommon-dev
    libxkbcommon-x11-0 libxcursor1 libxi6 libxrandr2 mesa-vulkan-drivers
    xvfb xauth ca-certificates curl
"
# The browser test's browser. Not every distribution has it as packages: Ubuntu's are stubs for a snap.
browser_packages="chromium chromium-driver"

say() { printf 'set-up: %s\n' "$*"; }
# Says "$1" and, below it and easy to copy, the lines that follow; then gives up.
fail() {
    say "$1" >&2
    shift
    [ $# -eq 0 ] || printf '    %s\n' "$@" >&2
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# The packages among "$@" that are not installed, in one line.
not_installed() {
    local installed name missing=""
    installed="$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)"
    for name in "$@"; do
        grep -qxF "installed $name" <<<"$installed" || missing+=" $name"
    done
    printf '%s' "${missing# }"
}

# Whether apt has a version of every one of the packages "$@" (one that others merely provide has none of its own).
offered() {
    local name policy
    for name in "$@"; do
        policy="$(LC_ALL=C apt-cache policy "$name")"
        grep -q '^  Candidate: [^(]' <<<"$policy" || return 1
    done
}

with_apt() {
    local missing browser="" sudo="" install="apt-get install -y --no-install-recommends"
    # shellcheck disable=SC2086 # a list of words
    missing="$(not_installed $packages)"
    if ! has chromedriver; then
        # shellcheck disable=SC2086
        browser="$(not_installed $browser_packages)"
    fi
    [ -n "$missing$browser" ] || return 0

    if [ "$(id -u)" -ne 0 ]; then
        sudo="sudo"
        if ! has sudo; then
            [ -n "$missing" ] || return 0
            fail "packages are missing, and there is no sudo to install them with. As root, run:" \
                "apt-get update && $install $missing"
        fi
    fi
    # shellcheck disable=SC2086
    if [ -z "$missing" ] && compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null && ! offered $browser; then
        return 0
    fi
    say "asking apt for ${missing:-$browser}"
    # A third party's broken package source must not stop the set-up; whether it mattered, the install tells.
    $sudo apt-get update || say "apt-get update failed; going on with the lists that are there" >&2
    # shellcheck disable=SC2086
    if [ -n "$browser" ] && offered $browser; then
        missing+=" $browser"
    fi
    [ -n "$missing" ] || return 0
    # The timeout waits for another apt, such as a fresh machine's own updates.
    # shellcheck disable=SC2086
    $sudo env DEBIAN_FRONTEND=noninteractive $install -o DPkg::Lock::Timeout=300 $missing ||
        fail "apt could not install the packages. Mend what it says above, or install them yourself:" \
            "${sudo:+sudo }$install $missing"
}

# Adds a row to the list for machines without apt, unless "$1" says that what it is for is there.
row() {
    local state="$1" purpose="$2" fedora="$3" arch="$4"
    [ "$state" = there ] || wanting+="  $purpose"$'\n'"      Fedora: $fedora"$'\n'"      Arch:   $arch"$'\n'
}
there() { if "$@" >/dev/null 2>&1; then printf there; fi; }

without_apt() {
    wanting=""
    row "$(there has c++)" "a C++ compiler and linker" "gcc-c++" "base-devel"
    row "$(there has pkg-config)" "pkg-config" "pkgconf-pkg-config" "pkgconf"
    row "$(there pkg-config --exists opencv4)" "OpenCV 4 with contrib (sees the table)" "opencv-devel" "opencv"
    row "$(there has clang)" "clang and libclang (read OpenCV's headers)" "clang clang-devel" "clang"
    row "$(there pkg-config --exists wayland-client x11 xkbcommon xkbcommon-x11 xcursor xi xrandr)" \
        "Wayland and X11 (windows)" \
        "wayland-devel libX11-devel libxkbcommon-x11-devel libXcursor-devel libXi-devel libXrandr-devel" \
        "wayland libx11 libxkbcommon-x11 libxcursor libxi libxrandr"
    row "$(there compgen -G '/usr/share/vulkan/icd.d/*.json')" "a Vulkan driver (lavapipe needs no GPU)" \
        "mesa-vulkan-drivers" "vulkan-swrast"
    row "$(there has Xvfb)" "Xvfb and xauth (tests without a display)" "xorg-x11-server-Xvfb xorg-x11-xauth" \
        "xorg-server-xvfb xorg-xauth"
    row "$(there has chromedriver)" "Chromium and chromedriver (the browser test)" "chromium chromedriver" "chromium"
    row "$(there has curl)" "curl (fetches rustup)" "curl" "curl"
    [ -n "$wanting" ] || return 0
    say "there is no apt here; install with your package manager what was not found:" >&2
    printf '%s' "$wanting" >&2
    pkg-config --exists opencv4 2>/dev/null || fail "the build cannot do without OpenCV: pkg-config finds no opencv4"
    say "OpenCV is there; going on" >&2
}

# Installs Rust, or updates it where rustup is there: only on RUSTUP=yes, or a "y" typed at the question.
offer_rust() {
    local rustup command answer=""
    rustup="$(command -v rustup || command -v "${CARGO_HOME:-$HOME/.cargo}/bin/rustup" || true)"
    if [ -n "$rustup" ]; then
        # The override is for this folder alone; your default toolchain stays what it is.
        command="$rustup toolchain install stable -c rustfmt -c clippy && $rustup override set stable"
    else
        command="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y"
    fi

    if [ "${RUSTUP:-}" = yes ]; then
        answer=y
    elif [ -t 0 ] && [ -t 2 ]; then
        printf 'set-up: run this now?  %s  [y/N] ' "$command" >&2
        read -r answer || true
    fi
    case "$answer" in
    [yY] | [yY][eE][sS]) ;;
    *) fail "to install Rust, run one of these:" "$command" "RUSTUP=yes make setup" ;;
    esac
    # Without the variable rustup refuses to stand beside an old Rust from the system's packages.
    RUSTUP_INIT_SKIP_PATH_CHECK=yes bash -c "set -o pipefail; $command" || fail "that failed; see above"
    bash scripts/find-cargo.sh >/dev/null || fail "it is still not found; is RUSTUP_TOOLCHAIN set to an older one?"
    say "Rust is installed; open a new shell to have cargo on your own PATH"
}

if has apt-get && has dpkg-query; then
    with_apt
else
    without_apt
fi
bash scripts/find-cargo.sh >/dev/null || offer_rust

cargo="$(bash scripts/find-cargo.sh)"
note=""
has chromedriver || note="; no chromedriver on the PATH, which the browser test alone needs"
say "complete: OpenCV $(pkg-config --modversion opencv4), $("$cargo" --version | cut -d ' ' -f 1-2)$note"
