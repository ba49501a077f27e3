/**
 * Statements a request: the real shop behind real HTTP over a real database, with a counter around its pools. Each route that reads asks the
 * database as often for many rows as for few (no N+1).
 */
import { Context, Effect, Layer, ManagedRuntime } from "effect"
import { OpenApi } from "effect/http-api"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { api } from "../../../src/adapters/http/api.ts"
import * as PostgresCatalog from "../../../src/adapters/postgres/catalog.ts"
import * as PostgresClient from "../../../src/adapters/postgres/client.ts"
import * as PostgresExplanations from "../../../src/adapters/postgres/explanations.ts"
import * as PostgresImports from "../../../src/adapters/postgres/imports.ts"
import * as PostgresInbox from "../../../src/adapters/postgres/inbox.ts"
import * as PostgresLease from "../../../src/adapters/postgres/lease.ts"
import * as PostgresLedger from "../../../src/adapters/postgres/ledger.ts"
import * as PostgresOrderBook from "../../../src/adapters/postgres/order-book.ts"
import { Deciding, type Reads, type Shown, ShownLists, ShownRows } from "../../../src/adapters/postgres/reads.ts"
import * as PostgresShipments from "../../../src/adapters/postgres/shipments.ts"
import * as PostgresTimeline from "../../../src/adapters/postgres/timeline.ts"
import * as PostgresUnsettled from "../../../src/adapters/postgres/unsettled.ts"
import * as Desk from "../../../src/app/imports/import-desk.ts"
import { Shop } from "../../../src/app/shop.ts"
import * as HttpServer from "../../support/http-server.ts"
import * as MemoryShop from "../../support/memory-shop.ts"
import { freshDatabase } from "../../support/postgres.ts"

let statements: Array<string> = []

/** Those of loops, which come by themselves. */
const OWN = /as lapses|'elsewhere', o\.elsewhere|from idempotency_keys where \(key, route\)/

const counted = <Pool extends Reads | Shown>(pool: Pool): Pool =>
  ({
    rows: (...query: Parameters<Reads["rows"]>) =>
      Effect.suspend(() => {
        if (!OWN.test(query[0])) statements.push(query[0])
        return (pool as Reads).rows(...query)
      }),
  }) as Pool

const counting = Layer.mergeAll(
  Layer.effect(Deciding, Effect.map(Deciding, counted)),
  Layer.effect(ShownRows, Effect.map(ShownRows, counted)),
  Layer.effect(ShownLists, Effect.map(ShownLists, counted)),
)

const books = Layer.mergeAll(
  PostgresInbox.layer,
  PostgresLedger.layer,
  PostgresUnsettled.layer,
  PostgresCatalog.layer,
  PostgresExplanations.layer,
  PostgresImports.layer,
  PostgresOrderBook.layer,
  PostgresShipments.layer,
  PostgresTimeline.layer,
  PostgresLease.layer,
).pipe(
  Layer.provide(counting),
  Layer.provide(Layer.unwrap(Effect.map(Effect.promise(freshDatabase), (url) => PostgresClient.layer(url)))),
)

const runtime = ManagedRuntime.make(Layer.provideMerge(Desk.layer, MemoryShop.over(books, { workers: 1 })))

const MANY = 40

let http: HttpServer.Running
/** One that all have ordered, and one that no order has touched. */
let sold: string
let idle: string
/** With rows. */
let imported: string
/** With one line, and with many. */
let small: string
let large: string

