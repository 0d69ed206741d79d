-- What must be found before it is known whose it is. The closed list: each function takes what a
-- caller presents, a secret or its hash, and returns ids, never content. They run as
-- ringcraft_lookup, which can do nothing but what the policies here allow; they become its own once
-- all migrations are done. `store::platform` calls them.

grant select (org_id, id, email) on app_user to ringcraft_lookup;
create policy app_user_lookup on app_user for select to ringcraft_lookup using (true);
grant select (org_id, id, user_id, token_hash, expires_at) on session to ringcraft_lookup;
create policy session_lookup on session for select to ringcraft_lookup using (true);
grant select (org_id, id, user_id, token_hash, expires_at, revoked_at) on api_key to ringcraft_lookup;
create policy api_key_lookup on api_key for select to ringcraft_lookup using (true);
grant select (org_id, id, user_id, kind, token_hash, expires_at, used_at) on account_token
  to ringcraft_lookup;
create policy account_token_lookup on account_token for select to ringcraft_lookup using (true);
grant select (id) on org to ringcraft_lookup;
create policy org_lookup on org for select to ringcraft_lookup using (true);

create function platform_user_by_email(wanted text)
returns table (org_id uuid, user_id uuid)
language sql stable security definer set search_path = ''
begin atomic
  select u.org_id, u.id from public.app_user u where lower(u.email) = lower(wanted);
end;

create function platform_session(wanted bytea)
returns table (org_id uuid, user_id uuid, session_id uuid)
language sql stable security definer set search_path = ''
begin atomic
  select s.org_id, s.user_id, s.id from public.session s
  where s.token_hash = wanted and now() < s.expires_at;
end;

create function platform_api_key(wanted bytea)
returns table (org_id uuid, user_id uuid, api_key_id uuid)
language sql stable security definer set search_path = ''
begin atomic
  select k.org_id, k.user_id, k.id from public.api_key k
  where k.token_hash = wanted and k.revoked_at is null
    and (k.expires_at is null or now() < k.expires_at);
end;

create function platform_account_token(wanted bytea, wanted_kind text)
returns table (org_id uuid, user_id uuid, account_token_id uuid)
language sql stable security definer set search_path = ''
begin atomic
  select t.org_id, t.user_id, t.id from public.account_token t
  where t.token_hash = wanted and t.kind = wanted_kind
    and t.used_at is null and now() < t.expires_at;
end;

create function platform_has_orgs() returns boolean
language sql stable security definer set search_path = ''
begin atomic
  select exists (select from public.org);
end;

-- For superadmins only; whoever calls it has checked that.
create function platform_orgs(after uuid, most integer)
returns table (org_id uuid)
language sql stable security definer set search_path = ''
begin atomic
  select o.id from public.org o
  where after is null or after < o.id order by o.id limit most;
end;

-- Functions are for everybody unless it is taken back, and a function has an owner's rights only
-- after that.
revoke execute on all functions in schema public from public;
grant execute on function
  app_org_id(), app_user_id(), app_role(), app_has_role(), app_runs_org(), app_managers_see_all()
  to ringcraft_app;

do $$
declare
  signature text;
begin
  for signature in
    select p.oid::regprocedure::text from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.proname like 'platform\_%'
  loop
    execute format('grant execute on function %s to ringcraft_app', signature);
  end loop;
end
$$;

-- What the server may know of its own migrations: how far they came. The table is the migrator's.
grant select (version, success) on _sqlx_migrations to ringcraft_app;
