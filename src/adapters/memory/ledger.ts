/**
 * The ledger in memory: first every reason not to commit is looked for, then everything is written; nothing in between
 * can fail, and nothing else runs in between.
 *
 * Law: reasons are given in this order: what is contested (keys, SKUs, holds), the fence (a lane's epoch and seq), the
 * versions of stock and orders, and last what would be a defect of ours.
 * Fails: `StaleOwner`, `Unstorable`. A batch that breaks a law of its own (I2, I7) is a defect. Never `LedgerDown` and never
 * `CommitUnknown`: memory is always there.
 */
import { Effect, Layer } from "effect"
import * as Hold from "../../domain/hold.ts"
import type { OrderId, ProductId } from "../../domain/ids.ts"
import * as Lane from "../../domain/lane.ts"
import { type Order, type Status, usualPayment } from "../../domain/order.ts"
import { claimName, type Reply } from "../../ports/inventory.ts"
import {
  type Batch,
  type CommitResult,
  type Due,
  didCommit,
  type HoldRow,
  type KeyPosition,
  type KeyRow,
  type KnownKey,
  Ledger,
  type Loaded,
  type OwnedLane,
  StaleOwner,
  Unstorable,
  type Wanted,
} from "../../ports/ledger.ts"

import { issueReceipt } from "../../ports/receipt.ts"
import { defectOf, unstorableIn } from "./batch-laws.ts"

import * as Store from "./store.ts"

const commit = (store: Store.Shape, batch: Batch): Effect.Effect<CommitResult, StaleOwner | Unstorable> => {
  const contest = contested(store, batch)
  if (contest !== null) return Effect.succeed(contest)
  const stale = fencedLane(store, batch) ?? staleVersion(store, batch)
  if (stale !== null) return Effect.fail(new StaleOwner({ detail: stale }))
  const unstorable = unstorableIn(batch)
  if (unstorable !== null) return Effect.fail(new Unstorable({ detail: unstorable }))
  const defect = defectOf(store, batch)
  if (defect !== null) return Effect.die(new Error(defect))
  write(store, batch)
  return Effect.succeed({ _tag: "Committed", receipt: issueReceipt(batch) })
}

const fencedLane = (store: Store.Shape, batch: Batch): string | null => {
  for (const { epoch, fromSeq, lane } of batch.lanes) {
    const now = store.lanes[lane]!
    if (now.epoch !== epoch) return `lane ${lane} is at epoch ${now.epoch}, not ${epoch}`
    if (now.seq !== fromSeq) return `lane ${lane} is at seq ${now.seq}, not ${fromSeq}`
  }
  return null
}

const contested = (store: Store.Shape, batch: Batch): CommitResult | null => {
  const boundKeys = batch.keys.map(({ claim }) => claimName(claim)).filter((name) => store.keys.has(name))
  const takenSkus = batch.products.map(({ product }) => product.sku).filter((sku) => store.skus.has(sku))
  const changedHolds = batch.holdChanges
    .filter(({ from, orderId, productId }) => Store.holdOf(store, orderId, productId)?.state !== from)
    .map((change) => change.orderId)
  if (boundKeys.length + takenSkus.length + changedHolds.length === 0) return null
  return { _tag: "Contested", boundKeys, takenSkus, changedHolds: [...new Set(changedHolds)] }
}

const staleProduct = (store: Store.Shape, { productEdits }: Batch): string | null => {
  const versions = new Map<ProductId, number>()
  for (const { after, before } of productEdits) {
    const version = versions.get(before.id) ?? store.products.get(before.id)?.version
    if (version !== before.version) return `product ${before.id} is version ${version}, not ${before.version}`
    versions.set(after.id, after.version)
  }
  return null
}

const staleVersion = (store: Store.Shape, batch: Batch): string | null => {
  for (const { expectedVersion, productId } of batch.stocks) {
    const version = store.stocks.get(productId)?.version
    if (version !== expectedVersion) return `product ${productId} is at version ${version}, not ${expectedVersion}`
  }
  for (const { expectedVersion, order } of batch.orderUpdates) {
    const version = store.orders.get(order.id)?.version
    if (version !== expectedVersion) return `order ${order.id} is at version ${version}, not ${expectedVersion}`
  }
  return staleProduct(store, batch)
}

const replyOf = (store: Store.Shape, answer: KeyRow["answer"]): Reply =>
  answer._tag === "Whole"
    ? answer.reply
    : {
        _tag: "Order",
        order: answeredWith(store.orders.get(answer.orderId)!, answer.status),
        elsewhere: [],
        ending: null,
      }

