#!/usr/bin/env bash
# What a client leaves in a server connection for the one who gets it next: a pool of one connection, an
# attacker of Acme, then a victim of Globex. The victim gets his own rows, all of them, or an error that says
# why not, and what he writes is his; the attacker finds nothing of it.
set -uo pipefail
source tests/bouncer/setup.bash

# residues NAME ROOT SETTINGS [options of bouncer_residue]
residues() {
  local name=$1 root=$2 settings=$3 verdict residue error
  shift 3
  # shellcheck disable=SC2086
  tests/support/bouncer.sh start "$pooler" "$root" $settings default_pool_size=1 || exit 1
  while IFS=$'\t' read -r verdict residue error; do
    ok "$([ "$verdict" = ok ] && echo yes)" "$name: $residue"
    [ -z "$error" ] || echo "# $error"
  done < <(build/dev/bouncer_residue "$(tests/support/bouncer.sh conninfo "$pooler")" "$identities" "$@")
  tests/support/bouncer.sh stop "$pooler"
}

# From 1.26 on PgBouncer tracks what the server reports, which is search_path from 18 on.
tracked() { # tracked VERSION
  [ "$(printf '%s\n' 1.26 "$1" | sort --version-sort | head -n 1)" = 1.26 ] || return 0
  echo --tracked default_transaction_read_only
  [ "$(sql "show server_version_num")" -lt 180000 ] || echo --tracked search_path
}

in_mode() {
  local version=$1 root=$2 mode=$3 named=() own=()
  if has_named "$version" "$mode"; then named=(--named); fi
  if [ "$mode" = session ]; then
    residues "$version, session mode" "$root" pool_mode=session --sessions --cleaned "${named[@]}"
  else
    mapfile -t own < <(tracked "$version" | tr ' ' '\n')
    residues "$version, transaction mode" "$root" pool_mode=transaction "${named[@]}" "${own[@]}"
    residues "$version, transaction mode, always reset" "$root" "pool_mode=transaction server_reset_query_always=1" \
      --cleaned "${named[@]}"
  fi
}

start_server
each_pooler in_mode
finish
