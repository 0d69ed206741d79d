-- Which rows whom. Everything is denied that no policy allows, to the owner as well. Functions are
-- called in a scalar sub-select, so that they run once a statement and not once a row.
--
-- A policy for all verbs names no separate check, so the row as it becomes must satisfy it too.

-- Tables of a tenant, and no others, have org_id; the start of the server checks that each of them
-- is bound as here.
do $$
declare
  name text;
begin
  for name in
    select table_name from information_schema.columns
    where table_schema = 'public' and column_name = 'org_id'
    union select 'org'
  loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    -- Whatever else a policy says, a row of another org is out of reach, and so is every row for
    -- somebody without a role.
    execute format(
      'create policy %I on %I as restrictive to ringcraft_app '
      'using (%I = (select app_org_id()) and (select app_has_role()))',
      name || '_own_org', name, case name when 'org' then 'id' else 'org_id' end
    );
    if name not in ('org', 'audit_entry') then
      execute format('grant select, insert, update, delete on %I to ringcraft_app', name);
      execute format(
        'create policy %I on %I to ringcraft_app using ((select app_role()) = ''system'')',
        name || '_system', name
      );
    end if;
  end loop;
end
$$;
grant select, insert, update, delete on node, login_failure to ringcraft_app;

-- An org is made once and removed by the owner of the database.
grant select, insert, update on org to ringcraft_app;
create policy org_read on org for select to ringcraft_app using (true);
create policy org_insert on org for insert to ringcraft_app
  with check ((select app_role()) = 'system');
create policy org_update on org for update to ringcraft_app
  using ((select app_runs_org()));

create function app_managers_see_all() returns boolean language sql stable
return app_role() = 'manager'
  and coalesce((select managers_see_all from org where id = app_org_id()), false);

-- People. A rep sees themself, a manager those whom they lead, or all where the org says so; hr and
-- whoever runs the org see all. Leading counts for a manager only: somebody who became a rep again
-- may still be noted as a lead.
revoke update on team_lead, team_member from ringcraft_app;
create policy team_lead_read on team_lead for select to ringcraft_app
  using (
    user_id = (select app_user_id())
    or (select app_runs_org())
    or (select app_role()) = 'hr'
    or (select app_managers_see_all())
  );
create policy team_lead_insert on team_lead for insert to ringcraft_app
  with check ((select app_runs_org()));
create policy team_lead_delete on team_lead for delete to ringcraft_app
  using ((select app_runs_org()));

create policy team_member_read on team_member for select to ringcraft_app
  using (
    user_id = (select app_user_id())
    or (select app_runs_org())
    or (select app_role()) = 'hr'
    or (select app_managers_see_all())
    or (
      (select app_role()) = 'manager'
      and team_id in (select l.team_id from team_lead l where l.user_id = (select app_user_id()))
    )
  );
create policy team_member_insert on team_member for insert to ringcraft_app
  with check ((select app_runs_org()));
create policy team_member_delete on team_member for delete to ringcraft_app
  using ((select app_runs_org()));

create policy team_read on team for select to ringcraft_app
  using (
    (select app_runs_org())
    or (select app_role()) = 'hr'
    or (select app_managers_see_all())
    or (
      (select app_role()) = 'manager'
      and id in (select l.team_id from team_lead l where l.user_id = (select app_user_id()))
    )
    or id in (select m.team_id from team_member m where m.user_id = (select app_user_id()))
  );
create policy team_write on team to ringcraft_app
  using ((select app_runs_org()));

create policy app_user_read on app_user for select to ringcraft_app
  using (
    id = (select app_user_id())
    or (select app_runs_org())
    or (select app_role()) = 'hr'
    or (select app_managers_see_all())
    or (
      (select app_role()) = 'manager'
      and id in (
        select m.user_id from team_member m
        join team_lead l on l.org_id = m.org_id and l.team_id = m.team_id
        where l.user_id = (select app_user_id())
      )
    )
  );
-- An admin of one org is not to become, make or take over somebody who runs the platform. People are
-- disabled, not deleted.
create policy app_user_insert on app_user for insert to ringcraft_app
  with check ((select app_runs_org()) and role <> 'superadmin');
create policy app_user_update on app_user for update to ringcraft_app
  using (
    (select app_runs_org()) and (role <> 'superadmin' or (select app_role()) = 'superadmin')
  );

-- Secrets: passwords, what was mailed, and the mail itself, are the system's alone, as the policies
-- above have it. A hash of a token is found by the functions of 0005 and read by nobody.
revoke select on session, api_key, account_token from ringcraft_app;
grant select (org_id, id, user_id, created_at, last_used_at, expires_at) on session
  to ringcraft_app;
