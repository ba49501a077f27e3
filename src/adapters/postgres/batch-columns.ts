/**
 * A batch as columns: one array a column of `jaego_commit`, in the order of `COMMIT_PARAMETERS`.
 *
 * This runs for every commit, so it is written as plain loops. Numbers travel as array literals, which cost one join; text
 * travels as a binary text[], which needs no escaping, and UUIDs as a binary uuid[], which the server need not parse. Every
 * parameter always has the same wire type, empty or not, so the statement is prepared once.
 */
import { PgTypes } from "@effect/sql-pg"
import * as Lane from "../../domain/lane.ts"
import type { Order } from "../../domain/order.ts"
import type { Batch, KeyRow } from "../../ports/ledger.ts"
import { paymentText } from "./rows.ts"

/** OIDs. */
const TEXT_ARRAY = 1009
const UUID_ARRAY = 2951

type Cell = number | boolean | null

/** Of numbers and booleans, which never need quoting. */
export const plain = <Row>(rows: ReadonlyArray<Row>, cell: (row: Row) => Cell): string => {
  let literal = "{"
  for (let index = 0; index < rows.length; index++) {
    if (index > 0) literal += ","
    literal += cell(rows[index]!) ?? "NULL"
  }
  return `${literal}}`
}

type Column = <Row>(rows: ReadonlyArray<Row>, cell: (row: Row) => string | null) => PgTypes.Parameter

const binary =
  (oid: number): Column =>
  (rows, cell) => {
    const value = new Array<string | null>(rows.length)
    for (let index = 0; index < rows.length; index++) value[index] = cell(rows[index]!)
    return { [PgTypes.ParameterTypeId]: PgTypes.ParameterTypeId, oid, value }
  }

export const text = binary(TEXT_ARRAY)
export const uuids = binary(UUID_ARRAY)

const token = (order: Order) => (order.status === "reserved" && order.attempt !== null ? order.attempt.token : null)
const started = (order: Order) =>
  order.status === "reserved" && order.attempt !== null ? order.attempt.startedAt : null
const refund = (order: Order) => ("refund" in order ? order.refund : "none")
const reason = (order: Order) => (order.status === "cancelled" ? order.reason : null)
const orderOf = (key: KeyRow) => (key.answer._tag === "Order" ? key.answer : null)

export const encode = (batch: Batch): Array<unknown> => {
  // The order in which `jaego_raise_lanes` locks, so that the two never deadlock.
  const lanes = [...batch.lanes].sort((a, b) => a.lane - b.lane)
  return [
    plain(lanes, (r) => r.lane),
    plain(lanes, (r) => r.epoch),
    plain(lanes, (r) => r.fromSeq),
    plain(lanes, (r) => r.toSeq),
    ...stockColumns(batch),
    productEdits(batch),
    ...orderColumns(batch),
    ...holdColumns(batch),
    ...keyColumns(batch),
    ...historyColumns(batch),
  ]
}

const stockColumns = ({ products, stocks }: Batch): Array<unknown> => [
  uuids(products, (r) => r.product.id),
  text(products, (r) => r.product.sku),
  text(products, (r) => r.product.name),
  plain(products, (r) => r.product.price.amount),
  text(products, (r) => r.product.price.currency),
  plain(products, (r) => r.product.purchaseLimit),
  plain(products, (r) => Lane.of(r.product.id)),
  plain(products, (r) => r.product.createdAt),
  plain(products, (r) => r.stock.onHand),
  plain(products, (r) => r.stock.reserved),
  plain(products, (r) => r.stock.version),
  uuids(stocks, (r) => r.productId),
  plain(stocks, (r) => r.expectedVersion),
  plain(stocks, (r) => r.stock.onHand),
  plain(stocks, (r) => r.stock.reserved),
  plain(stocks, (r) => r.stock.version),
]

