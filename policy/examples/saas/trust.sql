-- Who may come in: the issuer and its keys, and the login roles of the application's backends, one for
-- each API context. One for several works too, but then a column that one context may read is granted
-- to all of them.
-- A client id of the issuer opens one API context: web-app the app, web-dashboard the dashboard.
\set jwks `cat "$TENANCY_KEYS/jwks.json"`

insert into tenancy.issuer (issuer, audience_claims, audiences, required_claims, account_claim, workspace_claim)
values ('https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo', '{client_id}',
        '{web-app, web-dashboard}', '{"token_use": "access"}', 'custom:account', 'custom:workspace');
select tenancy.import_jwks('https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo', :'jwks') as keys \g /dev/null

create role saas_app_pool login;
create role saas_dashboard_pool login;
grant saas_app to saas_app_pool;
grant saas_dashboard to saas_dashboard_pool;
insert into tenancy.pool (login_role, application, api_context, issuer, audiences) values
    ('saas_app_pool', 'saas', 'app', 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo', '{web-app}'),
    ('saas_dashboard_pool', 'saas', 'dashboard', 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo', '{web-dashboard}');
-- All tenants share these roles, so they lose what one session could do to another.
select tenancy.protect_pool('saas_app_pool'), tenancy.protect_pool('saas_dashboard_pool') \g /dev/null
