/**
 * Lists over a long past: what a page of orders or products touches for each kind of filter, with the planner's own settings and not with
 * ours; and how long page 10,000 takes beside page 1, over HTTP.
 */
import { Agent, get } from "node:http"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import * as Cursors from "../../src/adapters/http/cursors.ts"
import * as Catalog from "../../src/adapters/postgres/catalog.ts"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import { listParameters, listQuery } from "../../src/adapters/postgres/order-book.ts"
import * as Words from "../../src/domain/product-words.ts"
import { median } from "../../src/std/median.ts"
import { costOf } from "../support/plans.ts"
import { markdown } from "./table.ts"

/** Rows a page, as callers have them unless they ask for others. */
const ROWS = 20
const FAR_PAGE = 10_000

/** Each of both pages, in turn. */
const READS = 300

/** What PostgreSQL has unless it is set otherwise: our sessions set it to keep to indexes. */
const DEFAULTS = ["enable_seqscan = on", "jit = on"]

/** Pages of the disk a row, and rows that are read in vain. */
const PAGES_MAX = 8

/** Page 10,000 over page 1. */
const RATIO_MAX = 1.2

/** Medians of two pages of the list of orders, ms. */
export interface Pages {
  readonly first: number
  readonly far: number
  /** Number of the far page: the last one of a shorter past. */
  readonly page: number
}

export interface Listed extends Pages {
  readonly costs: ReadonlyArray<readonly [filter: string, rows: number, pages: number, removed: number]>
}

interface Past {
  readonly id: string
  readonly at: number
  readonly customer: string
}

interface Seeded {
  readonly id: string
  readonly sku: string
  readonly name: string
}

const DAY_MS = 86_400_000

type Asked = readonly [name: string, statement: string, parameters: ReadonlyArray<unknown>]

const ofOrders = (middle: Past): ReadonlyArray<Asked> => {
  const none = { customerId: null, status: null, from: null, to: null }
  const filters = [
    ["orders", none],
    ["a status that most have", { ...none, status: "delivered" }],
    ["a status that few have", { ...none, status: "expired" }],
    ["a status that none has", { ...none, status: "payment_failed" }],
    ["a customer", { ...none, customerId: middle.customer }],
    ["a customer and a status", { ...none, customerId: middle.customer, status: "delivered" }],
    ["a day", { ...none, from: middle.at - DAY_MS, to: middle.at }],
    ["a day and a status", { ...none, status: "expired", from: middle.at - DAY_MS, to: middle.at }],
  ] as const
  return filters.map(([name, filter]) => {
    const request = { ...filter, after: null, limit: ROWS - 1, now: Date.now() }
    return [name, listQuery(filter), listParameters(request)]
  })
}

/** As they are seeded: each has a number in its name and its SKU. */
const ofProducts = ({ id, name, sku }: Seeded): ReadonlyArray<Asked> => {
  const filters = [
    ["products", null, null],
    ["a SKU", sku, null],
    ["a word that all products have", null, "product"],
    ["a word of one product", null, name.split(" ").at(-1)!],
    ["a word of none", null, "quux"],
  ] as const
  const lists = filters.map(([name, sku, text]): Asked => {
    const words = text === null ? null : Words.of(text)
    const { parameters, statement } = Catalog.listQuery({ sku, words }, null, ROWS)
    return [name, statement, parameters]
  })
  return [
    ...lists,
    ["stock of products", Catalog.STOCK, [Catalog.AFTER_ALL, ROWS]],
    ["movements of a product", Catalog.MOVEMENTS, [id, ROWS, String(Catalog.FROM_THE_NEWEST)]],
  ]
}

const costs = (asked: ReadonlyArray<Asked>) =>
  Effect.forEach(asked, ([name, statement, parameters]) =>
    Effect.map(
      costOf(statement, parameters, DEFAULTS),
      ({ pages, removed, rows }) => [name, rows, pages, removed] as const,
    ),
  )

const at = (offset: number) =>
  Effect.flatMap(PgClient.PgClient, (sql) =>
    Effect.map(
      sql.unsafe<Past>(
        `select id, customer_id as customer, (extract(epoch from created_at) * 1000)::float8 as at
          from orders order by id desc offset ${offset} limit 1`,
      ),
      ([row]) => row!,
    ),
  )

const aProduct = Effect.flatMap(PgClient.PgClient, (sql) =>
  Effect.map(
    sql.unsafe<Seeded>("select id, sku, name from products order by id desc offset 1000 limit 1"),
    ([row]) => row!,
  ),
)

const read = (agent: Agent, url: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const begun = performance.now()
    get(url, { agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`a page was answered with ${response.statusCode}`))
      response.resume().once("end", () => resolve(performance.now() - begun))
    }).once("error", reject)
  })

/** `url`: of a service on that database, which is not busy. */
export const pages = async (database: string, url: string, orders: number): Promise<Pages> => {
  const page = Math.min(FAR_PAGE, Math.floor(orders / ROWS) - 1)
  const last = await Effect.runPromise(at((page - 1) * ROWS - 1).pipe(Effect.provide(PostgresClient.layer(database))))
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const first: Array<number> = []
  const far: Array<number> = []
  const list = `${url}/v1/orders?limit=${ROWS}`
  for (let n = 0; n < READS; n++) {
    first.push(await read(agent, list))
    far.push(await read(agent, `${list}&cursor=${Cursors.write("orders", last.id)}`))
  }
  agent.destroy()
  return { first: median(first), far: median(far), page }
}

export const measure = async (database: string, url: string, orders: number): Promise<Listed> => {
  const found = Effect.gen(function* () {
    return yield* costs([...ofOrders(yield* at(Math.floor(orders / 2))), ...ofProducts(yield* aProduct)])
  })
  const touched = await Effect.runPromise(found.pipe(Effect.provide(PostgresClient.layer(database))))
  return { costs: touched, ...(await pages(database, url, orders)) }
}

const pageFaults = ({ far, first, page }: Pages): ReadonlyArray<string> =>
  far > RATIO_MAX * first ? [`page ${page} takes ${(far / first).toFixed(2)} times page 1`] : []

export const pagesText = (pages: Pages): string =>
  [
    `page 1 of the list of orders: ${pages.first.toFixed(2)} ms; page ${pages.page}: ${pages.far.toFixed(2)} ms, ${(pages.far / pages.first).toFixed(2)} of page 1`,
    ...pageFaults(pages).map(bound),
  ].join("\n")

const bound = (fault: string): string => `ABOVE ITS BOUND: ${fault}`

/** What is above its bound. */
const costFaults = ({ costs }: Listed): ReadonlyArray<string> =>
  costs.flatMap(([filter, rows, pages, removed]) => [
    ...(pages > PAGES_MAX * Math.max(rows, ROWS) ? [`${filter}: ${pages} pages for ${rows} rows`] : []),
    ...(removed > ROWS ? [`${filter}: ${removed} rows are read in vain`] : []),
  ])

export const text = (listed: Listed): string =>
  [
    markdown(
      ["a page of", "rows", "pages touched", "a row", "rows in vain"],
      listed.costs.map(([filter, rows, pages, removed]) => [
        ...[filter, String(rows), String(pages), rows === 0 ? "" : (pages / rows).toFixed(1), String(removed)],
      ]),
    ),
    "",
    ...costFaults(listed).map(bound),
    pagesText(listed),
  ].join("\n")