/** The order as it was answered: its terms, with that status. What it has gone through since is not part of it. */
const answeredWith = (order: Order, status: Status): Order => {
  const { createdAt, customerId, expiresAt, id, lines, total, version } = order
  const payment = usualPayment(status, "no-attempt", "none")
  const terms = { id, customerId, lines, total, createdAt, expiresAt, version, payment }
  switch (status) {
    case "reserved":
      return { ...terms, status, attempt: null }
    case "cancelled":
      return { ...terms, status, reason: null, refund: "none" }
    case "expired":
    case "payment_failed":
      return { ...terms, status, refund: "none" }
    default:
      return { ...terms, status }
  }
}

const write = (store: Store.Shape, batch: Batch): void => {
  for (const { epoch, lane, toSeq } of batch.lanes) store.lanes[lane] = { lane, epoch, seq: toSeq }
  for (const { product, stock } of batch.products) {
    store.products.set(product.id, product)
    store.skus.set(product.sku, product.id)
    store.stocks.set(product.id, stock)
    store.movements.set(product.id, [])
  }
  for (const { productId, stock } of batch.stocks) store.stocks.set(productId, stock)
  for (const { after, before, stockVersion } of batch.productEdits) {
    const ended = store.productVersions.get(before.id) ?? []
    store.productVersions.set(before.id, [...ended, { product: before, stockVersion }])
    store.products.set(after.id, after)
  }
  for (const order of batch.orders) store.orders.set(order.id, order)
  for (const { elsewhere, order } of batch.orderUpdates) {
    store.orders.set(order.id, order)
    if (elsewhere) store.elsewhere.add(order.id)
  }
  for (const row of batch.holds) writeHold(store, row)
  for (const { orderId, productId, to } of batch.holdChanges) {
    const row = Store.holdOf(store, orderId, productId)!
    writeHold(store, { ...row, state: to, lapsesAt: to === "tentative" ? row.lapsesAt : null })
  }
  for (const row of batch.units) store.units.set(Store.unitsKey(row.productId, row.customerId), row)
  for (const row of batch.keys) store.keys.set(claimName(row.claim), row)
  for (const outcome of batch.keyOutcomes) {
    const row = store.keys.get(claimName(outcome))
    if (row?.answer._tag === "Order" && row.answer.status === "reserved")
      store.keys.set(claimName(outcome), { ...row, answer: { ...row.answer, status: outcome.status } })
  }
  for (const movement of batch.movements) store.movements.get(movement.productId)!.push(movement)
  for (const fact of batch.facts) store.facts.push(fact)
  for (const { id } of batch.orders) watch(store, id)
  for (const { order } of batch.orderUpdates) watch(store, order.id)
  for (const { orderId } of batch.holdChanges) watch(store, orderId)
}

/** Keeps in sight what time or the outside world may still change; see `Tables.open`. */
const watch = (store: Store.Shape, orderId: OrderId): void => {
  const order = store.orders.get(orderId)
  if (order === undefined) return
  const open =
    order.status === "reserved" ||
    ("refund" in order && order.refund === "due") ||
    Hold.leftOver(order.status, Store.holdsOf(store, orderId)) !== null
  if (open) store.open.add(orderId)
  else store.open.delete(orderId)
}

const writeHold = (store: Store.Shape, row: HoldRow): void => {
  const rows = store.holds.get(row.orderId) ?? new Map<ProductId, HoldRow>()
  store.holds.set(row.orderId, rows.set(row.productId, row))
  if ([...rows.values()].some(({ state }) => state === "tentative")) store.tentative.add(row.orderId)
  else store.tentative.delete(row.orderId)
}

const load = (store: Store.Shape, wanted: Wanted): Loaded => ({
  products: present(wanted.products, (id) => {
    const product = store.products.get(id)
    return product && { product, stock: store.stocks.get(id)! }
  }),
  details: present(wanted.details, (id) => {
    const product = store.products.get(id)
    const isSold = () => store.movements.get(id)!.some(({ type }) => type === "reserved")
    return product && { product, stockVersion: store.stocks.get(id)!.version, isSold: isSold() }
  }),
  orders: present(wanted.orders, (id) => store.orders.get(id)).filter(isReadable),
  holds: [...new Set(wanted.holdsOf)].flatMap((id) => Store.holdsOf(store, id)),
  units: present(
    wanted.units.map(({ customerId, productId }) => Store.unitsKey(productId, customerId)),
    (key) => store.units.get(key),
  ),
  unpaid: wanted.unpaid.map(({ productId, customerId }) => ({
    ...{ productId, customerId },
    holds: unpaidOf(store, productId, customerId),
  })),
  known: present(wanted.keys.map(claimName), (name): KnownKey | undefined => {
    const row = store.keys.get(name)
    return row && { ...row.claim, reply: replyOf(store, row.answer) }
  }),
  takenSkus: present(wanted.skus, (sku) => (store.skus.has(sku) ? sku : undefined)),
  unreadable: present(wanted.orders, (id) => store.orders.get(id))
    .filter((order) => !isReadable(order))
    .map(({ id }) => id),
})

