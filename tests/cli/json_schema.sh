#!/usr/bin/env bash
# TAP test of policy/tenancy.schema.json, which editors complete and check policies with: it has the
# keys that the parser has, takes what is right, and refuses what is wrong in form.
#
#   tests/cli/json_schema.sh build/dev/tenancy
set -uo pipefail
tenancy=$(realpath "${1:?usage: json_schema.sh path/to/tenancy}")
cd "$(dirname "$0")/../.."
source tests/support/tap.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A key that there is not, in every mapping that has a closed set of them: the parser lists the others.
cat > "$work/own.yaml" <<'YAML'
tenancy: 1
application: demo
zzz: 1
hierarchy: { zzz: 1, account: { zzz: 1 }, workspace: { zzz: 1 }, user: { zzz: 1 } }
membership: { zzz: 1, account: { zzz: 1 } }
roles: { account.x: { zzz: 1 } }
outside: { a: { zzz: 1 } }
tables:
  a: { zzz: 1, scope: { zzz: 1 }, rules: [{ zzz: 1 }] }
views: { b: { zzz: 1 } }
functions: { c(): { zzz: 1 } }
sequences: { d: { zzz: 1 } }
tests: [{ zzz: 1, as: { zzz: 1 } }]
YAML
"$tenancy" check "$work/own.yaml" --format json > "$work/keys.json"

cat > "$work/compare.py" <<'PY'
import json, sys
schema = json.load(open("policy/tenancy.schema.json"))
places = {"a policy file": None, "the hierarchy": "hierarchy", "hierarchy.account": "account", "hierarchy.workspace": "workspace",
          "hierarchy.user": "user", "membership": "memberships", "membership.account": "membership", "a role": "role", "a role outside": "outside",
          "a table": "table", "a scope": "parent", "a rule": "rule", "a view": "view", "a function": "function", "a sequence": "sequence",
          "a test": "test", "a test's identity": "identity"}
seen = set()
for each in json.load(open(sys.argv[1]))["diagnostics"]:
    if each["name"] != "unknown-key": continue
    where = each["message"].split('"zzz" in ')[1]
    seen.add(where)
    if where not in places:
        print("the parser knows", where, "and the schema does not")
        continue
    known = set(each["help"].split("known here: ")[1].split(", "))
    has = set((schema if places[where] is None else schema["$defs"][places[where]])["properties"])
    for key in known - has: print(f"{where}: the schema lacks {key}")
    for key in has - known: print(f"{where}: the parser lacks {key}")
for where in set(places) - seen: print("the parser did not say what is known in", where)
closed = {name for name, each in schema["$defs"].items() if each.get("additionalProperties") is False}
for name in closed - set(places.values()): print(f"nothing holds {name} to the parser")
PY
is "$(python3 "$work/compare.py" "$work/keys.json")" "" "the keys are the parser's"

cat > "$work/validate.py" <<'PY'
# Prints what the schema has against each file; "right" where it has nothing.
import json, re, sys, jsonschema, yaml
class Strict(yaml.SafeLoader): pass
Strict.yaml_implicit_resolvers = {}
for tag, pattern, first in (("bool", "true|false", "tf"), ("null", "null|~|", ["n", "~", ""]), ("int", "-?[0-9]+", "-0123456789"),
                            ("float", r"-?[0-9]+\.[0-9]+", "-0123456789")):
    Strict.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(f"^(?:{pattern})$"), list(first))
Strict.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))
schema = json.load(open("policy/tenancy.schema.json"))
validator = jsonschema.validators.validator_for(schema)
validator.check_schema(schema)
def keys(value):  # JSON has names for keys; so has the language
    if isinstance(value, dict): return {str(k): keys(v) for k, v in value.items()}
    return [keys(v) for v in value] if isinstance(value, list) else value
for path in sys.argv[1:]:
    errors = list(validator(schema).iter_errors(keys(yaml.load(open(path), Strict))))
    print(path.split("/")[-1], "right" if not errors else "wrong: " + errors[0].message.replace("\n", " ")[:120])
PY
awk '/^```yaml$/ { if (++block == 1) inside = 1; next } /^```$/ { inside = 0 } inside' policy/README.md > "$work/readme.yaml"
sed -e 's/n_opn//; s/, \]/]/' policy/examples/wrong/test-unknown-row.yaml > "$work/tests.yaml"
right=("$work/readme.yaml" "$work/tests.yaml" policy/examples/*/tenancy.yaml policy/examples/wrong/warning-*.yaml policy/examples/wrong/include/good.yaml)
is "$(python3 "$work/validate.py" "${right[@]}" 2>&1 | grep -v ' right$')" "" "right policies are right, and files that they include"

# Wrong in form: keys and words that there are not. What an included file has is not in this one.
wrong=()
for policy in policy/examples/wrong/*.yaml; do
  case $policy in */include-*) continue ;; esac
  if grep -qE 'error\[(unknown-key|unknown-word|unknown-scope|unknown-context)\]' "${policy%.yaml}.txt"; then wrong+=("$policy"); fi
done
ok "$([ "${#wrong[@]}" -ge 20 ] && echo yes)" "there are ${#wrong[@]} policies that are wrong in form"
is "$(python3 "$work/validate.py" "${wrong[@]}" 2>&1 | grep -v ' wrong: ')" "" "the schema refuses them too"
finish
