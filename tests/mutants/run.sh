#!/usr/bin/env bash
# Plants bugs in every check of the verifier, one at a time, and holds the unit tests of the core
# against each: a mutant that passes them all has survived. Survivors must be listed, with a reason,
# in survivors.txt beside this; any other fails the run. What became of a mutant is kept in
# build/mutants/results until a source or a test changes. MUTANTS=N takes every Nth mutant only, MUTANTS_OF
# those of some files: "jwk signature".
set -euo pipefail
cd "$(dirname "$0")/../.."
verifier=(${MUTANTS_OF:-base64url json jws jwk key weak_key signature claims verify})
export here=$PWD build=$PWD/build/mutants
jobs=${JOBS:-$(nproc)}

# A copy, so that the tree may change meanwhile.
mkdir -p "$build/extension" "$build/tests/unit" "$build/objects" "$build/results"
cp -R -p -u extension/core "$build/extension/"
cp -R -p -u tests/unit/core "$build/tests/unit/"
cd "$build"
for copy in extension/core/*.[ch]pp tests/unit/core/*.[ch]pp; do
  [ -e "$here/$copy" ] || rm "$copy"
done

# compile SOURCE OBJECT: without optimization, which would cost more than it saves.
compile() { g++ -std=c++20 -O0 -w -Iextension -Itests/unit -DSOURCE_DIR="\"$here\"" -c "$1" -o "$2"; }
link() { g++ $(command -v ld.lld > /dev/null && echo -fuse-ld=lld) "$@" -ljansson -lcrypto; }
# A mutant that loops is ended by its processor time: a busy machine must not pass for a loop.
passes() { (ulimit -v 8000000 -t 60; exec timeout 1800 "$@" --abort) > /dev/null 2>&1; }
compile_changed() {
  local object
  object=objects/$(basename "$1" .cpp).o
  if [ ! -e "$object" ] || [ "$1" -nt "$object" ] ||
    [ -n "$(find extension tests -name '*.hpp' -newer "$object" -print -quit)" ]; then
    compile "$1" "$object"
  fi
}

# One mutant: killed, survived or stillborn (it does not compile).
judge() {
  local place text file line name result id work
  place=${1%%$'\t'*} text=${1##*$'\t'}
  file=${place%:*} line=${place#*:}
  name=$(basename "$file" .cpp)
  id=$(printf '%s\n%s' "$state" "$1" | sha256sum | cut -c 1-24)
  if [ ! -e "results/$id" ]; then
    work=$(mktemp -d mutant.XXXXXX)
    sed "${line}d" "$file" > "$work/$name.cpp"
    printf '%s\n' "$text" | sed -i "$((line - 1))r /dev/stdin" "$work/$name.cpp"
    result=stillborn
    if compile "$work/$name.cpp" "$work/$name.o" 2> /dev/null &&
      link $(ls objects/*.o | grep -v "/$name\.o$") "$work/$name.o" -o "$work/tests" 2> /dev/null; then
      result=killed
      # The slow ones only where the others see nothing.
      if { passes "$work/tests" '~[attacks]~[memory]~[weak_key]' && passes "$work/tests"; } 2> /dev/null; then
        result=survived
      fi
    fi
    rm -rf "$work"
    printf '%s\t%s\n' "$result" "$1" > "results/$id.part"
    mv "results/$id.part" "results/$id"
  fi
  cat "results/$id"
}
export -f compile passes compile_changed link judge

printf '%s\0' extension/core/*.cpp tests/unit/core/*.cpp |
  xargs -0 -P "$jobs" -n 1 bash -c 'compile_changed "$1"' _
for object in objects/*.o; do
  name=$(basename "$object" .o)
  [ -e "extension/core/$name.cpp" ] || [ -e "tests/unit/core/$name.cpp" ] || rm "$object"
done
link objects/*.o -o core_tests
./core_tests > tests.log 2>&1 || { tail -n 40 tests.log; echo "the tests fail without a mutant"; exit 1; }

state=$(cat extension/core/*.[ch]pp tests/unit/core/*.[ch]pp | sha256sum)
export state
printf 'extension/core/%s.cpp\n' "${verifier[@]}" | xargs perl "$here/tests/mutants/plant.pl" |
  awk -v step="${MUTANTS:-1}" 'NR % step == 0' | tr '\n' '\0' |
  xargs -0 -P "$jobs" -n 1 bash -c 'judge "$1"' _ > all

# A survivor is known by its file and what its line becomes, wherever that line stands.
known=0 unknown=0
while IFS=$'\t' read -r _ place operator text; do
  text=${text#"${text%%[![:space:]]*}"}
  if grep -qxF "$(basename "${place%:*}"): $text" "$here/tests/mutants/survivors.txt"; then
    known=$((known + 1))
  else
    unknown=$((unknown + 1))
    echo "survived: $place: $operator: $text"
  fi
done < <(grep '^survived' all | sort -V)
killed=$(grep -c '^killed' all || true)
stillborn=$(grep -c '^stillborn' all || true)
echo "$killed of $((killed + unknown)) mutants killed;" \
  "beside them $known equivalent ones (tests/mutants/survivors.txt) and $stillborn that do not compile"
[ "$unknown" -eq 0 ] && [ "$killed" -ge $((${MUTANTS:-1} == 1 && ${#verifier[@]} == 9 ? 60 : 1)) ]
