# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Shared by the benches' scripts (sourced, bash), on top of the lab's.
# shellcheck disable=SC2034  # most of what is set here is for those who source it

# shellcheck source=lab/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab/common.sh"

bench_dir=$repo_dir/bench
out_dir=$build_dir/bench
# In JSON and names of files.
json_arch=$arch
[ "$arch" != x86 ] || json_arch=x86_64
# What is cross-built stands in a directory of the architecture's name.
release_dir=${TAKT_RELEASE:-$build_dir/$(if foreign; then echo "$arch"; else echo release; fi)}
takt=${TAKT_BIN:-$release_dir/src/cli/takt}
probe=${TAKT_PROBE:-$release_dir/guest/$probe_file}

say() { echo "$*" >&2; }
bad_usage() {
    echo "$(basename "$0"): $* (try --help)" >&2
    exit 2
}
number() {
    case $2 in '' | *[!0-9]* | 0*) bad_usage "$1 wants a number above 0, not '$2'" ;; esac
}
# only_for ARCH WHY: ends a bench that makes no sense for another architecture.
only_for() { [ "$arch" = "$1" ] || bad_usage "--arch $arch: $2"; }
built() {
    local file
    for file; do [ -e "$file" ] || die "no $file: run ./dev build"; done
}

# What every bench says in its JSON: document_options sets $about, words for its .py.
peer_version() {
    find_user_space
    if [ -n "$sysroot" ]; then
        echo "Debian $(sed -n "s/^${peer_packages%% *}=//p" "$sysroot/packages")"
    else
        "$peer" --version | sed -n '1s/^QEMU emulator version //p'
    fi
}
document_options() {
    about=(--arch "$json_arch" --takt "$takt" --qemu "$(peer_version)" --command "$started_as")
}

# in_lab DIR JOB.sh OPTION...: one boot of the lab; its progress lines without the tag.
in_lab() {
    local dir=$1 job=$2
    shift 2
    "$lab_dir/run.sh" --out "$dir" "$@" "$lab_dir/jobs/$job" | sed -u "s/^TAKT-PROGRESS /${lab_label:-}/"
}

# in_background LIMIT COMMAND...: as soon as fewer than LIMIT run. They end with this script, whatever
# ends it: each is a process group of its own.
background=()
in_background() {
    while [ "$(jobs -rp | wc -l)" -ge "$1" ]; do wait -n || true; done
    shift
    set -m
    "$@" </dev/null &
    set +m
    background+=($!)
}
end_background() {
    local pid
    for pid in "${background[@]}"; do kill -- "-$pid" 2>/dev/null || true; done
}
# all_done: waits; how many failed is in $failed.
all_done() {
    local pid
    failed=0
    for pid in "${background[@]}"; do wait "$pid" || failed=$((failed + 1)); done
}

# may_be_fifo: whether this user may have FIFO threads and locked memory.
may_be_fifo() {
    chrt -f 80 true 2>/dev/null && { [ "$(id -u)" = 0 ] || [ "$(ulimit -l)" = unlimited ]; }
}

# A CPU for what is measured: the first isolated one, else the last.
quiet_cpu() {
    local isolated
    isolated=$(cat /sys/devices/system/cpu/isolated 2>/dev/null)
    isolated=${isolated%%[,-]*}
    echo "${isolated:-$(($(nproc --all) - 1))}"
}

# RT throttling would stop a FIFO vCPU that never sleeps for 50 ms of each second.
throttling=/proc/sys/kernel/sched_rt_runtime_us
throttle_was=''
throttle_off() {
    if [ "$(nproc --all)" = 1 ] || ! may_be_fifo || [ ! -w $throttling ] || [ "$(cat $throttling)" = -1 ]; then return; fi
    throttle_was=$(cat $throttling)
    echo -1 >$throttling || throttle_was=''
}
job_here=''
end_job_here() {
    [ -z "$job_here" ] || kill -- "-$job_here" 2>/dev/null || true
    job_here=''
    [ -z "$throttle_was" ] || echo "$throttle_was" >$throttling
    throttle_was=''
}
trap 'end_background; end_job_here; remove_temp_dirs' EXIT

