#!/bin/sh
# TAP test of `tenancy check` and `tenancy build`.
#
#   tests/cli/policy.sh build/tenancy            run
#   UPDATE=1 tests/cli/policy.sh build/tenancy   accept what it says now as right; review the diff
set -u

tenancy=$(realpath "${1:?usage: policy.sh path/to/tenancy}")
examples=$(realpath "$(dirname "$0")/../../policy/examples")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
failed=0

result() { # status, name
  number=$((number + 1))
  if [ "$1" -eq 0 ]; then
    echo "ok $number - $2"
  else
    echo "not ok $number - $2"
    failed=1
  fi
}

same() { # golden file, actual file, name
  if [ -n "${UPDATE:-}" ]; then cp "$2" "$1"; fi
  if diff -u "$1" "$2" > "$work/diff"; then
    result 0 "$3"
  else
    result 1 "$3"
    sed 's/^/# /' "$work/diff"
  fi
}

exits() { # status, what, command ...
  wanted=$1 what=$2
  shift 2
  "$@" > "$work/out" 2> "$work/err"
  got=$?
  [ "$got" -eq "$wanted" ]
  result $? "$what"
  [ "$got" -eq "$wanted" ] || echo "# exit status $got, not $wanted"
}

# Wrong policies: what is said about each, and the exit status.
cd "$examples/wrong" || exit 2
for policy in *.yaml; do
  name=${policy%.yaml}
  "$tenancy" check "$policy" > "$work/$name.txt" 2>&1
  echo "exit status $?" >> "$work/$name.txt"
  same "$name.txt" "$work/$name.txt" "check $policy"
done

# Right policies: the SQL, byte for byte.
for policy in "$examples"/*/tenancy.yaml; do
  cd "$(dirname "$policy")" || exit 2
  name=$(basename "$PWD")
  exits 0 "check $name" "$tenancy" check tenancy.yaml
  grep -q '^tenancy.yaml: ok, [0-9]* roles, [0-9]* tables, [0-9]* rules' "$work/out"
  result $? "check $name counts roles, tables and rules"
  exits 0 "build $name" "$tenancy" build tenancy.yaml
  mv "$work/out" "$work/$name.sql"
  [ ! -f tenancy.sql ] || same tenancy.sql "$work/$name.sql" "build $name gives the SQL that is known"
  exits 0 "build $name -o" "$tenancy" build tenancy.yaml -o "$work/o.sql"
  cmp -s "$work/o.sql" "$work/$name.sql"
  result $? "build $name -o writes the same"
done

# A policy in many files: the same as in one, but for the places; a link leads nowhere else.
mkdir -p "$work/many/tables" "$work/elsewhere"
cd "$work/many" || exit 2
sed '/^tables:/,$d' "$examples/saas/tenancy.yaml" > tenancy.yaml
files=
for number_of_file in $(seq 300); do
  files="$files, tables/t$number_of_file.yaml"
  printf 'tenancy: 1\ntables:\n  t%s:\n    scope: account\n    rules:\n      - { role: account.owner, context: [app], read: all }\n' \
    "$number_of_file" > "tables/t$number_of_file.yaml"
done
echo "include: [${files#, }]" >> tenancy.yaml
exits 0 "check a policy of 301 files" "$tenancy" check tenancy.yaml
grep -q ' 300 tables, 300 rules;' "$work/out"
result $? "all included tables are in it"
cd / || exit 2
exits 0 "build it from another folder" "$tenancy" build "$work/many/tenancy.yaml" -o "$work/many.sql"
cd "$work/many" || exit 2
grep -q '^grant select on table public.t300 to saas_app;  -- tables/t300.yaml:6$' "$work/many.sql"
result $? "a statement names the file that it comes from"
cp tables/t7.yaml "$work/elsewhere/t7.yaml"
ln -sf "$work/elsewhere/t7.yaml" tables/t7.yaml
exits 1 "a link that leads out of the folder" "$tenancy" check tenancy.yaml
grep -q 'error\[include-path\]: this file is outside' "$work/err"
result $? "it is refused for what it is"
ln -sf t8.yaml tables/t7.yaml
exits 1 "a link to a file that is included too" "$tenancy" check tenancy.yaml
grep -q 'error\[duplicate-include\]' "$work/err"
result $? "it is the same file twice"
rm tables/t7.yaml
mkfifo tables/t7.yaml
exits 1 "a pipe for a file" "$tenancy" check tenancy.yaml
rm tables/t7.yaml
printf 'tenancy: 1\ntables:\n  t7: { scope: account, rules: [] }\n' > "$work/many/real.yaml"
ln -s ../real.yaml tables/t7.yaml
exits 0 "a link within the folder" "$tenancy" check tenancy.yaml
ln -s many "$work/linked"
exits 0 "a folder that is named by a link" "$tenancy" check "$work/linked/tenancy.yaml"

# What the README teaches is right.
awk '/^```yaml$/ { if (++block == 1) inside = 1; next } /^```$/ { inside = 0 } inside' "$examples/../README.md" > "$work/readme.yaml"
exits 0 "check the example of policy/README.md" "$tenancy" check "$work/readme.yaml"
[ ! -s "$work/err" ]
result $? "the example of policy/README.md has no warning"

# Tests are read, and not run: that must be said.
sed -e 's/n_opn//; s/, \]/]/' "$examples/wrong/test-unknown-row.yaml" > "$work/tests.yaml"
exits 0 "check a policy with a test" "$tenancy" check "$work/tests.yaml"
grep -q 'tests.yaml: 1 test is not run by this version$' "$work/out"
result $? "it says that the test was not run"

# Nothing is written when something is wrong, and what is there stays.
cd "$work" || exit 2
echo kept > kept.sql
exits 1 "build of a wrong policy fails" "$tenancy" build "$examples/wrong/role-cycle.yaml" -o kept.sql
[ "$(cat kept.sql)" = kept ]
result $? "build of a wrong policy leaves the old file"
exits 1 "build of a wrong policy to standard output fails" \
  "$tenancy" build "$examples/wrong/role-cycle.yaml"
[ ! -s out ]
result $? "build of a wrong policy writes nothing"
exits 0 "warnings do not fail" \
  "$tenancy" build "$examples/wrong/warning-idle-role.yaml" -o "$work/warned.sql"
[ -s warned.sql ] && [ -s err ]
result $? "build with warnings writes the SQL and the warnings"

exits 2 "a file that is not there" "$tenancy" check "$work/nowhere.yaml"
exits 2 "a directory for a file" "$tenancy" check "$work"
exits 2 "no file named" "$tenancy" check
exits 2 "an unknown option" "$tenancy" build --frob x.yaml
exits 2 "an output that cannot be written" \
  "$tenancy" build "$examples/saas/tenancy.yaml" -o "$work/no/such/directory.sql"
[ -z "$(ls "$work" | grep '\.tmp$')" ]
result $? "no temporary file is left"
head -c 1100000 /dev/zero | tr '\0' '#' > "$work/large.yaml"
exits 2 "a file larger than 1 MiB" "$tenancy" check "$work/large.yaml"

echo "1..$number"
exit $failed
