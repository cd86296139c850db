# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# ./dev lint (sourced): every check runs, also after one that failed.

: "${jobs:?}" "${log_dir:?}" # tools/common.sh

# source_files PATTERN...: names ended by NUL, of tracked files and of new ones that are not ignored.
source_files() {
    { git -c safe.directory='*' ls-files -z --cached --others --exclude-standard -- "$@" 2>/dev/null ||
        die "lint needs a git clone"; } | while IFS= read -r -d '' file; do
        [ ! -f "$file" ] || [ -L "$file" ] || printf '%s\0' "$file"
    done
}

shell_files() {
    source_files | while IFS= read -r -d '' file; do
        case $file in
        *.sh) printf '%s\0' "$file" ;;
        *.*) [ "$file" != .ci/run ] || printf '%s\0' "$file" ;;
        *) case $(head -c 64 "$file" | head -n 1 | tr -d '\0') in '#!'*sh | '#!'*sh\ *) printf '%s\0' "$file" ;; esac ;;
        esac
    done
}

check_format() { source_files '*.cpp' '*.h' | xargs -0 -r clang-format-19 --dry-run -Werror; }

# SC2054: commas are what QEMU's options are made of. SC2187: busybox's shell is checked as dash, as wanted.
# SC2034 (unused variable) says nothing about files that are sourced; those have no #! line.
check_shell() {
    local scripts=() sourced=() file status=0 options=(-x --severity=warning)
    while IFS= read -r -d '' file; do
        if [ "$(head -c 2 "$file")" = '#!' ]; then scripts+=("$file"); else sourced+=("$file"); fi
    done < <(shell_files)
    shellcheck "${options[@]}" --exclude=SC2054,SC2187 "${scripts[@]}" || status=1
    shellcheck "${options[@]}" --exclude=SC2054,SC2187,SC2034 "${sourced[@]}" || status=1
    return "$status"
}

check_layers() { python3 tools/check_layers.py; }
check_rt() { python3 tools/check_rt.py; }
check_text() { source_files | python3 tools/check_text.py; }
check_checks() { (cd tools && python3 -m unittest -q check_test 2>&1); }

# Each header compiles alone, with a compiler of its architecture. $0 is the header; read from stdin, or #pragma once
# would warn.
check_headers() {
    # shellcheck disable=SC2016  # expanded by the inner shell
    local compile='case $0 in
        *_arm64.h) compiler=$ARM64_CXX ;; *_x86.h) compiler=$X86_CXX ;; *) compiler=g++ ;; esac
        [ -n "$compiler" ] || exit 0
        echo "#include \"$0\"" | $compiler -std=c++23 -fsyntax-only -x c++ -Wall -Wextra -Werror \
        -Wno-attributes=clang:: -fno-rtti "$@" - 2>&1 | sed "/<stdin>/d"; exit "${PIPESTATUS[1]}"'
    local status=0
    export ARM64_CXX=g++ X86_CXX=''
    if [ "$(host_arch)" = x86 ]; then
        X86_CXX=g++
        ARM64_CXX="aarch64-linux-gnu-g++ -isystem $(sysroot)/usr/include" || return 1
    fi
    source_files 'src/*.h' 'test/*.h' 'bench/*.h' |
        xargs -0 -r -I{} -P "$jobs" bash -c "$compile" {} -I. -Isrc || status=1
    source_files 'guest/*.h' |
        xargs -0 -r -I{} -P "$jobs" bash -c "$compile" {} -I. -Iguest -ffreestanding -mgeneral-regs-only || status=1
    return "$status"
}

check_gcc() { TAKT_WERROR=ON build_preset release; }
# As the sanitizers build it: the tests need that build anyway.
check_clang() { TAKT_WERROR=ON build_preset asan takt; }

# lint_step NAME WHAT: runs check_NAME; its output is shown when there is any.
lint_step() {
    local start=$SECONDS status=ok
    heading "lint $1: $2"
    "check_$1" </dev/null || { status=FAILED && bad_checks+=("$1"); }
    echo "   $status, $(since "$start")"
}

run_lint() {
    local start=$SECONDS
    bad_checks=()
    local groups=(build check)
    [ "$(host_arch)" = arm64 ] || groups+=(cross)
    need_packages "${groups[@]}"
    lint_step checks "the checks themselves find what they are for"
    lint_step format "clang-format-19"
    lint_step layers "who may include whom, architecture, KVM"
    lint_step rt "locks, threads, and what stands in functions marked RT"
    lint_step text "SPDX lines, white space, length of files"
    lint_step shell "shellcheck"
    lint_step headers "each header compiles alone"
    lint_step gcc "g++ as released, warnings are errors"
    lint_step clang "clang 19 with thread-safety analysis, warnings are errors"
    if [ ${#bad_checks[@]} -gt 0 ]; then
        echo "lint: FAILED: ${bad_checks[*]} ($(since "$start"))"
        return 1
    fi
    echo "lint: ok ($(since "$start"))"
}
