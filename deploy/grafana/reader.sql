-- The login of Grafana: a member of dashboard_reader, who may read the views and nothing else. A member does not inherit
-- the settings of its role, so they are said again. Run by psql with -v password=…, as often as one likes.
do $$ begin
  if not exists (select from pg_roles where rolname = 'peduli_grafana') then
    create role peduli_grafana login in role dashboard_reader connection limit 10;
  end if;
end $$;
alter role peduli_grafana set statement_timeout = '5s';
alter role peduli_grafana set default_transaction_read_only = on;
alter role peduli_grafana password :'password';
