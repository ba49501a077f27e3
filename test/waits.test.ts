/** How long a caller may wait: each limit of time that stands in the code, their sums, and what docs/guarantees.md says of them. */
import { readFileSync } from "node:fs"
import { expect, it } from "vitest"
import { LINGER_MS, QUIET_MS } from "../src/adapters/http/connections.ts"
import * as HttpServer from "../src/adapters/http/server.ts"
import { UNREAD_MS } from "../src/adapters/http/unread.ts"
import { ANSWER_SECONDS, STATEMENT_TIMEOUT_MS } from "../src/adapters/postgres/sql-failure.ts"
import * as FactsThread from "../src/adapters/threads/facts/link.ts"
import * as HttpThreads from "../src/adapters/threads/http/threads.ts"
import * as InventoryThreads from "../src/adapters/threads/inventory/workers.ts"
import { ENDING_MS } from "../src/adapters/threads/supervisor.ts"
import * as Health from "../src/app/health.ts"
import * as Limits from "../src/app/inventory/limits.ts"
import * as LocalWorkers from "../src/app/inventory/local-workers.ts"
import { KEEP_MS } from "../src/app/inventory/ownership.ts"
import { CANCEL_PATIENCE_MS } from "../src/app/inventory/placement.ts"
import * as OutboxRelay from "../src/app/outbox-relay.ts"
import { DRAINING_MS } from "../src/app/place-order.ts"
import * as Payment from "../src/config/payment.ts"

const { limits } = HttpServer
const ANSWER_MS = ANSWER_SECONDS * 1_000
const COMMAND_MS = Limits.COMMAND_PATIENCE_MS + Limits.PATIENCE_LOOK_MS
const DEFAULT_PAYMENT_MS = Payment.read({}).placing.deadlineMs

const seconds = (ms: number): string => `${ms / 1_000} s`

/** Each row of the table: what is waited for, and what it adds up to. */
const ROWS: ReadonlyArray<readonly [what: string, ms: number]> = [
  ["the rest of a request's head", limits.headersTimeout + limits.connectionsCheckingInterval],
  ["the rest of a request", limits.requestTimeout + limits.connectionsCheckingInterval],
  ["a decision, or a stock read", COMMAND_MS],
  ["a cancellation", COMMAND_MS + CANCEL_PATIENCE_MS],
  ["an order with its payment", COMMAND_MS + DEFAULT_PAYMENT_MS],
  ["a statement of a list or of a single row", ANSWER_MS],
  ["a peer that does not read its answer", UNREAD_MS],
  // How long an end takes.
  ["an answer that is under way over HTTP", Health.DRAIN_MS],
  ["a thread of HTTP that does not end", Health.DRAIN_MS + ENDING_MS],
  ["commands under way in a worker", LocalWorkers.DRAIN_MS],
  ["a thread of the inventory that does not end", LocalWorkers.DRAIN_MS + ENDING_MS],
  ["facts that are committed and have not left", OutboxRelay.DRAIN_MS],
  ["the thread of the facts that does not end", OutboxRelay.DRAIN_MS + ENDING_MS],
]

it("the documented waits are the sums of the limits in the code", () => {
  const text = readFileSync(new URL("../docs/guarantees.md", import.meta.url), "utf8")
  const rows = [...text.matchAll(/^\| ([^|]+) \| ([\d.]+ s) \|/gm)].map(([, what, most]) => [what, most])
  expect(rows).toEqual(ROWS.map(([what, ms]) => [what, seconds(ms)]))
})

it("a thread is terminated only after what runs in it has given up its own drain, and had time to say so", () => {
  expect(HttpThreads.DRAIN_MS).toBe(Health.DRAIN_MS + ENDING_MS)
  expect(InventoryThreads.DRAIN_MS).toBe(LocalWorkers.DRAIN_MS + ENDING_MS)
  expect(FactsThread.DRAIN_MS).toBe(OutboxRelay.DRAIN_MS + ENDING_MS)
  expect(ENDING_MS, "a busy machine starts and ends a thread in a second").toBeGreaterThanOrEqual(2_000)
})

it("each wait is longer than what it waits for", () => {
  expect(ANSWER_MS, "the server ends a statement by itself, and its error arrives").toBeGreaterThan(
    STATEMENT_TIMEOUT_MS,
  )
  expect(Limits.COMMAND_PATIENCE_MS, "a silent line, and then the truth").toBeGreaterThanOrEqual(
    ANSWER_MS + Limits.UNKNOWN_PATIENCE_MS,
  )
  expect(limits.requestTimeout).toBeGreaterThan(limits.headersTimeout)
  expect(Health.DRAIN_MS, "what is begun at the end is paid, or answered 202").toBeGreaterThan(DEFAULT_PAYMENT_MS)
  expect(KEEP_MS, "lanes are kept while requests are still read").toBeGreaterThanOrEqual(QUIET_MS)
  expect(QUIET_MS, "a payment in the background is answered for before").toBeGreaterThan(DRAINING_MS)
  expect(QUIET_MS + LINGER_MS, "a shutdown waits for no silent peer").toBeLessThan(2_000)
})
