#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Bench `interference`: by how much the rest of a VM makes its real-time vCPU later. Deterministic lab,
# one CPU for all of it; the probe guest.

# shellcheck source=bench/common.sh
. "$(dirname "$0")/common.sh"

usage() {
    cat <<'END'
usage: bench/interference.sh [--samples N] [--seeds N]

  --samples N  timer interrupts of each case, 1 ms apart (5000)
  --seeds N    boots of the lab, each with another phase (3)

Writes build/bench/interference-ARCH.json.
END
}

samples=5000 seeds=3
while [ $# -gt 0 ]; do
    case $1 in
    --help | -h) usage && exit 0 ;;
    --samples) [ $# -ge 2 ] && number "$1" "$2" && samples=$2 ;;
    --seeds) [ $# -ge 2 ] && number "$1" "$2" && seeds=$2 ;;
    *) bad_usage "unknown option $1" ;;
    esac
    [ $# -ge 2 ] || bad_usage "$1 needs a value"
    shift 2
done

built "$takt" "$probe"
raw=$out_dir/raw/interference-$arch
mkdir -p "$raw"
directories=()
for seed in $(seq "$seeds"); do
    lab_label="seed $seed: "
    in_lab "$raw/$seed" interference.sh --seed "$seed" --add "$takt:/usr/bin/takt" --add "$probe:/$probe_file" \
        --env "TAKT_PROBE_FILE=/$probe_file" --env "TAKT_SAMPLES=$samples"
    directories+=("$raw/$seed")
done
document_options
"$bench_dir/interference.py" --json "$out_dir/interference-$json_arch.json" "${about[@]}" "${directories[@]}"
