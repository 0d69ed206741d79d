-- 100,000 calls of one org in a year: 200 reps in 20 teams, three of them led by the manager. Run as
-- the system in an org that has one rep and one manager. Each run makes the same calls.

insert into app_user (org_id, id, email, name, role, status)
select app_org_id(), gen_random_uuid(), 'rep' || n || '@bench.example',
  (array['Alice', 'Bruno', 'Chloë', 'Deniz', 'Erik', 'Fatima', 'Gül', 'Hana'])[1 + n % 8] || ' '
    || (array['Abbott', 'Brandt', 'Castillo', 'Dąbrowski', 'Eriksen'])[1 + n % 5],
  'rep', 'active'
from generate_series(1, 199) n;

insert into team (org_id, id, name)
select app_org_id(), gen_random_uuid(), 'Team ' || n from generate_series(1, 20) n;

insert into team_member (org_id, team_id, user_id)
select app_org_id(), t.id, u.id
from (select id, row_number() over (order by id) n from app_user where role = 'rep') u
join (select id, row_number() over (order by id) n from team) t on t.n % 20 = u.n % 20;

insert into team_lead (org_id, team_id, user_id)
select app_org_id(), t.id, u.id
from (select id from team order by id limit 3) t
cross join (select id from app_user where role = 'manager') u;

insert into call (org_id, id, user_id, scenario_id, scenario_title, scenario_hash, channel, status,
  created_at, connected_at, ended_at, duration_ms, end_reason, served_by)
select app_org_id(),
  (lpad(to_hex((extract(epoch from opened.moment) * 1000)::bigint), 12, '0')
    || '7' || substr(md5(k::text), 1, 3) || '8' || substr(md5(k::text), 4, 15))::uuid,
  u.id, s.id, initcap(s.id) || ', a buyer', md5(s.id), 'voice',
  case when k % 100 = 0 then 'failed' when k % 100 < 5 then 'never_connected' else 'completed' end,
  opened.moment, opened.moment + interval '3 s', opened.moment + interval '5 min', 297000, 'rep_hung_up',
  '{"stt": "offline", "llm": "scripted", "tts": "flite"}'
from generate_series(0, 99999) k
-- 7919 is a prime: who calls when follows no pattern that an index could profit from.
join (select id, row_number() over (order by id) n from app_user where role = 'rep') u
  on u.n = 1 + (k::bigint * 7919 / 13) % 200
cross join lateral (
  select (array['rachel', 'luis', 'wendy', 'derek', 'sam', 'vanessa', 'dana', 'amy'])[1 + k % 8] id
) s
cross join lateral (select timestamptz '2025-01-01 00:00:00Z' + k * interval '315 s' as moment) opened;
