import { randomUUID } from "node:crypto"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { beforeAll, describe, expect, it } from "vitest"
import * as Verdict from "../../src/adapters/cli/verdict.ts"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import * as Verification from "../../src/adapters/postgres/verification/verify.ts"
import { bareDatabase, copyOf, freshDatabase } from "../support/postgres.ts"
import { type SmallShop, sell } from "./small-shop.ts"

const on = <A, E>(url: string, effect: Effect.Effect<A, E, PgClient.PgClient>) =>
  Effect.runPromise(Effect.provide(effect, PostgresClient.layer(url)))

const run = (url: string, statements: ReadonlyArray<string>) =>
  on(
    url,
    Effect.flatMap(PgClient.PgClient, (sql) =>
      Effect.forEach(statements, (statement) => sql.unsafe(statement).unprepared, { discard: true }),
    ),
  )

const verify = (url: string) => on(url, Verification.verify)

const brokenIn = (report: Verification.Report) => report.checks.filter((check) => check.violations > 0)

interface Corruption {
  readonly check: string
  /** Laws do not stand alone: other checks that must see this as well. */
  readonly also?: ReadonlyArray<string>
  readonly what: string
  readonly sql: (shop: SmallShop) => ReadonlyArray<string>
  /** What the one offending row must say. */
  readonly row: (shop: SmallShop) => Record<string, unknown>
  /** Offending rows, one unless given. */
  readonly violations?: number
}

const SUM = "a product's movements sum to its stock"
const ADD = "a product's movements add up"
const FACT = "every change has exactly one fact in the outbox"
const HELD = "reserved units are exactly the units held"
const ENDS = "a hold begins once and ends at most once"
const KEY = "every order has its key"
const ANSWER = "a key's order exists and can have been answered so"
const VERSION = "a product's versions are contiguous from 1, and ended one after another"
const PRICE =
  "a line bears the price of the version by which its units were reserved, and none was reserved of an archived one"
const GAP = "a lane's facts are numbered without a gap up to its seq"
const PUBLISHED = "no lane has published more than happened, and nothing has gone that was not published"
const EFFECT = "a key that created a product or moved stock did so, and did so alone"

const GIVEN = "what is shipped was given to the carrier"

const OWED = "what was taken and not given back is what the order's state says is owed"

const NOWHERE = "00000000-0000-4000-8000-000000000000"
const OTHERS = "a timeline has the facts that the outbox has"
const LINKS = "a lane's links begin at its beginning, and none beyond its seq"
const HAPPENED = "what a consumer has handled has happened"

const ENTERED_ONCE = "a timeline has each version of its order once, and none that did not come about"

/** A change of an order that has come back from the stream. */
const entryOf = (orderId: string, version: number): string =>
  `insert into timeline select '${orderId}', coalesce((select event_id from outbox where subject = '${orderId}'
    and subject_version = ${version}), gen_random_uuid()), 'entryOf', ${version}, now(), null`

const laneOf = (id: string) => `(get_byte(uuid_send('${id}'::uuid), 15) & 63)`

/** The one fact of a product goes with a partition that ended then. */
const gone = (subject: string, until: string): ReadonlyArray<string> => [
  `insert into outbox_dropped select 'outbox_old', '${until}', lane, 1 from outbox where subject = '${subject}'`,
  `delete from outbox where subject = '${subject}'`,
]

