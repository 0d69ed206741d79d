-- Failures to sign in are forgotten after a day, by age.
create index login_failure_last_at_idx on login_failure (last_at);
