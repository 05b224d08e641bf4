-- Who may come in, once the policy is there: the issuer and its keys, and a login role for each API context.
-- The application keeps the login that it always had; its dashboard gets one of its own.
\set jwks `cat "$TENANCY_KEYS/jwks.json"`

insert into tenancy.issuer (issuer, audience_claims, audiences, required_claims, account_claim, workspace_claim)
values ('https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo', '{client_id}',
        '{helpdesk-web, helpdesk-dashboard}', '{"token_use": "access"}', 'custom:company', 'custom:workspace');
select tenancy.import_jwks('https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo', :'jwks') as keys \g /dev/null

create role helpdesk_dashboard_pool login;
grant helpdesk_app to helpdesk_rails;
grant helpdesk_dashboard to helpdesk_dashboard_pool;
insert into tenancy.pool (login_role, application, api_context, issuer, audiences) values
    ('helpdesk_rails', 'helpdesk', 'app', 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo', '{helpdesk-web}'),
    ('helpdesk_dashboard_pool', 'helpdesk', 'dashboard', 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo', '{helpdesk-dashboard}');
-- All tenants share these roles, so they lose what one session could do to another.
select tenancy.protect_pool('helpdesk_rails'), tenancy.protect_pool('helpdesk_dashboard_pool') \g /dev/null
