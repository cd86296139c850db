#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Bench `exit`: what an exit costs the guest under takt, beside QEMU and beside a
# bare KVM_RUN loop (bench/bare_kvm.cpp), measured by the probe guest.

# shellcheck source=bench/common.sh
. "$(dirname "$0")/common.sh"

usage() {
    cat <<'END'
usage: bench/exit.sh [--local] [--iterations N] [--rounds N]

In the lab, deterministic: a cycle is an executed instruction (default).
  --local         on this machine's /dev/kvm; writes build/bench/exit-local-ARCH.json
  --iterations N  samples of each case and round (lab 1000, local 5000)
  --rounds N      all VMMs in turn, so often (lab 1, local 5)
END
}

where=lab name=exit iterations='' rounds=''
while [ $# -gt 0 ]; do
    case $1 in
    --help | -h) usage && exit 0 ;;
    --local) where=local && shift && continue ;;
    --iterations) [ $# -ge 2 ] && number "$1" "$2" && iterations=$2 ;;
    --rounds) [ $# -ge 2 ] && number "$1" "$2" && rounds=$2 ;;
    *) bad_usage "unknown option $1" ;;
    esac
    [ $# -ge 2 ] || bad_usage "$1 needs a value"
    shift 2
done

only_for x86 "its operations are x86's; bench/exits.sh counts exits on arm64"
bare=$release_dir/bench/takt_bare_kvm
built "$takt" "$probe" "$bare"
raw=$out_dir/raw/exit-$where
if [ $where = lab ]; then
    say "exit: one boot of the lab: bare KVM_RUN loop, takt, QEMU -M pc and -M microvm"
    in_lab "$raw" exit.sh --add "$takt:/usr/bin/takt" --add "$bare:/usr/bin/bare_kvm" --add "$probe:/probe-x86.elf" \
        --env "TAKT_ITERATIONS=${iterations:-1000}" --env "TAKT_ROUNDS=${rounds:-1}"
    mode="lab, deterministic"
    results=$raw
else
    if [ ! -r /dev/kvm ] || [ ! -w /dev/kvm ]; then die "cannot open /dev/kvm: run without --local for the lab"; fi
    say "exit: on this machine: bare KVM_RUN loop, takt, QEMU -M pc and -M microvm"
    # A software KVM refuses parts of -cpu host.
    qemu_cpu=host,migratable=off
    grep -q -w -E 'vmx|svm' /proc/cpuinfo || qemu_cpu=qemu64,+tsc-deadline,+x2apic
    # shellcheck disable=SC2154  # set by common.sh
    on_this_machine "$raw" exit.sh "TAKT_ITERATIONS=${iterations:-5000}" "TAKT_ROUNDS=${rounds:-5}" \
        "TAKT_PROBE_AT=$probe" "TAKT_BARE_AT=$bare" "TAKT_OPTIONS=$(takt_options_here)" "TAKT_QEMU_CPU=$qemu_cpu"
    mode=native
    name=exit-local
    results=$raw/results
fi
document_options
"$bench_dir/exit.py" --json "$out_dir/$name-$json_arch.json" --mode "$mode" "${about[@]}" "$results"
