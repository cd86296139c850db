# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# What jobs in L1 share: `. /job/lib.sh`, which brings the architecture's own words. Every function that measures takes a
# NAME and leaves files of that name in /results:
#   NAME.hist      cyclictest's histogram and summary (us)
#   NAME.console   what the guest said on its first UART
#   NAME.command   the VMM's command line
#   NAME.vmm       what the VMM itself said; only if it said something
#   NAME.threads   policy, priority and CPUs of the VMM's threads
#
# Places on one CPU with RT throttling off. A vCPU at FIFO 80 whose HLT does not
# exit (cpu-pm) never leaves the CPU, so:
#   98  init and its watchdog           97  guards: a sleep, then a kill
#   95  cyclictest on the host          80  the measured vCPU thread
#   OTHER  the job and the VMM's other threads. A byte of the guest's UART is written
#          by the vCPU thread itself, and at power-off the vCPU thread sleeps,
#          so both VMMs deliver everything before OTHER gets the CPU back.
# The job's shell sleeps in `wait` meanwhile: a shell that polls would either
# starve (OTHER) or be measured (FIFO).

# shellcheck source=lab/arch-x86.sh
. /job/arch.sh

results=/results
vcpu_prio=${TAKT_VCPU_PRIO:-80}
guest_ram_mb=${TAKT_GUEST_RAM_MB:-512}
guest_timeout=${TAKT_GUEST_TIMEOUT:-90}
guest_parameters="console=$guest_console quiet loglevel=4 panic=-1 $guest_words${TAKT_GUEST_PARAMETERS:+ $TAKT_GUEST_PARAMETERS}"

# One deterministic run is one phase against the host's and the guest's ticks
# (4 ms): each seed gets another.
phase_us=$((${TAKT_SEED:-1} * 1237 % 4000))

progress() { echo "TAKT-PROGRESS $*"; }

fail() {
    echo "job: $*" >&2
    exit 1
}

# guard: kills the process that `guarded PID` names if it is still there after
# $guest_timeout seconds. It is started and asleep before the process starts: an exec
# at FIFO 97 takes more than a millisecond, and would be found in the measurement.
# It has a session of its own so that unguard also ends its sleep, whose end would
# be found in a later one.
guard() {
    rm -f /run/guarded
    # shellcheck disable=SC2016  # expands in the child
    setsid chrt -f 97 sh -c 'sleep "$0"
        read -r pid </run/guarded && kill -9 "$pid" && echo "job: process $pid exceeds $0 s, killed"' "$guest_timeout" &
    guard=$!
    usleep 100000
}
guarded() { echo "$1" >/run/guarded; }
unguard() {
    { kill -9 "-$guard" && wait "$guard"; } 2>/dev/null || true
}

# tagged NAME FILE: what stands between TAKT-BEGIN NAME and TAKT-END NAME.
tagged() { sed -n "s/\r//; /^TAKT-BEGIN $1\$/,/^TAKT-END $1 /{/^TAKT-/d;p}" "$2"; }

# summary NAME: "min avg max samples" of /results/NAME.hist.
summary() {
    # busybox awk takes numbers with leading zeros for octal
    sed 's/ 0*\([0-9]\)/ \1/g' "$results/$1.hist" |
        awk '/^# Min/ {min=$4} /^# Avg/ {avg=$4} /^# Max/ {max=$4} /^# Total/ {n=$3}
             END {print "min " min " avg " avg " max " max " us, " n " samples"}'
}

# host_cyclictest NAME LOOPS [INTERVAL_US]
host_cyclictest() {
    usleep "$phase_us"
    cyclictest -q -m -p95 -i"${3:-1000}" -l"$2" -h 2000 |
        grep -Ev '^[0-9]+([[:space:]]+0+)+$' >"$results/$1.hist"
    progress "$1: $(summary "$1")"
}

# thread_named PID NAME: the thread's id; waits until it exists.
thread_named() {
    while [ -d "/proc/$1" ]; do
        for task in "/proc/$1"/task/*; do
            read -r comm <"$task/comm" || continue
            # shellcheck disable=SC2254  # NAME may be a pattern
            case $comm in $2) echo "${task##*/}" && return ;; esac
        done 2>/dev/null
        usleep 1000
    done
    return 1
}

