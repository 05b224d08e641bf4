#!/usr/bin/env bash
# Prints an access token as Amazon Cognito shapes them, signed with the key of keys.sh.
#
#   mint.sh SUBJECT CLIENT [options of `tenancy token mint`, which win]
set -euo pipefail
tenancy=${TENANCY:-build/dev/tenancy}
keys=${TENANCY_KEYS:-build/test/keys}
subject=$1
client=$2
shift 2
key=access
for option in "$@"; do
  case $option in --key=*) key= ;; esac
done
exec "$tenancy" token mint ${key:+--key="$keys/$key.pem"} --kid access-key \
  --issuer "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo" --subject "$subject" \
  --claim "client_id=$client" --claim token_use=access --claim "scope=aws.cognito.signin.user.admin" \
  --claim "username=$subject" --claim-json 'cognito:groups=["staff"]' "$@"
