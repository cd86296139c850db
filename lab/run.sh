#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs one job in the lab: boots L1 (a Debian RT kernel with KVM) on QEMU's
# emulator, runs JOB.sh there, brings back what the job left in /results.
# The exit status is the job's.

{ # Read whole before it runs: a job takes minutes, and bash would stumble over what is edited meanwhile.
# shellcheck source=lab/common.sh
. "$(dirname "$0")/common.sh"

usage() {
    cat <<'END'
usage: lab/run.sh [--arch x86|arm64] [option]... --out DIR JOB.sh

Runs JOB.sh as root in L1 and fills DIR: the files the job left in /results,
job.log (stdout and stderr of the job), console.log (L1's console).

  --out DIR          where results go; what an earlier run left there is deleted
  --arch ARCH        of L1, its guests, and what is added (default: TAKT_ARCH, else
                       this machine's)
  --mode MODE        deterministic (default): virtual time counts instructions,
                       one CPU; the same run twice gives the same bytes (with
                       more CPUs: the same counts, figures within a few us)
                     stress: multi-threaded emulator, CPUs 1.. isolated; for
                       races and function, never for a latency figure
                     plain: the emulator as it is
  --seed N           TAKT_SEED in the job, and L1's random numbers: the same seed,
                       the same run; another seed, another phase (default 1)
  --timeout S        wall-clock limit (default 600)
  --job-timeout S    limit in L1's own time (default: 900 in deterministic mode,
                       where idle time costs nothing; else --timeout less 20)
  --memory MB        of L1 (default 2000)
  --smp N            CPUs of L1 (default 1; stress: 2); 1.. are isolated, but in plain mode
  --add SRC:DEST     put a program with its shared libraries, a file or a directory
                       into L1 at DEST; may be repeated
  --with PART        add a part of the lab that not every job needs (part.sh): devices, iperf3,
                       lspci, fio, passt; what the guest needs of it is in /guest/more.cpio
  --guest-add SRC:DEST  as --add, but into /guest/more.cpio, for guests
  --env NAME=VALUE   environment of the job; may be repeated
  --append WORDS     more kernel parameters for L1
  --l0 WORDS         more arguments for the outer QEMU, for example devices
  --quiet            no TAKT-PROGRESS lines

In L1 the job finds /job (job.sh and the library lib.sh),
/guest (vmlinuz, version, initrd.cpio, boot.cpio), QEMU, chrt, taskset and
cyclictest. Lines of its stdout that start with TAKT-PROGRESS are shown at once.

exit status: the job's; 124 timed out (either limit); 125 L1 died without
results; 1 or 2 the lab itself failed. Failures show the end of both logs.
END
}

usage_error() {
    echo "run.sh: $* (try --help)" >&2
    exit 2
}

mode=deterministic seed=1 timeout=600 job_timeout='' memory=2000 smp='' out='' job='' quiet='' append='' l0=''
adds=() guest_adds=() parts=() envs=()
while [ $# -gt 0 ]; do
    case $1 in
    --help | -h) usage; exit 0 ;;
    --quiet) quiet=1 && shift && continue ;;
    --*) [ $# -ge 2 ] || usage_error "$1 needs a value" ;;
    *)
        [ -z "$job" ] || usage_error "one job, not both $job and $1"
        job=$1 && shift && continue
        ;;
    esac
    case $1 in
    --mode) mode=$2 ;;
    --seed) seed=$2 ;;
    --timeout) timeout=$2 ;;
    --job-timeout) job_timeout=$2 ;;
    --memory) memory=$2 ;;
    --smp) smp=$2 ;;
    --out) out=$2 ;;
    --add) adds+=("$2") ;;
    --with) parts+=("$2") ;;
    --guest-add) guest_adds+=("$2") ;;
    --env) envs+=("$2") ;;
    --append) append=$2 ;;
    --l0) l0=$2 ;;
    *) usage_error "unknown option $1" ;;
    esac
    shift 2
done

[ -n "$job" ] || usage_error "no job"
[ -r "$job" ] || usage_error "cannot read the job $job"
[ -n "$out" ] || usage_error "no --out DIR"
for number in "$seed" "$timeout" "$memory" "${smp:-1}" "${job_timeout:-1}"; do
    case $number in '' | *[!0-9]*) usage_error "not a number: $number" ;; esac
