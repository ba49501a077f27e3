/** Pages of the list of products over HTTP: they say how old they are and how old they may become, where they come from a cache. */
import { Effect } from "effect"
import { afterEach, beforeEach, expect, it } from "vitest"
import * as Position from "../../../src/ports/position.ts"
import * as HttpServer from "../../support/http-server.ts"

const ORIGIN = "https://shop.example"
const EMPTY = { rows: [], next: null }

let server: HttpServer.Running
let ageMs: number | null
const asked: Array<string> = []
beforeEach(async () => {
  asked.length = 0
  server = await HttpServer.start(
    {
      browseProducts: ({ after, limit }) =>
        Effect.map(Position.AtLeast, (position) => {
          asked.push(`browse ${limit} ${after}${position === null ? "" : ` at ${Position.text(position)}`}`)
          return { page: EMPTY, ageMs }
        }),
      listProducts: ({ sku, words }) =>
        Effect.sync(() => {
          asked.push(`search ${sku} ${words}`)
          return EMPTY
        }),
    },
    null,
    { origins: [ORIGIN] },
  )
})
afterEach(() => server.stop())

const saidOf = ({ headers, status }: HttpServer.Answer) =>
  [status, ...["cache-control", "age", "vary"].map((name) => headers.get(name))] as const

it("a page from the cache says how old it is, and that it is no answer to another position or origin", async () => {
  ageMs = 4_999
  const said = [200, "public, max-age=10, stale-if-error=60", "4", "origin, jaego-position"]
  expect(saidOf(await server.get("/v1/products?limit=7"))).toEqual(said)
  const answer = await server.get("/v1/products", { origin: ORIGIN })
  expect(saidOf(answer)).toEqual(said)
  expect(answer.headers.get("access-control-allow-origin")).toBe(ORIGIN)
  expect(answer.body).toEqual({ data: [], hasMore: false, nextCursor: null })
  expect(asked).toEqual(["browse 7 null", "browse 20 null"])
})

it("a page that was read just now is not to be kept, nor is a search", async () => {
  ageMs = null
  expect(saidOf(await server.get("/v1/products"))).toEqual([200, "no-store", null, null])
  expect(saidOf(await server.get("/v1/products?sku=MUG"))).toEqual([200, "no-store", null, null])
  expect(saidOf(await server.get("/v1/products?q=blue"))).toEqual([200, "no-store", null, null])
  expect(asked).toEqual(["browse 20 null", "search MUG null", "search null blue"])
})

it("who brings a position is answered under it, whether or not there are replicas", async () => {
  ageMs = null
  await server.get("/v1/products", { "jaego-position": "16/B374D848" })
  expect(asked).toEqual(["browse 20 null at 16/B374D848"])
})
