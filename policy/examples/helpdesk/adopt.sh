#!/usr/bin/env bash
# One step of the help desk's adoption: the policy as it was after step N, which is tenancy.yaml with the first N
# of the files that it includes; then the application's own rights on the tables of this step are taken back, since
# from now on it has those of helpdesk_app.
#
#   adopt.sh N DIRECTORY              write the policy of step N, with its files, into DIRECTORY
#   adopt.sh N DIRECTORY --revoke     print what takes back the application's rights on the tables of step N
set -euo pipefail
example=$(dirname "$0")
step=$1
directory=$2

mapfile -t files < <(sed -n 's/^  - \(tables\/.*\.yaml\)$/\1/p' "$example/tenancy.yaml")
if [ "${3:-}" = --revoke ]; then
  tables=$(sed -n '/^tables:/,/^[a-z]*:$/s/^  \([a-z_]*\):$/\1/p' "$example/${files[step - 1]}" | paste --serial --delimiters ,)
  echo "revoke all on table ${tables//,/, } from helpdesk_rails;"
  exit 0
fi

mkdir -p "$directory/tables"
awk -v step="$step" '/^  - tables\// && ++n > step {next} {print}' "$example/tenancy.yaml" > "$directory/tenancy.yaml"
for file in "${files[@]:0:step}"; do cp "$example/$file" "$directory/$file"; done
