#!/usr/bin/env bash
# Line and branch coverage of extension/core by its unit tests, for each file and in total. Branches
# that only an exception takes are not counted. FLOOR_LINE and FLOOR_BRANCH (percent) make it fail.
set -euo pipefail
cd "$(dirname "$0")/../.."

mkdir -p build/coverage
{ cmake --preset coverage && cmake --build --preset coverage --parallel "$(nproc)" --target core_tests; } \
  > build/coverage/build.log 2>&1 || { tail -n 40 build/coverage/build.log; exit 1; }
find build/coverage -name '*.gcda' -delete
build/coverage/core_tests > build/coverage/tests.log || { tail -n 40 build/coverage/tests.log; exit 1; }
find build/coverage/CMakeFiles/core.dir -name '*.gcno' -print0 |
  xargs -0 gcov --json-format --stdout --branch-probabilities 2> /dev/null |
  perl -MJSON::PP -e '
    my (%line, %branch);  # file -> place -> whether it was taken
    while (my $text = <STDIN>) {
      for my $file (@{decode_json($text)->{files}}) {
        my ($name) = $file->{file} =~ m{(?:^|/)(extension/core/[^/]+)$} or next;
        for my $l (@{$file->{lines}}) {
          $line{$name}{$l->{line_number}} += $l->{count};
          my $n = 0;
          for my $b (@{$l->{branches}}) {
            $branch{$name}{"$l->{line_number}." . $n++} += $b->{count} unless $b->{throw};
          }
        }
      }
    }
    my %total;
    my $percent = sub { my ($all, $hit) = @_; $all ? 100 * $hit / $all : 100 };
    for my $name (sort keys %line) {
      my @n;
      for my $kind ([line => $line{$name}], [branch => $branch{$name} // {}]) {
        my ($what, $places) = @$kind;
        my ($all, $hit) = (scalar keys %$places, scalar grep { $_ } values %$places);
        $total{$what}[0] += $all;
        $total{$what}[1] += $hit;
        push @n, $percent->($all, $hit), $hit, $all;
        my @missed = sort { $a <=> $b } grep { !$places->{$_} } keys %$places;
        $total{missed} .= "  $name: $what $_\n" for @missed;
      }
      printf "%-36s lines %5.1f %% (%d/%d)  branches %5.1f %% (%d/%d)\n", $name, @n;
    }
    my ($l, $b) = map { $percent->(@{$total{$_}}) } qw(line branch);
    print "not covered:\n$total{missed}" if $ENV{MISSED} && $total{missed};
    printf "total: lines %.1f %%, branches %.1f %%\n", $l, $b;
    exit 1 if $l < ($ENV{FLOOR_LINE} // 95) || $b < ($ENV{FLOOR_BRANCH} // 90);
  '
