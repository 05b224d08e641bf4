#!/bin/sh
# The token commands with keys that openssl made. Prints TAP; $1 is the path of tenancy.
set -u
tenancy=${1:?usage: $0 path/to/tenancy}
directory=$(mktemp -d) || exit 2
trap 'rm -rf "$directory"' EXIT
case $tenancy in /*) ;; *) tenancy=$PWD/$tenancy ;; esac
cd "$directory" || exit 2
count=0

# ok TITLE COMMAND...: the command succeeds.
ok() {
  title=$1
  shift
  count=$((count + 1))
  if "$@" >ok.out 2>&1; then
    echo "ok $count - $title"
  else
    echo "not ok $count - $title"
    sed 's/^/# /' ok.out
  fi
}

# exits STATUS COMMAND...: the command ends with that status; its output is in out and err.
exits() {
  expected=$1
  shift
  "$@" >out 2>err </dev/null
  actual=$?
  [ "$actual" -eq "$expected" ] && return
  echo "exit status $actual, not $expected: $*"
  cat out err
  return 1
}

# refused REASON COMMAND...: exit status 1, nothing on standard output, the reason on the other.
refused() {
  reason=$1
  shift
  exits 1 "$@" && [ ! -s out ] && grep "^refused: $reason: " err
}

# fails TEXT COMMAND...: exit status 2, nothing on standard output, the text on the other.
fails() {
  text=$1
  shift
  exits 2 "$@" && [ ! -s out ] && grep -F -e "$text" err
}

mint() { "$tenancy" token mint --key "$@"; }
verify() { "$tenancy" token verify --jwks "$@"; }
base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem 2>/dev/null ||
  openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem 2>/dev/null
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out p384.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out p521.pem
openssl genpkey -algorithm ED25519 -out ed.pem
openssl genpkey -algorithm ED448 -out ed448.pem
openssl rand 64 >secret
printf '{"kty":"oct","kid":"s","k":"%s"}\n' "$(base64url <secret)" >oct.jwk

# Each kind of key, there and back.
for key in rsa.pem:RS256 rsa.pem:RS384 rsa.pem:RS512 rsa.pem:PS256 rsa.pem:PS384 rsa.pem:PS512 \
  ec.pem:ES256 p384.pem:ES384 p521.pem:ES512 ed.pem:EdDSA ed448.pem:EdDSA \
  oct.jwk:HS256 oct.jwk:HS384 oct.jwk:HS512; do
  file=${key%:*} algorithm=${key#*:}
  if [ "$file" = oct.jwk ]; then
    cp oct.jwk keys
  else
    "$tenancy" token jwks "$file" --alg "$algorithm" >keys
  fi
  ok "$algorithm: a token of its own is accepted" exits 0 verify keys --issuer i --audience a \
    "$(mint "$file" --alg "$algorithm" --issuer i --subject s --audience a)"
  ok "$algorithm: its claims are printed" grep '^{"iss":"i","sub":"s","aud":"a","iat":[0-9]*,"exp":[0-9]*}$' out
  token=$(mint "$file" --alg "$algorithm" --subject s)
  ok "$algorithm: another payload under the signature is refused" refused bad_signature \
    verify keys "${token%%.*}.$(printf '{"sub":"admin","exp":9999999999}' | base64url).${token##*.}"
  ok "$algorithm: no signature is refused" refused bad_signature verify keys "${token%.*}."
  ok "$algorithm: alg none is refused" refused algorithm_not_allowed \
    verify keys "$(mint "$file" --alg "$algorithm" --subject s --header alg=none)"
done

"$tenancy" token jwks rsa.pem --alg PS256 >keys
ok 'a key for one algorithm is for no other' refused algorithm_not_allowed \
  verify keys "$(mint rsa.pem --subject s)"

# openssl itself agrees with what was signed.
mint rsa.pem --subject s >token
cut -d. -f1,2 token | tr -d '\n' >signed
ok 'openssl verifies what mint signed' sh -c '
  openssl pkey -in rsa.pem -pubout -out rsa.pub &&
  { cut -d. -f3 token | tr -d "\n" | tr -- "-_" "+/"; printf "=="; } | openssl base64 -d -A >signature &&
  openssl dgst -sha256 -verify rsa.pub -signature signature signed'

# What a verifier may ask for.
"$tenancy" token jwks rsa.pem ec.pem ed.pem --kid r --kid e --kid d >keys
ok 'a set of three keys' test "$(grep -c '"kid":"[red]"' keys)" = 3
ok 'holds nothing private' sh -c '! grep -E "\"(d|p|q|dp|dq|qi|k)\":" keys'
ok 'the key is chosen by kid' exits 0 verify keys "$(mint ec.pem --kid e --subject s)"
ok 'a kid of another key is refused' refused algorithm_not_allowed \
  verify keys "$(mint ec.pem --kid r --subject s)"
ok 'an unknown kid is refused' refused unknown_key verify keys "$(mint ec.pem --kid x --subject s)"
ok 'no kid among several keys is refused' refused bad_header \
  verify keys "$(mint ec.pem --kid '' --subject s)"
"$tenancy" token jwks ed.pem >keys
full=$(mint ed.pem --issuer i --audience a --audience b --subject s --claim token_use=access \
  --claim-json 'roles=["editor"]')
ok 'the right issuer, audience and claim' exits 0 \
  verify keys --issuer i --audience b --require token_use=access --require sub "$full"
ok 'another issuer is refused' refused unknown_issuer verify keys --issuer j "$full"
ok 'another audience is refused' refused wrong_audience verify keys --audience c "$full"
ok 'one of several audiences is enough' exits 0 verify keys --audience c --audience a "$full"
ok 'an audience in another claim' exits 0 verify keys --audience app --audience-claim client_id \
  "$(mint ed.pem --subject s --claim client_id=app)"
ok 'an audience in one claim or another' exits 0 verify keys --audience app \
  --audience-claim client_id --audience-claim aud "$(mint ed.pem --subject s --audience app)"
ok 'one of several values of a claim' exits 0 verify keys --require token_use=id \
  --require token_use=access "$full"
ok 'a missing audience is refused' refused missing_claim verify keys --audience a \
  "$(mint ed.pem --subject s)"
ok 'another value of a claim is refused' refused wrong_claim verify keys --require token_use=id "$full"
ok 'a claim that is missing is refused' refused missing_claim verify keys --require jti "$full"
ok 'no subject is refused' refused missing_claim verify keys "$(mint ed.pem)"
ok 'an expired token is refused' refused expired \
  verify keys "$(mint ed.pem --subject s --expires-in -1)"
ok 'leeway forgives' exits 0 verify keys --leeway 60 "$(mint ed.pem --subject s --expires-in -1)"
dated=$(mint ed.pem --subject s --claim-json iat=1000 --claim-json exp=2000.5)
ok 'a clock of its own: within' exits 0 verify keys --now 1999 "$dated"
ok 'a clock of its own: past' refused expired verify keys --now 2000 "$dated"
ok 'a clock of its own: before' refused not_yet_valid verify keys --now 999 "$dated"
ok 'rubbish is refused' refused malformed verify keys rubbish
ok 'a key set that is fetched from elsewhere is refused' refused forbidden_header \
  verify keys "$(mint ed.pem --subject s --header jku=https://evil.example)"

for option in --issuer --audience --require; do
  ok "$option of nothing" fails 'must not be empty' verify keys "$option" '' "$full"
done
ok 'a claim that must be nothing' fails 'must not be empty' verify keys --require token_use= "$full"

# Where tokens, keys and claims come from.
ok 'a token from standard input, with its line break' sh -c \
  '"$0" token mint --key ed.pem --subject s | "$0" token verify --jwks keys' "$tenancy"
ok 'a token from standard input with more behind is refused' sh -c \
  '{ "$0" token mint --key ed.pem --subject s; echo more; } | "$0" token verify --jwks keys;
   test $? = 1' "$tenancy"
ok 'claims from a file, replaced by options' sh -c \
  'printf "{\"sub\":\"file\",\"o\":{\"n\":[1,2.5,null]}}" >claims.json &&
   "$0" token mint --key ed.pem --claims claims.json --subject s |
   "$0" token verify --jwks keys | grep "^{\"sub\":\"s\",\"o\":{\"n\":\[1,2.5,null\]},"' "$tenancy"
ok 'a key from standard input' sh -c \
  '"$0" token mint --key - --subject s <ed.pem | "$0" token verify --jwks keys' "$tenancy"
ok 'values are escaped' sh -c \
  '"$0" token mint --key ed.pem --subject "a\"b\\c" | "$0" token verify --jwks keys |
   grep -F "\"sub\":\"a\\\"b\\\\c\""' "$tenancy"
ok 'a public key file makes a key set' sh -c \
  'openssl pkey -in ed.pem -pubout -out ed.pub && "$0" token jwks ed.pub | cmp - keys' "$tenancy"

# Private JWKs: RFC 8037 A.1 with its thumbprint of A.3, RFC 7515 A.3.
cat >rfc8037.jwk <<'JWK'
{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
 "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
JWK
cat >rfc7515.jwk <<'JWK'
{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
 "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}
JWK
# And one of RSA, with n, e and d alone.
d=$(openssl pkey -in rsa.pem -noout -text | sed -n '/^privateExponent:/,/^prime1:/p' |
  grep -v '^p' | tr -d ' :\n' | perl -ne 's/^00//; print pack("H*", $_)' | base64url)
"$tenancy" token jwks rsa.pem | sed -n "s/^{\"alg\".*\"n\":/{\"kty\":\"RSA\",\"e\":\"AQAB\",\"d\":\"$d\",\"n\":/p" >rsa.jwk
for file in rfc8037.jwk rfc7515.jwk rsa.jwk; do
  "$tenancy" token jwks "$file" >jwk.keys
  ok "$file: a token of its own is accepted" exits 0 verify jwk.keys "$(mint "$file" --subject s)"
done
ok 'the thumbprint of RFC 8037 A.3' sh -c \
  '"$0" token jwks rfc8037.jwk | grep kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k' "$tenancy"

# Wrong arguments and files: exit status 2, and what is wrong.
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out koblitz.pem
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out short.pem 2>/dev/null
openssl pkey -in ed.pem -aes256 -passout pass:x -out locked.pem
openssl pkey -in ed.pem -pubout -out ed.pub
echo rubbish >rubbish
ok 'no subcommand' fails 'subcommand' "$tenancy" token
ok 'an unknown option' fails 'not expected' "$tenancy" token mint --key ed.pem --nonsense
ok 'no key' fails '--key' "$tenancy" token mint
ok 'a key that is not there' fails 'cannot open nowhere' "$tenancy" token mint --key nowhere
ok 'a directory for a key' fails 'cannot read /' "$tenancy" token mint --key /
ok 'a key that is no key' fails 'not a usable key' "$tenancy" token mint --key rubbish
ok 'a key of another curve' fails 'has a crv that is not supported' "$tenancy" token mint --key koblitz.pem
ok 'a short RSA key' fails 'under 2048 bits' "$tenancy" token mint --key short.pem
ok 'an encrypted key' fails 'encrypted' "$tenancy" token mint --key locked.pem
sed 's/"d":"nWG/"d":"mWG/' rfc8037.jwk >halves.jwk
ok 'two halves of different keys' fails 'does not fit' "$tenancy" token mint --key halves.jwk
ok 'a public key to sign with' fails 'no private half' "$tenancy" token mint --key ed.pub
ok 'a key set to sign with' fails 'not a key set' "$tenancy" token mint --key keys
ok 'an algorithm that is not of the key' fails '--header alg=RS256' \
  "$tenancy" token mint --key ed.pem --alg RS256
ok 'a key set for an algorithm that is not of the key' fails 'is a key for EdDSA, not for RS256' \
  "$tenancy" token jwks ed.pem --alg RS256
ok 'a claim without a value' fails 'not name=value' "$tenancy" token mint --key ed.pem --claim x
ok 'a claim that is not JSON' fails 'not JSON' "$tenancy" token mint --key ed.pem --claim-json x=y
ok 'JSON that holds another claim' fails 'not JSON' \
  "$tenancy" token mint --key ed.pem --claim-json 'x=1,"sub":"s"'
ok 'one input for two' fails 'standard input' "$tenancy" token mint --key - --claims -
ok 'a secret is not published' fails 'is a secret' "$tenancy" token jwks oct.jwk
ok 'a kid for each file' fails '--kid' "$tenancy" token jwks ed.pem ec.pem --kid a
ok 'one kid for two files' fails 'has the kid of another key' \
  "$tenancy" token jwks ed.pem ec.pem --kid a --kid a
ok 'a key set that is none' fails 'not one strict JSON object' verify rubbish rubbish
ok 'a full disk' sh -c '"$0" token jwks ed.pem >/dev/full; test $? = 2' "$tenancy"

# Help.
for command in '' token 'token mint' 'token jwks' 'token verify'; do
  # shellcheck disable=SC2086 # no argument, one or two
  ok "help: tenancy $command" exits 0 "$tenancy" $command --help
done
for command in mint jwks verify; do
  "$tenancy" token "$command" --help >help
  ok "help teaches: $command" grep -A 1 '^Example:' help
done
"$tenancy" token mint --help >help
ok 'help says what mint is for' grep 'development and tests only' help
ok 'version' sh -c '"$0" --version | grep -E "^[0-9]+(\.[0-9]+)+$"' "$tenancy"

echo "1..$count"
