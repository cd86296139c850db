# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# iperf3's TCP both ways, for a time, and transactions of one small message each way
# (netperf calls it TCP_RR), and what the VMM's threads use of the CPU for it.
# bench/net-throughput.sh starts it.
#   TAKT_CASES         VMM:MODEL as for net-rtt
#   TAKT_SECONDS       of each direction (1)
#   TAKT_TRANSACTIONS  (2000)
# /results: CASE.to-guest.json and CASE.from-guest.json of iperf3, CASE.rr.hist, CASE.MEASUREMENT.cpu (ns)

set -eu
# shellcheck source=lab/jobs/devices.sh
. /job/devices.sh

seconds=${TAKT_SECONDS:-1}
transactions=${TAKT_TRANSACTIONS:-2000}
guest_ram_mb=${TAKT_GUEST_RAM_MB:-256}

# with_cpu CASE MEASUREMENT COMMAND...
with_cpu() {
    file=$results/$1.$2.cpu
    shift 2
    cpu=$(cpu_ns)
    "$@"
    echo $(($(cpu_ns) - cpu)) >"$file"
}
stream() {
    json=$results/$1.$2.json
    shift 2
    # Not a number of bytes: a guest that has sent them all spins, above the client that it waits for.
    timeout $((seconds + 120)) iperf3 -c 10.0.0.2 -t "$seconds" --json "$@" >"$json"
}
# received CASE DIRECTION FIELD: of iperf3's sum, as a whole number
received() { sed -n '/"sum_received"/,/}/s/.*"'"$3"'":[^0-9]*\([0-9]*\).*/\1/p' "$results/$1.$2.json"; }

# run_case VMM MODEL
run_case() {
    case_name=$1-$2
    by=$1
    [ "$1" = takt ] || by=$peer_for_devices
    vmm_start "$case_name" "$by" "$(nic_options "$1" "$2" 0) $(nic_options "$1" "$2" 1)"
    echo_bench --samples 20 udp 10.0.0.2 7007 >/dev/null
    for direction in to-guest from-guest; do
        reverse=
        [ $direction = to-guest ] || reverse=--reverse
        # shellcheck disable=SC2086  # a word, or none
        with_cpu "$case_name" $direction stream "$case_name" $direction $reverse
        mb=$(($(received "$case_name" $direction bytes) / 1000000 + 1))
        progress "$case_name, $direction: $(($(received "$case_name" $direction bits_per_second) / 1000000)) Mbit/s," \
            "$(($(cat "$results/$case_name.$direction.cpu") / 1000 / mb)) us of CPU per MB"
    done
    with_cpu "$case_name" rr echo_bench --bytes 16 --samples "$transactions" --histogram "$results/$case_name.rr.hist" tcp 10.0.0.2 7008
    progress "$case_name, transactions: $(sed -n 's/^# Per second: //p' "$results/$case_name.rr.hist") each second, $(($(cat "$results/$case_name.rr.cpu") / 1000 / transactions)) us of CPU each"
    tell_end 1
    vmm_end
}

cp /guest/version "$results/kernel"
tap 0
tap 1
guest_script <<END
load virtio_net e1000
$(guest_nic 0)
$(guest_nic 1)
serve
iperf3 -s >/dev/null 2>&1 &
until_told
END
for case in ${TAKT_CASES:-takt:e1000 takt:virtio takt:virtio-vhost qemu:e1000 qemu:virtio qemu:virtio-vhost}; do
    run_case "${case%%:*}" "${case#*:}"
done
