/**
 * Movements and facts as one transaction an order writes them: at its end, because a lane's row is locked for them.
 *
 * Law: I7, one fact a change; a lane's seq moves with its facts, under its lock until COMMIT, which keeps them without a
 * gap and in the order of their versions.
 */
import type { OrderId, ProductId } from "../../../domain/ids.ts"
import * as Lane from "../../../domain/lane.ts"
import type { Order, Event as OrderEvent } from "../../../domain/order.ts"
import * as Facts from "../../../ports/facts.ts"
import type { ProductEdit } from "../../../ports/ledger.ts"
import { plain, text, uuids } from "../batch-columns.ts"
import type { Move, Moved } from "./guard.ts"
import { type Statement, say, time } from "./transaction.ts"

/** What happened, in order: stock first, then its order. */
export interface History {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly orderId: OrderId | null
  readonly stock: ReadonlyArray<Pick<Move, "productId" | "event"> & { readonly after: Moved }>
  readonly order: { readonly event: OrderEvent; readonly after: Order } | null
  readonly edit?: Pick<ProductEdit, "before" | "after">
}

const MOVEMENTS = `insert into movements
  select w.product, w.version, w.type, w.on_hand_delta, w.reserved_delta, w.on_hand, w.reserved, $1::uuid, w.reason, ${time("$2")}
  from unnest($3::uuid[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[])
    w (product, version, type, on_hand_delta, reserved_delta, on_hand, reserved, reason)`

const movements = ({ at, orderId, stock }: History): Statement =>
  say(
    MOVEMENTS,
    orderId,
    String(at),
    uuids(stock, (each) => each.productId),
    plain(stock, ({ after }) => after.version),
    text(stock, ({ event }) => event.type),
    plain(stock, ({ event }) => event.onHand),
    plain(stock, ({ event }) => event.reserved),
    plain(stock, ({ after }) => after.onHand),
    plain(stock, ({ after }) => after.reserved),
    text(stock, ({ event }) => event.reason),
  )

const LOCK_LANES = "select from lanes where lane = any ($1::smallint[]) order by lane for update"

const FACTS = `with moved as (
    update lanes l set seq = l.seq + w.count from unnest($2::smallint[], $3::bigint[]) w (lane, count)
    where l.lane = w.lane returning l.lane, l.seq - w.count as since)
  insert into outbox
  select f.lane, m.since + f.nth, f.event, f.kind, f.subject, f.version, f.type, f.payload, ${time("$1")}
  from unnest($4::smallint[], $5::bigint[], $6::uuid[], $7::text[], $8::uuid[], $9::bigint[], $10::text[], $11::text[])
    f (lane, nth, event, kind, subject, version, type, payload)
  join moved m on m.lane = f.lane`

const factOf = (kind: string, subject: ProductId | OrderId, version: number, type: string, payload: string) => ({
  kind,
  subject: subject as string,
  lane: Lane.of(subject),
  version,
  type,
  payload,
})

const factsOf = ({ edit, order, orderId, stock }: History) => [
  ...stock.map(({ after, event, productId }) =>
    factOf(
      "stock",
      productId,
      after.version,
      Facts.stockType(event),
      Facts.stockPayload(productId, event, after, orderId),
    ),
  ),
  ...(edit === undefined ? [] : [edited(edit)]),
  ...(order === null ? [] : [moved(order)]),
]

const edited = ({ after, before }: NonNullable<History["edit"]>) =>
  factOf("product", after.id, after.version, Facts.PRODUCT_EDITED, Facts.productPayload(before, after))

const moved = ({ after, event }: NonNullable<History["order"]>) =>
  factOf("order", after.id, after.version, Facts.orderType(event), Facts.orderPayload(after))

/** Movements and facts of what happened. */
export const record = (history: History, nextId: () => string): ReadonlyArray<Statement> => {
  const counts = new Map<Lane.Lane, number>()
  const facts = factsOf(history).map((fact) => {
    const nth = (counts.get(fact.lane) ?? 0) + 1
    counts.set(fact.lane, nth)
    return { ...fact, nth }
  })
  const lanes = [...counts].sort(([a], [b]) => a - b)
  const laneIds = plain(lanes, ([lane]) => lane)
  const insert = say(
    FACTS,
    String(history.at),
    laneIds,
    plain(lanes, ([, count]) => count),
    plain(facts, (fact) => fact.lane),
    plain(facts, (fact) => fact.nth),
    uuids(facts, nextId),
    text(facts, (fact) => fact.kind),
    uuids(facts, (fact) => fact.subject),
    plain(facts, (fact) => fact.version),
    text(facts, (fact) => fact.type),
    text(facts, (fact) => fact.payload),
  )
  return [
    ...(history.stock.length === 0 ? [] : [movements(history)]),
    ...(lanes.length === 1 ? [] : [say(LOCK_LANES, laneIds)]),
    insert,
  ]
}
