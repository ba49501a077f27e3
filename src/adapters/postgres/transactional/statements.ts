/**
 * What one transaction a command says to Postgres, but for how its stock moves (`guard.ts`).
 *
 * Law: rows are locked in one order, so that transactions do not deadlock: key, order, holds, stock by product, units, lanes.
 */
import type * as Hold from "../../../domain/hold.ts"
import type { CustomerId, OrderId, ProductId } from "../../../domain/ids.ts"
import * as Lane from "../../../domain/lane.ts"
import type { Order } from "../../../domain/order.ts"
import type { Product } from "../../../domain/product.ts"
import type { Claim, RequestedLine } from "../../../ports/inventory.ts"
import type { Details, HoldChange, HoldRow, KeyRow, ProductEdit } from "../../../ports/ledger.ts"
import { plain, text, uuids } from "../batch-columns.ts"
import { DETAILS, KNOWN_KEY, type KnownKeyJson, ORDER, type OrderJson, paymentText } from "../rows.ts"
import type { Moved } from "./guard.ts"
import { type Rows, type Statement, say, time } from "./transaction.ts"

/** As text, whose type the statement gives: the same prepared statement serves small numbers and large ones. */
const number = (value: number | null): string | null => (value === null ? null : String(value))

const BIND =
  "insert into idempotency_keys (route, key, fingerprint, order_id, order_status, answer) values ($1, $2, $3, $4, $5, $6)"

const keyColumns = ({ answer, claim }: KeyRow) => [
  claim.route,
  claim.key,
  claim.fingerprint,
  answer._tag === "Order" ? answer.orderId : null,
  answer._tag === "Order" ? answer.status : null,
  answer._tag === "Whole" ? JSON.stringify(answer.reply) : null,
]

/** One row if the key was free; it waits for a transaction that is just binding it. */
export const bindIfFree = (key: KeyRow): Statement =>
  say(`${BIND} on conflict do nothing returning 1`, ...keyColumns(key))

/** An error (unique violation) if the key is bound. */
export const bind = (key: KeyRow): Statement => say(BIND, ...keyColumns(key))

export const known = ({ key, route }: Claim): Statement =>
  say(`select ${KNOWN_KEY} from idempotency_keys k where k.key = $1 and k.route = $2`, key, route)
export const knownIn = (rows: Rows): KnownKeyJson | undefined => rows[0]?.[0] as KnownKeyJson | undefined

export const settleKey = (order: Order, { key, route }: Claim): Statement =>
  say(
    "update idempotency_keys set order_status = $3 where key = $1 and route = $2 and order_status = 'reserved'",
    key,
    route,
    order.status,
  )

/** One row, unless the SKU is taken. */
export const insertProduct = (product: Product): Statement =>
  say(
    `insert into products values ($1, $2, $3, $4, $5, $6, $7, ${time("$8")}) on conflict (sku) do nothing returning 1`,
    product.id,
    product.sku,
    product.name,
    number(product.price.amount),
    product.price.currency,
    number(product.purchaseLimit),
    number(Lane.of(product.id)),
    number(product.createdAt),
  )

/** Of a product whose stock this transaction has locked, so that it meets every sale. */
export const lockedDetails = (id: ProductId): Statement =>
  say(`select ${DETAILS} from products p join stock s on s.product_id = p.id where p.id = $1`, id)
export const detailsIn = (rows: Rows): Details | undefined => rows[0]?.[0] as Details | undefined

/** The version that ends is kept, the next one written. */
export const updateProduct = ({ after, at, before, stockVersion }: ProductEdit): ReadonlyArray<Statement> => [
  say(
    `insert into product_versions values ($1, $2, $3, $4, $5, $6, $7, ${time("$8")})`,
    before.id,
    number(before.version),
    number(stockVersion),
    before.name,
    number(before.price.amount),
    number(before.purchaseLimit),
    before.archived,
    number(at),
  ),
  say(
    `update products set version = $2, name = $3, price_amount = $4, purchase_limit = $5, archived = $6 where id = $1`,
    after.id,
    number(after.version),
    after.name,
    number(after.price.amount),
    number(after.purchaseLimit),
    after.archived,
  ),
  say("update stock set product_version = $2 where product_id = $1", after.id, number(after.version)),
]

export const insertStock = ({ onHand, productId, reserved, version }: Omit<Moved, "productVersion">): Statement =>
  say("insert into stock values ($1, $2, $3, $4)", productId, number(onHand), number(reserved), number(version))

export const lockStock = (id: ProductId): Statement => say("select from stock where product_id = $1 for update", id)

export const LOCK_STOCK = "select from stock where product_id = any ($1::uuid[]) order by product_id for update"

/**
 * What `movedIn` reads, of a stock `s` and its product `p`. Where the row of the stock was waited for, that of the product is an older
 * one: both have the product's version, by which that is noticed.
 */
export const MOVED = `s.product_id, s.on_hand::float8, s.reserved::float8, s.version::float8,
    p.price_amount::float8, p.price_currency, p.purchase_limit::float8, p.archived, p.version::float8,
    s.product_version = p.version`

/** Again, by who has locked the stock: no edit passes now. */
export const READ_STOCK = `select ${MOVED} from stock s join products p on p.id = s.product_id
  where s.product_id = any ($1::uuid[])`

/** Rows of `MOVED`; null: a product was edited while it was waited for. */
export const movedIn = (rows: Rows): ReadonlyMap<ProductId, Moved> | null =>
  rows.some((row) => row[9] === false) ? null : new Map(rows.map((row) => [row[0] as ProductId, moved(row)]))

