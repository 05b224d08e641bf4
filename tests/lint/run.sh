#!/usr/bin/env bash
# The project's rules that a machine can hold. Each check prints what breaks it; none may print.
set -uo pipefail
cd "$(dirname "$0")/../.."

checks=0
broken=0

# check NAME COMMAND...: passes if the command prints nothing.
check() {
  local name=$1 found
  shift
  checks=$((checks + 1))
  found=$("$@" 2>&1)
  if [ -n "$found" ]; then
    broken=$((broken + 1))
    printf 'not ok - %s\n%s\n' "$name" "$found" | head -n 30
  else
    echo "ok - $name"
  fi
}

sources() { git ls-files --cached --others --exclude-standard -- "$@"; }

formatting() {
  sources '*.cpp' '*.hpp' | xargs clang-format --dry-run --Werror 2>&1 | grep -E 'error:' | head -n 20
}

# Includes point one way: core <- pg, core <- policy <- policy/live <- policy/command.
core_includes() {
  sources extension/core | xargs grep -nE '^#include "' | grep -vE '#include "core/'
  sources extension/core | xargs grep -nE '#include <(jansson|postgres|libpq|fmt|CLI)' |
    grep -v '^extension/core/json\.cpp:.*<jansson\.h>'
}
pg_includes() { sources extension/pg | xargs grep -nE '^#include "' | grep -v '^extension/pg/postgres\.hpp:' | grep -vE '#include "(core|pg)/'; }
policy_includes() { sources policy | grep -E '\.[ch]pp$' | xargs grep -nE '^#include "' | grep -vE '#include "(core|policy)/'; }
above_policy='policy/(live|command)/'
policy_layers() {
  sources policy | grep -E '\.[ch]pp$' | grep -vE "^$above_policy" | xargs grep -nE "^#include (\"$above_policy|<libpq)"
  sources policy/live | xargs grep -nE '^#include "policy/command/'
  sources policy/command | xargs grep -nE '^#include <libpq'
}

# The boundary of extension/pg/boundary.hpp.
no_exceptions_in_glue() { sources extension/pg | xargs grep -nE '\bPG_(TRY|CATCH|FINALLY)\b|\btry *\{|\bcatch *\(|\bthrow\b' | grep -vE '^[^:]*:[0-9]+://'; }
no_std_owners_in_glue() { sources extension/pg | xargs grep -nE 'std::(string|vector|map|unique_ptr|shared_ptr)\b'; }
core_is_pure() { sources extension/core | xargs grep -nE '\b(time|clock_gettime|gettimeofday|fopen|getenv|printf|std::cout|std::cerr|std::thread)\('; }

# libjansson and the server export functions of one name; a call to such a one crashes the backend.
# shared_symbols LIBRARY: what it leaves undefined, the server exports, and libjansson defines too.
exported() { nm --dynamic --defined-only "$1" | awk '{print $NF}' | sed 's/@.*//' | sort -u; }
shared_symbols() {
  comm -12 \
    <(nm --dynamic --undefined-only "$1" | awk '{print $NF}' | sed 's/@.*//' | sort -u) \
    <(comm -12 <(exported "$("${PG_CONFIG:-pg_config}" --bindir)/postgres") \
               <(exported "$(ldconfig -p | awk '/libjansson\.so\.4/ {print $NF; exit}')"))
}
no_shared_symbols() { shared_symbols pg_tenancy.so; }
shared_symbols_are_seen() {
  local probe=build/test/probe
  mkdir -p build/test
  printf '#include <jansson.h>\nvoid *probe(void) { return json_object(); }\n' > "$probe.c"
  cc -shared -fPIC -o "$probe.so" "$probe.c" -ljansson
  [ "$(shared_symbols "$probe.so")" = json_object ] || echo "the check does not see json_object in $probe.so"
}
exports_only_its_own() { nm --dynamic --defined-only pg_tenancy.so | awk '{print $NF}' | grep -vE '^(Pg_magic_func|_PG_init|_PG_oauth_validator_module_init|pg_finfo_tenancy_.*|tenancy_.*)$'; }

