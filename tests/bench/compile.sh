#!/usr/bin/env bash
# What it costs to compile a large policy: TABLES (2,000) tables in a file for every fifty, 50 roles, five
# rules each; checked and built, against one of half the size. RUNS (9) of each, interleaved. Aims: 1 s, 200 MB,
# and twice the tables in no more than 2.2 times the time.
set -euo pipefail
cd "$(dirname "$0")/../.."
tenancy=${TENANCY:-build/dev/tenancy}
tables=${TABLES:-2000}
runs=${RUNS:-9}
work=build/bench/compile
rm -rf "$work"
mkdir -p "$work"

# policy DIR TABLES
policy() {
  local dir=$1 count=$2 table file role includes
  mkdir -p "$dir/tables"
  {
    echo "tenancy: 1"
    echo "application: bench"
    echo "include:"
    for ((file = 0; file * 50 < count; file++)); do echo "  - tables/part_$file.yaml"; done
    cat <<'YAML'
hierarchy:
  account:   { table: accounts, key: id, type: bigint }
  workspace: { table: workspaces, key: id, type: bigint }
  user:      { table: users, key: id, type: bigint, subject: subject, issuer: issuer }
membership:
  account:   { table: account_members, user: user_id, of: account_id, role: role }
  workspace: { table: workspace_members, user: user_id, of: workspace_id, role: role }
roles:
YAML
    for ((role = 0; role < 25; role++)); do
      includes=workspace.role_$role
      if ((role < 24)); then includes="account.role_$((role + 1)), $includes"; fi
      echo "  account.role_$role: { includes: [$includes] }"
      if ((role < 24)); then echo "  workspace.role_$role: { includes: [workspace.role_$((role + 1))] }"
      else echo "  workspace.role_$role: {}"; fi
    done
  } > "$dir/tenancy.yaml"
  for ((table = 0; table < count; table++)); do
    file=$dir/tables/part_$((table / 50)).yaml
    if ((table % 50 == 0)); then printf 'tenancy: 1\ntables:\n' > "$file"; fi
    cat >> "$file" <<YAML
  entity_$table:
    scope: $(if ((table % 4 == 3)); then echo "{ parent: entity_$((table - 3)), on: entity_id }"; else echo workspace; fi)
    columns: [id, entity_id, title, body, state, owner_id, created_at, public]
    immutable: [owner_id]
    rules:
      - { role: workspace.role_$((table % 25)), context: [app], read: all, rows: "public or owner_id = session.user_id" }
      - { role: workspace.role_$(((table + 7) % 25)), context: [app], read: all }
      - { role: workspace.role_$((table % 25)), context: [app], insert: [title, body, owner_id], rows: "owner_id = session.user_id" }
      - { role: workspace.role_$((table % 25)), context: [app], update: [title, body, state], rows: "owner_id = session.user_id and state <> 'closed'" }
      - { role: account.role_$((table % 25)), context: [dashboard], read: all, update: [state], delete: rows }
YAML
  done
}

policy "$work/whole" "$tables"
policy "$work/half" $((tables / 2))
cat > "$work/run.py" <<'PY'
# Seconds of wall clock and of CPU, and peak memory in kB, of one command.
import os, resource, subprocess, sys, time
start = time.monotonic()
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{time.monotonic() - start:.4f} {used.ru_utime + used.ru_stime:.4f} {used.ru_maxrss}")
sys.exit(status)
PY
for ((run = 0; run < runs; run++)); do
  for verb in check build; do
    for size in half whole; do
      python3 "$work/run.py" "$tenancy" $verb "$work/$size/tenancy.yaml" >> "$work/$verb.$size"
    done
  done
done
python3 - "$work" "$tables" "$runs" <<'PY'
import statistics, sys
work, tables, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
print(f"{tables} tables, 50 roles, {5 * tables} rules in {1 + tables // 50} files; {runs} runs of each, median [least..most]")
def spread(values, unit): return f"{statistics.median(values):.2f} {unit} [{min(values):.2f}..{max(values):.2f}]"
for verb in ("check", "build"):
    whole, half = ([tuple(map(float, line.split())) for line in open(f"{work}/{verb}.{size}")] for size in ("whole", "half"))
    ratios = [w[1] / h[1] for w, h in zip(whole, half)]
    print(f"{verb}: {spread([w[0] for w in whole], 's')} (aim 1), {spread([w[1] for w in whole], 's of CPU')},"
          f" {spread([w[2] / 1024 for w in whole], 'MB')} (aim 200), {spread(ratios, 'times the CPU of the half')} (aim 2.2)")
PY
