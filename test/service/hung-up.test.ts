/** Buyers who hang up while the database is busy: what they asked for is dropped before it is sent, and those who wait get it. */
import { request } from "node:http"
import { Effect } from "effect"
import { afterEach, expect, it } from "vitest"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import { STATEMENT_TIMEOUT_MS } from "../../src/adapters/postgres/sql-failure.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, type Service, start, until } from "../support/service.ts"
import * as Sessions from "../support/sessions.ts"
import * as Trade from "../support/trade.ts"

afterEach(killAll)

/** Of each kind: those that wait, and those that hang up. */
const BUYERS = 20

/** How long the first commit is held up at most (ms): it is ended by its statement timeout, and then all others are sent. */
const HELD_MS = STATEMENT_TIMEOUT_MS - 1_000

/** On a busy machine the gauges, set once a second, may come too late: then it is done again, with another product. */
const ROUNDS = 10

const ask = (service: Service, productId: string) => {
  const lines = [{ productId, quantity: 1 }]
  const headers = { "content-type": "application/json", "idempotency-key": Trade.newKey() }
  const asking = request(`${service.url}/v1/orders`, { method: "POST", agent: false, headers })
  const status = new Promise<number>((resolve) => {
    asking.on("response", (response) => resolve(response.resume().statusCode ?? 0))
    asking.on("error", () => resolve(0))
  })
  asking.end(JSON.stringify({ customerId: "kim", lines, payment: "later" }))
  return { hangUp: () => asking.destroy(), status }
}

/** Everyone's status, and whether the hasty were seen to come and to go while the first commit was held up. */
const round = Effect.fnUntraced(function* (service: Service, product: string) {
  const lock = yield* Sessions.holding("lock table stock in exclusive mode")
  const first = ask(service, product)
  yield* Sessions.waitingForLock("jaego_commit")
  const end = performance.now() + HELD_MS
  const open = () => service.metric("jaego_http_connections{")
  const inTime = (look: () => Promise<boolean>) =>
    Effect.promise(() =>
      until("it is seen, or too late", async () => ((await look()) ? "seen" : performance.now() > end && "late")),
    )
  const hasty = Array.from({ length: BUYERS }, () => ask(service, product))
  const patient = Array.from({ length: BUYERS }, () => ask(service, product))
  const all = 1 + 2 * BUYERS
  // Ours is open too.
  const came = yield* inTime(async () => (await service.metric("jaego_mailbox_depth{")) === all && (await open()) > all)
  const before = yield* Effect.promise(open)
  for (const { hangUp } of hasty) hangUp()
  const went = came === "seen" ? yield* inTime(async () => (await open()) <= before - BUYERS) : "late"
  yield* lock.commit
  const [one, ...others] = yield* Effect.promise(() =>
    Promise.all([first, ...hasty, ...patient].map(({ status }) => status)),
  )
  return { isInTime: went === "seen", first: one, hasty: others.slice(0, BUYERS), patient: others.slice(BUYERS) }
}, Effect.scoped)

it.each([
  ["in the main thread", "0"],
  ["on threads for HTTP", "2"],
])("an order whose caller has hung up before its turn comes is not placed, %s", async (_, threads) => {
  const database = await freshDatabase()
  const service = await start({ DATABASE_URL: database, WORKERS: "2", HTTP_THREADS: threads, OVERLOAD_MODE: "on" })
  const dropped = () => service.metric('jaego_dropped_total{why="hung-up"}')
  for (let rounds = 1; ; rounds++) {
    const product = await Trade.create(service, 1 + BUYERS)
    const before = await dropped()
    const { isInTime, ...answers } = await Effect.runPromise(
      Effect.provide(round(service, product), PostgresClient.layer(database)),
    )
    if (!isInTime && rounds < ROUNDS) continue
    // Those who hung up stood before the patient, and had the last units.
    expect(answers).toEqual({ first: 202, hasty: Array(BUYERS).fill(0), patient: Array(BUYERS).fill(202) })
    expect(await Trade.stock(service, product)).toMatchObject({ reserved: 1 + BUYERS, available: 0 })
    expect((await dropped()) - before).toBe(BUYERS)
    return
  }
})