# tools_here DIR CPU: programs that go before this machine's in PATH: they pin
# the measured threads to CPU and do without FIFO where it is not granted.
tools_here() {
    local real_chrt
    real_chrt=$(command -v chrt)
    mkdir -p "$1"
    ln -s "$(command -v busybox)" "$1/usleep"
    printf '#!/bin/sh\nexec %s -a%s "$@"\n' "$(command -v cyclictest)" "$2" >"$1/cyclictest"
    # What the jobs use: chrt -p TID; chrt -f -p PRIORITY TID; chrt -f PRIORITY COMMAND...
    cat >"$1/chrt" <<END
#!/bin/sh
[ "\$1" != -p ] || exec $real_chrt "\$@"
[ "\$1 \$2" != "-f -p" ] || taskset -c -p $2 "\$4" >/dev/null
END
    if may_be_fifo; then
        echo "exec $real_chrt \"\$@\"" >>"$1/chrt"
    else
        printf '%s\n' "[ \"\$1 \$2\" != \"-f -p\" ] || exit 0" "shift 2" "exec \"\$@\"" >>"$1/chrt"
    fi
    chmod +x "$1/cyclictest" "$1/chrt"
}

# on_this_machine DIR JOB.sh NAME=VALUE...: runs a job of the lab here instead,
# with this machine's /dev/kvm; results in DIR/results. The job and its library
# are the lab's own, with other paths; $guest_dir is where the guest's files are.
on_this_machine() {
    local dir=$1 job=$2 mem_lock=on status=0
    shift 2
    case $dir in "$build_dir"/*) rm -rf "$dir" ;; *) die "$dir is not below $build_dir" ;; esac
    mkdir -p "$dir/job" "$dir/results"
    tools_here "$dir/job/bin" "$(quiet_cpu)"
    may_be_fifo || mem_lock=off
    cp "$lab_dir/arch-$arch.sh" "$dir/job/arch.sh"
    sed -e "s#/job/lib.sh#$dir/job/lib.sh#; s#/guest/#${guest_dir:-/guest}/#g" "$lab_dir/jobs/$job" >"$dir/job/job.sh"
    sed -e "s#^results=.*#results=$dir/results#; s#/job/arch.sh#$dir/job/arch.sh#; s#/guest/#${guest_dir:-/guest}/#g; s/mem-lock=on/mem-lock=$mem_lock/" \
        "$lab_dir/jobs/lib.sh" >"$dir/job/lib.sh"
    : >"$dir/job.log"
    throttle_off
    PATH="$dir/job/bin:$PATH" TAKT_SEED=1 TAKT_MODE=native takt=$takt TAKT_VCPU_CPU=$(quiet_cpu) \
        setsid env "$@" sh "$dir/job/job.sh" >"$dir/job.log" 2>&1 </dev/null &
    job_here=$!
    tail -n +1 -s 0.3 -f --pid=$job_here "$dir/job.log" 2>/dev/null |
        sed -u -n "s/^TAKT-PROGRESS /${lab_label:-}/p" &
    local follower=$!
    wait $job_here || status=$?
    end_job_here
    wait $follower || true
    [ $status = 0 ] || tail -n 30 "$dir/job.log" >&2
    return $status
}

# is_fair_server_off: whether ordinary threads are given no share of the measured CPU (since 6.12).
is_fair_server_off() {
    local runtime
    runtime=/sys/kernel/debug/sched/fair_server/cpu$(quiet_cpu)/runtime
    [ -n "$(cat /sys/devices/system/cpu/isolated 2>/dev/null)" ] || [ ! -r "$runtime" ] || [ "$(cat "$runtime")" = 0 ]
}

# Options of takt for this machine: no failure where FIFO is not granted, or not kept. With one CPU
# throttle_off leaves the throttling as it is.
takt_options_here() {
    if may_be_fifo && [ "$(nproc --all)" != 1 ] && [ -w $throttling ] && is_fair_server_off; then return; fi
    echo "--rt-mode best-effort"
}
