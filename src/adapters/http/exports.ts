/**
 * Exports as text: a list of the shop, part by part, as lines of JSON or CSV.
 *
 * Why parts and no cursor of the database's own: that keeps a transaction open for as long as its reader takes, and with it every dead row
 * of the shop (docs/decisions/0039).
 *
 * Law: one part is in memory at a time, and the next is read when the peer has taken it. Limits: PART rows.
 * Fails: a part that cannot be read ends the transfer without its end, which a client sees.
 */
import { Clock, Effect, Option, Stream } from "effect"
import type { Shop } from "../../app/shop.ts"
import type { OrderId, ProductId } from "../../domain/ids.ts"
import * as Order from "../../domain/order.ts"
import type { Product } from "../../domain/product.ts"
import * as Stock from "../../domain/stock.ts"
import type { CommittedStock } from "../../ports/catalog.ts"
import type { Unavailable } from "../../ports/failures.ts"
import type { Refused } from "../../ports/inventory.ts"
import type { Page } from "../../ports/page.ts"
import { type Field, line } from "../../std/csv.ts"
import * as Views from "./views.ts"

/** Rows that are read at once: some ten milliseconds of the database, some hundred KiB of memory. */
const PART = 500

export type Format = "ndjson" | "csv"

/** What is exported: how a part is read, and how a row is shown. */
interface Exported<Row, Position> {
  readonly read: (
    shop: Shop["Service"],
    after: Position | null,
  ) => Effect.Effect<Page<Row, Position>, Refused | Unavailable>
  /** `now` in milliseconds since 1970. */
  readonly view: (row: Row, now: number) => object
  readonly columns: ReadonlyArray<string>
  /** Lines of CSV. */
  readonly lines: (row: Row, now: number) => ReadonlyArray<ReadonlyArray<Field>>
}

const exported = <Row, Position>(of: Exported<Row, Position>): Exported<Row, Position> => of

const stockView = ({ productId, sku, stock }: CommittedStock) => ({ ...Views.stock({ productId, stock }), sku })

const all = { customerId: null, status: null, from: null, to: null }

export const EXPORTS = {
  products: exported<Product, ProductId>({
    read: (shop, after) => shop.listProducts({ limit: PART, after, sku: null, words: null }),
    view: Views.product,
    columns: ["id", "sku", "name", "price", "currency", "purchaseLimit", "createdAt", "version", "archived"],
    lines: (product) => {
      const { archived, createdAt, id, name, price, purchaseLimit, sku, version } = Views.product(product)
      return [[id, sku, name, price.amount, price.currency, purchaseLimit, createdAt, version, String(archived)]]
    },
  }),
  stock: exported<CommittedStock, ProductId>({
    read: (shop, after) => shop.listStock({ limit: PART, after }),
    view: stockView,
    columns: ["productId", "sku", "onHand", "reserved", "available", "version"],
    lines: ({ productId, sku, stock }) => [
      [productId, sku, stock.onHand, stock.reserved, Stock.available(stock), stock.version],
    ],
  }),
  orders: exported<Order.Order, OrderId>({
    read: (shop, after) => shop.listOrders({ ...all, limit: PART, after }),
    view: (order, now) => Views.order(order, Order.statusAt(order, now)),
    columns: [
      ...["id", "status", "customerId", "createdAt", "expiresAt", "total", "currency"],
      ...["productId", "quantity", "unitPrice"],
    ],
    lines: (order, now) => {
      const { createdAt, customerId, expiresAt, id, lines, status, total } = Views.order(
        order,
        Order.statusAt(order, now),
      )
      return lines.map(({ productId, quantity, unitPrice }) => [
        ...[id, status, customerId, createdAt, expiresAt, total.amount, total.currency],
        ...[productId, quantity, unitPrice.amount],
      ])
    },
  }),
}

const textOf = <Row, Position>(
  { lines, view }: Exported<Row, Position>,
  format: Format,
  rows: ReadonlyArray<Row>,
  now: number,
): string =>
  rows
    .map((row) => (format === "csv" ? lines(row, now).map(line).join("") : `${JSON.stringify(view(row, now))}\n`))
    .join("")

const encoder = new TextEncoder()

/** Its first part is read before there is a stream, so that what is refused is answered as a problem. */
export const stream = Effect.fnUntraced(function* <Row, Position>(
  what: Exported<Row, Position>,
  shop: Shop["Service"],
  format: Format,
) {
  const part = Effect.fnUntraced(function* (after: Position | null) {
    const { next, rows } = yield* what.read(shop, after)
    const text = textOf(what, format, rows, yield* Clock.currentTimeMillis)
    return { bytes: encoder.encode(text), next }
  })
  const first = yield* part(null)
  const rest = Stream.paginate(first.next, (after) =>
    after === null
      ? Effect.succeed([[], Option.none()] as const)
      : Effect.map(part(after), ({ bytes, next }) => [[bytes], Option.fromNullOr(next)] as const),
  )
  const head = format === "csv" ? line(what.columns) : ""
  return Stream.concat(Stream.make(encoder.encode(head), first.bytes), rest)
})
