#!/usr/bin/env bash
# A newer Debian in a folder, for the PostgreSQL that this system has not; run as root.
#
#   folder.sh make MAJOR                 make build/matrix/MAJOR; nothing if it is there
#   folder.sh copy MAJOR                 lay this tree afresh in it, at /srv/pg_tenancy
#   folder.sh enter MAJOR COMMAND...     run a command in it, there
#
# The mirror and its keyring are those that apt uses on this system. What is mounted in the folder is
# mounted in a namespace that ends with the command, as does every process that it leaves behind.
# To have a folder made anew, remove it.
set -euo pipefail
cd "$(dirname "$0")/../.."

# What is wanted beside what the tree installs for itself (tests/support/deps.sh).
#   ccache, git    a fresh copy of the tree is built quickly and looks like a clone
#   libpq-oauth    lets a client of 18 open a connection with a token
common=(ca-certificates ccache git)
declare -A suites=([17]="trixie trixie-updates trixie-security" [18]=forky)
declare -A extra=([17]="" [18]=libpq-oauth)

usage() {
  sed -n '4,6s/^# *//p' "$0" >&2
  exit 2
}

fail() {
  echo "folder.sh: $*" >&2
  exit 1
}

[ $# -ge 2 ] || usage
verb=$1
major=$2
shift 2
[ -n "${suites[$major]:-}" ] || fail "no Debian suite is known for PostgreSQL $major"
read -ra suite <<< "${suites[$major]}"
root=$PWD/build/matrix/$major
cache=$PWD/build/matrix/cache/$major
source_dir=/srv/pg_tenancy

# --- the mirror, as apt on this system has it ----------------------------------------------------

# Debian's indexes, one line each: label, where, the entry that names it (FILE:NUMBER).
indexes() {
  apt-get indextargets --format '$(ORIGIN)|$(COMPONENT)|$(LABEL)|$(REPO_URI)|$(SOURCESENTRY)' \
    'Created-By: Packages' | sed -n 's/^Debian|main|//p' | sort -u
}

# The keyring that FILE:NUMBER names: line NUMBER of a .list, stanza NUMBER of a .sources.
keyring_of() {
  local file=${1%:*} number=${1##*:}
  case $file in
    *.sources) awk -v n="$number" 'BEGIN {RS = ""} NR == n' "$file" | sed -n 's/^[Ss]igned-[Bb]y: *//p' ;;
    *) sed -n "${number}s/.*signed-by=\([^] ]*\).*/\1/p" "$file" ;;
  esac
}

read_mirror() {
  command -v apt-get > /dev/null || fail "this system has no apt, which knows the mirror"
  local found entry
  found=$(indexes)
  [ -n "$found" ] || { apt-get update -qq; found=$(indexes); }
  mirror=$(sed -n 's/^Debian|\([^|]*\)|.*/\1/p' <<< "$found" | head -n 1)
  security=$(sed -n 's/^Debian-Security|\([^|]*\)|.*/\1/p' <<< "$found" | head -n 1)
  [ -n "$mirror" ] || fail "apt on this system knows no mirror of Debian (apt-get indextargets)"
  entry=$(sed -n 's/^Debian|[^|]*|//p' <<< "$found" | head -n 1)
  keyring=$(keyring_of "$entry")
  [ -e "$keyring" ] || keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  [ -e "$keyring" ] || fail "no keyring for $mirror: $entry names none, and debian-archive-keyring is not installed"
}

# --- the folder ----------------------------------------------------------------------------------

enter() { # enter ROOT COMMAND...
  local into=$1
  shift
  unshare --mount --pid --fork --kill-child -- bash -euo pipefail -c '
    root=$1 cache=$2; shift 2
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    mkdir -p "$cache"
    mount --bind "$cache" "$root/var/cache/apt/archives"
    set +e
    chroot "$root" "$@"
    exit' enter "$into" "$cache" \
    env --ignore-environment PATH=/usr/lib/ccache:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root LANG=C.UTF-8 CCACHE_DIR=/var/cache/ccache ${CI:+CI="$CI"} ${http_proxy:+http_proxy="$http_proxy"} \
    "$@"
}