done
case $mode in
deterministic) [ "${smp:-1}" -le 8 ] || usage_error "deterministic mode: at most 8 CPUs" ;;
stress) smp=${smp:-2} ;;
plain) ;;
*) usage_error "--mode $mode: deterministic, stress or plain" ;;
esac
smp=${smp:-1}
if [ -z "$job_timeout" ]; then
    if [ "$mode" = deterministic ]; then job_timeout=900; else job_timeout=$((timeout > 40 ? timeout - 20 : timeout / 2)); fi
fi
need "$l1_qemu" cpio ldd tar
find_user_space

# DIR is emptied only when it is new, empty or an earlier run's.
if [ -d "$out" ] && [ -n "$(ls -A "$out")" ]; then
    [ -e "$out/console.log" ] || die "--out $out holds something that is not a lab result: choose another directory"
    find "$out" -mindepth 1 -delete
fi
mkdir -p "$out"
image_dir=$("$lab_dir/image.sh")
in_turn=
[ "$mode" != deterministic ] || [ "$smp" = 1 ] || in_turn=--in-turn
emulator=$("$lab_dir/emulator.sh" $in_turn)
new_temp_dir "$out_dir/run"

# add_pair ROOT SRC:DEST
add_pair() {
    local root=$1 pair=$2 source dest
    source=${pair%%:*} dest=${pair#*:}
    case $pair in *:/*) ;; *) usage_error "--add $pair: SRC:DEST, DEST from the root" ;; esac
    [ -e "$source" ] || die "--add: no $source"
    if [ -d "$source" ]; then
        mkdir -p "$root$dest"
        cp -rL "$source/." "$root$dest/"
    else
        copy_with_libraries "$root" "$source" "$dest"
    fi
}

# Of the parts, and what is added to the guest: $more are archives for L1.
more=()
add_parts() {
    local part dir pair
    [ ${#parts[@]} != 0 ] || [ ${#guest_adds[@]} != 0 ] || return 0
    mkdir -p "$temp/more/guest" "$temp/guest-more"
    for part in "${parts[@]}"; do
        dir=$("$lab_dir/part.sh" "$part")
        [ ! -e "$dir/host.cpio" ] || more+=("$dir/host.cpio")
        [ ! -e "$dir/guest.cpio" ] || cat "$dir/guest.cpio" >>"$temp/more/guest/more.cpio"
    done
    for pair in "${guest_adds[@]}"; do add_pair "$temp/guest-more" "$pair"; done
    make_cpio "$temp/guest-more" "$temp/guest-more.cpio"
    cat "$temp/guest-more.cpio" >>"$temp/more/guest/more.cpio"
    make_cpio "$temp/more" "$temp/more.cpio"
    more+=("$temp/more.cpio")
}

quote() { printf "'%s'" "${1//\'/\'\\\'\'}"; }

# The job's archive: what is not in the base image.
fill_overlay() {
    local root=$1 pair name
    mkdir -p "$root/job"
    # Nothing else of lab/jobs: a file more shifts the phase of every measurement.
    cp "$lab_dir/jobs/lib.sh" "$root/job/"
    cp "$lab_dir/arch-$arch.sh" "$root/job/arch.sh"
    cp -L "$job" "$root/job/job.sh"
    {
        echo "LAB_JOB_TIMEOUT=$job_timeout LAB_JOB_LOG=$l1_job_log"
        echo "export TAKT_SEED=$seed TAKT_MODE=$mode"
        for pair in "${envs[@]}"; do
            name=${pair%%=*}
            case $name in '' | *[!A-Za-z0-9_]* | [0-9]*) usage_error "--env $pair: NAME=VALUE" ;; esac
            echo "export $name=$(quote "${pair#*=}")"
        done
    } >"$root/job/env"
    for pair in "${adds[@]}"; do add_pair "$root" "$pair"; done
}

fill_overlay "$temp/overlay"
make_cpio "$temp/overlay" "$temp/overlay.cpio"
add_parts
cat "$image_dir/base.cpio" "${more[@]}" "$temp/overlay.cpio" >"$temp/initrd"
console=$out/console.log
: >"$console"
: >"$out/job.log"

# Nothing in the machine may complete when this machine pleases: the firmware
# would see a disk and wait for it, at another virtual time in each run. What the
# CPU writes to a serial port, or to a virtio one without ioeventfd, is in the file
# when its instruction ends.
# shellcheck disable=SC2054,SC2206  # commas are QEMU's; words, on purpose
qemu=("$emulator" $l1_machine
    -m "$memory" -smp "$smp" -nodefaults -display none -monitor none -no-reboot
    -kernel "$image_dir/vmlinuz" -initrd "$temp/initrd" -serial "file:$console")
case $l1_job_log in
serial) qemu+=(-serial "file:$out/job.log") ;;
virtio) qemu+=(-chardev "file,id=job,path=$out/job.log") ;;
esac
qemu+=(-chardev "file,id=results,path=$temp/results.tar"
    -device virtio-serial-pci,ioeventfd=off -device virtserialport,chardev=results,name=results)
[ "$l1_job_log" != virtio ] || qemu+=(-device virtserialport,chardev=job,name=job)
parameters="console=$l1_console panic=-1 $l1_parameters cryptomgr.notests quiet nowatchdog rcupdate.rcu_cpu_stall_suppress=1"
# Not in plain mode: CPUs 1.. isolated, as on an RT host.
if [ "$mode" != plain ] && [ "$smp" != 1 ]; then
    isolated=$([ "$smp" = 2 ] && echo 1 || echo "1-$((smp - 1))")
    parameters+=" isolcpus=managed_irq,domain,$isolated nohz_full=$isolated rcu_nocbs=$isolated irqaffinity=0"
fi
# shellcheck disable=SC2054
case $mode in
deterministic) qemu+=(-accel tcg -icount shift=0,sleep=off -rtc base=2026-01-01,clock=vm -seed "$seed") ;;
stress) qemu+=(-accel tcg,thread=multi -seed "$seed") ;;
plain) qemu+=(-accel tcg -seed "$seed") ;;
esac
# Several CPUs run in turn and share the time until the next timer is due: 1 ms, perhaps, while the clock of all goes on, and
# who is interrupted meanwhile is late by the others' turns. A timer that does nothing, a packet filter's, makes turns of 2 us.
# shellcheck disable=SC2054
[ "$mode" != deterministic ] || [ "$smp" = 1 ] ||
    qemu+=(-netdev hubport,id=turns,hubid=9
        -object "filter-buffer,id=turn,netdev=turns,interval=$((2 * smp))")
# shellcheck disable=SC2206  # words, on purpose
qemu+=(-append "$parameters${append:+ $append}" $l0)

runner=
# shellcheck disable=SC2317  # called by the trap
stop_runner() { [ -z "$runner" ] || { kill "$runner" 2>/dev/null && wait "$runner"; } || true; }
trap 'stop_runner; remove_temp_dirs' EXIT

# Idle time is skipped by two threads handing over to each other, several times for
# each sample; with every CPU of this machine busy a job took four times as long
# without the nice value (46 s against 11.7 s). Where it is not allowed, so be it.
first=()
[ -n "$(nice -n -10 true 2>&1)" ] || first=(nice -n -10)
QEMU_MODULE_DIR=/usr/lib/$(uname -m)-linux-gnu/qemu "${first[@]}" timeout -k 5 "$timeout" "${qemu[@]}" </dev/null >"$temp/qemu.log" 2>&1 &
runner=$!
if [ -z "$quiet" ]; then
    tail -n +1 -s 0.3 -f --pid="$runner" "$out/job.log" 2>/dev/null | grep -a --line-buffered '^TAKT-PROGRESS' &
    follower=$!
fi
qemu_status=0
wait "$runner" || qemu_status=$?
runner=
[ -z "$quiet" ] || follower=
[ -z "$follower" ] || wait "$follower" || true

sed -i 's/\r//g' "$console"
status=125
mkdir "$temp/results"
if tar -x -f "$temp/results.tar" -C "$temp/results" --no-same-owner 2>/dev/null &&
    [ -s "$temp/results/lab-status" ]; then
    status=$(cat "$temp/results/lab-status")
    find "$temp/results/results" -mindepth 1 -maxdepth 1 -exec mv -t "$out" -- {} +
fi
[ "$status" != 125 ] || [ "$qemu_status" != 124 ] || status=124

if [ "$status" != 0 ]; then
    case $status in
    124) why="timed out" ;;
    125) why="L1 ended without results (outer QEMU: status $qemu_status)" ;;
    *) why="failed with status $status" ;;
    esac
    {
        echo "lab: $(basename "$job") $why"
        [ ! -s "$temp/qemu.log" ] || sed 's/^/qemu: /' "$temp/qemu.log"
        echo "--- end of $out/job.log"
        tail -n 30 "$out/job.log"
        echo "--- end of $console"
        tail -n 30 "$console"
    } >&2
fi
exit "$status"
}
