-- Removes the jobs that one node alone could do: it is gone for good, and its disk with it.
create function queue_forget_node(node_id uuid) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  gone bigint;
begin
  delete from graphile_worker._private_jobs j where j.flags ? ('node:' || node_id);
  get diagnostics gone = row_count;
  return gone;
end
$$;

grant create on schema public to ringcraft_jobs;
alter function queue_forget_node(uuid) owner to ringcraft_jobs;
revoke create on schema public from ringcraft_jobs;
revoke all on function queue_forget_node(uuid) from public;
grant execute on function queue_forget_node(uuid) to ringcraft_app;
