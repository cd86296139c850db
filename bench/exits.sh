#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Bench `exits`: how often a guest leaves for the host for each timer interrupt and each
# SGI, and why, under takt and under QEMU, counted by KVM's trace events; once with the
# kernel's policy for WFI as it comes and once without WFI exits. arm64.

# shellcheck source=bench/common.sh
. "$(dirname "$0")/common.sh"

usage() {
    cat <<'END'
usage: bench/exits.sh --arch arm64 [--count N] [--policies WORDS] [--cases WORDS] [--events WORDS]

  --count N         N and 2 N events; their difference counts (1000)
  --policies WORDS  of WFI: default notrap (both)
  --cases WORDS     takt, qemu:VARIANT ("takt qemu:virt-fifo")
  --events WORDS    timer-poll timer-halt ipi, of the probe guest; tick, of Linux (all)

Writes build/bench/exits-ARCH.json.
END
}

count=1000 policies="default notrap" cases="takt qemu:virt-fifo" events="timer-poll timer-halt tick ipi"
while [ $# -gt 0 ]; do
    case $1 in
    --help | -h) usage && exit 0 ;;
    --count) [ $# -ge 2 ] && number "$1" "$2" && count=$2 ;;
    --policies) [ $# -ge 2 ] && policies=$2 ;;
    --cases) [ $# -ge 2 ] && cases=$2 ;;
    --events) [ $# -ge 2 ] && events=$2 ;;
    *) bad_usage "unknown option $1" ;;
    esac
    [ $# -ge 2 ] || bad_usage "$1 needs a value"
    shift 2
done
for policy in $policies; do
    case $policy in default | notrap) ;; *) bad_usage "--policies $policy: default or notrap" ;; esac
done
only_for arm64 "it counts what arm64's KVM traces; x86 has bench/exit.sh"

adds=()
case " $cases " in *" takt "*) built "$takt" && adds+=(--add "$takt:/usr/bin/takt") ;; esac
case $events in tick) ;; *) built "$probe" && adds+=(--add "$probe:/probe") ;; esac
raw=$out_dir/raw/exits-$arch
mkdir -p "$raw"
directories=()
for policy in $policies; do
    lab_label="WFI policy $policy: "
    say "exits: WFI policy $policy: $cases; $events"
    append=''
    [ "$policy" = default ] || append=kvm-arm.wfi_trap_policy=$policy
    # A CPU for what is not measured, one for each vCPU.
    in_lab "$raw/$policy" exits.sh --smp 3 --timeout 3000 --append "$append" "${adds[@]}" \
        --env "TAKT_CASES=$cases" --env "TAKT_EVENTS=$events" --env "TAKT_COUNT=$count"
    directories+=("$raw/$policy")
done
document_options
"$bench_dir/exits.py" --json "$out_dir/exits-$json_arch.json" "${about[@]}" --count "$count" "${directories[@]}"
