-- Tokens that must be refused, each beside the token that differs only in what is wrong.
\set QUIET 1
\pset format unaligned
\pset tuples_only true
\pset pager off
\set now `date +%s`
\set good `tests/support/mint.sh eve web-app`
\set access 'select tenancy.account_key()'

begin;
select plan(27);

create function login_as(token text, variadic arguments text[] default '{}') returns text language sql as $$
  select attempt('saas_pool', null, format('select tenancy.login(%s)', (select string_agg(quote_nullable(a), ', ') from unnest(token || arguments) a)),
                 'select tenancy.account_key()')
$$;
-- A token that could not be made would be refused for the wrong reason.
create function made(token text) returns text language plpgsql as $$
begin
  if token !~ '^[\w-]{20,}\.[\w-]{100,}\.[\w-]*$' then raise 'the test made no token: "%"', token; end if;
  return token;
end
$$;
create function refused() returns text immutable language sql as $$ select '28T01: token refused'::text $$;

select is(login_as(made(:'good')), '(a0000000-0000-4000-8000-000000000001)', 'control: the good token');

\set forged `token=$(tests/support/mint.sh eve web-app); other=$(tests/support/mint.sh gwen web-app); echo "${other%.*}.${token##*.}"`
select is(login_as(made(:'forged')), refused(), 'claims of one token under the signature of another');
\set cut `token=$(tests/support/mint.sh eve web-app); echo "${token%????}"`
select is(login_as(made(:'cut')), refused(), 'a truncated signature');
\set none `token=$(tests/support/mint.sh eve web-app); payload=${token#*.}; printf '%s.%s.' "$(printf '{"alg":"none","kid":"access-key"}' | basenc --base64url | tr -d '=\n')" "${payload%.*}"`
select is(login_as(made(:'none')), refused(), 'alg none with an empty signature');
\set none `token=$(tests/support/mint.sh eve web-app); printf '%s.%s' "$(printf '{"alg":"none","kid":"access-key"}' | basenc --base64url | tr -d '=\n')" "${token#*.}"`
select is(login_as(made(:'none')), refused(), 'alg none with a borrowed signature');
select is(login_as(''), refused(), 'an empty token');
select is(login_as(null), refused(), 'no token');
select is(login_as('Bearer ' || :'good'), refused(), 'a header instead of a token');
select is(login_as(made(:'good') || E'\n'), refused(), 'a trailing line break');
select is(login_as(repeat('a', 16385)), refused(), 'more than 16 KiB');

\set expired `tests/support/mint.sh eve web-app --claim-json exp=$(($(date +%s) - 60)) --claim-json iat=$(($(date +%s) - 120))`
select is(login_as(made(:'expired')), '28T02: token expired or revoked', 'expired a minute ago');
\set leeway `tests/support/mint.sh eve web-app --claim-json exp=$(($(date +%s) - 10)) --claim-json iat=$(($(date +%s) - 120))`
select is(login_as(made(:'leeway')), '(a0000000-0000-4000-8000-000000000001)', 'control: expired, but within the leeway');
\set future `tests/support/mint.sh eve web-app --claim-json nbf=$(($(date +%s) + 120))`
select is(login_as(made(:'future')), refused(), 'not yet valid');
\set long `tests/support/mint.sh eve web-app --expires-in 172800`
select is(login_as(made(:'long')), refused(), 'a lifetime beyond the issuer''s maximum');
\set audience `tests/support/mint.sh eve another-app`
select is(login_as(made(:'audience')), refused(), 'a client that the issuer''s row does not accept');
\set id_token `tests/support/mint.sh eve web-app --claim token_use=id --claim aud=web-app --kid id-key --key="$TENANCY_KEYS/id.pem"`
select is(login_as(made(:'id_token')), refused(), 'an ID token where access tokens are asked for');
\set unknown `tests/support/mint.sh eve web-app --kid no-such-key`
select is(login_as(made(:'unknown')), refused(), 'an unknown key');
\set unpublished `tests/support/mint.sh eve web-app --key="$TENANCY_KEYS/unpublished.pem"`
select is(login_as(made(:'unpublished')), refused(), 'a known kid, another key');
\set other_key `tests/support/mint.sh eve web-app --key="$TENANCY_KEYS/id.pem"`
select is(login_as(made(:'other_key')), refused(), 'signed by the other key of the same set');
\set issuer `tests/support/mint.sh eve web-app --issuer https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other`
select is(login_as(made(:'issuer')), refused(), 'another user pool of the same provider');

-- The pool decides which API context a token opens.
\set dashboard `tests/support/mint.sh adam web-dashboard`
select is(attempt('saas_pool', made(:'dashboard'), 'select tenancy.api_context()'), '(dashboard)', 'control: the dashboard''s client through a pool that serves it');
select is(attempt('saas_app_pool', :'dashboard', 'select 1'), '28T03: this login role may not use this token', 'the dashboard''s client through the app''s pool');
select is(attempt('saas_stranger', :'good', 'select 1'), '28T03: this login role may not use this token', 'a login role that is no pool');
select is(attempt('postgres', :'good', 'select 1'), '28T03: this login role may not use this token', 'a superuser is no pool');

-- A claim asks, the directory decides.
\set asks `tests/support/mint.sh eve web-app --claim custom:account=b0000000-0000-4000-8000-000000000001`
select is(login_as(made(:'asks')), '42501: no such account or workspace for this subject', 'a signed claim for an account of which one is no member');
\set own `tests/support/mint.sh eve web-app --claim custom:account=a0000000-0000-4000-8000-000000000001`
select is(login_as(made(:'own')), '(a0000000-0000-4000-8000-000000000001)', 'control: a signed claim for one''s own account');
select is(login_as(made(:'own'), 'b0000000-0000-4000-8000-000000000001'), '42501: no such account or workspace for this subject', 'an argument that contradicts the claim');

select * from finish();
rollback;
