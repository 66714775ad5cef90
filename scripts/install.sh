#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that are missing: scripts/install.sh [--tests] [--dev]
# Asks dpkg once, so that a machine which has them all waits a tenth of a second.
set -euo pipefail
source "$(dirname "$0")/common.sh"

packages=(
  clang-19 lld-19 llvm-19 cmake ninja-build ccache pkg-config
  libboost1.81-dev libcli11-dev libcurl4-openssl-dev libfmt-dev libhowardhinnant-date-dev
  libpq-dev libsimdjson-dev libsoci-dev
  libsodium-dev libspdlog-dev libsqlite3-dev libssl-dev libtomlplusplus-dev libzstd-dev
  nlohmann-json3-dev prometheus-cpp-dev zlib1g-dev
  brotli ca-certificates python3 python3-yaml
  tzdata  # read at run time, for periods in a time zone
)
for option in "$@"; do
  case $option in
    --tests) packages+=(chromium curl faketime libgmock-dev libgtest-dev openssl postgresql
                        python3-venv strace zstd) ;;
    --dev) packages+=(clang-format-19 clang-tidy-19 libbenchmark-dev libclang-rt-19-dev
                      nginx-light shellcheck slowhttptest valgrind wrk) ;;
    *) fail "install.sh knows --tests and --dev, not $option" 64 ;;
  esac
done
# Node.js may come from elsewhere than Debian; what counts is that npm is there.
command -v npm >/dev/null || packages+=(nodejs npm)

missing=()
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null) ||
  true  # it also fails when it knows no such package, which is then installed
for package in "${packages[@]}"; do
  grep -qx "$package installed" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; return; fi
  command -v sudo >/dev/null || fail "these packages are missing: ${missing[*]}
Install them as root (apt-get install …), or install sudo, and try again." 77
  sudo "$@"
}
say "Installing Debian packages: ${missing[*]}"
as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Dpkg::Use-Pty=0 \
  --no-install-recommends "${missing[@]}" >/dev/null
