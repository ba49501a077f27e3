-- Imports that are received, applied, or ended not long ago. `rows` counts what was received.
create table imports (
  id              uuid     primary key,
  key             text     collate "C" not null unique,
  mode            text     not null check (mode in ('delta', 'absolute')),
  dry_run         boolean  not null,
  state           text     not null check (state in ('receiving', 'waiting', 'running', 'finished', 'failed')),
  fingerprint     uuid,
  runner          uuid,
  leased_until_ms bigint   not null,
  rows            bigint   not null default 0,
  applied         bigint   not null default 0,
  failed          bigint   not null default 0,
  skipped         bigint   not null default 0,
  received_at_ms  bigint   not null,
  started_at_ms   bigint,
  finished_at_ms  bigint,
  error           text
) with (fillfactor = 50);
create index imports_open on imports (received_at_ms) where state in ('receiving', 'waiting', 'running');
create index imports_ended on imports (finished_at_ms) where finished_at_ms is not null;
-- One at a time in the shop: of two that are claimed at once, the second claim fails.
create unique index imports_running on imports ((true)) where state = 'running';

-- Some hundred rows each, as JSON: an import of a million rows is some thousand of these. What became of them is written once.
create table import_parts (
  import_id uuid    not null,
  part      integer not null,
  last_line integer not null,
  amount    integer not null,
  content   text    not null,
  outcomes  text,
  applied   integer not null default 0,
  failed    integer not null default 0,
  skipped   integer not null default 0,
  failures  text,
  primary key (import_id, part)
);
create index import_parts_to_do on import_parts (import_id, part) where outcomes is null;
create index import_parts_by_line on import_parts (import_id, last_line);
create index import_parts_failed on import_parts (import_id, last_line) where failed > 0;

-- Counts that were applied, for as long as they say something about others (docs/decisions/0044).
create table stock_counts (
  product_id uuid    not null,
  import_id  uuid    not null,
  line       integer not null,
  counted_at bigint  not null,
  version    bigint  not null,
  delta      bigint  not null,
  primary key (product_id, import_id, line)
);
