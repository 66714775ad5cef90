#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Seconds from a clone to the first answered call, on a bare Debian 12: bench/first_call.sh [--here]
#
# As a stranger would: ./run installs, builds and serves; then a test key is made on the command
# line, and the sandbox answers a chat call with it. --here does so in this folder and on this
# system, as it is. What counts is what is committed: bare-debian clones it.
set -euo pipefail
cd "$(dirname "$0")/.."

port=${TOLLGATE_BENCH_PORT:-18080}
patience_seconds=${TOLLGATE_BENCH_PATIENCE:-3600}

on_bare_debian() {
  local bare
  bare=$(command -v bare-debian || true)
  [ -n "$bare" ] || bare=../shared/bin/bare-debian
  if [ ! -x "$bare" ]; then
    echo "There is no bare-debian, in PATH or as $bare: a script that runs a command in a" \
      "fresh clone on a minimal Debian 12. On such a machine: git clone, then" \
      "bench/first_call.sh --here" >&2
    exit 69
  fi
  exec "$bare" bench/first_call.sh --here
}

# METHOD PATH [KEY [BODY]]: the whole answer. Bash's own sockets: a bare machine has no curl.
request() {
  local key=${3:-} body=${4:-}
  exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
  printf '%s %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n' "$1" "$2" "$port" >&3
  [ -z "$key" ] || printf 'Authorization: Bearer %s\r\n' "$key" >&3
  [ -z "$body" ] || printf 'Content-Type: application/json\r\nContent-Length: %d\r\n' "${#body}" >&3
  printf '\r\n%s' "$body" >&3
  cat <&3
  exec 3>&-
}

is_ready() { request GET /readyz 2>/dev/null | head -n 1 | grep -q ' 200 '; }

# NANOSECONDS of a start: seconds since then.
since() {
  local tenths=$((($(date +%s%N) - $1) / 100000000))
  printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

here() {
  local folder server began key answer
  folder=$(mktemp -d)
  # What a developer's own shell may hold would change what ./run does.
  unset "${!TOLLGATE_@}" "${!OPENAI_@}"
  began=$(date +%s%N)
  ./run --data "$folder/data" --listen "127.0.0.1:$port" >"$folder/run.log" 2>&1 &
  server=$!
  # shellcheck disable=SC2064 # now: the names are this function's
  trap "kill $server 2>/dev/null; wait $server 2>/dev/null; rm -rf '$folder'" EXIT

  until is_ready; do
    if ! kill -0 "$server" 2>/dev/null || [ $SECONDS -gt "$patience_seconds" ]; then
      tail -n 40 "$folder/run.log" >&2
      echo "./run did not get ready within $(since "$began") s" >&2
      exit 1
    fi
    sleep 0.1
  done
  echo "ready: $(since "$began") s"

  # Keys belong to someone: the owner, whom the one-time link would make in a browser.
  echo 'a password of this run only 5180' >"$folder/password"
  build/release/tollgate init --data "$folder/data" --owner-email first@example.com \
    --owner-password-file "$folder/password" --json >>"$folder/run.log"
  key=$(build/release/tollgate keys create --data "$folder/data" --name first --kind test --json |
    sed -n 's/.*"key" *: *"\([^"]*\)".*/\1/p')
  answer=$(request POST /v1/chat/completions "$key" \
    '{"model":"gpt-4","messages":[{"role":"user","content":"Hello"}]}')
  if ! head -n 1 <<<"$answer" | grep -q ' 200 ' || ! grep -q '"content"' <<<"$answer"; then
    printf 'The first call was not answered:\n%s\n' "$answer" >&2
    exit 1
  fi
  echo "first answered call: $(since "$began") s"
}

case ${1:-} in
  "") on_bare_debian ;;
  --here) here ;;
  *) sed -n '3,7s/^# \{0,1\}//p' "$0"; exit 64 ;;
esac
