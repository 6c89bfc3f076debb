# Sourced by tools/demo and tools/test, with the project's root as the working directory.
# shellcheck shell=bash

set -euo pipefail

die() { printf '%s\n' "$*" >&2; exit 1; }

# --- steps -----------------------------------------------------------------------------------------------------------
# step TITLE LOG COMMAND...: one line on the screen, everything else in LOG; the end of LOG when the command fails.
step() {
    local title=$1 log=$2 start=$SECONDS rc=0
    shift 2
    mkdir -p "$(dirname "$log")"
    printf '$ %s\n' "$*" >"$log"
    printf '%-36s' "$title"
    "$@" </dev/null 2>&1 | tee -a "$log" | show_progress "$title" || rc=$?
    if [ "$rc" -eq 0 ]; then
        printf ' %4d s\n' $((SECONDS - start))
        return 0
    fi
    printf ' FAILED after %d s\n' $((SECONDS - start))
    return "$rc"
}

# The same for a step whose failure ends the script.
must_step() {
    local log=$2 rc=0
    step "$@" || rc=$?
    [ "$rc" -eq 0 ] && return 0
    # without the lines of what went well
    { printf '\n'; grep -Ev '^\[[0-9]+/[0-9]+\] ' "$log" | tail -n 50; printf '\nThe whole log: %s\n' "$log"; } >&2
    exit "$rc"
}

# Reads "[3/40] ..." (Ninja) and " 3/40 ..." (Meson's tests): a counter on a terminal, quarters elsewhere.
show_progress() {
    local line quarter shown=0 terminal=0
    [ -t 1 ] && terminal=1
    while IFS= read -r line; do
        [[ $line =~ ^\[?\ *([0-9]+)/([0-9]+)[]\ ] ]] || continue
        if [ "$terminal" = 1 ]; then
            printf '\r%-36s %s of %s ' "$1" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
        else
            quarter=$((4 * BASH_REMATCH[1] / BASH_REMATCH[2]))
            if [ "$quarter" -gt "$shown" ] && [ "$quarter" -lt 4 ]; then
                printf ' %d%%' $((25 * quarter))
                shown=$quarter
            fi
        fi
    done
    [ "$terminal" = 1 ] && printf '\r%-36s' "$1"
    return 0
}

# --- what must be installed ------------------------------------------------------------------------------------------
# The one list of packages: Debian's name, and the command, header or library that shows that it is there, however it
# came there. Debian 12's default Boost (1.74) has no Boost.JSON; its 1.81 does. Meson brings Python along.
package_list() {
    local boost=
    [ "$(os_release ID)" = debian ] && [ "$(os_release VERSION_ID)" = 12 ] && boost=1.81
    cat <<LIST
g++                      command  c++
meson                    command  meson
ninja-build              command  ninja
pkg-config               command  pkg-config
ccache                   command  ccache
libasio-dev              include  asio.hpp
libboost-json$boost-dev  lib      libboost_json.so
libboost-url$boost-dev   lib      libboost_url.so
libpugixml-dev           include  pugixml.hpp
libssl-dev               include  openssl/ssl.h
doctest-dev              include  doctest/doctest.h
LIST
}

# The same for one more compiler (tools/test --clang).
clang_package_list() { printf 'clang-16 command clang++-16\n'; }

# What single tests need. Where it cannot be installed they are skipped, and say so.
optional_package_list() {
    cat <<LIST
curl                     command  curl
nodejs                   command  node
npm                      command  npm
chromium                 command  chromium
g++-aarch64-linux-gnu    command  aarch64-linux-gnu-g++
qemu-user                command  qemu-aarch64
LIST
}

os_release() { (. /etc/os-release 2>/dev/null && printf '%s' "${!1:-}") || true; }

is_present() { # KIND NAME
    local prefix file
    case $1 in
    command) command -v "$2" >/dev/null; return ;;
    include) set -- "include/$2" "include/*-linux-gnu*/$2" ;;
    lib) set -- "lib/$2" "lib/*-linux-gnu*/$2" "lib64/$2" ;;
    esac
    for prefix in /usr /usr/local; do
        for file in "$@"; do
            compgen -G "$prefix/$file" >/dev/null && return
        done
    done
    return 1
}

# missing_of LIST-FUNCTION...: the packages of these lists that are not there.
missing_of() {
    local list package kind name
    for list in "$@"; do
        while read -r package kind name; do
            is_present "$kind" "$name" || printf '%s\n' "$package"
        done < <("$list")
    done
}

# may_install: whether packages can be installed without a question; sets `sudo` to what must stand before apt-get.
may_install() {
    sudo=()
    [ "$(id -u)" -ne 0 ] || return 0
    sudo=(sudo -n)
    command -v sudo >/dev/null && sudo -n true 2>/dev/null
}

