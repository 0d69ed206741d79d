-- What is practised, the calls, and what came of them.

create table persona (
  org_id uuid not null,
  id uuid not null,
  name text not null,
  content jsonb not null,
  created_at timestamptz not null default now(),
  constraint persona_pkey primary key (org_id, id),
  constraint persona_org_fkey foreign key (org_id) references org (id) on delete cascade
);

create table scenario (
  org_id uuid not null,
  id uuid not null,
  -- What a call is opened with; a scenario of the org hides the built-in one of the same name.
  slug text not null,
  persona_id uuid,
  created_at timestamptz not null default now(),
  constraint scenario_pkey primary key (org_id, id),
  constraint scenario_slug_key unique (org_id, slug),
  constraint scenario_org_fkey foreign key (org_id) references org (id) on delete cascade,
  constraint scenario_persona_fkey foreign key (org_id, persona_id)
    references persona (org_id, id)
);

create table scenario_version (
  org_id uuid not null,
  id uuid not null,
  scenario_id uuid not null,
  version integer not null,
  content jsonb not null,
  content_hash text not null,
  created_at timestamptz not null default now(),
  published_at timestamptz,
  constraint scenario_version_pkey primary key (org_id, id),
  constraint scenario_version_number_key unique (org_id, scenario_id, version),
  constraint scenario_version_scenario_fkey foreign key (org_id, scenario_id)
    references scenario (org_id, id) on delete cascade
);

create table call (
  org_id uuid not null,
  -- Made by time: later calls have greater ids, so a list by id is a list by age.
  id uuid not null,
  user_id uuid not null,
  scenario_id text not null,
  scenario_title text not null,
  -- The version of the scenario that was called: of its file, or of the org's own.
  scenario_hash text not null,
  scenario_version_id uuid,
  channel text not null,
  status text not null,
  created_at timestamptz not null default now(),
  connected_at timestamptz,
  ended_at timestamptz,
  duration_ms bigint,
  end_reason text,
  -- Which engines served it: {"stt": ..., "llm": ..., "tts": ...}.
  served_by jsonb,
  prompt_hash text,
  kpi_version text,
  node_id uuid,
  constraint call_pkey primary key (org_id, id),
  constraint call_user_fkey foreign key (org_id, user_id) references app_user (org_id, id),
  constraint call_scenario_version_fkey foreign key (org_id, scenario_version_id)
    references scenario_version (org_id, id),
  constraint call_channel check (channel in ('voice', 'chat')),
  constraint call_status
    check (status in ('waiting', 'live', 'sealing', 'completed', 'failed', 'never_connected')),
  constraint call_duration check (duration_ms >= 0)
);
create index call_user_idx on call (org_id, user_id, id desc);
create index call_status_idx on call (org_id, status, id desc);
create index call_scenario_idx on call (org_id, scenario_id, id desc);

-- The status as it is told: a call waits for as long as its token opens it, ten minutes, and nobody
-- needs to note that it waits no more.
create function call_status(status text, created_at timestamptz) returns text
language sql stable parallel safe
return case
  when status = 'waiting' and created_at < now() - interval '10 minutes' then 'never_connected'
  else status
end;
grant execute on function call_status(text, timestamptz) to ringcraft_app;

-- The log as it grows: lines of JSON, one entry each.
create table call_log (
  org_id uuid not null,
  call_id uuid not null,
  first_line integer not null,
  line_count integer not null,
  lines text not null,
  constraint call_log_pkey primary key (org_id, call_id, first_line),
  constraint call_log_call_fkey foreign key (org_id, call_id)
    references call (org_id, id) on delete cascade,
  constraint call_log_lines check (first_line >= 0 and line_count > 0)
);

create table utterance (
  org_id uuid not null,
  call_id uuid not null,
  -- 1 is what was recognised live; a later pass over the recording makes the next.
  transcript_version integer not null,
  seq integer not null,
  speaker text not null,
  start_ms bigint not null,
  end_ms bigint not null,
  text text not null,
  interrupted boolean not null,
  constraint utterance_pkey primary key (org_id, call_id, transcript_version, seq),
  constraint utterance_call_fkey foreign key (org_id, call_id)
    references call (org_id, id) on delete cascade,
  constraint utterance_speaker check (speaker in ('rep', 'persona')),
  constraint utterance_times check (start_ms >= 0 and end_ms >= start_ms)
);

