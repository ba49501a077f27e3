/** The age of the oldest snapshot: of a transaction that stays open, of a prepared one, and of a replica, which has no time. */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { expect, it } from "vitest"
import { measure, SNAPSHOTS, type Snapshot } from "../../../src/adapters/postgres/oldest-snapshot.ts"
import { freshClient } from "../../support/postgres.ts"
import { holding, snapshot } from "../../support/sessions.ts"

const seen = Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<Snapshot>(SNAPSHOTS))

it("finds a transaction that has read something and stays open, until it ends", () =>
  Effect.runPromise(
    Effect.gen(function* () {
      expect(yield* seen).toEqual([])
      const open = yield* snapshot
      const found = yield* seen
      expect(found).toHaveLength(1)
      const { seconds } = measure(found, new Map(), 0)
      expect(seconds).toBeGreaterThan(0)
      const later = measure(yield* seen, new Map(), 0)
      expect(later.seconds).toBeGreaterThan(seconds)
      yield* open.commit
      expect(yield* seen).toEqual([])
    }).pipe(Effect.scoped, Effect.provide(freshClient)),
  ))

it("finds a transaction that has written and says nothing more", () =>
  Effect.runPromise(
    Effect.gen(function* () {
      const open = yield* holding("update audit set looked_at = now()")
      const [found, ...others] = yield* seen
      expect(others).toEqual([])
      expect(found!.holder).toMatch(/^session \d+$/)
      expect(found!.seconds).toBeGreaterThan(0)
      yield* open.commit
      expect(yield* seen).toEqual([])
    }).pipe(Effect.scoped, Effect.provide(freshClient)),
  ))

const replica = (horizon: string): Snapshot => ({ holder: "slot standby", seconds: null, horizon })

it("counts the age of what a replica reads from when its horizon was first seen", () => {
  const first = measure([replica("700")], new Map(), 1_000)
  expect(first.seconds).toBe(0)
  const second = measure([replica("700")], first.seen, 31_000)
  expect(second.seconds).toBe(30)
  expect(measure([replica("701")], second.seen, 32_000).seconds).toBe(0)
})

it("is that of the oldest of all, and none when there is no snapshot", () => {
  const sessions = [5, 700, 2].map((seconds) => ({ holder: `session ${seconds}`, seconds, horizon: "1" }))
  expect(measure(sessions, new Map(), 0).seconds).toBe(700)
  expect(measure([], new Map(), 0).seconds).toBe(0)
})