const CORRUPTIONS: ReadonlyArray<Corruption> = [
  {
    check: "no stock is negative or oversold",
    also: [SUM, HELD],
    what: "more reserved than is there",
    sql: ({ idle }) => [
      "alter table stock drop constraint never_oversold",
      `update stock set reserved = 11 where product_id = '${idle}'`,
    ],
    row: ({ idle }) => ({ product_id: idle, on_hand: 10, reserved: 11 }),
  },
  {
    check: "no movement left stock negative or oversold",
    also: [ADD],
    what: "a moment of it in the past",
    sql: ({ idle }) => [`update movements set reserved = -1 where product_id = '${idle}'`],
    row: ({ idle }) => ({ product_id: idle, version: 1, reserved: -1 }),
  },
  {
    check: "a product's versions are contiguous from 1",
    also: [ADD, SUM, FACT, EFFECT],
    what: "a movement is missing",
    sql: ({ bread }) => [`delete from movements where product_id = '${bread}' and version = 2`],
    row: ({ bread }) => ({ product_id: bread, version: 3, previous: 1 }),
  },
  {
    check: "a product's stock stands at its last version",
    what: "a version too many",
    sql: ({ bread }) => [`update stock set version = version + 1 where product_id = '${bread}'`],
    row: ({ bread }) => ({ product_id: bread }),
  },
  {
    check: "everything lies in the lane of its id",
    what: "a product that is owned elsewhere",
    sql: ({ bread }) => [`update products set lane = (lane + 1) % 64 where id = '${bread}'`],
    row: ({ bread }) => ({ kind: "product", id: bread }),
  },
  {
    check: "every product has its stock",
    also: ["a product's stock stands at its last version"],
    what: "stock that is gone",
    sql: ({ idle }) => [`delete from stock where product_id = '${idle}'`],
    row: ({ idle }) => ({ product_id: idle, without_stock: true }),
  },
  {
    check: "every product has its stock",
    also: ["a product's stock stands at its last version", SUM],
    what: "stock of no product",
    sql: () => [`insert into stock values ('${NOWHERE}', 0, 0, 1)`],
    row: () => ({ product_id: NOWHERE, without_product: true }),
  },
  {
    check: ADD,
    what: "a running sum that is wrong",
    sql: ({ idle }) => [`update movements set on_hand = on_hand + 1 where product_id = '${idle}'`],
    row: ({ idle }) => ({ product_id: idle, version: 1, on_hand: 11 }),
  },
  {
    check: SUM,
    what: "a unit out of nowhere",
    sql: ({ bread }) => [`update stock set on_hand = on_hand + 1 where product_id = '${bread}'`],
    row: ({ bread }) => ({ product_id: bread }),
  },
  {
    check: FACT,
    what: "a fact published twice",
    sql: ({ idle }) => [
      `update lanes set seq = seq + 1 where lane = ${laneOf(idle)}`,
      `insert into outbox select lane, (select seq from lanes l where l.lane = o.lane), gen_random_uuid(), subject_kind,
        subject, subject_version, type, payload, occurred_at from outbox o where subject = '${idle}'`,
    ],
    row: ({ idle }) => ({ kind: "stock", subject: idle, version: 1, changed: true, facts: 2 }),
  },
  {
    check: FACT,
    what: "a fact kept back",
    also: [GAP],
    sql: ({ open }) => [`delete from outbox where subject = '${open}'`],
    row: ({ open }) => ({ kind: "order", subject: open, version: 1, facts: 0 }),
  },
  {
    check: FACT,
    what: "a fact published twice in place of another",
    sql: ({ paid }) => [`update outbox set subject_version = 1 where subject = '${paid}' and subject_version = 2`],
    row: ({ paid }) => ({ kind: "order", subject: paid, version: 1, changed: true, facts: 2 }),
    violations: 2,
  },
  {
    check: FACT,
    what: "an old order some of whose facts have gone, and one too many",
    sql: ({ paid }) => [
      `insert into outbox_dropped select 'outbox_old', '2000-01-01', lane, 1 from outbox where subject = '${paid}' and subject_version = 1`,
      `delete from outbox where subject = '${paid}' and subject_version = 1`,
      "update relay_cursors c set seq = l.seq from lanes l where l.lane = c.lane",
      `update orders set created_at = '1999-01-01' where id = '${paid}'`,
      `update outbox set subject_version = 3 where subject = '${paid}'`,
    ],
    row: ({ paid }) => ({ kind: "order", subject: paid, version: 3, changed: false, facts: 1 }),
  },
  {
    check: FACT,
    what: "a fact of nothing",
    sql: ({ idle }) => [
      `update lanes set seq = seq + 1 where lane = ${laneOf(idle)}`,
      `insert into outbox select lane, (select seq from lanes l where l.lane = o.lane), gen_random_uuid(), subject_kind,
        subject, 2, type, payload, occurred_at from outbox o where subject = '${idle}'`,
    ],
    row: ({ idle }) => ({ subject: idle, version: 2, changed: false, facts: 1 }),
  },
  {
    check: FACT,
    what: "a fact that is said to have gone with a partition older than itself",
    sql: ({ idle }) => [
      ...gone(idle, "2000-01-01"),
      `update relay_cursors c set seq = l.seq from lanes l where l.lane = c.lane`,
    ],
    row: ({ idle }) => ({ kind: "stock", subject: idle, version: 1, facts: 0 }),
  },
  {
    check: PUBLISHED,
    what: "a fact that has gone and was never published",
    sql: ({ idle }) => [...gone(idle, "2100-01-01"), "update relay_cursors set seq = 0"],
    row: () => ({ published: 0, gone: 1 }),
  },
  {
    check: PUBLISHED,
    what: "a cursor ahead of its lane",
    sql: ({ idle }) => [
      `update relay_cursors c set seq = l.seq + 1 from lanes l where l.lane = c.lane and l.lane = ${laneOf(idle)}`,
    ],
    row: () => ({ gone: 0 }),
  },
  {
    check: GAP,
    what: "a seq that ran ahead of its facts",
    sql: ({ bread }) => [`update lanes set seq = seq + 1 where lane = ${laneOf(bread)}`],
    row: () => ({ first: 1 }),
  },
  {
    check: "a subject's facts stand in the order of its versions",
    what: "two facts the wrong way round",
    sql: ({ bread }) => [
      `update outbox set seq = -seq where subject = '${bread}' and subject_version in (1, 2)`,
      `update outbox o set seq = (
        select -x.seq from outbox x where x.subject = o.subject and x.subject_version = 3 - o.subject_version)
        where subject = '${bread}' and subject_version in (1, 2)`,
    ],
    row: ({ bread }) => ({ subject: bread, version: 1, previous: 2 }),
  },
  {
    check: "a stock fact says what its movement says",
    what: "a fact of another kind",
    sql: ({ idle }) => [`update outbox set type = 'jaego.stock.received.v1' where subject = '${idle}'`],
    row: ({ idle }) => ({ subject: idle, fact: "jaego.stock.received.v1", movement: "created" }),
  },
  {
    check: "no two facts have one event id",
    what: "an event id used twice",
    sql: ({ idle, milk }) => [
      `update outbox set event_id = (select event_id from outbox where subject = '${idle}')
        where subject = '${milk}' and subject_version = 1`,
    ],
    row: () => ({ facts: 2 }),
  },
  {
    check: "no customer has more than a product's purchase limit, or the highest it ever had",
    what: "two tickets where one is allowed",
    sql: ({ ticket }) => [`update products set purchase_limit = 1 where id = '${ticket}'`],
    row: ({ ticket }) => ({ product_id: ticket, customer_id: "cid", units: 2, purchase_limit: 1 }),
  },
  {
    check: "the units counted for a purchase limit are those the customer has",
    what: "a unit counted that no order has",
    sql: ({ ticket }) => [`update customer_units set units = 1 where product_id = '${ticket}' and customer_id = 'dan'`],
    row: ({ ticket }) => ({ product_id: ticket, customer_id: "dan", held: 0, counted: 1 }),
  },
  {
    check: HELD,
    also: [SUM],
    what: "a unit reserved for no order",
    sql: ({ idle }) => [`update stock set reserved = 1 where product_id = '${idle}'`],
    row: ({ idle }) => ({ product_id: idle, reserved: 1, held: 0 }),
  },
  {
    check: "every hold has its order",
    what: "an order that is gone",
    also: [FACT, ANSWER],
    sql: ({ paid }) => [`delete from orders where id = '${paid}'`],
    row: ({ paid }) => ({ order_id: paid, state: "confirmed" }),
  },
  {
    check: "every hold has its order",
    what: "a hold of another customer",
    sql: ({ paid }) => [`update holds set customer_id = 'thief' where order_id = '${paid}'`],
    row: ({ paid }) => ({ order_id: paid }),
  },
  {
    check: "an order's total is the sum of its lines",
    what: "a cent too much",
    sql: ({ paid }) => [`update orders set total_amount = total_amount + 1 where id = '${paid}'`],
    row: ({ paid }) => ({ order_id: paid, total_amount: 251, lines: 250 }),
  },
  {
    check: "a line names a product, in its currency",
    what: "a product that is sold in another",
    sql: ({ milk }) => [`update products set price_currency = 'KRW' where id = '${milk}'`],
    row: ({ given, milk }) => ({ order_id: given, product_id: milk, currency: "EUR", price_currency: "KRW" }),
  },
  {
    check: VERSION,
    also: [FACT, PRICE],
    what: "a version that is missing",
    sql: ({ milk }) => [`delete from product_versions where product_id = '${milk}'`],
    row: ({ milk }) => ({ product_id: milk, version: 2, previous: 0 }),
  },
  {
    check: "a product and its stock agree on its version",
    what: "a stock that missed an edit",
    sql: ({ milk }) => [`update stock set product_version = 1 where product_id = '${milk}'`],
    row: ({ milk }) => ({ product_id: milk, version: 2, product_version: 1 }),
  },
  {
    check: PRICE,
    what: "a price that never was",
    sql: ({ milk }) => [`update product_versions set price_amount = 9 where product_id = '${milk}'`],
    row: ({ given, milk }) => ({ order_id: given, product_id: milk, unit_price: 250, version: 1, price: 9 }),
  },
  {
    check: PRICE,
    what: "an edit that came before the sale, and its price did not",
    sql: ({ milk }) => [`update product_versions set stock_version = 1 where product_id = '${milk}'`],
    row: ({ given, milk }) => ({ order_id: given, product_id: milk, unit_price: 250, version: 2, price: 300 }),
  },
  {
    check: PRICE,
    what: "an archived product that was sold",
    sql: ({ milk }) => [`update product_versions set archived = true where product_id = '${milk}'`],
    row: ({ given, milk }) => ({ order_id: given, product_id: milk, version: 1, archived: true }),
  },
  {
    check: "an edit's fact says what the version says",
    what: "another price was published",
    sql: ({ milk }) => [
      `update outbox set payload = replace(payload, '300', '301') where subject = '${milk}' and subject_kind = 'product'`,
    ],
    row: ({ milk }) => ({ product_id: milk, version: 2 }),
  },
  {
    check: "an order's movements are of its lines, by their units",
    also: [ENDS],
    what: "units that left for an unknown order",
    sql: ({ paid }) => [`update movements set order_id = null where order_id = '${paid}' and type = 'confirmed'`],
    row: ({ bread }) => ({ product_id: bread, type: "confirmed", order_id: null }),
  },
  {
    check: KEY,
    what: "an order without its key",
    sql: ({ open }) => [`delete from idempotency_keys where order_id = '${open}'`],
    row: ({ open }) => ({ order_id: open }),
  },
  {
    check: "no order was placed by two keys",
    what: "a second key for one order",
    sql: ({ paid }) => [
      `insert into idempotency_keys select route, key || '-again', fingerprint, order_id, order_status, answer, created_at
        from idempotency_keys where order_id = '${paid}'`,
    ],
    row: ({ paid }) => ({ order_id: paid, keys: 2 }),
  },
  {
    check: ANSWER,
    what: "a decline answered for a paid order",
    sql: ({ paid }) => [`update idempotency_keys set order_status = 'payment_failed' where order_id = '${paid}'`],
    row: ({ paid }) => ({ order_id: paid, answered: "payment_failed", status: "paid" }),
  },
  {
    check: ANSWER,
    also: [KEY],
    what: "a key of an order that does not exist",
    sql: ({ paid }) => [`update idempotency_keys set order_id = '${randomUUID()}' where order_id = '${paid}'`],
    row: () => ({ status: null }),
  },
  {
    check: EFFECT,
    what: "a receipt that was answered and never happened",
    sql: () => [
      `update idempotency_keys set answer = jsonb_set(answer::jsonb, '{stock,version}', '99')::text
        where route = 'receipts'`,
    ],
    row: ({ bread }) => ({ route: "receipts", subject: bread, version: 99 }),
  },
  {
    check: EFFECT,
    what: "two keys for one receipt",
    sql: () => [
      `insert into idempotency_keys select route, key || '-again', fingerprint, order_id, order_status, answer, created_at
        from idempotency_keys where route = 'receipts'`,
    ],
    row: ({ bread }) => ({ route: "receipts", subject: bread, version: 2 }),
    violations: 2,
  },
  {
    check: "holds stand as their orders do",
    also: [GIVEN, OWED],
    what: "a shipped order whose units never left",
    sql: ({ open }) => [`update orders set status = 'shipped' where id = '${open}'`],
    row: ({ open }) => ({ order_id: open, state: "held", status: "shipped" }),
  },
  {
    check: ENDS,
    what: "a hold that was released twice, tidily",
    also: [HELD],
    sql: ({ bread, released }) => [
      `update stock set version = version + 1, reserved = reserved - 1 where product_id = '${bread}'`,
      `insert into movements select product_id, version, 'released', 0, -1, on_hand, reserved, '${released}', null, now()
        from stock where product_id = '${bread}'`,
      `update lanes set seq = seq + 1 where lane = ${laneOf(bread)}`,
      `insert into outbox select l.lane, l.seq, gen_random_uuid(), 'stock', s.product_id, s.version,
        'jaego.stock.released.v1', '{}', now() from stock s, lanes l
        where s.product_id = '${bread}' and l.lane = ${laneOf(bread)}`,
    ],
    row: ({ bread, released }) => ({ order_id: released, product_id: bread, state: "released", released: 2 }),
  },
  {
    check: OWED,
    what: "an order that was refunded twice",
    sql: ({ returned }) => [
      `update outbox set type = 'jaego.order.refunded.v1' where subject = '${returned}' and type = 'jaego.order.cancelled.v1'`,
    ],
    row: ({ returned }) => ({ order_id: returned, status: "cancelled", taken: 1, given_back: 2 }),
  },
  {
    check: OWED,
    what: "an order that was called off, and charged all the same",
    sql: ({ released }) => [
      `update outbox set type = 'jaego.order.paid.v1' where subject = '${released}' and type = 'jaego.order.cancelled.v1'`,
    ],
    row: ({ released }) => ({ order_id: released, status: "cancelled", taken: 1, given_back: 0 }),
  },
  {
    check: "whose goods have come back has the money back, or is owed it",
    what: "a refund that was forgotten",
    sql: ({ returned }) => [`update orders set refund = 'none' where id = '${returned}'`],
    row: ({ returned }) => ({ order_id: returned, status: "cancelled", refund: "none" }),
  },
  {
    check: "only an order that has ended gives money back",
    what: "a refund of an order whose goods are on their way",
    sql: ({ paid }) => [`update orders set refund = 'due' where id = '${paid}'`],
    row: ({ paid }) => ({ order_id: paid, status: "paid", refund: "due" }),
  },
  {
    check: "only what was paid is to be shipped",
    what: "a shipment of an order that is not paid",
    sql: ({ open }) => [`insert into shipments (order_id, next_attempt_at) values ('${open}', now())`],
    row: ({ open }) => ({ order_id: open, state: "open", status: "reserved" }),
  },
  {
    check: "a paid order has its shipment, once that was heard",
    what: "a payment that was heard and led to nothing",
    sql: ({ paid }) => [`insert into consumer_keys values ('${paid}', 'shipping', 2)`],
    row: ({ paid }) => ({ order_id: paid, version: 2 }),
  },
  {
    check: "no paid order waits for its shipment",
    what: "a payment whose event never came to shipping",
    sql: ({ paid }) => [
      `update movements set at = at - interval '11 minutes' where order_id = '${paid}' and type = 'confirmed'`,
    ],
    row: ({ paid }) => ({ order_id: paid }),
  },
  {
    check: GIVEN,
    what: "an order that is shipped although the carrier was never asked",
    sql: ({ paid }) => [
      `update orders set status = 'shipped' where id = '${paid}'`,
      `insert into shipments (order_id, next_attempt_at) values ('${paid}', now())`,
    ],
    row: ({ paid }) => ({ order_id: paid, status: "shipped", attempts: 0 }),
  },
  {
    check: "a shipment that is done stands as its order does",
    what: "a delivery the order knows nothing of",
    sql: ({ paid }) => [`insert into shipments (order_id, state, attempts) values ('${paid}', 'delivered', 1)`],
    row: ({ paid }) => ({ order_id: paid, state: "delivered", status: "paid" }),
  },
  {
    check: "a shipment that is done stands as its order does",
    what: "a shipment that is never due",
    sql: ({ paid }) => [`insert into shipments (order_id, attempts) values ('${paid}', 1)`],
    row: ({ paid }) => ({ order_id: paid, state: "open", next_attempt_at: null }),
  },
  {
    check: "no two orders share a parcel",
    what: "a tracking id that was given twice",
    sql: ({ basket, paid }) => [
      `insert into shipments (order_id, attempts, next_attempt_at, tracking_id)
        values ('${paid}', 1, now(), 'T1'), ('${basket}', 1, now(), 'T1')`,
    ],
    row: () => ({ tracking_id: "T1", orders: 2 }),
  },
  {
    check: ENTERED_ONCE,
    what: "a change that is entered twice",
    also: [OTHERS],
    sql: ({ paid }) => [
      entryOf(paid, 2),
      `insert into timeline values ('${paid}', gen_random_uuid(), 'entryOf', 2, now(), null)`,
    ],
    row: ({ paid }) => ({ order_id: paid, entries: 2, versions: 1 }),
  },
  {
    check: ENTERED_ONCE,
    what: "a change that there never was",
    sql: ({ paid }) => [entryOf(paid, 7)],
    row: ({ paid }) => ({ order_id: paid, last: 7 }),
  },
  {
    check: ENTERED_ONCE,
    what: "an order that was lost",
    sql: () => [entryOf("019aa000-0000-7000-8000-000000000001", 2)],
    row: () => ({ order_id: "019aa000-0000-7000-8000-000000000001", last: 2, version: null }),
  },
  {
    check: OTHERS,
    what: "the fact of another history",
    sql: ({ paid }) => [`insert into timeline values ('${paid}', gen_random_uuid(), 'entryOf', 2, now(), null)`],
    row: ({ paid }) => ({ order_id: paid, version: 2 }),
  },
  {
    check: HAPPENED,
    what: "a fact that was lost",
    sql: () => [`insert into inbox values ('019aa000-0000-7000-8000-000000000001', 'shipping')`],
    row: () => ({ consumer: "shipping", event_id: "019aa000-0000-7000-8000-000000000001" }),
  },
  {
    check: "a consumer knows no version that was not",
    what: "a change that was lost",
    sql: ({ paid }) => [entryOf(paid, 9), `insert into consumer_keys values ('${paid}', 'timeline', 9)`],
    also: [ENTERED_ONCE],
    row: ({ paid }) => ({ consumer: "timeline", order_id: paid, version: 9 }),
  },
  {
    check: LINKS,
    what: "a lane that was cut back below its last taking",
    sql: ({ paid }) => [
      `insert into lane_links (lane, since) select lane, seq + 1 from lanes where lane = ${laneOf(paid)}`,
    ],
    row: () => ({ first: 0 }),
  },
  {
    check: LINKS,
    what: "facts under no link",
    sql: ({ paid }) => [`delete from lane_links where lane = ${laneOf(paid)}`],
    row: () => ({ first: null }),
  },
  {
    check: "a timeline has no gap but for letters",
    what: "a change that was overlooked",
    sql: ({ returned }) => [entryOf(returned, 1), entryOf(returned, 3)],
    row: ({ returned }) => ({ order_id: returned, versions: 2, first: 1, last: 3, letters: 0 }),
  },
  {
    check: "what a consumer knows to have handled had its effect",
    what: "an inbox that was committed without it",
    sql: ({ paid }) => [`insert into consumer_keys values ('${paid}', 'timeline', 2)`],
    row: ({ paid }) => ({ order_id: paid, version: 2, last: null }),
  },
]

