#!/usr/bin/env bash
# The corpus, and a few seconds of what grows from it, on each target. The seed is fixed: a failure
# comes again.
set -euo pipefail
kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT
FUZZ_SECONDS=${FUZZ_SECONDS:-3} FUZZ_SEED=1 FUZZ_CORPUS=$kept "$(dirname "$0")/run.sh"
