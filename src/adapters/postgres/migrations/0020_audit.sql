-- How far the audit has come, as JSON (adapters/postgres/audit), and which process audits. What was there before is for `verify`.
create table audit (
  one       boolean primary key default true check (one),
  holder    uuid,
  looked_at timestamptz not null default now(),
  state     jsonb not null
) with (fillfactor = 20);

insert into audit (state)
  select jsonb_build_object('seqs', s.seqs, 'marks', jsonb_build_array(s.seqs, s.seqs), 'from', n.id, 'to', n.id, 'newest', n.id)
  from (select jsonb_agg(seq order by lane) as seqs from lanes) s,
    (select greatest('00000000-0000-0000-0000-000000000000', (select id from orders order by id desc limit 1),
      (select order_id from holds order by order_id desc limit 1)) as id) n;
