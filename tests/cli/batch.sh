#!/bin/sh
# tenancy token verify --batch and --signature-only, tenancy token inspect. Prints TAP; $1 is the
# path of tenancy.
set -u
tenancy=${1:?usage: $0 path/to/tenancy}
case $tenancy in /*) ;; *) tenancy=$PWD/$tenancy ;; esac
directory=$(mktemp -d) || exit 2
trap 'rm -rf "$directory"' EXIT
cd "$directory" || exit 2

openssl genpkey -algorithm ED25519 -out ed.pem
"$tenancy" token jwks ed.pem --kid k >keys
base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
printf '%s.%s' "$(printf '{"alg":"EdDSA","kid":"k"}' | base64url)" "$(printf 'no JSON' | base64url)" >input
openssl pkeyutl -sign -inkey ed.pem -rawin -in input -out signature
printf '%s.%s' "$(cat input)" "$(base64url <signature)" >opaque

perl -MJSON::PP -MIPC::Open2 -e '
  my $tenancy = shift;
  my $json = JSON::PP->new->canonical->ascii;
  my $count = 0;
  sub ok { my ($good, $title) = @_; printf "%s %d - %s\n", $good ? "ok" : "not ok", ++$count, $title; }
  sub slurp { open my $in, "<:raw", $_[0] or die "$_[0]: $!"; local $/; <$in> }
  sub mint { my $out = qx($tenancy token mint @_); chomp $out; $out }

  my $jwks = slurp("keys");
  my $good = mint(qw(--key ed.pem --kid k --issuer i --subject s --audience a --claim token_use=access
    --claim-json exp=2000000000 --claim-json iat=1000));
  my $bare = mint(qw(--key ed.pem --kid k --claim-json exp=2000000000 --claim-json iat=1000));
  my $opaque = slurp("opaque");

  # One process for all, so that each answer must have come before the next question.
  open2(my $out, my $in, $tenancy, "token", "verify", "--batch");
  binmode $_ for $out, $in;
  sub raw { my ($line) = @_; print $in $line, "\n"; $in->flush; my $answer = <$out>; chomp $answer; $answer }
  sub judged { my %request = (jwks => $jwks, token => $good, now => 1700000000, @_); raw($json->encode(\%request)) }
  sub accepted { my ($title, @with) = @_; my $answer = judged(@with); ok($answer eq q({"ok":true,"kid":"k","alg":"EdDSA"}), "$title: accepted") or print "# $answer\n" }
  sub refused { my ($reason, $title, @with) = @_; my $answer = judged(@with); ok($answer eq qq({"ok":false,"reason":"$reason"}), "$title: $reason") or print "# $answer\n" }
  sub bad { my ($title, $line) = @_; my $answer = raw($line); ok($answer eq q({"ok":false,"reason":"bad_request"}), "$title: bad_request") or print "# $answer\n" }
  my ($true, $false, $null) = (JSON::PP::true, JSON::PP::false, JSON::PP::null);

  accepted("keys, a token and a clock");
  accepted("all expectations", issuer => "i", audience => "a", audience_claim => "aud", required => ["exp", "sub", "iat"], required_claims => { token_use => "access" });
  accepted("several to choose from", audience => ["x", "a"], audience_claim => ["client_id", "aud"], required_claims => { token_use => ["id", "access"] });
  accepted("no subject, none required", token => $bare);
  accepted("members of no meaning here", comment => "x", id => 7);
  refused("missing_claim", "no subject, required", token => $bare, required => ["sub"]);
  refused("missing_claim", "a claim that is not there", required => ["jti"]);
  refused("missing_claim", "a required value of nothing", required_claims => { jti => "x" });
  refused("wrong_claim", "another value", required_claims => { token_use => "id" });
  refused("wrong_claim", "another value of what must be there", required => ["token_use"], required_claims => { token_use => "id" });
  refused("unknown_issuer", "another issuer", issuer => "j");
  refused("wrong_audience", "another audience", audience => "b");
  refused("missing_claim", "an audience elsewhere", audience => "a", audience_claim => "client_id");
  refused("expired", "later", now => 2000000000);
  refused("not_yet_valid", "earlier", now => 999);
  refused("bad_signature", "another signature", token => substr($good, 0, -4) . "AAAA");

  # Any Unicode in a token, a key set or an expectation.
  refused("malformed", "U+0000 behind the token", token => "$good\0");
  refused("malformed", "U+0000 before the token", token => "\0$good");
  refused("malformed", "a line break behind the token", token => "$good\n");
  refused("malformed", "a snowman", token => "\x{2603}");
  refused("malformed", "beyond the basic plane", token => "\x{1F600}$good");
  refused("malformed", "nothing", token => "");
  refused("too_large", "a million dots", token => "." x 1e6);
  refused("bad_key_set", "U+0000 behind the keys", jwks => "$jwks\0");
  refused("bad_key_set", "U+0000 among the keys", jwks => q({"keys":[{"kty":"EC","kid":"a\u0000"}]}));
  refused("bad_key_set", "HTML", jwks => "<html></html>");
  refused("bad_key_set", "no keys", jwks => q({"keys":[]}));
  refused("bad_key_set", "more than a mebibyte of keys", jwks => " " x 1048577);
  refused("unknown_issuer", "U+0000 behind the issuer", issuer => "i\0");
  refused("wrong_audience", "U+0000 behind the audience", audience => "a\0");

  # The signature alone.
  my ($head, undef, $tail) = split /\./, $good;
  accepted("the signature of claims", signature_only => $true, now => 1, issuer => "other");
  accepted("the signature of what is no JSON", signature_only => $true, token => $opaque);
  refused("bad_json", "which is no claims", token => $opaque);
  refused("bad_signature", "the signature of another payload", signature_only => $true, token => "$head.AAAA.$tail");
  refused("forbidden_header", "crit", signature_only => $true, token => "eyJhbGciOiJFZERTQSIsImNyaXQiOlsiZXhwIl19.AAAA.AAAA");

  # Lines that are no questions; the next is answered as ever.
  bad("nothing", "");
  bad("no JSON", "token");
  bad("no object", "[]");
  bad("an unfinished object", "{");
  bad("a zero byte", "{\0}");
  bad("not UTF-8", "{\"jwks\":\"\xff\",\"token\":\"\"}");
  bad("half a surrogate pair", q({"jwks":"\ud800","token":""}));
  bad("no token", $json->encode({ jwks => $jwks }));
  bad("no keys", $json->encode({ token => $good }));
  bad("keys that are no text", $json->encode({ jwks => {}, token => $good }));
  bad("a member twice", q({"jwks":"","token":"","token":""}));
  for ([token => 1], [signature_only => "true"], [issuer => 1], [now => "1"], [now => 1.5], [now => $null],
    [issuer => ""], [audience => 1], [audience => [1]], [audience => []], [audience_claim => []], [audience_claim => {}], [required => [["sub"]]], [required => {}],
    [required_claims => ["x"]], [required_claims => { x => 1 }], [required_claims => { x => "" }], [required_claims => { x => [] }]) {
    my ($name, $value) = @$_;
    bad("$name " . JSON::PP->new->allow_nonref->canonical->encode($value), $json->encode({ jwks => $jwks, token => $good, $name => $value }));
  }
  bad("a line of 17 MiB", "x" x (17 * 1024 * 1024));
  accepted("and on it goes");
  close $in;
  ok(!defined(<$out>), "no answer without a question");
  wait;
  ok($? == 0, "the end of the input is no error");

  open my $file, ">", "count";
  print $file $count;
' "$tenancy"
count=$(cat count)

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
# prints TEXT COMMAND...: the command succeeds and prints the text on standard output.
prints() {
  text=$1
  shift
  "$@" >out 2>err </dev/null || { cat out err; return 1; }
  grep -F -e "$text" out || { cat out err; return 1; }
}
warns() { "$@" 2>&1 >/dev/null </dev/null | grep -F 'nothing was verified'; }

opaque=$(cat opaque)
ok 'the signature alone, of one token' prints '{"kid":"k","alg":"EdDSA"}' \
  "$tenancy" token verify --jwks keys --signature-only "$opaque"
ok 'another signature is refused' sh -c \
  '"$0" token verify --jwks keys --signature-only "$1AA" 2>&1 >/dev/null | grep "^refused: bad_signature: "' \
  "$tenancy" "$opaque"
ok 'no keys and no batch' sh -c '"$0" token verify x 2>err; test $? = 2 && grep -e --jwks err' "$tenancy"
ok 'keys and a batch' sh -c '"$0" token verify --batch --jwks keys 2>err; test $? = 2' "$tenancy"
ok 'a batch for signatures' sh -c \
  'printf "{\"jwks\":\"{}\",\"token\":\"\"}" | "$0" token verify --batch --signature-only |
   grep -x "{\"ok\":false,\"reason\":\"bad_key_set\"}"' "$tenancy"

token=$("$tenancy" token mint --key ed.pem --kid k --subject s --claim-json exp=1000000000.5 \
  --claim-json iat=1 --claim-json nbf=-1)
ok 'inspect warns' warns "$tenancy" token inspect "$token"
ok 'inspect shows the header' prints '{"alg":"EdDSA","kid":"k"}' "$tenancy" token inspect "$token"
ok 'inspect shows the claims' prints '{"sub":"s","exp":1000000000.5,' "$tenancy" token inspect "$token"
ok 'inspect shows dates' prints '2001-09-09 01:46:40 UTC' "$tenancy" token inspect "$token"
ok 'inspect shows no date that is none' sh -c '! "$0" token inspect "$1" 2>/dev/null | grep ^nbf' \
  "$tenancy" "$token"
ok 'inspect measures the signature' prints 'signature  64 bytes' "$tenancy" token inspect "$token"
ok 'inspect says that the form is right' prints 'well formed' "$tenancy" token inspect "$token"
ok 'inspect reads standard input' sh -c '"$0" token inspect <opaque 2>/dev/null | grep EdDSA' "$tenancy"
ok 'inspect says what is no claims' prints 'not one strict JSON object: 7 bytes' \
  "$tenancy" token inspect "$opaque"
ok 'inspect says what is no base64url' prints 'not base64url: 1 characters' "$tenancy" token inspect "=.=.="
ok 'inspect says why the form is refused' prints 'refused whatever the key: forbidden_header' \
  "$tenancy" token inspect "$("$tenancy" token mint --key ed.pem --header jku=https://evil.example)"
ok 'inspect of rubbish' prints 'malformed' "$tenancy" token inspect rubbish
ok 'inspect sends nothing to the terminal that moves it' sh -c \
  '"$0" token inspect "$("$0" token mint --key ed.pem --subject "$(printf "a\033[2J\302\233\177b")")" 2>&1 |
   grep -F "a\\u001b[2J\\u009b\\u007fb"' "$tenancy"
"$tenancy" token inspect --help >help
ok 'help teaches: inspect' grep -A 1 '^Example:' help

echo "1..$count"