beforeAll(async () => {
  const shop = Context.get(await runtime.runPromise(Effect.andThen(MemoryShop.opened, Effect.context<Shop>())), Shop)
  const desk = Layer.succeed(Desk.ImportDesk, await runtime.runPromise(Desk.ImportDesk))
  http = await HttpServer.start(shop, null, {}, desk)
  let made = 0
  const key = () => ({ "idempotency-key": `key-${made++}` })
  const product = async () => {
    const goods = { sku: `sku-${made++}`, name: "Moon jar", price: { amount: 1, currency: "EUR" }, onHand: 1_000 }
    return (await http.post("/v1/products", goods)).body.id as string
  }
  const order = async (products: ReadonlyArray<string>) => {
    const lines = products.map((productId) => ({ productId, quantity: 1 }))
    const answer = await http.post("/v1/orders", { customerId: "mina", lines, payment: "later" }, key())
    expect(answer.status).toBe(202)
    return answer.body.id as string
  }
  const products = await Promise.all(Array.from({ length: MANY }, product))
  sold = products[0]!
  idle = products[1]!
  for (let n = 0; n < MANY; n++) small = await order([sold])
  large = await order(products)
  const body = Array.from({ length: MANY }, (_, n) => `{"sku":"sku-${n}","delta":1}`).join("\n")
  const headers = { "content-type": "application/x-ndjson", ...key() }
  imported = (await http.send("/v1/imports?mode=delta", { method: "POST", headers, body })).body.id
})
afterAll(async () => {
  await http.stop()
  await runtime.dispose()
})

const asked = async (path: string) => {
  statements = []
  const { body, status } = await http.get(path)
  expect(status, path).toBe(200)
  return { rows: body?.data?.length as number | undefined, statements: statements.length }
}

const LISTS = [
  ["/v1/orders", "?"],
  ["/v1/orders", "?customerId=mina&"],
  ["/v1/orders", "?status=reserved&from=2020-01-01T00:00:00Z&"],
  ["/v1/products", "?"],
  ["/v1/products", "?q=moon&"],
  ["/v1/products/{id}/stock/movements", "?"],
  ["/v1/imports/{id}/rows", "?"],
] as const

/** Read 500 rows at a time, by one statement each. */
const EXPORTS = ["/v1/exports/products", "/v1/exports/stock", "/v1/exports/orders"]

/** Of a product that is in memory stock is read without the database, and its outlook once a second. */
const SINGLES = [
  ["/v1/imports/{id}", 1],
  ["/v1/orders/{id}", 1],
  ["/v1/orders/{id}/explain", 1],
  ["/v1/orders/{id}/timeline", 2],
  ["/v1/products/{id}", 1],
  ["/v1/products/{id}/stock", 2],
  ["/v1/products/{id}/views", 1],
] as const

describe("statements a request", () => {
  it.each(LISTS)("one for GET %s%s, for few rows as for many", async (template, query) => {
    const path = template.replace("{id}", template.includes("imports") ? imported : sold) + query
    expect(await asked(`${path}limit=2`)).toEqual({ rows: 2, statements: 1 })
    expect(await asked(`${path}limit=${MANY}`)).toEqual({ rows: MANY, statements: 1 })
  })

  it.each(SINGLES)("for GET %s at most %i, for one line or order as for many", async (template, most) => {
    const ofShop = template.includes("orders") ? [small, large] : [idle, sold]
    for (const id of template.includes("imports") ? [imported] : ofShop)
      expect((await asked(template.replace("{id}", id))).statements).toBeLessThanOrEqual(most)
  })

  it.each(EXPORTS)("one for GET %s, for a part of any size", async (path) => {
    expect(await asked(path)).toEqual({ rows: undefined, statements: 1 })
  })

  it("are counted for each route that reads the shop", () => {
    const routes = Object.entries(OpenApi.fromApi(api).paths)
      .filter(([path, { get }]) => get !== undefined && path.startsWith("/v1/") && !path.startsWith("/v1/admin/"))
      .map(([path]) => path)
    // Fed by commits, and kept in memory.
    const beside = ["/v1/products/{id}/stock/stream", "/v1/requests/{requestId}/explain"]
    expect(new Set([...LISTS, ...SINGLES].map(([path]) => path as string).concat(beside, EXPORTS))).toEqual(
      new Set(routes),
    )
  })
})