create table kpi_result (
  org_id uuid not null,
  call_id uuid not null,
  kpi_version text not null,
  transcript_version integer not null,
  result jsonb not null,
  computed_at timestamptz not null default now(),
  constraint kpi_result_pkey primary key (org_id, call_id, kpi_version, transcript_version),
  constraint kpi_result_call_fkey foreign key (org_id, call_id)
    references call (org_id, id) on delete cascade
);

create table recording (
  org_id uuid not null,
  call_id uuid not null,
  -- Where its objects are in the bucket, with a slash at the end.
  object_prefix text not null,
  duration_ms bigint not null,
  sealed_at timestamptz not null default now(),
  constraint recording_pkey primary key (org_id, call_id),
  constraint recording_call_fkey foreign key (org_id, call_id)
    references call (org_id, id) on delete cascade
);

create table score (
  org_id uuid not null,
  id uuid not null,
  call_id uuid not null,
  rubric_version text not null,
  judged_by text not null,
  total integer not null,
  result jsonb not null,
  created_at timestamptz not null default now(),
  constraint score_pkey primary key (org_id, id),
  constraint score_total check (total between 0 and 100),
  constraint score_call_fkey foreign key (org_id, call_id)
    references call (org_id, id) on delete cascade
);
create index score_call_idx on score (org_id, call_id);

create table feedback (
  org_id uuid not null,
  id uuid not null,
  call_id uuid not null,
  author_user_id uuid,
  body text not null,
  created_at timestamptz not null default now(),
  constraint feedback_pkey primary key (org_id, id),
  constraint feedback_call_fkey foreign key (org_id, call_id)
    references call (org_id, id) on delete cascade,
  constraint feedback_author_fkey foreign key (org_id, author_user_id)
    references app_user (org_id, id)
);
create index feedback_call_idx on feedback (org_id, call_id);

-- Every exchange with a model, without its text: that is in the call's log.
create table ai_exchange (
  org_id uuid not null,
  id uuid not null,
  call_id uuid not null,
  at timestamptz not null default now(),
  purpose text not null,
  model text not null,
  prompt_hash text not null,
  input_tokens integer,
  cached_tokens integer,
  output_tokens integer,
  latency_ms integer,
  outcome text not null,
  constraint ai_exchange_pkey primary key (org_id, id),
  constraint ai_exchange_call_fkey foreign key (org_id, call_id)
    references call (org_id, id) on delete cascade
);
create index ai_exchange_call_idx on ai_exchange (org_id, call_id);

create table webhook_endpoint (
  org_id uuid not null,
  id uuid not null,
  url text not null,
  -- Encrypted with the server's secret.
  secret bytea not null,
  events text[] not null,
  disabled_at timestamptz,
  created_at timestamptz not null default now(),
  constraint webhook_endpoint_pkey primary key (org_id, id),
  constraint webhook_endpoint_org_fkey foreign key (org_id) references org (id) on delete cascade
);

create table webhook_delivery (
  org_id uuid not null,
  id uuid not null,
  endpoint_id uuid not null,
  event text not null,
  payload jsonb not null,
  attempts integer not null default 0,
  last_status integer,
  created_at timestamptz not null default now(),
  delivered_at timestamptz,
  constraint webhook_delivery_pkey primary key (org_id, id),
  constraint webhook_delivery_endpoint_fkey foreign key (org_id, endpoint_id)
    references webhook_endpoint (org_id, id) on delete cascade
);
create index webhook_delivery_endpoint_idx on webhook_delivery (org_id, endpoint_id, id desc);

-- Of the platform, not of an org: the servers, and who failed to sign in.
create table node (
  id uuid not null,
  url text not null,
  started_at timestamptz not null default now(),
  heartbeat_at timestamptz not null default now(),
  free_slots integer not null,
  constraint node_pkey primary key (id)
);

create table login_failure (
  -- SHA-256 of the address in lower case, known or not, so that a lock tells nothing of accounts.
  email_hash bytea not null,
  failures integer not null,
  last_at timestamptz not null,
  locked_until timestamptz,
  constraint login_failure_pkey primary key (email_hash)
);
