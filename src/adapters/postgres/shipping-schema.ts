/**
 * The shipments' tables, and the function that writes them.
 *
 * Law: a shipment, what its timeline says of it and the callback that led to it are one transaction, and only where the
 * shipment still has the version it was decided on. It is locked first: of two who write the second finds it changed, and
 * its callback is not known afterwards, so that it may come again.
 * Limits: callbacks are kept, one row of 100 bytes each. The index is as long as what is still to be shipped.
 */

const ms = (value: string) => `to_timestamp(${value} / 1000)`

const TABLES = [
  // Opened by the consumer of paid orders, which gives the order and the time alone.
  `create table shipments (
    order_id         uuid primary key,
    state            text not null default 'open'
      check (state in ('open', 'withdrawn', 'shipped', 'delivered', 'cancelled', 'stray')),
    attempts         int not null default 0,
    first_attempt_at timestamptz(3),
    next_attempt_at  timestamptz(3),
    tracking_id      text,
    reason           text,
    version          bigint not null default 1
  ) with (fillfactor = 80)`,
  "create index shipments_due on shipments (next_attempt_at) where next_attempt_at is not null",
  `create table carrier_callbacks (
    id          text collate "C" primary key,
    order_id    uuid not null,
    received_at timestamptz(3) not null default now()
  )`,
]

/**
 * p_changes: [{orderId, state, attempts, firstAttemptAt, nextAttemptAt, trackingId, reason, version, callback}], one an
 * order; p_entries: [{orderId, id, type, version, at, detail}]. Returns the orders whose change was written.
 */
const SAVE = `
create function jaego_save_shipments(p_changes json, p_entries json)
returns setof uuid language sql set enable_seqscan = off set jit = off as $$
  with changes as materialized (
    select * from json_to_recordset(p_changes) c ("orderId" uuid, state text, attempts int, "firstAttemptAt" float8,
      "nextAttemptAt" float8, "trackingId" text, reason text, version bigint, callback text)
  ), locked as materialized (
    select c.* from changes c join shipments s on s.order_id = c."orderId" and s.version = c.version
    order by c."orderId" for update of s
  ), heard as (
    insert into carrier_callbacks (id, order_id)
      select l.callback, l."orderId" from locked l where l.callback is not null
      on conflict do nothing returning order_id
  ), saved as (
    update shipments s set state = l.state, attempts = l.attempts, first_attempt_at = ${ms('l."firstAttemptAt"')},
      next_attempt_at = ${ms('l."nextAttemptAt"')}, tracking_id = l."trackingId", reason = l.reason, version = l.version + 1
    from locked l
    where s.order_id = l."orderId" and (l.callback is null or exists (
      select from heard h where h.order_id = l."orderId"))
    returning s.order_id
  ), told as (
    insert into timeline (order_id, id, type, version, at, detail)
      select e."orderId", e.id, e.type, e.version, ${ms("e.at")}, e.detail
      from json_to_recordset(p_entries)
        e ("orderId" uuid, id uuid, type text, version bigint, at float8, detail text)
      join saved s on s.order_id = e."orderId"
      on conflict do nothing
  )
  select order_id from saved
$$`

export const SHIPPING_SCHEMA: ReadonlyArray<string> = [...TABLES, SAVE]
