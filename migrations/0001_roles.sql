-- Who may do what. The owner of the database runs migrations and nothing else; the server works as
-- ringcraft_app, which owns nothing and is bound by every policy. Nobody can log in as either role
-- below, and nobody can become ringcraft_lookup: it owns the functions of 0005.
do $$
begin
  create role ringcraft_app nologin nosuperuser nobypassrls nocreatedb nocreaterole noinherit;
exception when duplicate_object or unique_violation then
  null;  -- Roles are shared by the databases of a cluster.
end
$$;

do $$
begin
  create role ringcraft_lookup nologin nosuperuser nobypassrls nocreatedb nocreaterole noinherit;
exception when duplicate_object or unique_violation then
  null;
end
$$;

grant ringcraft_app, ringcraft_lookup to current_user;

revoke all on schema public from public;
grant usage on schema public to ringcraft_app, ringcraft_lookup;

-- What a transaction says of itself, with set_config(..., true). A setting that was never made, or
-- was made in a transaction before, is no org at all: nothing equals null, so no row is visible.
create function app_org_id() returns uuid language sql stable parallel safe
return nullif(current_setting('app.org_id', true), '')::uuid;

create function app_user_id() returns uuid language sql stable parallel safe
return nullif(current_setting('app.user_id', true), '')::uuid;

create function app_role() returns text language sql stable parallel safe
return nullif(current_setting('app.role', true), '');

-- "system" is the server itself, at work for one org: a job, or the keeping of a call.
create function app_runs_org() returns boolean language sql stable parallel safe
return coalesce(app_role() in ('admin', 'superadmin', 'system'), false);
