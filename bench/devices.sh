# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Shared by the benches of devices (sourced, bash): boots of the lab with drivers, programs and takt in it,
# several seeds of one job. `usage` is the bench's.

# shellcheck source=bench/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Static, and so the same for L1 and for the guest.
echo_program=$release_dir/bench/takt_echo
poll_program=$release_dir/bench/takt_hmp_poll

seeds=3 parallel=$(($(nproc) > 1 ? 2 : 1)) keep='' cases='' count='' places='' variant=''
# device_options DEFAULT_CASES DEFAULT_COUNT ARGUMENT...: what these benches have in common: sets $seeds, $parallel, $keep,
# $cases, $count and, where the bench has given it a default, $places; what is the bench's own is in $own, a word each.
own=()
device_options() {
    cases=$1 count=$2
    shift 2
    while [ $# -gt 0 ]; do
        case $1 in
        --help | -h) usage && exit 0 ;;
        --keep) keep=1 && shift && continue ;;
        --samples) [ $# -ge 2 ] && number "$1" "$2" && count=$2 ;;
        --seeds) [ $# -ge 2 ] && number "$1" "$2" && seeds=$2 ;;
        --parallel) [ $# -ge 2 ] && number "$1" "$2" && parallel=$2 ;;
        --cases) [ $# -ge 2 ] && cases=$2 ;;
        --places)
            [ -n "$places" ] || bad_usage "unknown option $1"
            case ${2:-} in one | own) places=$2 ;; *) bad_usage "$1 ${2:-}: one or own" ;; esac
            ;;
        *) own+=("$1" "${2:-}") ;;
        esac
        [ $# -ge 2 ] || bad_usage "$1 needs a value"
        shift 2
    done
}

# shellcheck disable=SC2317  # called through in_background
one_boot() {
    local dir=$raw/$1 lab_label="seed $1: " seed=$1 job=$2
    shift 2
    [ -z "$keep" ] || [ ! -s "$dir/lab-status-ok" ] || return 0
    in_lab "$dir" "$job" --seed "$seed" --timeout 10000 --job-timeout 3000 --with devices --add "$takt:/usr/bin/takt" \
        --add "$echo_program:/usr/bin/echo_bench" --add "$poll_program:/usr/bin/hmp_poll" \
        --guest-add "$echo_program:/bin/echo_bench" --env "TAKT_CASES=$cases" "$@" || return
    echo ok >"$dir/lab-status-ok"
}

# boots NAME JOB.sh OPTION...: one for each seed; their results are in $directories.
boots() {
    raw=$out_dir/raw/$1-$arch
    shift
    built "$takt" "$echo_program" "$poll_program"
    mkdir -p "$raw"
    "$lab_dir/image.sh" >/dev/null # once, before several want it
    directories=()
    local seed
    for seed in $(seq "$seeds"); do
        directories+=("$raw/$seed")
        in_background "$parallel" one_boot "$seed" "$@"
    done
    all_done
    [ "$failed" = 0 ] || die "$failed of ${#directories[@]} boots of the lab failed: see $raw/*/job.log"
}

# judged NAME OPTION...: NAME.py's table, verdicts and JSON. $variant is part of the JSON's name.
judged() {
    local name=$1 status=0
    shift
    document_options
    json=$out_dir/$name$variant-$json_arch.json
    "$bench_dir/$name.py" --json "$json" "${about[@]}" "$@" "${directories[@]}" || status=$?
    return $status
}