/** JSON, which keeps a name as it is. */
const productEdits = (batch: Batch): string =>
  batch.productEdits.length === 0
    ? "[]"
    : JSON.stringify(
        batch.productEdits.map(({ after, at, stockVersion }) => ({
          id: after.id,
          version: after.version,
          stock: stockVersion,
          name: after.name,
          price: after.price.amount,
          lim: after.purchaseLimit,
          archived: after.archived,
          at,
        })),
      )

const orderColumns = ({ orders, orderUpdates }: Batch): Array<unknown> => [
  uuids(orders, (r) => r.id),
  text(orders, (r) => r.customerId),
  text(orders, (r) => r.status),
  plain(orders, (r) => r.total.amount),
  text(orders, (r) => r.total.currency),
  plain(orders, (r) => r.createdAt),
  plain(orders, (r) => r.expiresAt),
  plain(orders, (r) => r.version),
  text(orders, token),
  plain(orders, started),
  text(orders, refund),
  text(orders, reason),
  text(orders, paymentText),
  uuids(orderUpdates, (r) => r.order.id),
  plain(orderUpdates, (r) => r.expectedVersion),
  text(orderUpdates, (r) => r.order.status),
  plain(orderUpdates, (r) => r.order.version),
  text(orderUpdates, (r) => token(r.order)),
  plain(orderUpdates, (r) => started(r.order)),
  text(orderUpdates, (r) => refund(r.order)),
  text(orderUpdates, (r) => reason(r.order)),
  text(orderUpdates, (r) => paymentText(r.order)),
  plain(orderUpdates, (r) => r.elsewhere),
]

const holdColumns = ({ holds, holdChanges, units }: Batch): Array<unknown> => [
  uuids(holds, (r) => r.orderId),
  uuids(holds, (r) => r.productId),
  plain(holds, (r) => r.lineNo),
  text(holds, (r) => r.customerId),
  plain(holds, (r) => r.lane),
  plain(holds, (r) => r.quantity),
  plain(holds, (r) => r.unitPrice),
  text(holds, (r) => r.currency),
  text(holds, (r) => r.state),
  plain(holds, (r) => r.lapsesAt),
  uuids(holdChanges, (r) => r.orderId),
  uuids(holdChanges, (r) => r.productId),
  text(holdChanges, (r) => r.from),
  text(holdChanges, (r) => r.to),
  uuids(units, (r) => r.productId),
  text(units, (r) => r.customerId),
  plain(units, (r) => r.units),
]

const keyColumns = ({ keys, keyOutcomes }: Batch): Array<unknown> => [
  text(keys, (r) => r.claim.route),
  text(keys, (r) => r.claim.key),
  uuids(keys, (r) => r.claim.fingerprint),
  uuids(keys, (r) => orderOf(r)?.orderId ?? null),
  text(keys, (r) => orderOf(r)?.status ?? null),
  text(keys, (r) => (r.answer._tag === "Whole" ? JSON.stringify(r.answer.reply) : null)),
  text(keyOutcomes, (r) => r.route),
  text(keyOutcomes, (r) => r.key),
  text(keyOutcomes, (r) => r.status),
]

const historyColumns = ({ movements, facts }: Batch): Array<unknown> => [
  uuids(movements, (r) => r.productId),
  plain(movements, (r) => r.version),
  text(movements, (r) => r.type),
  plain(movements, (r) => r.onHandDelta),
  plain(movements, (r) => r.reservedDelta),
  plain(movements, (r) => r.onHand),
  plain(movements, (r) => r.reserved),
  uuids(movements, (r) => r.orderId),
  text(movements, (r) => r.reason),
  plain(movements, (r) => r.at),
  plain(facts, (r) => r.lane),
  plain(facts, (r) => r.seq),
  uuids(facts, (r) => r.eventId),
  text(facts, (r) => r.subjectKind),
  uuids(facts, (r) => r.subject),
  plain(facts, (r) => r.subjectVersion),
  text(facts, (r) => r.type),
  text(facts, (r) => r.payload),
  plain(facts, (r) => r.at),
  // Mostly none is traced, and a column that is shorter than its neighbours is null from there on.
  text(facts.some(({ trace }) => trace != null) ? facts : [], (r) => r.trace ?? null),
]