# One table of reasons, in the code and in the docs.
refusals_are_documented() {
  diff <(sed -n 's/^  X(\([a-z_]*\), *\([a-z]*\),.*/\1/p' extension/core/refusal.hpp | grep -v '^none$') \
    <(sed -n '/^## Reasons/,/^## /s/^| `\([a-z_]*\)`.*/\1/p' docs/errors.md)
}

# The settings that drivers may set, in the code and in the docs.
kept_settings_are_documented() {
  diff <(sed -n '/kept_settings\[\]/,/};/p' extension/pg/kept_setting.hpp | grep -o '"[^"]*"' | tr -d '"' | sort) \
    <(sed -n '/^`application_name`/,/ are what drivers/p' docs/session.md | grep -o '`[^`]*`' | tr -d '`' | sort)
}

# The checks of tenancy check --db, in the code and in the docs.
checks_are_documented() {
  diff <(sed -n '/all_checks\[\]/,/^};/s/^  {"\([a-z-]*\)", \(error\|warning\), "\(.*\)"},$/| `\1` | \3 (\2) |/p' policy/live/findings.cpp | sed 's/ (error) |$/ |/') \
    <(sed -n '/^| check | what is found |$/,/^$/s/^| `[a-z-]*` .*/&/p' docs/applying.md)
}

# One library, one version of its two extensions, each with a script to create it.
extensions_have_one_version() {
  local version
  version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" extension/pg_tenancy.control)
  grep -q "^default_version = '$version'\$" extension/pg_tenancy_test.control || echo "extension/pg_tenancy_test.control: not $version"
  [ "$(ls sql/pg_tenancy_test--*.sql)" = "sql/pg_tenancy_test--$version.sql" ] || echo "sql/pg_tenancy_test--$version.sql is not the one script: rename it"
}

regression_tests_are_listed() {
  diff <(sed -n 's/^REGRESS *= *//p' Makefile | tr ' ' '\n' | sort) <(ls tests/sql | sed 's/\.sql$//' | sort)
}

specs_have_expectations() {
  diff <(ls tests/isolation/specs | sed 's/\.spec$//') <(find tests/isolation/expected -size +0 -name '*.out' -printf '%f\n' | sed 's/\.out$//' | sort)
}

file_sizes() { sources 'extension/*pp' 'policy/*pp' | xargs wc -l | awk '$2 != "total" && $1 > 500 {print $2 ": " $1 " lines"}'; }
shell_syntax() { local f; for f in $(sources '*.sh'); do bash -n "$f"; done; }
unfinished() { sources extension policy sql tests Makefile | grep -v '^tests/lint/' | xargs grep -nE '\b(TODO|FIXME|XXX)\b'; }

tidy() {
  cmake --preset tidy > /dev/null
  cmake --build --preset tidy --parallel "$(nproc)" 2>&1 | grep -E '(warning|error):'
}

if [ "${1:-}" = --tidy ]; then check "clang-tidy has nothing to say" tidy; fi
# Other releases of clang-format lay out the same source otherwise.
if clang-format --version | grep -q 'version 14\.'; then
  check "sources are formatted" formatting
else
  echo "skipped - sources are formatted: that is judged by clang-format 14"
fi
check "core includes core alone" core_includes
check "the glue includes core and itself" pg_includes
check "the compiler includes core and itself" policy_includes
check "only policy/live talks to a server" policy_layers
check "no exception and no PG_TRY in the glue" no_exceptions_in_glue
check "no owning C++ object in the glue" no_std_owners_in_glue
check "core has no clock, no I/O, no threads" core_is_pure
check "no symbol of libjansson that the server exports too" no_shared_symbols
check "that check sees such a symbol" shared_symbols_are_seen
check "the library exports its own symbols alone" exports_only_its_own
check "docs/errors.md lists every reason" refusals_are_documented
check "docs/session.md lists every setting of drivers" kept_settings_are_documented
check "docs/applying.md lists every check of a database" checks_are_documented
check "every regression test is run" regression_tests_are_listed
check "both extensions have one version" extensions_have_one_version
check "every spec of a race has its expectation" specs_have_expectations
check "no file over 500 lines" file_sizes
check "shell scripts parse" shell_syntax
check "nothing is marked unfinished" unfinished

if [ "$broken" -gt 0 ]; then
  echo "$broken of $checks checks failed"
  exit 1
fi
echo "$checks checks passed"
