#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The main job (./dev run): boots a Debian PREEMPT_RT guest under takt, measures
# its timer latency beside the host's and beside QEMU's in the same run, shows
# the result and writes build/report/timer-ARCH.html (x86, arm64).
# With hardware KVM on this machine itself, else in the lab.

# shellcheck source=bench/common.sh
. "$(dirname "$0")/common.sh"

usage() {
    cat <<'END'
usage: ./dev run [--arch x86|arm64] [--loops N] [--where lab|here]

  --arch ARCH  another than this machine's: takt is cross-built, and runs in the lab
  --loops N    samples of each cyclictest, 1 ms apart (lab 2000, here 20000)
  --where ...  in the lab although this machine has hardware KVM, or the reverse
END
}

loops='' where=''
while [ $# -gt 0 ]; do
    case $1 in
    --help | -h) usage && exit 0 ;;
    --loops) [ $# -ge 2 ] && number "$1" "$2" && loops=$2 ;;
    --where)
        case ${2:-} in lab | here) where=$2 ;; *) bad_usage "--where lab or --where here" ;; esac
        ;;
    *) bad_usage "unknown option $1" ;;
    esac
    [ $# -ge 2 ] || bad_usage "$1 needs a value"
    shift 2
done

# An x86 /dev/kvm may be a software KVM.
has_virtualization() { [ "$arch" != x86 ] || grep -q -w -E '^flags.*(vmx|svm)' /proc/cpuinfo; }
hardware_kvm() {
    ! foreign && has_virtualization && [ -c /dev/kvm ] && (exec 3<>/dev/kvm) 2>/dev/null
}
why_not() {
    if foreign; then
        echo "this machine is $(uname -m)"
    elif ! has_virtualization; then
        echo "no vmx or svm flag in /proc/cpuinfo"
    elif [ ! -e /dev/kvm ]; then
        echo "no /dev/kvm"
    else
        echo "no permission for /dev/kvm"
    fi
}

built "$takt"
report_dir=$build_dir/report
mkdir -p "$report_dir"
[ "$where" != here ] || ! foreign || bad_usage "--where here: this machine is $(uname -m)"
if [ -z "$where" ]; then
    if hardware_kvm; then where=here; else where=lab; fi
    [ "$where" = here ] || say "run: no usable hardware KVM here ($(why_not)): in the lab, an emulated host with real KVM, deterministic"
fi
say "run: kernel and guest"
kernel_dir=$("$lab_dir/kernel.sh")
guest_files=$("$lab_dir/guest.sh")
version=$(cat "$kernel_dir/version")
say "run: Debian $version, $takt"

# The host first, takt where HLT or WFI does not exit, QEMU as it comes and at its best. On arm64
# that is the host kernel's choice: a parameter in the lab, on this machine whatever it runs with.
json=$report_dir/timer.json append=''
case $arch in
x86) cases="host takt:no-hlt-exits qemu:pc qemu:pc-pm" ;;
arm64)
    cases="host takt:no-wfi-exits qemu-notrap:virt qemu-notrap:virt-fifo"
    json=$report_dir/timer-$arch.json
    append=kvm-arm.wfi_trap_policy=notrap
    [ "$where" != here ] || grep -q $append /proc/cmdline || cases="host takt:wfi-exits qemu:virt qemu:virt-fifo"
    ;;
esac
lab_label='run: '
notes=()
if [ "$where" = lab ]; then
    loops=${loops:-2000}
    "$lab_dir/image.sh" >/dev/null
    say "run: the lab boots; then cyclictest, $loops samples each: host, takt, QEMU default, QEMU tuned"
    raw=$build_dir/report/raw-$arch
    results=$raw
    mode="lab, deterministic"
    kernel="host and guest $version"
    in_lab "$raw" timer.sh --timeout 1200 --append "$append" --add "$takt:/usr/bin/takt" --env "TAKT_LOOPS=$loops" \
        --env "TAKT_CASES=$cases" --env TAKT_GUEST_RAM_MB=256
else
    loops=${loops:-20000}
    raw=$build_dir/report/raw-here
    results=$raw/results
    mode=native
    kernel="host $(uname -r), guest $version"
    guest_dir=$build_dir/report/guest
    mkdir -p "$guest_dir"
    cp "$kernel_dir/vmlinuz" "$kernel_dir/version" "$guest_files"/*.cpio "$guest_dir/"
    if may_be_fifo; then
        notes+=(--note "measured threads FIFO on CPU $(quiet_cpu)")
    else
        # cyclictest does not start without FIFO.
        say "run: no FIFO threads for this user (CAP_SYS_NICE): best effort, the host not measured; run as root for real figures"
        notes+=(--note "without FIFO threads and without the host: not permitted")
        cases=${cases#host }
    fi
    case $(uname -rv) in
    *PREEMPT_RT* | *-rt*) ;;
    *)
        say "run: this host's kernel is not PREEMPT_RT: expect late samples"
        notes+=(--note "the host's kernel is not PREEMPT_RT")
        ;;
    esac
    say "run: on this machine, CPU $(quiet_cpu): cyclictest, $loops samples each: $cases"
    on_this_machine "$raw" timer.sh "TAKT_LOOPS=$loops" "TAKT_CASES=$cases" "TAKT_OPTIONS=$(takt_options_here)" \
        "TAKT_GUEST_TIMEOUT=$((loops / 1000 + 60))"
fi

started_as="./dev run$(! foreign || echo " --arch $arch") --loops $loops --where $where"
document_options
"$bench_dir/timer.py" --json "$json" "${about[@]}" --mode "$mode" --kernel "$kernel" \
    --seeds 1 "${notes[@]}" "$results"
echo
"$bench_dir/report.py" --html "$report_dir/timer-$arch.html" "$json"
echo
echo "report: ${report_dir#"$repo_dir/"}/timer-$arch.html"
