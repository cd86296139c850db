# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Shared by ./dev and tools/*.sh (sourced): how to fail, how to show progress, how to build a preset.

set -euo pipefail
export PYTHONDONTWRITEBYTECODE=1
log_dir=build/log
jobs=$(nproc)

die() {
    echo "dev: $*" >&2
    exit 1
}

usage_error() {
    echo "dev: $* (try ./dev help)" >&2
    exit 2
}

heading() { printf '== %s\n' "$*"; }

# since SECONDS_AT_START: "1m05s"
since() { printf '%dm%02ds' $(((SECONDS - $1) / 60)) $(((SECONDS - $1) % 60)); }

# Passes ninja's lines on as progress: one line that is overwritten on a terminal, else every fifth of the work.
show_progress() {
    local tty=0
    [ ! -t 1 ] || tty=1
    awk -v tty="$tty" -v what="$1" '
        match($0, /^\[[0-9]+\/[0-9]+\]/) {
            split(substr($0, 2, RLENGTH - 2), count, "/")
            if (tty) { printf "\r\033[K   %s %s", what, substr($0, 1, 90); open = 1 }
            else if (int(count[1] * 5 / count[2]) > shown) {
                shown = int(count[1] * 5 / count[2])
                printf "   %s [%s/%s]\n", what, count[1], count[2]
            }
            fflush()
        }
        END { if (open) printf "\r\033[K" }'
}

# What a person wants to see of a failed build: from the first failure on, or the end.
show_failure() {
    {
        if grep -qE '^FAILED:|^CMake Error' "$1"; then
            sed -nE '/^FAILED:|^CMake Error/,$p' "$1" | grep -vE '^\[[0-9]+/[0-9]+\]' | cut -c1-400 | head -n 60
        else
            tail -n 20 "$1"
        fi
        echo "dev: the whole log is in $1"
    } >&2
}

# build_preset PRESET [TARGET...]: configures and builds; returns non-zero when that fails. The compilers
# are pinned here, so that warnings are errors; TAKT_WERROR=OFF ./dev build lets them pass.
build_preset() {
    local preset=$1 log=$log_dir/$1.log
    shift
    mkdir -p "$log_dir"
    exec {lock}>"$log_dir/$preset.lock"
    flock -n "$lock" || { echo "   waiting for another build of $preset" && flock "$lock"; }
    local options=()
    command -v ccache >/dev/null && options=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    if is_cross "$preset"; then
        local root
        root=$(sysroot) || return 1
        options+=("-DTAKT_SYSROOT=$root")
        # What was found in another sysroot, which may be gone, is looked for anew.
        grep -qs "^TAKT_SYSROOT:.*=$root\$" "build/$preset/CMakeCache.txt" || options+=(--fresh)
    fi
    local status=0
    {
        cmake --preset "$preset" -DTAKT_WERROR="${TAKT_WERROR:-ON}" "${options[@]}" &&
            cmake --build --preset "$preset" --parallel "$jobs" ${1:+--target "$@"} -- -k 0
    } </dev/null 2>&1 | tee "$log" | show_progress "$preset" || status=1
    exec {lock}>&-
    [ "$status" = 0 ] || show_failure "$log"
    return "$status"
}