grant select (
  org_id, id, user_id, name, prefix, created_at, last_used_at, expires_at, revoked_at
) on api_key to ringcraft_app;
grant select (org_id, id, user_id, kind, created_at, expires_at, used_at) on account_token
  to ringcraft_app;

-- Those who run the org end the sessions of whom they disable, and to delete a row is to see it.
create policy session_read on session for select to ringcraft_app
  using (user_id = (select app_user_id()) or (select app_runs_org()));
create policy session_delete on session for delete to ringcraft_app
  using (user_id = (select app_user_id()) or (select app_runs_org()));

-- A key acts for a person, so nobody makes one for another, none changes hands, and one that was
-- revoked stays so.
revoke update on api_key from ringcraft_app;
grant update (name, last_used_at, expires_at, revoked_at) on api_key to ringcraft_app;
create policy api_key_read on api_key for select to ringcraft_app
  using (user_id = (select app_user_id()) or (select app_runs_org()));
create policy api_key_insert on api_key for insert to ringcraft_app
  with check (user_id = (select app_user_id()));
create policy api_key_update on api_key for update to ringcraft_app
  using (
    (user_id = (select app_user_id()) or (select app_runs_org())) and revoked_at is null
  )
  with check (user_id = (select app_user_id()) or (select app_runs_org()));

-- Consent is evidence: given now, by the person, and withdrawn, never edited.
revoke update on consent from ringcraft_app;
grant update (withdrawn_at) on consent to ringcraft_app;
create policy consent_read on consent for select to ringcraft_app
  using (user_id = (select app_user_id()) or (select app_runs_org()));
create policy consent_insert on consent for insert to ringcraft_app
  with check (user_id = (select app_user_id()) and given_at = now() and withdrawn_at is null);
create policy consent_update on consent for update to ringcraft_app
  using (user_id = (select app_user_id()) and withdrawn_at is null)
  with check (user_id = (select app_user_id()));

create policy idempotency_key_own on idempotency_key to ringcraft_app
  using (user_id = (select app_user_id()));

-- Written as it happens, in nobody else's name, and never changed.
grant select, insert on audit_entry to ringcraft_app;
create policy audit_entry_read on audit_entry for select to ringcraft_app
  using ((select app_runs_org()));
create policy audit_entry_insert on audit_entry for insert to ringcraft_app
  with check (
    at = now()
    and (
      (select app_role()) = 'system'
      or (actor_user_id = (select app_user_id()) and actor_role = (select app_role()))
    )
  );

-- What is practised is read by all of the org and written by those who run it.
do $$
declare
  name text;
begin
  foreach name in array array['persona', 'scenario', 'scenario_version'] loop
    execute format('create policy %I on %I for select to ringcraft_app using (true)',
      name || '_read', name);
    execute format('create policy %I on %I to ringcraft_app using ((select app_runs_org()))',
      name || '_write', name);
  end loop;
end
$$;

-- Calls. hr sees that a call was held, never what was said in it or what it was worth.
create policy call_read on call for select to ringcraft_app
  using (
    user_id = (select app_user_id())
    or (select app_runs_org())
    or (select app_role()) = 'hr'
    or (select app_managers_see_all())
    or (
      (select app_role()) = 'manager'
      and user_id in (
        select m.user_id from team_member m
        join team_lead l on l.org_id = m.org_id and l.team_id = m.team_id
        where l.user_id = (select app_user_id())
      )
    )
  );
-- A person opens a call of their own. How far it came and how it ended is written by the server.
create policy call_insert on call for insert to ringcraft_app
  with check (
    user_id = (select app_user_id())
    and (select app_role()) in ('rep', 'manager', 'admin', 'superadmin')
    and status = 'waiting'
    and connected_at is null and ended_at is null and duration_ms is null and end_reason is null
  );

-- What came of a call is seen by those who see the call, hr apart, and written by the server.
do $$
declare
  name text;
begin
  foreach name in array array[
    'call_log', 'utterance', 'kpi_result', 'recording', 'score', 'feedback', 'ai_exchange'
  ] loop
    execute format(
      'create policy %1$I on %2$I for select to ringcraft_app using ('
      '(select app_role()) <> ''hr'' and exists ('
      'select from call c where c.org_id = %2$I.org_id and c.id = %2$I.call_id))',
      name || '_read', name
    );
  end loop;
end
$$;
create policy feedback_insert on feedback for insert to ringcraft_app
  with check (
    (select app_role()) in ('manager', 'admin', 'superadmin')
    and author_user_id = (select app_user_id())
    and exists (
      select from call c where c.org_id = feedback.org_id and c.id = feedback.call_id
    )
  );

create policy webhook_endpoint_all on webhook_endpoint to ringcraft_app
  using ((select app_runs_org()));
create policy webhook_delivery_all on webhook_delivery to ringcraft_app
  using ((select app_runs_org()));
