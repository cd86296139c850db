# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# What the tests' jobs share, on top of the lab's lib.sh: `. /job/guests.sh`. Each guest leaves NAME.*
# of lib.sh, NAME.status (takt's exit status) and NAME.wall (L1's clock before).

# shellcheck source=lab/jobs/lib.sh
. /job/lib.sh

takt=${takt:-/usr/bin/takt}
# shellcheck disable=SC2034  # the jobs'
fifo="--vcpu 0:policy=fifo,priority=$vcpu_prio"

ended() {
    echo "$vmm_status" >"$results/$1.status"
    progress "$1: status $vmm_status"
}

# guest NAME "TAKT OPTIONS" PARAMETER...: one guest, whatever its end. $guest_kernel, $guest_initrd and
# $guest_input stand for others than the usual.
guest() {
    date -u +%s >"$results/$1.wall"
    takt_guest "$@"
    ended "$1"
}

# guest_beside NAME "TAKT OPTIONS" PARAMETER...: the same while the job goes on: `says` waits for what the
# guest says, `type_in` writes to its console, `takt_pid` is takt's, `wait` waits for the end.
guest_beside() {
    rm -f /run/input
    mkfifo /run/input
    exec 9<>/run/input # both ways: nobody waits for the other side
    guest_input=/run/input
    guest "$@" &
    guest_input=
}
type_in() { echo "$*" >&9; }
takt_pid() { cat /run/guarded; }
says() { # NAME WORDS
    until grep -q "$2" "$results/$1.console" 2>/dev/null; do
        [ ! -e "$results/$1.status" ] || fail "$1 ended before it said '$2'"
        usleep 50000
    done
}

# bare NAME ARGUMENT...: takt with exactly these, for what is no Linux guest or is refused.
bare() {
    name=$1
    shift
    echo "takt run $*" >"$results/$name.command"
    guard
    "$takt" run "$@" >"$results/$name.console" 2>"$results/$name.vmm" </dev/null &
    guarded $!
    finish "$name" $!
    ended "$name"
}

# guests_of_every_machine "TAKT OPTIONS OF THE CRASH" OTHER_KERNEL: a real Debian kernel, its ends, and the
# same kernel in another format.
guests_of_every_machine() {
    guest info --print-stats takt.job=info
    guest cyclictest "$fifo --print-stats --print-effective" takt.job=cyclictest takt.loops=500
    tagged cyclictest "$results/cyclictest.console" >"$results/cyclictest.hist"
    guest crash "$1" takt.job=crash
    guest_kernel=$2 guest reboot --print-stats takt.job=reboot
}
