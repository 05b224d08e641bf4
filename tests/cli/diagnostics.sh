#!/usr/bin/env bash
# TAP test of how `tenancy check` and `tenancy build` show what they find: the formats for tools, the
# names, colours.
#
#   tests/cli/diagnostics.sh build/dev/tenancy            run
#   UPDATE=1 tests/cli/diagnostics.sh build/dev/tenancy   accept what it says now as right; review the diff
set -uo pipefail
tenancy=$(realpath "${1:?usage: diagnostics.sh path/to/tenancy}")
cd "$(dirname "$0")/../.."
source tests/support/tap.sh
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# golden NAME COMMAND...: what the command writes, and its exit status.
golden() {
  local file=$root/policy/examples/wrong/formats/$1 status
  shift
  "$@" > "$work/got" 2> "$work/err"
  status=$?
  cat "$work/err" >> "$work/got"
  echo "exit status $status" >> "$work/got"
  sed -i "s/\"version\": \"$version\"/\"version\": \"VERSION\"/" "$work/got"
  if [ -n "${UPDATE:-}" ]; then cp "$work/got" "$file"; fi
  diff -u "$file" "$work/got" > "$work/diff"
  ok "$([ $? -eq 0 ] && echo yes)" "$(basename "$file")" "$work/diff"
}

version=$("$tenancy" --version)
cd policy/examples/wrong || exit 2
mkdir -p formats
for format in json github sarif; do
  golden "several-at-once.$format" "$tenancy" check several-at-once.yaml --format $format
  golden "include-names-again.$format" "$tenancy" check include-names-again.yaml --format $format
  golden "warning-self-activation.$format" "$tenancy" check warning-self-activation.yaml --format $format
  golden "right.$format" "$tenancy" check ../saas/tenancy.yaml --format $format
done

# Hostile names of files, and text that would be a command or an escape sequence of its own.
odd="$work/a,b:c%0A::error::d é.yaml"
{ sed '/^tables:/,$d' several-at-once.yaml; printf 'tables:\n  "x\\e[31m\\n::error::y": { scope: workspace, rules: 1 }\n'; } > "$odd"
is "$("$tenancy" check "$odd" --format github | grep -cv '^::error file=[^:,]*,line=')" 0 "github: one command a line, nothing else"
"$tenancy" check "$odd" --format github > "$work/out"
like "$(cat "$work/out")" "a%2Cb%3Ac%250A%3A%3Aerror%3A%3Ad é.yaml" "github: the file's name is escaped"
is "$("$tenancy" check "$odd" 2>&1 | grep -c $'\e')" 0 "human: no escape sequence of the author's reaches a terminal"

cat > "$work/read.py" <<'PY'
import json, sys
kind, path = sys.argv[1:]
document = json.load(open(path))
if kind == "json":
    assert set(document) == {"errors", "warnings", "diagnostics"}
    for each in document["diagnostics"]:
        assert set(each) == {"file", "line", "column", "end", "severity", "name", "message", "help"}, each
        assert (each["end"]["line"], each["end"]["column"]) >= (each["line"], each["column"]) >= (1, 1), each
        assert each["severity"] in ("error", "warning") and each["help"]
    print(len(document["diagnostics"]), document["errors"], document["warnings"])
else:
    assert document["version"] == "2.1.0" and len(document["runs"]) == 1
    run = document["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        region = place["region"]
        assert (region["endLine"], region["endColumn"]) >= (region["startLine"], region["startColumn"]) >= (1, 1)
        assert not set(place["artifactLocation"]["uri"]) & set(' <>"{}|\\^`')
    print(len(run["results"]), len(rules))
PY
bad=0
for policy in *.yaml "$odd"; do
  for format in json sarif; do
    "$tenancy" check "$policy" --format $format > "$work/out" 2> "$work/err"
    { python3 "$work/read.py" $format "$work/out" > "$work/said" && [ ! -s "$work/err" ]; } || { bad=$((bad + 1)); echo "# $format of $policy"; }
  done
done
is "$bad" 0 "json and sarif of every wrong policy are whole, and hold what they promise"
"$tenancy" check several-at-once.yaml --format json > "$work/out"
is "$(python3 "$work/read.py" json "$work/out")" "4 4 0" "json: all of the errors are there"

# Build keeps its output for the SQL, and its exit status.
"$tenancy" build warning-self-activation.yaml --format json > "$work/out" 2> "$work/err"
is "$?" 0 "build with a warning succeeds"
is "$(python3 "$work/read.py" json "$work/err")" "$("$tenancy" check warning-self-activation.yaml --format json > "$work/c"; python3 "$work/read.py" json "$work/c")" \
  "build --format json says the same, on the standard error"
like "$(cat "$work/out")" "create policy" "and the SQL is on the standard output"
"$tenancy" build several-at-once.yaml --format sarif > "$work/out" 2> "$work/err"
is "$? $(wc -c < "$work/out")" "1 0" "build of a wrong policy fails and writes no SQL"
"$tenancy" check several-at-once.yaml --format xml > "$work/out" 2>&1
is "$?" 2 "there is no such format"

# Colours on a terminal, and nowhere else.
if command -v script > /dev/null; then
  terminal() { script --quiet --return --command "$1" /dev/null < /dev/null; }
  like "$(TERM=xterm terminal "'$tenancy' check several-at-once.yaml")" $'\e[1;31merror' "colours on a terminal"
  unlike "$(TERM=xterm NO_COLOR=1 terminal "'$tenancy' check several-at-once.yaml")" $'\e[' "none with NO_COLOR"
  unlike "$(TERM=dumb terminal "'$tenancy' check several-at-once.yaml")" $'\e[' "none on a dumb terminal"
fi

# One table of names: what the code says, what explain-error knows, what the documentation lists.
cd "$root" || exit 2
"$tenancy" explain-error > "$work/known"
is "$(cut -d: -f1 "$work/known" | sort -c 2>&1)" "" "the names are sorted"
sed -n '/^## Names/,$s/^| `\([a-z-]*\)` | \(.*\) |$/\1: \2/p' docs/diagnostics.md > "$work/documented"
diff -u "$work/known" "$work/documented" > "$work/diff"
ok "$([ $? -eq 0 ] && echo yes)" "docs/diagnostics.md lists what explain-error does" "$work/diff"
sed 's/:.*//' "$work/known" > "$work/names"
# A diagnostic's name is the first literal of a call that reports, if it is in kebab-case.
perl -0ne 'while (/\b(?:error|warning|refuse\w*)\(\s*(?:[^"();]{0,40},\s*)?"([a-z]+(?:-[a-z]+)*)",/g) { print "$1\n" }
           while (/\? "([a-z]+(?:-[a-z]+)*)"\s*: "([a-z]+(?:-[a-z]+)*)",\s*\w+ == \w+ \?/g) { print "$1\n$2\n" }' policy/*.cpp | sort -u > "$work/said"
diff -u "$work/names" "$work/said" > "$work/diff"
ok "$([ $? -eq 0 ] && echo yes)" "the code says each of them, and no other" "$work/diff"
cat policy/examples/wrong/*.txt | sed -n 's/.*: \(error\|warning\)\[\([a-z-]*\)\]: .*/\2/p' | sort -u > "$work/shown"
is "$(comm -13 "$work/names" "$work/shown")" "" "the wrong policies are told no other"
is "$("$tenancy" explain-error mixed-and-or)" 'mixed-and-or: "and" beside "or" without parentheses' "one name is explained"
"$tenancy" explain-error nonsense > "$work/out" 2>&1
is "$?" 2 "an unknown name is an error"
finish
