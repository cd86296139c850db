# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# A network without a tap: passt, which takt starts, stands between the guest and sockets of the host. /results: passt.*, and
# NAME for what the host found out.
set -eu
# shellcheck source=lab/jobs/devices.sh
. /job/devices.sh

takt_vcpus=''
guest_ram_mb=256
tap 0 # an interface with an address, which passt wants to see
address=10.9.0.2 gateway=10.9.0.1

guest_script <<END
load virtio_net
ip addr add $address/24 dev eth0
ip link set eth0 up
ip route add default via $gateway
serve
# passt's gateway is the host's own address.
said from-host sh -c 'nc $gateway 9000 | md5sum'
until_told
END

# passt changes its root and makes a user namespace: neither goes below the initial RAM file system, nor in a plain chroot.
mkdir /root-again
cat >/run/in-root-again <<'END'
mount --rbind / /root-again
cd /root-again
mount --move . /
exec chroot . /usr/bin/takt "$@"
END
cat >/run/takt-again <<'END'
#!/bin/sh
exec unshare -m sh /run/in-root-again "$@"
END
chmod +x /run/takt-again
cat >/run/vm.toml <<END
[net.net]
passt = "-4 --runas 0 -i tap0 -a $address -n 24 -g $gateway -t 7000 -t 7008"
END

ip link set lo up
dd if=/dev/urandom of=/run/sent bs=1024 count=1024 2>/dev/null
nc -l -p 9000 </run/sent >/dev/null &
takt=/run/takt-again
vmm_start passt takt /run/vm.toml
md5sum </run/sent >"$results/sent"
{ echo 'head -c 1048576 | md5sum' && sleep 0.2 && cat /run/sent; } | nc 127.0.0.1 7000 >"$results/to-guest"
echo_bench --samples 200 --bytes 1000 tcp 127.0.0.1 7008 >"$results/tcp"
for process in /proc/[0-9]*; do readlink "$process/exe"; done 2>/dev/null | grep passt >"$results/during" || true
echo 'echo >/run/end' | nc 127.0.0.1 7000
vmm_end
sleep 0.2
for process in /proc/[0-9]*; do readlink "$process/exe"; done 2>/dev/null | grep passt >"$results/after" || true
