-- Who may come in: the issuer and its keys, and a login role for each API context. Gateways on the sites
-- have tokens of the same issuer.
\set jwks `cat "$TENANCY_KEYS/jwks.json"`

insert into tenancy.issuer (issuer, audience_claims, audiences, required_claims, account_claim, workspace_claim)
values ('https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo', '{client_id}',
        '{plant-app, plant-dashboard}', '{"token_use": "access"}', 'custom:organization', 'custom:project');
select tenancy.import_jwks('https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo', :'jwks') as keys \g /dev/null

create role telemetry_app_pool login;
create role telemetry_dashboard_pool login;
grant telemetry_app to telemetry_app_pool;
grant telemetry_dashboard to telemetry_dashboard_pool;
insert into tenancy.pool (login_role, application, api_context, issuer, audiences) values
    ('telemetry_app_pool', 'telemetry', 'app', 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo', '{plant-app}'),
    ('telemetry_dashboard_pool', 'telemetry', 'dashboard', 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo', '{plant-dashboard}');
-- All tenants share these roles, so they lose what one session could do to another.
select tenancy.protect_pool('telemetry_app_pool'), tenancy.protect_pool('telemetry_dashboard_pool') \g /dev/null
