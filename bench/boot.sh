#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Bench `boot`: from exec of the VMM to the guest's init, and memory beyond guest
# RAM, takt beside QEMU's machines (x86: pc, microvm; arm64: virt), same kernel,
# smallest initramfs.

# shellcheck source=bench/common.sh
. "$(dirname "$0")/common.sh"

seeds=5 parallel=$(($(nproc) > 1 ? 2 : 1))
while [ $# -gt 0 ]; do
    case $1 in
    --help | -h)
        echo "usage: bench/boot.sh [--arch ARCH] [--seeds K] [--parallel N]    runs, seeds 1..K (5); boots of the lab at once"
        exit 0
        ;;
    --seeds | --parallel)
        [ $# -ge 2 ] || bad_usage "$1 needs a value"
        number "$1" "$2"
        if [ "$1" = --seeds ]; then seeds=$2; else parallel=$2; fi
        shift 2
        ;;
    *) bad_usage "unknown option $1" ;;
    esac
done

built "$takt"
raw=$out_dir/raw/boot-$arch
mkdir -p "$raw"
"$lab_dir/image.sh" >/dev/null # once, before several want it
# one_boot SEED
# shellcheck disable=SC2317  # called through in_background
one_boot() {
    local lab_label="seed $1: "
    # shellcheck disable=SC2086  # words, on purpose
    say "boot: seed $1 of $seeds: takt$(printf ', QEMU -M %s' $peer_boots)"
    in_lab "$raw/$1" boot.sh --seed "$1" --timeout 1800 --add "$takt:/usr/bin/takt"
}
directories=()
for seed in $(seq "$seeds"); do
    directories+=("$raw/$seed")
    in_background "$parallel" one_boot "$seed"
done
all_done
[ "$failed" = 0 ] || die "$failed of $seeds boots of the lab failed: see $raw/*/job.log"
document_options
"$bench_dir/boot.py" --json "$out_dir/boot-$json_arch.json" "${about[@]}" "${directories[@]}"
