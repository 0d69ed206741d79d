-- Mail that was not sent at once is tried again, less and less often. Whoever tries sets the time of
-- the next try first, so that no other server sends the same mail meanwhile.
alter table mail
  add column tries integer not null default 0,
  add column next_try_at timestamptz not null default now();
create index mail_unsent_idx on mail (org_id, next_try_at) where sent_at is null;
