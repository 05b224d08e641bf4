#!/usr/bin/env bash
# One step of the help desk's adoption: the policy as it was after step N, which is tenancy.yaml with the first N
# of the files that it includes; then the application's own rights on the tables, views and sequences of this step are
# taken back, since from now on it has those of helpdesk_app.
#
#   adopt.sh N DIRECTORY              write the policy of step N, with its files, into DIRECTORY
#   adopt.sh N DIRECTORY --revoke     print what takes back the application's own rights
set -euo pipefail
example=$(dirname "$0")
step=$1
directory=$2

mapfile -t files < <(sed -n 's/^  - \(tables\/.*\.yaml\)$/\1/p' "$example/tenancy.yaml")
if [ "${3:-}" = --revoke ]; then
  file=$example/${files[step - 1]}
  list() { paste --serial --delimiters , | sed 's/,/, /g'; }
  tables=$(sed -n '/^tables:/,/^[a-z]*:$/s/^  \([a-z_]*\):$/\1/p' "$file" | list)
  views=$(sed -n '/^views:/,/^[a-z]*:$/s/^  \([a-z_]*\): .*/\1/p' "$file" | list)
  sequences=$(sed -n "s/^  public\.\([a-z_]*\): .*owned_by: public\.\(${tables//, /\\|}\)\..*/\1/p" "$example/tenancy.schema.yaml" | list)
  echo "revoke all on table $tables from helpdesk_rails;"
  [ -z "$views" ] || echo "revoke all on table $views from helpdesk_rails;"
  [ -z "$sequences" ] || echo "revoke all on sequence $sequences from helpdesk_rails;"
  exit 0
fi

mkdir -p "$directory/tables"
awk -v step="$step" '/^  - tables\// && ++n > step {next} {print}' "$example/tenancy.yaml" > "$directory/tenancy.yaml"
for file in "${files[@]:0:step}"; do cp "$example/$file" "$directory/$file"; done
