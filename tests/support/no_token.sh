#!/usr/bin/env bash
# Searches the data directory and the log of a server for what is shaped like a token: a header in base64url,
# a dot, and claims. Prints where one is.
#
#   no_token.sh DIR
set -uo pipefail
home=$(cd "$1" && pwd -P)
token='ey[IJA][A-Za-z0-9_-]{12,}\.ey[IJA][A-Za-z0-9_-]{12,}'
[ "$(grep -acF tenancy.login "$home/server.log")" -gt 100 ] || { echo "not ok: the log has few logins"; exit 1; }
found=$(grep -rlaE "$token" "$home")
if [ -n "$found" ]; then
  for file in $found; do
    echo "not ok: $file"
    grep -aoE ".{0,60}$token" "$file" | cut -c 1-120 | sort | uniq -c | sort -rn | head -n 10
  done
  exit 1
fi
echo "$(find "$home" -type f | wc -l) checks passed"
