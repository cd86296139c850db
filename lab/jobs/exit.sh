# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# The probe guest's `exit` under takt, under QEMU and under a bare KVM_RUN loop,
# each vCPU FIFO where that is granted. bench/exit.sh starts it, also outside of
# the lab.
#   TAKT_VMMS        what to run, in this order: bare, takt, VARIANT of lib.sh's qemu_arguments
#   TAKT_ITERATIONS  samples of each case (1000)
#   TAKT_ROUNDS      all VMMs in turn, so often; each round leaves files of its own (1)
#   TAKT_OPTIONS, TAKT_VCPU_CPU   more options for takt; the CPU of its vCPU

set -eu
# shellcheck source=lab/jobs/lib.sh
. /job/lib.sh

guest_ram_mb=64
cases=none,pio_write,pio_read,cpuid,pio_test_write,pio_test_read,mmio_write,mmio_read,ioeventfd
probe_words="exit cases=$cases iterations=${TAKT_ITERATIONS:-1000} hist=off"
probe=${TAKT_PROBE_AT:-/probe-x86.elf}
bare=${TAKT_BARE_AT:-/usr/bin/bare_kvm}

# started NAME THREAD COMMAND...: COMMAND writes COM1 to stdout; its THREAD
# becomes FIFO unless that is empty.
started() {
    name=$1 thread=$2
    shift 2
    echo "$*" >"$results/$name.command"
    guard
    "$@" >"$results/$name.console" 2>"$results/$name.vmm" </dev/null &
    vmm=$!
    guarded "$vmm"
    if [ -n "$thread" ] && tid=$(thread_named "$vmm" "$thread"); then
        chrt -f -p "$vcpu_prio" "$tid" || true
    fi
    finish "$name" "$vmm"
    grep -q '^TAKT-PROBE done' "$results/$name.console" || {
        tail -n 20 "$results/$name.console" "$results/$name.vmm" 2>/dev/null
        fail "$name: no report from the probe (VMM status $vmm_status)"
    }
    sed -i 's/\r//' "$results/$name.console"
    progress "$name: pio_test_write $(sed -n 's/.*name=pio_test_write .*\(min=[0-9]*\) \(avg=[0-9]*\).*/\1 \2/p' "$results/$name.console") cycles"
}

# shellcheck disable=SC2086  # words, on purpose
run_vmm() {
    case $1 in
    bare) started "$2" "" chrt -f "$vcpu_prio" "$bare" "$probe" "$probe_words" ;;
    takt)
        started "$2" "" "${takt:-/usr/bin/takt}" run --kernel "$probe" --testdev --memory "${guest_ram_mb}M" \
            --vcpu "0:policy=fifo,priority=$vcpu_prio${TAKT_VCPU_CPU:+,cpu=$TAKT_VCPU_CPU}" --server console:policy=fifo,priority=90 \
            ${TAKT_OPTIONS:-} --cmdline "$probe_words"
        ;;
    *)
        qemu_arguments "$1"
        started "$2" "CPU 0/KVM" "$peer" $qemu_args -serial stdio -device pc-testdev \
            -device isa-debug-exit,iobase=0xf4,iosize=4 -kernel "$probe" -append "$probe_words"
        ;;
    esac
}

uname -r >"$results/kernel"
round=1
while [ "$round" -le "${TAKT_ROUNDS:-1}" ]; do
    for vmm_name in ${TAKT_VMMS:-bare takt pc-fifo microvm-fifo}; do
        run_vmm "$vmm_name" "$vmm_name.$round"
    done
    round=$((round + 1))
done
