# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# ./dev test (sourced). A stage is LABEL:PRESET, the ctest label in the build of the preset; a word for one
# or more stages is in stages_of. The last line is the sum of all: N passed, N failed.

: "${jobs:?}" "${log_dir:?}" # tools/common.sh

passed=0 failed=0 skipped=0 broken=()

# on_x86 STAGES: nothing on arm64 itself, where a cross build is the same as another stage, and which has no kvm tests
# yet (test/README.md).
on_x86() { [ "$(host_arch)" = arm64 ] || echo "$1"; }

# The default is for the time between two changes: two builds, and each test once. `all` has every build.
stages_of() {
    case $1 in
    default) echo unit:asan fuzz:asan "$(on_x86 kvm:release)" lab:release ;;
    unit) echo unit:asan unit:gcc threads:tsan "$(on_x86 arch:arm64-debug)" ;;
    fuzz) echo fuzz:asan ;;
    kvm) on_x86 "kvm:release kvm:gcc" ;;
    lab) echo lab:release "$(on_x86 lab:arm64)" ;;
    disk) echo disk:release "$(on_x86 disk:arm64)" ;; # long: a Debian has to be built first
    all) for word in unit fuzz kvm lab; do stages_of "$word"; done | xargs ;;
    unit:* | threads:* | arch:* | fuzz:* | kvm:* | lab:* | disk:*)
        [ "$1" != fuzz:gcc ] || usage_error "fuzzers are built in the asan preset"
        echo "$1"
        ;;
    *) usage_error "test $1: unit, fuzz, kvm, lab, disk, all, or LABEL:PRESET as in unit:asan" ;;
    esac
}

# tests_of LABEL: the target to build; nothing for all of the preset.
tests_of() {
    case $1 in threads | arch) echo "takt_tests_$1" ;; esac
}

# junit_count FILE ATTRIBUTE: of the whole suite
junit_count() { sed -n "/<testsuite/,/>/ s/.*[[:space:]]$2=\"\([0-9]*\)\".*/\1/p" "$1" | head -n 1; }

stage_failed() {
    failed=$((failed + 1))
    broken+=("$stage: $*")
    echo "   FAILED: $*"
}

run_stage() {
    local stage=$1 label=${1%%:*} preset=${1##*:} start=$SECONDS built
    local report=$PWD/$log_dir/ctest-$label-$preset.xml log=$log_dir/ctest-$label-$preset.log
    heading "test $label, preset $preset"
    # shellcheck disable=SC2046  # a word or none
    if ! build_preset "$preset" $(tests_of "$label"); then
        stage_failed "the build"
        return 0
    fi
    built=$(since "$start")
    rm -f "$report"
    start=$SECONDS
    # What measures in this machine's time is alone. The lab's time is virtual; its jobs find the images built.
    local parallel=$jobs
    case $label in
    kvm | disk) parallel=1 ;;
    lab) lab/image.sh --arch "$(arch_of "$preset")" >/dev/null || true ;;
    esac
    ctest --test-dir "build/$preset" -L "^$label\$" -j "$parallel" --output-on-failure --no-tests=error \
        --output-junit "$report" </dev/null 2>&1 | tee "$log" || true
    count_stage
    echo "   built in $built, ran in $(since "$start")"
}

# Adds the stage's report to the sums.
count_stage() {
    local all=0 bad=0 skip=0
    if [ -s "$report" ]; then
        all=$(junit_count "$report" tests)
        bad=$(junit_count "$report" failures)
        skip=$(($(junit_count "$report" skipped) + $(junit_count "$report" disabled)))
    fi
    if [ "${all:-0}" -eq 0 ]; then
        stage_failed "no tests"
        return 0
    fi
    passed=$((passed + all - bad - skip)) failed=$((failed + bad)) skipped=$((skipped + skip))
    if [ "$bad" -gt 0 ]; then
        broken+=("$stage: $(sed -n 's/.*<testcase name="\([^"]*\)".*status="fail".*/\1/p' "$report" | xargs)")
    fi
    # Only a machine without KVM may run none of a stage's tests.
    if [ "$skip" -eq "$all" ]; then
        if [ "$label" = kvm ] && ! { [ -r /dev/kvm ] && [ -w /dev/kvm ]; }; then
            echo "   /dev/kvm cannot be used here: all $all tests skipped"
        else
            stage_failed "all $all tests were skipped"
        fi
    fi
}

run_tests() {
    local word words list stage stages=() start=$SECONDS groups=(build check)
    [ $# -gt 0 ] || set -- default
    for word; do
        words=$(stages_of "$word") || exit
        read -ra list <<<"$words"
        stages+=("${list[@]}")
    done
    case " ${stages[*]}" in *" kvm:"* | *" lab:"* | *" disk:"*) groups+=(lab) ;; esac
    case " ${stages[*]}" in *":arm64"*) groups+=(cross) ;; esac
    need_packages "${groups[@]}"
    for stage in "${stages[@]}"; do run_stage "$stage"; done
    heading "tests: $(since "$start")"
    [ "$skipped" -eq 0 ] || echo "   $skipped skipped"
    [ ${#broken[@]} -eq 0 ] || printf '   FAILED %s\n' "${broken[@]}"
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
