#!/usr/bin/env bash
# Plays the identity provider's key store: fresh keys in DIR, and the key set that it publishes.
# Like Amazon Cognito it has two RSA keys, one for ID tokens and one for access tokens.
#
#   keys.sh DIR
set -euo pipefail
dir=$1
mkdir -p "$dir"
for name in id access unpublished; do
  openssl genrsa -out "$dir/$name.pem" 2048 2> /dev/null
done
"${TENANCY:-build/dev/tenancy}" token jwks "$dir/id.pem" "$dir/access.pem" \
  --kid id-key --kid access-key > "$dir/jwks.json"