# threads PID: one line for each thread: name, policy and priority, CPUs.
threads() {
    for task in "/proc/$1"/task/*; do
        echo "$(cat "$task/comm"): $(chrt -p "${task##*/}" | sed 's/.*: //' | xargs), cpus $(sed -n 's/^Cpus_allowed_list:\t//p' "$task/status")"
    done 2>/dev/null
}

# finish NAME PID: waits for the VMM that guard watches.
finish() {
    vmm_status=0
    wait "$2" || vmm_status=$?
    unguard
    [ -s "$results/$1.vmm" ] || rm -f "$results/$1.vmm"
}

# qemu_arguments VARIANT: sets $qemu_args and $vcpu_fifo (no, thread, all).
#   MACHINE[-fifo-all | -fifo | -pm], MACHINE pc or microvm; virt on arm64
#     pc            no tuning at all
#     pc-fifo-all   every thread of QEMU FIFO
#     pc-fifo       the vCPU thread FIFO, memory locked
#     pc-pm         pc-fifo, and HLT, MWAIT and PAUSE do not exit (cpu-pm=on); not on arm64,
#                   where the kernel decides for all guests what WFI does
qemu_arguments() {
    vcpu_fifo=no
    machine=$(peer_machine "$1") || fail "unknown QEMU variant $1"
    qemu_args="$machine -accel kvm -cpu $peer_cpu -m $guest_ram_mb -smp ${TAKT_GUEST_CPUS:-1} -nodefaults -no-user-config -nic none -display none -monitor none -no-reboot -name guest,debug-threads=on"
    case $1 in
    *-fifo-all) vcpu_fifo=all ;;
    *-fifo) vcpu_fifo=thread qemu_args="$qemu_args -overcommit mem-lock=on" ;;
    *-pm) vcpu_fifo=thread qemu_args="$qemu_args -overcommit mem-lock=on,cpu-pm=on" ;;
    esac
}

# qemu_guest NAME VARIANT PARAMETER...: boots the guest under QEMU, more kernel
# PARAMETERs (takt.job=...) as they come. Status in $vmm_status.
qemu_guest() {
    name=$1 variant=$2
    shift 2
    qemu_arguments "$variant"
    prefix=
    [ "$vcpu_fifo" != all ] || prefix="chrt -f $vcpu_prio"
    # shellcheck disable=SC2086  # words, on purpose
    set -- $prefix "$peer" $qemu_args -serial "file:$results/$name.console" \
        -kernel /guest/vmlinuz -initrd "${guest_initrd:-/guest/initrd.cpio}" \
        -append "$guest_parameters takt.offset_us=$phase_us takt.end=$peer_guest_end $*"
    echo "$*" >"$results/$name.command"
    guard
    "$@" >"$results/$name.vmm" 2>&1 </dev/null &
    vmm=$!
    guarded "$vmm"
    if [ "$vcpu_fifo" = thread ]; then
        tid=$(thread_named "$vmm" 'CPU 0/KVM') && chrt -f -p "$vcpu_prio" "$tid"
    else
        thread_named "$vmm" 'CPU 0/KVM' >/dev/null
    fi
    threads "$vmm" >"$results/$name.threads"
    finish "$name" "$vmm"
}

# takt_guest NAME "TAKT OPTIONS" PARAMETER...: the same under takt. Placement,
# idle handling and the like are takt's own options. $guest_kernel, $guest_initrd and $guest_input
# (its stdin) stand for others than the usual.
takt_guest() {
    name=$1 options=$2
    shift 2
    # shellcheck disable=SC2086  # words, on purpose
    set -- "${takt:-/usr/bin/takt}" run --kernel "${guest_kernel:-/guest/vmlinuz}" --initrd "${guest_initrd:-/guest/initrd.cpio}" \
        --memory "${guest_ram_mb}M" $options --cmdline "$guest_parameters takt.offset_us=$phase_us $*"
    echo "$*" >"$results/$name.command"
    guard
    "$@" >"$results/$name.console" 2>"$results/$name.vmm" <"${guest_input:-/dev/null}" &
    vmm=$!
    guarded "$vmm"
    thread_named "$vmm" 'vcpu0' >/dev/null && threads "$vmm" >"$results/$name.threads"
    finish "$name" "$vmm"
}

