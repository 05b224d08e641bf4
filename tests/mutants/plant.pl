#!/usr/bin/env perl
# Plants bugs mechanically. plant.pl FILE... prints one mutant a line, as three fields between tabs:
# FILE:LINE, the operator, and the line as it becomes. Each mutant changes one line in one place.
use strict;
use warnings;

my $condition = qr/\bif (?<all>\((?!const |auto )(?<in>(?:[^()]++|(?<p>\((?:[^()]++|(?&p))*\)))*)\))/;

# An operator is a name, what it looks for, and what stands there instead.
my @operators = (
  # A check that is skipped, or decides the other way round.
  ['skip check',      $condition,                        sub { "if (false && ($+{in}))" }],
  ['negate check',    $condition,                        sub { "if (!($+{in}))" }],
  # A comparison that is weaker, stronger or inverted.
  ['weaken',          qr/ <= /,                          ' < '],
  ['weaken',          qr/ >= /,                          ' > '],
  ['weaken',          qr/ < (?!<)/,                      ' <= '],
  ['weaken',          qr/(?<!operator)(?<!-) > (?!>)/,   ' >= '],
  ['invert',          qr/ == /,                          ' != '],
  ['invert',          qr/ != /,                          ' == '],
  # One condition less, or one too many.
  ['and to or',       qr/ &&/,                           ' ||'],
  ['or to and',       qr/ \|\|/,                         ' &&'],
  ['drop not',        qr/(?<=[( ])!(?=[a-z(])/,          ''],
  # A verdict that is another.
  ['accept',          qr/\breturn Refusal::(?!none)\w+/, 'return Refusal::none'],
  ['accept',          qr/(?<=: )Refusal::(?!none)\w+(?=;)/, 'Refusal::none'],
  ['accept',          qr/\breturn refuse\(Refusal::\w+\)/, 'refusal = Refusal::none'],
  ['no fault',        qr/\breturn "[^"]*"/,              'return nullptr'],
  ['other truth',     qr/\breturn true\b/,               'return false'],
  ['other truth',     qr/\breturn false\b/,              'return true'],
  # Operands that are swapped, and numbers that are one off.
  ['swap branches',   qr/ \? ([\w:."()]+) : ([\w:."()]+)(?=;)/, sub { " ? $2 : $1" }],
  ['plus to minus',   qr/ \+ (?=[\w(])/,                 ' - '],
  ['minus to plus',   qr/ - (?=[\w(])/,                  ' + '],
  ['off by one',      qr/(?<![\w.:"'])(\d+)(?![\w.:"'])(?=[^"]*(?:"[^"]*"[^"]*)*$)/, sub { $1 + 1 }],
  ['off by one',      qr/\b(0x[0-9a-f]+)\b(?=[^"]*(?:"[^"]*"[^"]*)*$)/, sub { sprintf '0x%x', hex($1) + 1 }],
);

for my $file (@ARGV) {
  open my $in, '<', $file or die "$file: $!\n";
  my $in_namespace = 0;
  while (my $line = <$in>) {
    chomp $line;
    $in_namespace ||= $line =~ /^namespace /;
    next if !$in_namespace || $line =~ m{^\s*(?://|#|static_assert|template|using |namespace |\}  //)};
    my $code = $line =~ s{\s*// .*}{}r;
    for my $operator (@operators) {
      my ($name, $pattern, $instead) = @$operator;
      while ($code =~ /$pattern/g) {
        my ($start, $end, $inner) = ($-[0], $+[0], $+{in});
        my $text = ref $instead ? $instead->() : $instead;
        # Negating a single comparison is the same as inverting it.
        next if $name eq 'negate check' && $inner =~ / [=!]= / && $inner !~ /&&|\|\|/;
        print "$file:$.\t$name\t", substr($code, 0, $start), $text, substr($code, $end), "\n";
      }
    }
  }
}
