-- Jobs. The queue's own tables are those of graphile_worker, in a schema of that name; its own
-- migrations make them, after these. The worker runs as ringcraft_jobs, which reaches that schema and
-- nothing else. The server adds and shows jobs through the functions below: in PL/pgSQL, which looks
-- for the tables when it is called and not before.

-- Called by the owner once the queue's tables are there, and after each change of them.
create function queue_grant() returns void
language plpgsql set search_path = ''
as $$
declare
  name text;
begin
  grant usage on schema graphile_worker to ringcraft_jobs;
  grant select, insert, update, delete on all tables in schema graphile_worker to ringcraft_jobs;
  -- They come with row security and without a policy, which hides them from all but their owner.
  for name in
    select c.relname from pg_catalog.pg_class c
    where c.relnamespace = 'graphile_worker'::regnamespace and c.relkind in ('r', 'p')
      and c.relrowsecurity
      and not exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid)
  loop
    execute format('create policy jobs_all on graphile_worker.%I to ringcraft_jobs using (true)', name);
  end loop;
end
$$;
revoke all on function queue_grant() from public;

-- Adds a job for a call of the org that the transaction is about. One that waits already begins
-- anew; a dead one of the same key goes. A job with a node runs there and nowhere else.
create function queue_add(task text, call_id uuid, node_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  org_id uuid := nullif(current_setting('app.org_id', true), '')::uuid;
  job_key text := task || ':' || call_id;
begin
  if org_id is null or current_setting('app.role', true) is distinct from 'system' then
    raise insufficient_privilege using message = 'jobs are added by the server, for an org';
  end if;
  delete from graphile_worker._private_jobs j
  where j.locked_at is null and (
    (j.key = job_key and j.attempts >= j.max_attempts)
    or exists (select from graphile_worker._private_job_retirements r where r.id = j.id)
  );
  perform graphile_worker.add_job(
    task, json_build_object('org', org_id, 'call', call_id), job_key => job_key,
    flags => case when node_id is not null then array['node:' || node_id] end
  );
end
$$;

-- The jobs that the asker may know of: those of their org for its admins, all for superadmins.
create function queue_jobs(wanted_id bigint, wanted_state text, most integer)
returns table (
  id bigint, org_id uuid, call_id uuid, task text, state text, attempts integer,
  max_attempts integer, last_error text, run_at timestamptz, created_at timestamptz
)
language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
  select * from (
    select j.id, (j.payload ->> 'org')::uuid as org_id, (j.payload ->> 'call')::uuid as call_id,
      t.identifier as task,
      case
        when j.locked_at is not null then 'running'
        when j.attempts >= j.max_attempts then 'failed'
        else 'waiting'
      end as state,
      j.attempts::integer, j.max_attempts::integer, j.last_error, j.run_at, j.created_at
    from graphile_worker._private_jobs j
    join graphile_worker._private_tasks t on t.id = j.task_id
    where not exists (select from graphile_worker._private_job_retirements r where r.id = j.id)
  ) as job
  where (
      current_setting('app.role', true) = 'superadmin'
      or (
        current_setting('app.role', true) in ('admin', 'system')
        and job.org_id = nullif(current_setting('app.org_id', true), '')::uuid
      )
    )
    and (wanted_id is null or job.id = wanted_id)
    and (wanted_state is null or job.state = wanted_state)
  order by job.id desc limit most;
end
$$;

-- Has a job that does not run begin anew, now; one that the asker may not know of is left alone.
create function queue_retry(wanted_id bigint) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform graphile_worker.reschedule_jobs(array[j.id], now(), attempts => 0)
  from graphile_worker._private_jobs j
  where j.id = wanted_id and j.locked_at is null
    and not exists (select from graphile_worker._private_job_retirements r where r.id = j.id)
    and (
      current_setting('app.role', true) = 'superadmin'
      or (
        current_setting('app.role', true) = 'admin'
        and (j.payload ->> 'org')::uuid = nullif(current_setting('app.org_id', true), '')::uuid
      )
    );
  perform pg_notify('jobs:insert', '{}');
end
$$;

-- Frees what a node's worker held when the node died. Called when the node starts, so none works.
create function queue_take_up(node_id uuid) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  dead text[] := array(
    select distinct j.locked_by from graphile_worker._private_jobs j
    where j.locked_by is not null and j.flags ? ('node:' || node_id)
  );
begin
  perform graphile_worker.delete_stale_workers(dead);
  return graphile_worker.recover_dead_worker_jobs(dead);
end
$$;

-- Jobs that a node could begin now, or has begun and alone can end.
create function queue_due(node_id uuid) returns bigint
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select count(*) from graphile_worker._private_jobs j
    where (j.is_available and j.run_at <= now() and (j.flags is null or j.flags ? ('node:' || node_id)))
      or (j.locked_at is not null and j.flags ? ('node:' || node_id))
  );
end
$$;

create function queue_counts(out waiting bigint, out running bigint, out failed bigint)
language plpgsql stable security definer set search_path = ''
as $$
begin
  select count(*) filter (where j.is_available), count(*) filter (where j.locked_at is not null),
    count(*) filter (where j.locked_at is null and not j.is_available)
  into waiting, running, failed
  from graphile_worker._private_jobs j
  where not exists (select from graphile_worker._private_job_retirements r where r.id = j.id);
end
$$;

do $$
declare
  signature text;
begin
  for signature in
    select p.oid::regprocedure::text from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.prosecdef and p.proname like 'queue\_%'
  loop
    execute format('revoke all on function %s from public', signature);
    execute format('grant execute on function %s to ringcraft_app', signature);
  end loop;
end
$$;