const unpaidOf = (store: Store.Shape, productId: ProductId, customerId: string): number =>
  [...new Set([...store.open, ...store.tentative])].filter((orderId) => {
    const hold = Store.holdOf(store, orderId, productId)
    return hold !== undefined && hold.customerId === customerId && Hold.isUnpaid(hold.state)
  }).length

/** An order without lines is none. */
const isReadable = ({ lines }: Order): boolean => lines.length > 0

/** Each that exists, once. */
const present = <K, Row>(keys: ReadonlyArray<K>, find: (key: K) => Row | undefined): ReadonlyArray<Row> =>
  [...new Set(keys)].map(find).filter((row) => row !== undefined)

const boundKeys = (store: Store.Shape, after: KeyPosition | null, limit: number) => {
  const position = ({ key, route }: KeyPosition): string => `${key} ${route}`
  const rows = [...store.keys.values()]
    .map(({ claim }) => claim)
    .filter((claim) => after === null || position(claim) > position(after))
    .sort((a, b) => (position(a) < position(b) ? -1 : 1))
    .slice(0, limit)
  const last = rows.at(-1)
  return {
    names: rows.map(claimName),
    next: rows.length < limit || last === undefined ? null : { key: last.key, route: last.route },
  }
}

const due = (
  store: Store.Shape,
  lanes: ReadonlyArray<Lane.Lane>,
  since: number,
  before: number,
  limit: number,
): Due => {
  const isDue = (at: number): boolean => at >= since && at < before
  const mine = new Set(lanes)
  const expiries = [...store.open]
    .filter((id) => mine.has(Lane.of(id)))
    .map((id) => store.orders.get(id)!)
    .filter((order) => order.status === "reserved" && order.attempt === null && isDue(order.expiresAt))
    .map((order) => ({ orderId: order.id, expiresAt: order.expiresAt }))
    .sort((a, b) => a.expiresAt - b.expiresAt)
  const lapses = [...store.tentative]
    .map((orderId) => ({ orderId, lapsesAt: lapseOf(store, mine, orderId) }))
    .filter(({ lapsesAt }) => isDue(lapsesAt))
    .sort((a, b) => a.lapsesAt - b.lapsesAt)
  return { expiries: expiries.slice(0, limit), lapses: lapses.slice(0, limit) }
}

/** When the first tentative hold of the order on these lanes lapses. */
const lapseOf = (store: Store.Shape, lanes: ReadonlySet<Lane.Lane>, orderId: OrderId): number =>
  Store.holdsOf(store, orderId)
    .filter((row) => row.state === "tentative" && lanes.has(row.lane))
    .reduce((soonest, row) => Math.min(soonest, row.lapsesAt ?? Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY)

const raise = (
  store: Store.Shape,
  lanes: ReadonlyArray<{ readonly lane: Lane.Lane; readonly epoch: number }>,
): Effect.Effect<ReadonlyArray<OwnedLane>, StaleOwner> => {
  const taken = lanes.find(({ epoch, lane }) => store.lanes[lane]!.epoch !== epoch)
  return taken === undefined
    ? Effect.succeed(
        Store.raise(
          store,
          lanes.map(({ lane }) => lane),
        ),
      )
    : Effect.fail(new StaleOwner({ detail: `lane ${taken.lane} is no longer at epoch ${taken.epoch}` }))
}

export const make = (store: Store.Shape): Ledger["Service"] => ({
  commit: (batch) => Effect.suspend(() => commit(store, batch)),
  receiptOf: (batch, raised) => (didCommit(batch, raised) ? issueReceipt(batch) : null),
  load: (wanted) => Effect.sync(() => load(store, wanted)),
  due: (lanes, since, before, limit) => Effect.sync(() => due(store, lanes, since, before, limit)),
  boundKeys: (after, limit) => Effect.sync(() => boundKeys(store, after, limit)),
  raise: (lanes) => Effect.suspend(() => raise(store, lanes)),
})

export const layer: Layer.Layer<Ledger, never, Store.Store> = Layer.effect(Ledger, Effect.map(Store.Store, make))
