#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A private PostgreSQL for tests, on a socket in a folder of its own:
#
#   scripts/postgresql.sh run COMMAND...   one for COMMAND, which gets TOLLGATE_TEST_DATABASE
#   scripts/postgresql.sh start FOLDER     makes FOLDER the first time; prints the address
#   scripts/postgresql.sh stop FOLDER [immediate]
#
# It forgets its data when the machine stops (fsync is off) and trusts everyone who reaches its
# socket, except the user `guarded`, whose password is `open sesame`.
set -euo pipefail
source "$(dirname "$0")/common.sh"

binaries=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -1)
[ -n "$binaries" ] || fail "PostgreSQL is not installed: scripts/install.sh --tests" 77

# PostgreSQL refuses to run as root.
unprivileged() {
  if [ "$(id -u)" = 0 ]; then
    (cd / && runuser -u postgres -- "$@")
  else
    "$@"
  fi
}

address() { printf 'postgresql:///postgres?host=%s&user=postgres\n' "$1"; }

create() {
  mkdir -p "$1"
  [ "$(id -u)" != 0 ] || chown postgres "$1"
  chmod 755 "$1"
  unprivileged "$binaries/initdb" --pgdata "$1/data" --username postgres --auth trust \
    --encoding UTF8 --locale C.UTF-8 --no-sync >/dev/null
  unprivileged tee "$1/data/pg_hba.conf" >/dev/null <<<"local all guarded scram-sha-256
local all all trust"
  unprivileged tee -a "$1/data/postgresql.conf" >/dev/null <<<"listen_addresses = ''
unix_socket_directories = '$1'
fsync = off
full_page_writes = off
max_connections = 200
max_locks_per_transaction = 256"
}

start() {
  local is_new=
  [ -e "$1/data" ] || { create "$1"; is_new=1; }
  unprivileged "$binaries/pg_ctl" --pgdata "$1/data" --log "$1/log" --wait --timeout 60 start \
    >/dev/null </dev/null
  [ -z "$is_new" ] ||
    unprivileged "$binaries/psql" --quiet --host "$1" --username postgres \
      --command "CREATE ROLE guarded LOGIN PASSWORD 'open sesame'" postgres
  address "$1"
}

stop() {
  unprivileged "$binaries/pg_ctl" --pgdata "$1/data" --mode "${2:-fast}" --wait stop >/dev/null
}

run() {
  local folder status=0
  folder=$(mktemp -d /tmp/tollgate-postgresql-XXXXXX)
  # shellcheck disable=SC2064  # the folder's name as it is now
  trap "stop '$folder' immediate || true; rm -rf '$folder'" EXIT
  TOLLGATE_TEST_DATABASE=$(start "$folder")
  export TOLLGATE_TEST_DATABASE
  "$@" || status=$?
  return $status
}

case ${1:-} in
  start | stop | run) "$@" ;;
  *) fail "scripts/postgresql.sh run COMMAND... | start FOLDER | stop FOLDER" 64 ;;
esac
