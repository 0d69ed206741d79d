-- Who may do what. The owner of the database runs migrations and nothing else; the server works as
-- ringcraft_app, which owns nothing and is bound by every policy. Nobody can log in as one of the
-- roles below, and nobody can become ringcraft_lookup: it owns the functions of 0005. ringcraft_jobs
-- runs the queue of 0007.
--
-- Roles belong to the cluster: another database, migrated at the same moment, may make them first or
-- may be granting them. So each step is done only where it is missing, and a lost race is run again.
do $$
declare
  -- Before 16 every member may become the role; from 16 on a grant says so, and whoever makes a role
  -- may administer it without that.
  usable text := case
    when current_setting('server_version_num')::integer < 160000 then 'member' else 'set'
  end;
  roles text[] := array['ringcraft_app', 'ringcraft_lookup', 'ringcraft_jobs'];
  wanted text;
begin
  foreach wanted in array roles loop
    for attempt in 1..20 loop
      begin
        if not exists (select from pg_roles where rolname = wanted) then
          execute format(
            'create role %I nologin nosuperuser nobypassrls nocreatedb nocreaterole noinherit',
            wanted
          );
        end if;
        if not pg_has_role(current_user, wanted, usable) then
          execute format('grant %I to current_user', wanted);
        end if;
        exit;
      exception
        when insufficient_privilege then
          raise exception using
            errcode = 'insufficient_privilege',
            message = format(
              '%1$I may not make or grant the role %2$I; as a superuser, run: '
              'create role %3$s nologin noinherit; grant %4$s to %1$I;',
              current_user, wanted, array_to_string(roles, ' nologin noinherit; create role '),
              array_to_string(roles, ', ')
            );
        -- internal_error is "tuple concurrently updated".
        when duplicate_object or unique_violation or internal_error then
          if attempt = 20 then
            raise;
          end if;
      end;
    end loop;
  end loop;
end
$$;

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

-- A role that nobody gave, or that no policy knows, opens nothing.
create function app_has_role() returns boolean language sql stable parallel safe
return coalesce(
  app_role() in ('rep', 'manager', 'hr', 'admin', 'superadmin', 'system'), false
);

-- "system" is the server itself, at work for one org: a job, or the keeping of a call.
create function app_runs_org() returns boolean language sql stable parallel safe
return coalesce(app_role() in ('admin', 'superadmin', 'system'), false);
