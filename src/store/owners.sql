-- The functions that run with more rights than their caller run with those of ringcraft_lookup and
-- ringcraft_jobs, and with nobody else's. Said after every migration, because a restored database
-- has the owner that restored it.
do $$
declare
  found record;
begin
  for found in
    select p.oid::regprocedure::text as signature, wanted.owner
    from pg_proc p
    cross join lateral (
      select case when p.proname like 'queue\_%' then 'ringcraft_jobs' else 'ringcraft_lookup' end
    ) wanted (owner)
    where p.pronamespace = 'public'::regnamespace and p.prosecdef
      and (p.proname like 'queue\_%' or p.proname like 'platform\_%')
      and p.proowner <> wanted.owner::regrole
  loop
    execute format('grant create on schema public to %I', found.owner);
    execute format('alter function %s owner to %I', found.signature, found.owner);
    execute format('revoke create on schema public from %I', found.owner);
  end loop;
end
$$;
