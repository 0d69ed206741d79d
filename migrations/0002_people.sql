-- Orgs, the people in them, their teams, and how they sign in.

create table org (
  id uuid not null,
  name text not null,
  -- Whether a manager sees every call of the org, not only those of the teams they lead.
  managers_see_all boolean not null default false,
  created_at timestamptz not null default now(),
  constraint org_pkey primary key (id),
  constraint org_name_length check (char_length(name) between 1 and 200)
);

create table app_user (
  org_id uuid not null,
  id uuid not null,
  email text not null,
  name text not null,
  role text not null,
  status text not null,
  created_at timestamptz not null default now(),
  constraint app_user_pkey primary key (org_id, id),
  constraint app_user_org_fkey foreign key (org_id) references org (id) on delete cascade,
  constraint app_user_role check (role in ('rep', 'manager', 'hr', 'admin', 'superadmin')),
  constraint app_user_status check (status in ('invited', 'active', 'disabled')),
  constraint app_user_name_length check (char_length(name) between 1 and 200),
  constraint app_user_email_length check (char_length(email) between 3 and 254)
);
-- One person, one org: signing in asks for an address and no org.
create unique index app_user_email_key on app_user (lower(email));

create table credential (
  org_id uuid not null,
  user_id uuid not null,
  -- argon2id in PHC format, which names its own parameters.
  password_hash text not null,
  changed_at timestamptz not null default now(),
  constraint credential_pkey primary key (org_id, user_id),
  constraint credential_user_fkey foreign key (org_id, user_id)
    references app_user (org_id, id) on delete cascade
);

create table team (
  org_id uuid not null,
  id uuid not null,
  name text not null,
  created_at timestamptz not null default now(),
  constraint team_pkey primary key (org_id, id),
  constraint team_org_fkey foreign key (org_id) references org (id) on delete cascade,
  constraint team_name_length check (char_length(name) between 1 and 200)
);
create unique index team_name_key on team (org_id, lower(name));

create table team_member (
  org_id uuid not null,
  team_id uuid not null,
  user_id uuid not null,
  constraint team_member_pkey primary key (org_id, team_id, user_id),
  constraint team_member_team_fkey foreign key (org_id, team_id)
    references team (org_id, id) on delete cascade,
  constraint team_member_user_fkey foreign key (org_id, user_id)
    references app_user (org_id, id) on delete cascade
);
create index team_member_user_idx on team_member (org_id, user_id);

-- Apart from team_member, so that whom a manager leads can be asked without asking what they see.
create table team_lead (
  org_id uuid not null,
  team_id uuid not null,
  user_id uuid not null,
  constraint team_lead_pkey primary key (org_id, team_id, user_id),
  constraint team_lead_team_fkey foreign key (org_id, team_id)
    references team (org_id, id) on delete cascade,
  constraint team_lead_user_fkey foreign key (org_id, user_id)
    references app_user (org_id, id) on delete cascade
);
create index team_lead_user_idx on team_lead (org_id, user_id);

-- Tokens are random and kept as SHA-256 only: who reads this table signs in as nobody.
create table session (
  org_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  token_hash bytea not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  expires_at timestamptz not null,
  constraint session_pkey primary key (org_id, id),
  constraint session_token_key unique (token_hash),
  constraint session_user_fkey foreign key (org_id, user_id)
    references app_user (org_id, id) on delete cascade
);
create index session_user_idx on session (org_id, user_id);

create table api_key (
  org_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  name text not null,
  -- The first characters of the key, by which people tell keys apart.
  prefix text not null,
  token_hash bytea not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  expires_at timestamptz,
  revoked_at timestamptz,
  constraint api_key_pkey primary key (org_id, id),
  constraint api_key_token_key unique (token_hash),
  constraint api_key_name_length check (char_length(name) between 1 and 200),
  constraint api_key_user_fkey foreign key (org_id, user_id)
    references app_user (org_id, id) on delete cascade
);
create index api_key_user_idx on api_key (org_id, user_id);

-- Sent by mail, good once: to accept an invitation or to set a new password.
create table account_token (
  org_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  kind text not null,
  token_hash bytea not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  constraint account_token_pkey primary key (org_id, id),
  constraint account_token_token_key unique (token_hash),
  constraint account_token_kind check (kind in ('invitation', 'password_reset')),
  constraint account_token_user_fkey foreign key (org_id, user_id)
    references app_user (org_id, id) on delete cascade
);
create index account_token_user_idx on account_token (org_id, user_id);

create table audit_entry (
  org_id uuid not null,
  id uuid not null,
  at timestamptz not null default now(),
  -- Not a foreign key: what somebody did stays on record when they are gone.
  actor_user_id uuid,
  actor_role text not null,
  action text not null,
  subject_kind text,
  subject_id uuid,
  details jsonb not null default '{}',
  constraint audit_entry_pkey primary key (org_id, id),
  constraint audit_entry_org_fkey foreign key (org_id) references org (id) on delete cascade
);

create table consent (
  org_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  kind text not null,
  text_version text not null,
  given_at timestamptz not null default now(),
  withdrawn_at timestamptz,
  constraint consent_pkey primary key (org_id, id),
  constraint consent_user_fkey foreign key (org_id, user_id)
    references app_user (org_id, id) on delete cascade
);
create index consent_user_idx on consent (org_id, user_id);

-- Mail that was sent or waits. Without an SMTP server it stays here for an operator to read.
create table mail (
  org_id uuid not null,
  id uuid not null,
  to_address text not null,
  subject text not null,
  body text not null,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  constraint mail_pkey primary key (org_id, id),
  constraint mail_org_fkey foreign key (org_id) references org (id) on delete cascade
);

-- An answer that was given once is given again to the same key; the same key for something else
-- is an error.
create table idempotency_key (
  org_id uuid not null,
  user_id uuid not null,
  key text not null,
  request_hash bytea not null,
  resource_id uuid not null,
  created_at timestamptz not null default now(),
  constraint idempotency_key_pkey primary key (org_id, user_id, key),
  constraint idempotency_key_length check (char_length(key) between 1 and 255),
  constraint idempotency_key_user_fkey foreign key (org_id, user_id)
    references app_user (org_id, id) on delete cascade
);
