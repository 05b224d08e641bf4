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
given=" $* "

# default OPTION VALUE: the option, unless the caller gave it.
arguments=("$@")
default() {
  case $given in *" $1 "* | *" $1="*) ;; *) arguments+=("$1" "$2") ;; esac
}
default --key "$keys/access.pem"
default --kid access-key
default --issuer "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo"
default --subject "$subject"
case $given in *" token_use="*) ;; *) arguments+=(--claim token_use=access) ;; esac
exec "$tenancy" token mint "${arguments[@]}" --claim "client_id=$client" --claim "username=$subject" \
  --claim "scope=aws.cognito.signin.user.admin" --claim-json 'cognito:groups=["staff"]'
