/** What waits in the database is announced as it is there: how much, and for how long. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { expect, it } from "vitest"
import * as Backlog from "../../../src/adapters/postgres/backlog.ts"
import { costOf } from "../../support/plans.ts"
import { freshClient } from "../../support/postgres.ts"
import * as RecordingProbe from "../../support/recording-probe.ts"

const order = (id: number, status: string, more: { attempt?: string; refund?: string } = {}) =>
  `insert into orders (id, customer_id, status, total_amount, currency, created_at, expires_at, version, attempt_token,
    attempt_started_at, refund)
  values ('00000000-0000-7000-8000-00000000000${id}', 'c', '${status}', 1, 'EUR', now() - interval '1 hour', now(), 1,
    ${more.attempt === undefined ? "null, null" : `'token', now() - interval '${more.attempt}'`}, '${more.refund ?? "none"}')`

const fact = (seq: number, ago: string) =>
  `insert into outbox values (7, ${seq}, gen_random_uuid(), 'order', gen_random_uuid(), 1, 'jaego.order.placed.v1', '{}',
    now() - interval '${ago}')`

const letter = (key: string, state: string) =>
  `insert into dead_letters (consumer, source, topic, "offset", key, value, headers, event_id, error, attempts, state)
  values ('shipping', 's', 't', ${key}, '${key}', '', '{}', gen_random_uuid(), 'no', 1, '${state}')`

const WAITING = [
  order(1, "reserved"),
  order(2, "reserved", { attempt: "40 seconds" }),
  order(3, "reserved", { attempt: "10 seconds" }),
  order(4, "cancelled", { refund: "due" }),
  order(5, "cancelled", { refund: "done" }),
  order(6, "paid"),
  fact(1, "2 hours"),
  fact(2, "50 seconds"),
  fact(3, "20 seconds"),
  "update lanes set seq = 3 where lane = 7",
  "update relay_cursors set seq = 1 where lane = 7",
  letter("1", "poison"),
  letter("2", "queued"),
  letter("3", "queued"),
  letter("4", "discarded"),
]

const measured = (statements: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    for (const statement of statements) yield* sql.unsafe(statement)
    yield* Layer.build(Backlog.layer)
    const recording = yield* RecordingProbe.Recording
    yield* recording.until(RecordingProbe.is("BacklogMeasured"))
    return recording.all().find(RecordingProbe.is("BacklogMeasured"))!
  }).pipe(Effect.scoped, Effect.provide(freshClient), Effect.provide(RecordingProbe.recording), Effect.runPromise)

const about = (seconds: number) => expect.closeTo(seconds, -1)

it("counts live holds, open charges and refunds, facts that have not left and parked letters, with the oldest of each", async () => {
  const { deadLetters, ...backlog } = (await measured(WAITING)) as Record<string, unknown>
  expect(backlog).toEqual({
    _tag: "BacklogMeasured",
    holds: 3,
    oldestChargeSeconds: about(40),
    refundsDue: 1,
    oldestRefundSeconds: 0,
    facts: 2,
    oldestFactSeconds: about(50),
  })
  expect(deadLetters).toHaveLength(2)
  expect(deadLetters).toContainEqual({ consumer: "shipping", state: "poison", letters: 1 })
  expect(deadLetters).toContainEqual({ consumer: "shipping", state: "queued", letters: 2 })
})

it("announces nothing but zeros of a database in which nothing waits", async () => {
  expect(await measured([])).toEqual({
    _tag: "BacklogMeasured",
    ...{ holds: 0, oldestChargeSeconds: 0, refundsDue: 0, oldestRefundSeconds: 0, facts: 0, oldestFactSeconds: 0 },
    deadLetters: [],
  })
})

/** Facts that have not left, of one lane; and pages: each lane's cursor and end, and one fact of one lane in each day's partition. */
const FACTS = 50_000
const PAGES_MAX = 600

it("looks at one fact of a lane, however many have not left since the plan was made", async () => {
  const fill = [
    // As the service has it: planned when there was nothing, and kept.
    `prepare backlog as ${Backlog.BACKLOG}`,
    "execute backlog",
    `insert into outbox select 7, n, gen_random_uuid(), 'order', gen_random_uuid(), 1, 'jaego.order.placed.v1', '{}', now()
      from generate_series(1, ${FACTS}) n`,
    `update lanes set seq = ${FACTS} where lane = 7`,
  ]
  const cost = await Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const looked = Effect.andThen(
      Effect.forEach(fill, (statement) => sql.unsafe(statement), { discard: true }),
      costOf("execute backlog", []),
    )
    // After it the planner is certain that the partitions of days to come are empty.
    yield* sql.unsafe("vacuum analyze outbox")
    return yield* sql.withTransaction(looked)
  }).pipe(Effect.provide(freshClient), Effect.runPromise)
  expect(cost.pages).toBeLessThan(PAGES_MAX)
})
