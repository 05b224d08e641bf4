#!/bin/sh
# Project Wycheproof's JOSE files, judged by the signature alone: most of their payloads are no
# claims. Prints TAP; $1 is the path of tenancy. The files are read from PG_TENANCY_VECTORS, or
# from beside the project; without them all is skipped.
set -u
tenancy=${1:?usage: $0 path/to/tenancy}
root=$(cd "$(dirname "$0")/../.." && pwd)
vectors=${PG_TENANCY_VECTORS:-$root/../shared/vectors}/wycheproof
if [ ! -r "$vectors/json_web_signature_test.json" ]; then
  echo "1..0 # SKIP no Wycheproof vectors: set PG_TENANCY_VECTORS"
  exit 0
fi

perl -MJSON::PP -MFile::Temp -e '
  my ($tenancy, $vectors) = @ARGV;
  my $json = JSON::PP->new->utf8->canonical;
  my $tests = 0;
  for my $kind (qw(signature key crypto encryption)) {
    open my $in, "<", "$vectors/json_web_${kind}_test.json" or die "$kind: $!";
    my $file = $json->decode(do { local $/; <$in> });
    my (@cases, $requests);
    for my $group (@{$file->{testGroups}}) {
      my $key = $json->encode($group->{public} // $group->{private});
      for my $test (@{$group->{tests}}) {
        # What is encrypted is no signature, whoever could decrypt it.
        my $token = $test->{jws} // $test->{jwe};
        $token = $json->encode($token) if ref $token;
        my $valid = $test->{result} eq "valid" && exists $test->{jws};
        if ($kind eq "signature") {
          # 367 and 370 are the text of 357, which is valid; 372 and 373 hold a question mark in a
          # segment; 346, 347, 350 and 351 are for the verifier to decide.
          next if grep { $test->{tcId} == $_ } 367, 370, 346, 347, 350, 351;
          $valid = 0 if grep { $test->{tcId} == $_ } 372, 373;
        }
        push @cases, { id => $test->{tcId}, comment => $test->{comment}, valid => $valid };
        $requests .= $json->encode({ jwks => $key, token => $token, signature_only => JSON::PP::true });
        $requests .= "\n";
      }
    }
    my $file_of_requests = File::Temp->new;
    print $file_of_requests $requests;
    close $file_of_requests;
    my @answers = map { $json->decode($_) } qx("$tenancy" token verify --batch < "$file_of_requests");
    my %count = (accepted => 0, refused => 0, wrong => 0);
    my @wrong;
    for my $i (0 .. $#cases) {
      my ($case, $answer) = ($cases[$i], $answers[$i]);
      my $ok = $answer && $answer->{ok};
      $count{$ok ? "accepted" : "refused"}++;
      next if !!$ok == !!$case->{valid};
      push @wrong, sprintf "%s %d %s: %s", $ok ? "wrong accept" : "wrong refusal", $case->{id},
        $case->{comment}, $answer ? $answer->{reason} // "accepted" : "no answer";
    }
    my $good = !@wrong && @answers == @cases;
    printf "%s %d - %s: %d cases, %d accepted, %d refused, %d wrong\n", $good ? "ok" : "not ok",
      ++$tests, $kind, scalar @cases, $count{accepted}, $count{refused}, scalar @wrong;
    print "# $_\n" for @wrong;
  }
  print "1..$tests\n";
' "$tenancy" "$vectors"
