# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The cross build for arm64 (sourced by ./dev). On an arm64 machine there is none: `release` is arm64 there.

host_arch() { case $(uname -m) in x86_64) echo x86 ;; aarch64) echo arm64 ;; *) uname -m ;; esac; }

# preset_of ARCH: the release build for that architecture.
preset_of() {
    case $1 in
    "$(host_arch)") echo release ;;
    arm64) echo arm64 ;;
    *) usage_error "--arch $1: x86 or arm64$([ "$(host_arch)" != arm64 ] || echo '; there is no cross build for x86')" ;;
    esac
}

is_cross() { case $1 in arm64*) return 0 ;; *) return 1 ;; esac; }
arch_of() { if is_cross "$1"; then echo arm64; else host_arch; fi; }

# What the cross compiler links with. Only these, without what they depend on: the compiler brings its own C library.
cross_packages="libboost1.74-dev libcli11-dev libdeflate0 libdeflate-dev libfdt-dev libfdt1 libfmt-dev libfmt9 libgtest-dev libtomlplusplus-dev liburing-dev liburing2
    nlohmann-json3-dev zlib1g zlib1g-dev"

sysroot() {
    # shellcheck disable=SC2086  # words, on purpose
    lab/debs.sh arm64 --alone $cross_packages
}
