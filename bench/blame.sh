#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Bench `blame`: faults are injected into the lab's host while a VM with latency budgets runs; does
# `takt blame` name each? x86, deterministic: one CPU, so that everything can be in the vCPU's way.

# shellcheck source=bench/common.sh
. "$(dirname "$0")/common.sh"

usage() {
    cat <<'END'
usage: bench/blame.sh [--faults WORDS] [--seed N]

  --faults WORDS  of: none host-thread slow-device page-fault interrupt throttled (all)
  --seed N        of the lab's run (1)

Writes build/bench/blame-ARCH.json.
END
}

faults="none host-thread slow-device page-fault interrupt throttled" seed=1
while [ $# -gt 0 ]; do
    case $1 in
    --help | -h) usage && exit 0 ;;
    --faults) [ $# -ge 2 ] && faults=$2 ;;
    --seed) [ $# -ge 2 ] && number "$1" "$2" && seed=$2 ;;
    *) bad_usage "unknown option $1" ;;
    esac
    [ $# -ge 2 ] || bad_usage "$1 needs a value"
    shift 2
done
for fault in $faults; do
    case $fault in
    none | host-thread | slow-device | page-fault | interrupt | throttled) ;;
    *) bad_usage "--faults $fault: none, host-thread, slow-device, page-fault, interrupt or throttled" ;;
    esac
done
only_for x86 "its probe guest has the slow device's cases on x86 only"

built "$takt" "$probe"
raw=$out_dir/raw/blame-$arch
mkdir -p "$out_dir/raw"
say "blame: $faults"
in_lab "$raw" blame.sh --seed "$seed" --add "$takt:/usr/bin/takt" --add "$probe:/probe-x86.elf" --env "TAKT_FAULTS=$faults"
document_options
# shellcheck disable=SC2086  # words, on purpose
"$bench_dir/blame.py" --json "$out_dir/blame-$json_arch.json" "${about[@]}" "$raw" $faults
