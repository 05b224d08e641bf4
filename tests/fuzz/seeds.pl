#!/usr/bin/env perl
# seeds.pl VECTORS DIRECTORY: Project Wycheproof's JOSE files as inputs of the fuzz targets, one
# file each, below DIRECTORY. Nothing where the vectors are not.
use strict;
use warnings;
use Digest::SHA 'sha1_hex';
use File::Path 'make_path';
use JSON::PP;
use MIME::Base64 'decode_base64url';

my ($vectors, $directory) = @ARGV;
my $json = JSON::PP->new->utf8->canonical;
my $allow_any = JSON::PP->new->utf8->canonical->allow_nonref;

sub keep {
  my ($target, $text) = @_;
  make_path("$directory/$target");
  my $name = "$directory/$target/" . sha1_hex($text);
  open my $out, '>', $name or die "$name: $!\n";
  print $out $text;
}

for my $kind (qw(signature key crypto encryption)) {
  open my $in, '<', "$vectors/json_web_${kind}_test.json" or next;
  my $file = $json->decode(do { local $/; <$in> });
  for my $group (@{$file->{testGroups}}) {
    keep('key', $json->encode($_)) for grep { $_ } @$group{qw(public private)};
    for my $test (@{$group->{tests}}) {
      my $token = $test->{jws} // $test->{jwe} // next;
      $token = $allow_any->encode($token) if ref $token;
      utf8::encode($token) if utf8::is_utf8($token);
      keep('token', $token);
      my ($header, $payload) = split /\./, $token;
      keep('header', decode_base64url($header)) if defined $header;
      keep('claims', decode_base64url($payload)) if $payload;
    }
  }
}