# cyclictest_in NAME LOOPS COMMAND...: a cyclictest guest; COMMAND is
# qemu_guest or takt_guest with its second argument:
#   cyclictest_in qemu 20000 qemu_guest pc-fifo
#   cyclictest_in takt 20000 takt_guest "--vcpu 0:policy=fifo,priority=80"
cyclictest_in() {
    "$3" "$1" "$4" takt.job=cyclictest "takt.loops=$2" "takt.interval=${TAKT_INTERVAL_US:-1000}"
    tagged cyclictest "$results/$1.console" >"$results/$1.hist"
    grep -q '^# Max' "$results/$1.hist" || {
        tail -n 20 "$results/$1.console" "$results/$1.vmm" 2>/dev/null
        fail "$1: no result from the guest (VMM status $vmm_status)"
    }
    progress "$1: $(summary "$1")"
}

# boot_of NAME COMMAND...: from exec of the VMM to the guest's first line in
# user space. COMMAND is exec'ed with stdin closed and must write the guest's
# UART to stdout. NAME.boot gets one line: us, and kB that the VMM has resident beyond
# guest RAM at that moment: total and private.
# The reader is FIFO 97: it stops the VMM's own CPU at the line, looks, lets go.
boot_of() {
    name=$1
    shift
    rm -f /tmp/boot.pipe
    mkfifo /tmp/boot.pipe
    echo "$*" >"$results/$name.command"
    export name guest_ram_mb results
    guard
    # shellcheck disable=SC2016  # expands in the child
    chrt -f 97 sh -c '
        exec 3</tmp/boot.pipe
        while read -r line <&3; do
            end=$EPOCHREALTIME
            echo "$line"
            case $line in *TAKT-INIT*) ;; *) continue ;; esac
            read -r pid begin </tmp/boot.begin
            awk -v us="$(((${end%.*} - ${begin%.*}) * 1000000 + 1${end#*.} - 1${begin#*.}))" -v ram="$((guest_ram_mb * 1024))" "
                /^Size:/ {size=\$2} /^Rss:/ {if (size < ram) rss += \$2}
                /^Private_(Clean|Dirty):/ {if (size < ram) private += \$2}
                END {print us, rss, private}" "/proc/$pid/smaps" >"$results/$name.boot"
        done >"$results/$name.console"' &
    reader=$!
    # shellcheck disable=SC2016  # expands in the child
    sh -c 'echo "$$ $EPOCHREALTIME" >/tmp/boot.begin; exec "$@"' boot "$@" \
        >/tmp/boot.pipe 2>"$results/$name.vmm" </dev/null &
    vmm=$!
    guarded "$vmm"
    finish "$name" "$vmm"
    wait "$reader"
    [ -s "$results/$name.boot" ] || {
        tail -n 20 "$results/$name.console" "$results/$name.vmm" 2>/dev/null
        fail "$name: the guest did not reach its init (VMM status $vmm_status)"
    }
    read -r us rss private <"$results/$name.boot"
    progress "$name: init after $((us / 1000)) ms, $rss kB beyond guest RAM ($private kB private)"
}

# qemu_boot NAME VARIANT and takt_boot NAME "TAKT OPTIONS": boot_of with the
# smallest guest.
qemu_boot() {
    qemu_arguments "$2"
    # shellcheck disable=SC2086  # words, on purpose
    boot_of "$1" "$peer" $qemu_args -serial stdio -kernel /guest/vmlinuz \
        -initrd /guest/boot.cpio -append "$guest_parameters takt.job=boot takt.end=$peer_guest_end"
}
takt_boot() {
    # shellcheck disable=SC2086  # words, on purpose
    boot_of "$1" "${takt:-/usr/bin/takt}" run --kernel /guest/vmlinuz --initrd /guest/boot.cpio \
        --memory "${guest_ram_mb}M" $2 --cmdline "$guest_parameters takt.job=boot"
}
