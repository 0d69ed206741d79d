-- Which rows whom. Everything is denied that no policy allows, to the owner as well. Functions are
-- called in a scalar sub-select, so that they run once a statement and not once a row.

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
    execute format('grant select, insert, update, delete on %I to ringcraft_app', name);
    -- Whatever else a policy says, a row of another org is out of reach.
    if name <> 'org' then
      execute format(
        'create policy %I on %I as restrictive to ringcraft_app '
        'using (org_id = (select app_org_id())) with check (org_id = (select app_org_id()))',
        name || '_own_org', name
      );
    end if;
  end loop;
end
$$;
revoke update, delete on audit_entry from ringcraft_app;
grant select, insert, update, delete on node, login_failure to ringcraft_app;

create policy org_read on org for select to ringcraft_app
  using (id = (select app_org_id()));
create policy org_insert on org for insert to ringcraft_app
  with check (id = (select app_org_id()) and (select app_role()) = 'system');
create policy org_update on org for update to ringcraft_app
  using (id = (select app_org_id()) and (select app_runs_org()));

-- People. A rep sees themself, a manager those whom they lead, or all where the org says so; hr and
-- whoever runs the org see all.
create policy team_lead_read on team_lead for select to ringcraft_app
  using (user_id = (select app_user_id()) or (select app_runs_org()) or (select app_role()) = 'hr');
create policy team_lead_write on team_lead to ringcraft_app
  using ((select app_runs_org()));

create function app_managers_see_all() returns boolean language sql stable
return app_role() = 'manager'
  and coalesce((select managers_see_all from org where id = app_org_id()), false);

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
create policy team_member_write on team_member to ringcraft_app
  using ((select app_runs_org()));

create policy team_read on team for select to ringcraft_app
  using (
    (select app_runs_org())
    or (select app_role()) = 'hr'
    or (select app_managers_see_all())
    or id in (select l.team_id from team_lead l where l.user_id = (select app_user_id()))
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
create policy app_user_write on app_user to ringcraft_app
  using ((select app_runs_org()));

create policy credential_all on credential to ringcraft_app
  using ((select app_role()) = 'system');
create policy account_token_all on account_token to ringcraft_app
  using ((select app_role()) = 'system');
create policy mail_all on mail to ringcraft_app
  using ((select app_role()) = 'system');

create policy session_read on session for select to ringcraft_app
  using (user_id = (select app_user_id()) or (select app_role()) = 'system');
create policy session_delete on session for delete to ringcraft_app
  using (user_id = (select app_user_id()) or (select app_runs_org()));
create policy session_write on session to ringcraft_app
  using ((select app_role()) = 'system');

create policy api_key_own on api_key to ringcraft_app
  using (user_id = (select app_user_id()) or (select app_runs_org()));

create policy consent_read on consent for select to ringcraft_app
  using (user_id = (select app_user_id()) or (select app_runs_org()));
create policy consent_write on consent to ringcraft_app
  using (user_id = (select app_user_id()) or (select app_role()) = 'system');

create policy idempotency_key_own on idempotency_key to ringcraft_app
  using (user_id = (select app_user_id()) or (select app_role()) = 'system');

create policy audit_entry_read on audit_entry for select to ringcraft_app
  using ((select app_runs_org()));
create policy audit_entry_insert on audit_entry for insert to ringcraft_app
  with check (
    (select app_role()) = 'system'
    or (actor_user_id = (select app_user_id()) and actor_role = (select app_role()))
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
create policy call_insert on call for insert to ringcraft_app
  with check (
    (user_id = (select app_user_id()) and (select app_role()) <> 'hr')
    or (select app_runs_org())
  );
create policy call_write on call to ringcraft_app
  using ((select app_role()) = 'system');

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
    execute format(
      'create policy %I on %I to ringcraft_app using ((select app_role()) = ''system'')',
      name || '_write', name
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