bootstrap() { # bootstrap ROOT
  local into=$1 script=() name
  # Where this debootstrap is older than the suite, sid's script is that of every suite after it.
  [ -e "/usr/share/debootstrap/scripts/${suite[0]}" ] || script=(/usr/share/debootstrap/scripts/sid)
  mkdir -p "$cache" "$into/etc/dpkg/dpkg.cfg.d"
  { echo force-unsafe-io; printf 'path-exclude=/usr/share/%s/*\n' doc man info locale; } > "$into/etc/dpkg/dpkg.cfg.d/matrix"
  unshare --mount --pid --fork --kill-child --mount-proc -- debootstrap --variant=minbase --merged-usr \
    --include=ca-certificates --keyring="$keyring" --cache-dir="$cache" "${suite[0]}" "$into" "$mirror" "${script[@]}"

  mkdir -p "$into/etc/apt/keyrings" "$into/etc/postgresql-common/createcluster.d"
  cp "$keyring" "$into/etc/apt/keyrings/mirror.gpg"
  rm -rf "$into"/etc/apt/sources.list.d/*
  for name in "${suite[@]}"; do
    case $name in
      *-security) [ -z "$security" ] || echo "deb [signed-by=/etc/apt/keyrings/mirror.gpg] $security $name main" ;;
      *) echo "deb [signed-by=/etc/apt/keyrings/mirror.gpg] $mirror $name main" ;;
    esac
  done > "$into/etc/apt/sources.list"
  {
    echo 'APT::Install-Recommends "false";'
    echo 'APT::Keep-Downloaded-Packages "true";'
    echo 'Acquire::Languages "none";'
    apt-config dump | grep -E '^Acquire::(Check-|https?::)' || true
  } > "$into/etc/apt/apt.conf.d/90matrix"
  # The tests make their own servers.
  echo 'create_main_cluster = false' > "$into/etc/postgresql-common/createcluster.d/matrix.conf"
  printf '#!/bin/sh\nexit 101\n' > "$into/usr/sbin/policy-rc.d"
  chmod 755 "$into/usr/sbin/policy-rc.d"
  cp /etc/hosts /etc/resolv.conf "$into/etc/"
}

make_folder() {
  [ ! -e "$root" ] || return 0
  command -v debootstrap > /dev/null || {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends debootstrap
  }
  read_mirror
  # An unfinished one is thrown away; the packages that it fetched are in the cache.
  rm -rf "$root.unfinished"
  echo "stage: Debian ${suite[0]}"
  bootstrap "$root.unfinished"
  echo "stage: ${common[*]} ${extra[$major]}"
  # shellcheck disable=SC2086
  enter "$root.unfinished" sh -ec 'apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install --yes "$@"' \
    install "${common[@]}" ${extra[$major]}
  echo "stage: PostgreSQL $major and what else the tree needs"
  copy_tree "$root.unfinished"
  enter "$root.unfinished" sh -ec "cd $source_dir; tests/support/deps.sh"
  enter "$root.unfinished" test -x "/usr/lib/postgresql/$major/bin/postgres" ||
    fail "PostgreSQL in ${suite[0]} is no longer $major; a suite that has it must be named in $0"
  mv "$root.unfinished" "$root"
}

# The tree as a clone would have it: what git tracks and what it would add.
copy_tree() { # copy_tree ROOT
  local into=$1$source_dir
  rm -rf "$into"
  mkdir -p "$into"
  git -c safe.directory="$PWD" ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do if [ -e "$file" ] || [ -L "$file" ]; then printf '%s\0' "$file"; fi; done |
    tar --create --null --files-from=- | tar --extract --no-same-owner --directory "$into"
  enter "$1" sh -ec "cd $source_dir; git init --quiet; git add --all"
}

[ "$(id -u)" -eq 0 ] || fail "only root may make such a folder and enter it"
[ "$verb" = make ] || [ -e "$root" ] || fail "there is no $root: run '$0 make $major'"
case $verb in
  make) make_folder ;;
  copy) copy_tree "$root" ;;
  enter)
    [ $# -gt 0 ] || usage
    enter "$root" sh -c "cd $source_dir && exec \"\$@\"" sh "$@"
    ;;
  *) usage ;;
esac
