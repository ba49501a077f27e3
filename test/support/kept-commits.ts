/** Batches of every kind, by one owner of all lanes: each of a few orders of its own, so that what a commit costs is told from what the shop has. */
import { Effect } from "effect"
import * as Lane from "../../src/domain/lane.ts"
import * as Order from "../../src/domain/order.ts"
import type { Product } from "../../src/domain/product.ts"
import { Ledger } from "../../src/ports/ledger.ts"
import * as Scribe from "./scribe.ts"

const ORDERS = 3
/** Not that of the grown shop's facts. */
const LANE = 11
const ON_HAND = 10

const FIRST = Array.from({ length: Lane.COUNT }, (_, lane) => ({ lane, epoch: 0, seq: 0 }))

const numbered = <A>(make: (index: number) => A): ReadonlyArray<A> => Array.from({ length: ORDERS }, (_, n) => make(n))

const placing = (products: ReadonlyArray<Product>) => products.map((product) => Scribe.order([product]))

/** What the next batch is about: placed by one, paid by the next, cancelled by the last. */
interface Round {
  readonly products: ReadonlyArray<Product>
  readonly orders: ReadonlyArray<Order.Order>
  readonly claims: ReadonlyArray<ReturnType<typeof Scribe.claim>>
}

const round = (): Round => {
  const products = numbered(() => Scribe.productIn(LANE))
  return { products, orders: placing(products), claims: numbered(() => Scribe.claim()) }
}

const changing = ({ orders }: Round, from: "held" | "confirmed" | "tentative", to: "confirmed" | "returned") =>
  orders.map(({ id, lines }) => ({ orderId: id, productId: lines[0]!.productId, from, to }) as const)

const paid = (order: Order.Order) => Order.evolve(order, { _tag: "Paid" })

const PARTS: Readonly<Record<string, (of: Round) => Scribe.Parts>> = {
  "a commit of products": ({ products }) => ({ products: products.map((product) => ({ product, onHand: ON_HAND })) }),
  "a commit of orders": ({ claims, orders }) => ({
    orders,
    holds: orders.flatMap((order) => Scribe.holds(order)),
    changes: orders.flatMap((order) => Scribe.reserving(order, ON_HAND)),
    units: orders.map(({ customerId, lines }) => ({ productId: lines[0]!.productId, customerId, units: 1 })),
    keys: orders.map((order, index) => Scribe.orderAnswer(order, claims[index]!)),
  }),
  "a commit that is contested for its keys": ({ claims }) => ({
    keys: claims.map((claim) => ({ claim, answer: { _tag: "Whole", reply: { _tag: "Done" } } as const })),
  }),
  "a commit that is contested for its SKUs": ({ products }) => ({
    products: products.map(({ sku }) => ({ product: Scribe.product({ ...Scribe.productIn(LANE), sku }), onHand: 1 })),
  }),
  "a commit that is contested for holds that have changed": (of) => ({
    holdChanges: changing(of, "tentative", "confirmed"),
  }),
  "a commit that is contested for holds that are missing": () => ({
    holdChanges: changing(round(), "held", "confirmed"),
  }),
  "a commit of payments": (of) => ({
    orderUpdates: of.orders.map((order) => ({ order: paid(order), expectedVersion: 1, elsewhere: false })),
    holdChanges: changing(of, "held", "confirmed"),
    keyOutcomes: of.claims.map(({ key, route }) => ({ key, route, status: "paid" }) as const),
  }),
  "a commit of cancellations": (of) => ({
    orderUpdates: of.orders.map((order) => ({
      order: Order.evolve(paid(order), { _tag: "Cancelled", reason: null, refund: "due" }),
      expectedVersion: 2,
      elsewhere: true,
    })),
    holdChanges: changing(of, "confirmed", "returned"),
    units: of.orders.map(({ customerId, lines }) => ({ productId: lines[0]!.productId, customerId, units: 0 })),
  }),
  "a commit of edits": ({ products }) => ({
    productEdits: products.map((product) => ({
      before: product,
      after: { ...product, version: 2, name: "Stale bread" },
      stockVersion: 2,
      at: Scribe.NOON,
    })),
  }),
}

/** The commits of a turn, in their order: each builds on what those before it have written. */
export const make = (): ReadonlyArray<
  readonly [name: string, look: (turn: number) => Effect.Effect<unknown, unknown, Ledger>]
> => {
  const rounds = new Map<number, Round>()
  const ofTurn = (turn: number) => {
    const known = rounds.get(turn) ?? round()
    rounds.set(turn, known)
    return known
  }
  let scribe: Scribe.Scribe | null = null
  return Object.entries(PARTS).map(([name, parts]) => [
    name,
    (turn) =>
      Effect.flatMap(Ledger, (ledger) => {
        scribe ??= new Scribe.Scribe(ledger, FIRST)
        return scribe.commit(parts(ofTurn(turn)))
      }),
  ])
}
