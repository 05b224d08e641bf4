#!/usr/bin/env bash
# Makes the certificates of key_server.py in DIR, an own authority's, and starts it in the background.
#
#   key_server.sh start DIR
#   key_server.sh stop DIR
set -euo pipefail
verb=$1
dir=$2

# certificate NAME HOST DAYS; -1 day: it has expired
certificate() {
  local lifetime=(-days "$3")
  # Newer releases of OpenSSL refuse an end before the start, and take dates, which 3.0 does not.
  if [ "$3" -lt 0 ] && openssl x509 -help 2>&1 | grep -q -e -not_after; then
    lifetime=(-not_before 20200101000000Z -not_after 20200102000000Z)
  fi
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/$1.key" -subj "/CN=$2" \
    -out "$dir/$1.csr" 2> /dev/null
  printf 'subjectAltName=%s\nbasicConstraints=CA:FALSE\n' "$2" > "$dir/$1.ext"
  openssl x509 -req -in "$dir/$1.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" "${lifetime[@]}" -extfile "$dir/$1.ext" \
    -out "$dir/$1.pem" 2> /dev/null
}

start() {
  rm -rf "$dir"
  mkdir -p "$dir/answers" "$dir/sets"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/ca.key" -out "$dir/ca.pem" \
    -subj "/CN=key server's authority" -days 2 2> /dev/null
  certificate good "DNS:localhost,IP:127.0.0.1" 2
  certificate wrong_host "DNS:other.example" 2
  certificate expired "DNS:localhost" -1
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/self_signed.key" \
    -out "$dir/self_signed.pem" -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost" -days 2 2> /dev/null
  python3 tests/support/key_server.py "$dir" > "$dir/log" 2>&1 &
  echo $! > "$dir/pid"
  for _ in {1..100}; do
    [ -e "$dir/ports" ] && return
    sleep 0.1
  done
  cat "$dir/log" >&2
  return 1
}

stop() {
  if [ -e "$dir/pid" ]; then
    kill "$(cat "$dir/pid")" 2> /dev/null || true
    rm -f "$dir/pid"
  fi
}

case $verb in
  start) start ;;
  stop) stop ;;
  *) sed -n '4,5s/^# *//p' "$0" >&2; exit 2 ;;
esac
