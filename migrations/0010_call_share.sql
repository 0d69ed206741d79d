-- Links by which anybody who has one sees one completed call, without an account. The token is told
-- once and kept as SHA-256. A link shows what its maker may see at the moment it is opened, so it
-- ends with their right to see the call.
create table call_share (
  org_id uuid not null,
  id uuid not null,
  call_id uuid not null,
  -- Who made it.
  user_id uuid not null,
  token_hash bytea not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  opened integer not null default 0,
  last_opened_at timestamptz,
  constraint call_share_pkey primary key (org_id, id),
  constraint call_share_token_key unique (token_hash),
  -- 90 days.
  constraint call_share_life check (expires_at <= created_at + interval '2160 hours'),
  constraint call_share_opened check (0 <= opened),
  constraint call_share_call_fkey foreign key (org_id, call_id)
    references call (org_id, id) on delete cascade,
  constraint call_share_user_fkey foreign key (org_id, user_id) references app_user (org_id, id)
);
create index call_share_call_idx on call_share (org_id, call_id, id desc);
create index call_share_user_idx on call_share (org_id, user_id);

alter table call_share enable row level security;
alter table call_share force row level security;
create policy call_share_own_org on call_share as restrictive to ringcraft_app
  using (org_id = (select app_org_id()) and (select app_has_role()));

-- The hash is found by the function below and read by nobody. What a link is for and how long it
-- lives never changes.
grant select (
  org_id, id, call_id, user_id, created_at, expires_at, revoked_at, opened, last_opened_at
), insert, update (revoked_at, opened, last_opened_at), delete on call_share to ringcraft_app;
create policy call_share_system on call_share to ringcraft_app
  using ((select app_role()) = 'system');

-- Whoever may know what was said in a call sees its links, makes some in their own name, and revokes
-- any; one that was revoked stays so. How often a link was opened is counted by the server.
create policy call_share_read on call_share for select to ringcraft_app
  using (
    (select app_role()) <> 'hr' and exists (
      select from call c where c.org_id = call_share.org_id and c.id = call_share.call_id
    )
  );
create policy call_share_insert on call_share for insert to ringcraft_app
  with check (
    user_id = (select app_user_id())
    and (select app_role()) <> 'hr'
    and created_at = now() and revoked_at is null and opened = 0 and last_opened_at is null
    and exists (
      select from call c where c.org_id = call_share.org_id and c.id = call_share.call_id
    )
  );
create policy call_share_update on call_share for update to ringcraft_app
  using (
    (select app_role()) <> 'hr' and revoked_at is null and exists (
      select from call c where c.org_id = call_share.org_id and c.id = call_share.call_id
    )
  )
  with check (
    (select app_role()) <> 'hr' and revoked_at = now() and exists (
      select from call c where c.org_id = call_share.org_id and c.id = call_share.call_id
    )
  );

-- Whose a link is, before its org is known, as long as it is good: of the closed list.
grant select (org_id, id, user_id, token_hash, expires_at, revoked_at) on call_share
  to ringcraft_lookup;
create policy call_share_lookup on call_share for select to ringcraft_lookup using (true);

create function platform_call_share(wanted bytea)
returns table (org_id uuid, user_id uuid, call_share_id uuid)
language sql stable security definer set search_path = ''
begin atomic
  select s.org_id, s.user_id, s.id from public.call_share s
  where s.token_hash = wanted and s.revoked_at is null and now() < s.expires_at;
end;
revoke execute on function platform_call_share(bytea) from public;
grant execute on function platform_call_share(bytea) to ringcraft_app;