const moved = ([
  id,
  onHand,
  reserved,
  version,
  amount,
  currency,
  limit,
  archived,
  productVersion,
]: Rows[number]): Moved => ({
  productId: id as ProductId,
  onHand: onHand as number,
  reserved: reserved as number,
  version: version as number,
  price: { amount: amount as number, currency: currency as string },
  purchaseLimit: limit as number | null,
  archived: archived as boolean,
  productVersion: productVersion as number,
})

/** As many rows as lines, if the customer may have them all. Lines name limited products. */
export const takeUnits = (lines: ReadonlyArray<RequestedLine>, customerId: CustomerId): Statement =>
  say(
    `insert into customer_units as c (product_id, customer_id, units)
      select w.id, $3, w.quantity from unnest($1::uuid[], $2::bigint[]) w (id, quantity)
      join products p on p.id = w.id where w.quantity <= p.purchase_limit order by w.id
    on conflict (product_id, customer_id) do update set units = c.units + excluded.units
      where c.units + excluded.units <= (select p.purchase_limit from products p where p.id = excluded.product_id)
    returning 1`,
    uuids(lines, (line) => line.productId),
    plain(lines, (line) => line.quantity),
    customerId,
  )

export const giveUnitsBack = (lines: ReadonlyArray<RequestedLine>, customerId: CustomerId): Statement =>
  say(
    `update customer_units c set units = c.units - w.quantity from unnest($1::uuid[], $2::bigint[]) w (id, quantity)
    where c.product_id = w.id and c.customer_id = $3`,
    uuids(lines, (line) => line.productId),
    plain(lines, (line) => line.quantity),
    customerId,
  )

export const lockOrder = (id: OrderId): Statement =>
  say(`select ${ORDER} from orders o where o.id = $1 for update of o`, id)
export const orderIn = (rows: Rows): OrderJson | undefined => rows[0]?.[0] as OrderJson | undefined

const attemptOf = (order: Order) => (order.status === "reserved" ? order.attempt : null)

export const insertOrder = (order: Order): Statement =>
  say(
    `insert into orders (id, customer_id, status, total_amount, currency, created_at, expires_at, version,
      attempt_token, attempt_started_at, payment)
    values ($1, $2, $3, $4, $5, ${time("$6")}, ${time("$7")}, $8, $9, ${time("$10")}, $11::jsonb)`,
    order.id,
    order.customerId,
    order.status,
    number(order.total.amount),
    order.total.currency,
    number(order.createdAt),
    number(order.expiresAt),
    number(order.version),
    attemptOf(order)?.token ?? null,
    number(attemptOf(order)?.startedAt ?? null),
    paymentText(order),
  )

/** Of an order that this transaction has locked. */
export const updateOrder = (order: Order): Statement =>
  say(
    `update orders set status = $2, version = $3, attempt_token = $4, attempt_started_at = ${time("$5")}, refund = $6,
      cancel_reason = $7, payment = $8::jsonb where id = $1`,
    order.id,
    order.status,
    number(order.version),
    attemptOf(order)?.token ?? null,
    number(attemptOf(order)?.startedAt ?? null),
    "refund" in order ? order.refund : "none",
    order.status === "cancelled" ? order.reason : null,
    paymentText(order),
  )

export type HeldUnits = Pick<Hold.Hold, "productId" | "customerId" | "quantity" | "state">

export const lockHolds = (id: OrderId): Statement =>
  say(
    `select product_id, customer_id, quantity::float8, state from holds where order_id = $1 order by product_id for update`,
    id,
  )
export const holdsIn = (rows: Rows): ReadonlyArray<HeldUnits> =>
  rows.map(([productId, customerId, quantity, state]) => ({
    productId: productId as ProductId,
    customerId: customerId as string,
    quantity: quantity as number,
    state: state as Hold.State,
  }))

/** Tentative holds become the order's; as many rows as there still were. */
export const acceptHolds = (id: OrderId, productIds: ReadonlyArray<ProductId>): Statement =>
  say(
    `update holds set state = 'held', lapses_at = null
    where order_id = $1 and product_id = any ($2::uuid[]) and state = 'tentative' returning 1`,
    id,
    uuids(productIds, (each) => each),
  )

export const insertHolds = (rows: ReadonlyArray<HoldRow>): Statement =>
  say(
    `insert into holds select $1::uuid, w.product, w.line, $2, w.lane, w.quantity, w.price, w.currency, w.state, ${time("w.lapses")}
    from unnest($3::uuid[], $4::smallint[], $5::smallint[], $6::bigint[], $7::bigint[], $8::text[], $9::text[], $10::float8[])
      w (product, line, lane, quantity, price, currency, state, lapses)`,
    rows[0]!.orderId,
    rows[0]!.customerId,
    uuids(rows, (row) => row.productId),
    plain(rows, (row) => row.lineNo),
    plain(rows, (row) => row.lane),
    plain(rows, (row) => row.quantity),
    plain(rows, (row) => row.unitPrice),
    text(rows, (row) => row.currency),
    text(rows, (row) => row.state),
    plain(rows, (row) => row.lapsesAt),
  )

/** Of holds that this transaction has locked. */
export const changeHolds = (changes: ReadonlyArray<HoldChange>): Statement =>
  say(
    `update holds h set state = w.state, lapses_at = null from unnest($2::uuid[], $3::text[]) w (product, state)
    where h.order_id = $1 and h.product_id = w.product`,
    changes[0]!.orderId,
    uuids(changes, (each) => each.productId),
    text(changes, (each) => each.to),
  )