describe("verify", () => {
  let original: string
  let shop: SmallShop

  beforeAll(async () => {
    original = await freshDatabase()
    shop = await sell(original, 1)
  })

  /** Postgres waits for the shop's last session to be gone. */
  const copy = () => copyOf(original)

  it("finds nothing wrong with an empty database", async () => {
    expect(brokenIn(await verify(await freshDatabase()))).toEqual([])
  })

  it("finds nothing wrong with an honest shop", async () => {
    const report = await verify(await copy())
    expect(brokenIn(report)).toEqual([])
    expect(report.ok).toBe(true)
    expect(Verdict.text(report)).toContain(`All ${Verification.CHECKS.length} checks hold.`)
  })

  it("finds nothing wrong with a shop of three workers", async () => {
    const url = await freshDatabase()
    await sell(url, 3)
    expect(brokenIn(await verify(url))).toEqual([])
  })

  it.each(CORRUPTIONS.map((each) => [each.check, each.what, each] as const))(
    "%s: finds %s",
    async (_, __, corruption) => {
      const url = await copy()
      await run(url, corruption.sql(shop))
      const report = await verify(url)
      const broken = brokenIn(report)
      expect(broken.map(({ name }) => name).toSorted()).toEqual(
        [corruption.check, ...(corruption.also ?? [])].toSorted(),
      )
      const verdict = broken.find(({ name }) => name === corruption.check)!
      expect(verdict.violations, JSON.stringify(verdict.rows)).toBe(corruption.violations ?? 1)
      expect(verdict.rows[0]).toMatchObject(corruption.row(shop))
      expect(report.ok).toBe(false)
    },
  )

  it("has a planted corruption for every check", () => {
    expect(new Set(CORRUPTIONS.map(({ check }) => check))).toEqual(new Set(Verification.CHECKS.map(({ name }) => name)))
  })

  it("excuses the gap in a timeline that a letter leaves, also when it was given up", async () => {
    const url = await copy()
    const { returned } = shop
    await run(url, [
      entryOf(returned, 1),
      entryOf(returned, 3),
      `insert into dead_letters (consumer, source, topic, "offset", key, value, headers, error, attempts, state)
        values ('timeline', 'kafka/one/jaego.orders/0', 'jaego.orders', 2, '${returned}', '{', '{}', 'no JSON', 1, 'discarded')`,
    ])
    expect(brokenIn(await verify(url))).toEqual([])
  })

  it("excuses what was handled so long ago that its fact has gone", async () => {
    const url = await copy()
    await run(url, [
      `insert into inbox values ('019aa000-0000-7000-8000-000000000001', 'shipping')`,
      "insert into outbox_dropped values ('outbox_old', '2026-01-01', 0, 0)",
    ])
    expect(brokenIn(await verify(url)).map(({ name }) => name)).not.toContain(HAPPENED)
  })

  it("shows the first twenty rows and counts the rest", async () => {
    const url = await copy()
    await run(url, [
      `insert into idempotency_keys select 'orders', n::text, '${randomUUID()}', '${randomUUID()}', 'paid', null, now()
        from generate_series(1, 30) n`,
    ])
    const verdict = brokenIn(await verify(url)).find(({ name }) => name === ANSWER)!
    expect(verdict).toMatchObject({ law: "I5", violations: 30 })
    expect(verdict.rows).toHaveLength(20)
    expect(Verdict.text({ ok: false, checks: [verdict] })).toContain("and 10 more")
  })

  it("says what is missing when there is no shop in the database", async () => {
    await expect(verify(await bareDatabase())).rejects.toThrow("run `jaego migrate` first")
  })
})