# install_missing LOG [LIST-FUNCTION...]: installs what is not there, or says what to install and ends with 2.
# OSSIFY_NO_INSTALL=1 skips it: whatever is missing, Meson then says.
install_missing() {
    local log=$1 missing sudo apt
    shift
    [ -z "${OSSIFY_NO_INSTALL:-}" ] || return 0
    [ $# -gt 0 ] || set -- package_list
    mapfile -t missing < <(missing_of "$@")
    [ ${#missing[@]} -gt 0 ] || return 0

    if ! command -v apt-get >/dev/null; then
        cat >&2 <<TEXT
Missing here: ${missing[*]} (Debian's names).
There is no apt-get, so please install with this system's package manager: GCC 12 (or Clang 16) or later, Meson 1.0.1,
Ninja, pkg-config, Asio 1.22.1, Boost 1.81 with its JSON and URL libraries, pugixml 1.13, OpenSSL 3.0, and for the
tests doctest 2.4.9; each of that version or later. OSSIFY_NO_INSTALL=1 skips this check.
TEXT
        exit 2
    fi
    apt="apt-get install -y --no-install-recommends ${missing[*]}"
    if ! may_install; then
        printf 'Missing packages. Please run this as root, then start again:\n  %s\n' "$apt" >&2
        exit 2
    fi
    printf 'missing: %s\n' "${missing[*]}"
    must_step 'installing' "$log" apt_install ${sudo[@]+"${sudo[@]}"} ${apt#apt-get }
}

# install_optional LOG [LIST-FUNCTION]: what optional_package_list or another list names, where that is possible.
install_optional() {
    local log=$1 list=${2:-optional_package_list} missing sudo
    [ -z "${OSSIFY_NO_INSTALL:-}" ] || return 0
    mapfile -t missing < <(missing_of "$list")
    [ ${#missing[@]} -gt 0 ] || return 0
    if command -v apt-get >/dev/null && may_install; then
        printf 'missing: %s\n' "${missing[*]}"
        step 'installing' "$log" apt_install ${sudo[@]+"${sudo[@]}"} install -y --no-install-recommends "${missing[@]}" \
            && return 0
    fi
    printf 'what needs these is skipped: %s\n' "${missing[*]}"
}

apt_install() { # [sudo -n] install ...
    local sudo=()
    while [ "$1" != install ]; do sudo+=("$1"); shift; done
    # An update that fails may still leave lists that do.
    ${sudo[@]+"${sudo[@]}"} apt-get update -qq || true
    ${sudo[@]+"${sudo[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@"
}

# --- Meson -----------------------------------------------------------------------------------------------------------
# configure DIR OPTION...: an up-to-date build folder. One that somebody configured by hand is used as it is.
configure() {
    local dir=$1 options="${*:2} CXX=${CXX:-}" absent
    shift
    absent="not here: $(missing_of optional_package_list | tr '\n' ' ')"
    if [ -e "$dir/build.ninja" ]; then
        if [ ! -e "$dir/.made-by-tools" ]; then
            printf 'using %s/ as it is configured\n' "$dir"
            return 0
        fi
        case $(<"$dir/.made-by-tools") in
        "$options"$'\n'"$absent") return 0 ;;
        "$options"$'\n'*) set -- --reconfigure "$@" ;; # what is installed has changed: Meson must look again
        *) rm -rf "$dir" ;;                            # other options: ccache makes the new start cheap
        esac
    fi
    [ -e "$dir/build.ninja" ] || rm -rf "$dir/meson-private"
    must_step 'configuring' "$dir/logs/configure.log" meson setup "$dir" "$@"
    printf '%s\n%s\n' "$options" "$absent" >"$dir/.made-by-tools"
}

# compile TITLE DIR TARGET...
compile() {
    local title=$1 dir=$2
    shift 2
    must_step "$title" "$dir/logs/build.log" ninja -C "$dir" -j "$(cores)" "$@"
}

cores() { nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2; }

# What tools/demo and tools/test build with, so that they share one folder: quick to compile, no debug information.
# Warnings are errors in CI only: a newer compiler's new warning must stop nobody else.
default_options() {
    printf '%s\n' -Doptimization=0 -Ddebug=false -Db_ndebug=false \
        -Dexamples=enabled -Dtests=enabled -Dbenchmarks=disabled
    [ -z "${CI:-}" ] || printf '%s\n' --werror
}

# ccache may reuse what another clone compiled: all paths are relative to the build folder.
export CCACHE_NOHASHDIR=true
