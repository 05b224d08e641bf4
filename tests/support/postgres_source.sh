#!/usr/bin/env bash
# Gets the source of the installed server from the distribution's source package, once, and prints where it
# is: PostgreSQL's regression suite and its list of what valgrind should not tell are in no binary package.
# Where a mirror has not got the sources of the installed minor release, the newest of the major version that
# it has will do.
#
# apt is asked with source lists and a state of its own below build/, derived from the machine's: nothing on
# the machine changes.
set -euo pipefail
cd "$(dirname "$0")/../.."

major=$("${PG_CONFIG:-pg_config}" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
found() { compgen -G "$PWD/build/source/postgresql-$major-*/src/test/regress/parallel_schedule" | sed 's|/src/.*||' | tail -n 1; }
if [ -n "$(found)" ]; then
  found
  exit
fi

apt_dir=$PWD/build/source/apt
mkdir -p "$apt_dir"/{lists/partial,state,cache/archives/partial,sources.list.d}

# Every list that apt reads on this machine, with the sources in place of the binaries.
eval "$(apt-config shell parts Dir::Etc::sourceparts/d list Dir::Etc::sourcelist/f)"
for file in "$list" "$parts"/*.list "$parts"/*.sources; do
  [ -e "$file" ] || continue
  sed -E 's/^(Types:.*)\bdeb\b(-src)?.*/Types: deb-src/; s/^deb(-src)? /deb-src /' "$file" |
    awk '/^deb-src / {if (seen[$0]++) next} {print}' > "$apt_dir/sources.list.d/$(basename "$file")"
done

own=(--option Dir::Etc::sourcelist=/dev/null --option "Dir::Etc::sourceparts=$apt_dir/sources.list.d"
  --option "Dir::State=$apt_dir/state" --option "Dir::State::lists=$apt_dir/lists"
  --option "Dir::Cache=$apt_dir/cache" --option APT::Sandbox::User=)
log=$apt_dir/log
apt-get --quiet "${own[@]}" update > "$log" 2>&1 || { tail -n 20 "$log" >&2; exit 1; }

versions() { apt-cache "${own[@]}" showsrc --only-source "postgresql-$major" | sed -n 's/^Version: //p' | sort --version-sort --reverse --unique; }
rm -rf "$apt_dir/download"
mkdir -p "$apt_dir/download"
for version in $(versions); do
  (cd "$apt_dir/download" && apt-get --quiet "${own[@]}" --only-source --download-only source "postgresql-$major=$version") \
    >> "$log" 2>&1 || continue
  dpkg-source --no-check --extract "$apt_dir/download/postgresql-${major}_$version.dsc" \
    "build/source/postgresql-$major-$version" >> "$log" 2>&1 || continue
  break
done
rm -rf "$apt_dir/download"
[ -n "$(found)" ] || { tail -n 20 "$log" >&2; exit 1; }
found
