#!/bin/sh
# Random tokens, most of them nearly right, judged by tenancy token verify --batch and by a second
# verifier that shares nothing with it (reference.py): not one verdict may differ. Prints TAP; $1 is
# the path of tenancy. REFERENCE_SEED and REFERENCE_CASES choose others, or more.
set -u
tenancy=${1:?usage: $0 path/to/tenancy}
exec python3 "$(dirname "$0")/reference.py" "$tenancy" "${REFERENCE_SEED:-1}" "${REFERENCE_CASES:-20000}"
