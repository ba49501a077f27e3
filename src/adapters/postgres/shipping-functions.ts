/**
 * The functions that write shipments, and claim their parcels.
 *
 * Law: a shipment, what its timeline says of it and the callback that led to it are one transaction, and only where the
 * shipment still has the version it was decided on. It is locked first: of two writers the second finds it changed, and its
 * callback is not known afterwards, so that it may come again. It is written at the place where it was locked: a change is always a
 * version. A parcel belongs to the order that claimed it first.
 * Limits: callbacks and parcels are kept, a row of 100 bytes each. The indexes are as long as what is still to be shipped.
 */
import { inner } from "./inner.ts"
import { sqlFunction } from "./sql-function.ts"

const ms = (value: string) => `to_timestamp(${value} / 1000)`

/**
 * p_changes: [{orderId, state, attempts, firstAttemptAt, nextAttemptAt, trackingId, reason, version, callback, what}], one an
 * order; p_entries: [{orderId, id, type, version, at, detail}]. Returns the orders whose change was written.
 */
export const SAVE_SHIPMENTS = sqlFunction(
  "jaego_save_shipments",
  `(p_changes json, p_entries json)
returns setof uuid language sql set enable_seqscan = off set jit = off as $$
  with changes as materialized (
    select * from json_to_recordset(p_changes) c ("orderId" uuid, state text, attempts int, "firstAttemptAt" float8,
      "nextAttemptAt" float8, "trackingId" text, reason text, version bigint, callback text, what text)
  ), locked as materialized (
    select c.*, s.place from (select * from changes order by "orderId" offset 0) c, ${inner(
      `select k.ctid as place from shipments k where k.order_id = c."orderId" and k.version = c.version for update`,
    )} s
  ), heard as (
    insert into carrier_callbacks (order_id, id, what)
      select l."orderId", l.callback, l.what from locked l where l.callback is not null
      on conflict do nothing returning order_id
  ), saved as (
    update shipments s set state = l.state, attempts = l.attempts, first_attempt_at = ${ms('l."firstAttemptAt"')},
      next_attempt_at = ${ms('l."nextAttemptAt"')}, tracking_id = l."trackingId", reason = l.reason, version = l.version + 1
    from locked l
    where s.ctid = l.place and (l.callback is null or exists (
      select from heard h where h.order_id = l."orderId"))
    returning s.order_id
  ), noted as (
    insert into timeline (order_id, id, type, version, at, detail)
      select e."orderId", e.id, e.type, e.version, ${ms("e.at")}, e.detail
      from json_to_recordset(p_entries)
        e ("orderId" uuid, id uuid, type text, version bigint, at float8, detail text)
      join saved s on s.order_id = e."orderId"
      on conflict do nothing
  )
  select order_id from saved
$$`,
)

/**
 * p_claims: [{n, orderId, trackingId}]. Returns the n of those whose parcel is their order's, now or before. Of a claim that
 * another session makes in this moment it is not known: it is not among them, and may come again.
 */
export const CLAIM_PARCELS = sqlFunction(
  "jaego_claim_parcels",
  `(p_claims json)
returns setof int language sql set enable_seqscan = off set jit = off as $$
  with claims as materialized (
    select * from json_to_recordset(p_claims) c (n int, "orderId" uuid, "trackingId" text)
  ), claimed as (
    insert into carrier_parcels (tracking_id, order_id)
      select distinct on (c."trackingId") c."trackingId", c."orderId" from claims c order by c."trackingId", c.n
      on conflict do nothing returning tracking_id, order_id
  )
  select c.n from claims c where exists (
    select from claimed p where p.tracking_id = c."trackingId" and p.order_id = c."orderId"
    union all
    select from carrier_parcels p where p.tracking_id = c."trackingId" and p.order_id = c."orderId")
$$`,
)

export const ALL = [SAVE_SHIPMENTS, CLAIM_PARCELS]
