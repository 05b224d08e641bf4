# TAP for shell tests: source it, call the assertions, end with finish.
tap_count=0
tap_failed=0

# ok CONDITION NAME [FILE]: true if CONDITION is not empty; FILE is shown where it is.
ok() {
  tap_count=$((tap_count + 1))
  if [ -n "$1" ]; then
    echo "ok $tap_count - $2"
  else
    tap_failed=$((tap_failed + 1))
    echo "not ok $tap_count - $2"
    if [ -n "${3:-}" ]; then sed 's/^/# /' "$3" | head -n 20; fi
  fi
}

is() {
  ok "$([ "$1" = "$2" ] && echo yes)" "$3"
  [ "$1" = "$2" ] || printf '# got:      %s\n# expected: %s\n' "${1//$'\n'/$'\n'# }" "${2//$'\n'/$'\n'# }"
}

is_not() {
  ok "$([ "$1" != "$2" ] && echo yes)" "$3"
}

# like TEXT FIXED-STRING NAME
like() {
  ok "$(grep -qF -e "$2" <<< "$1" && echo yes)" "$3"
  grep -qF -e "$2" <<< "$1" || printf '# %s\n# does not contain: %s\n' "${1//$'\n'/$'\n'# }" "$2"
}

unlike() {
  ok "$(grep -qF -e "$2" <<< "$1" || echo yes)" "$3"
}

finish() {
  echo "1..$tap_count"
  exit $((tap_failed > 0))
}
