/**
 * A shop that is as small as it can be and still loses an event: a till, a stream, a packer. It is run as a process of its
 * own by `lost-events.ts`, which says where it dies. See docs/guide/03-events.md.
 *
 *     node src/learn/little-shop.ts <database> <stream> <till> <packer> <buyers> <dies>
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import * as PostgresClient from "../adapters/postgres/client.ts"

const [database = "", stream = "", till = "", packer = "", buyers = "", dies = "nowhere"] = process.argv.slice(2)

type Step = Effect.Effect<unknown, SqlError, PgClient.PgClient>

const query = (statement: string, ...parameters: ReadonlyArray<number>) =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<{ readonly n: number }>(statement, parameters))

const transaction = (...steps: ReadonlyArray<Step>): Step =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql.withTransaction(Effect.all(steps)))

/** The power goes out, if it is to go out here. */
const powerCut = (place: string, buyer: number) =>
  Effect.sync(() => {
    if (dies === `${place}-${buyer}`) process.kill(process.pid, "SIGKILL")
  })

/** The broker: what is written to it stays. */
const publish = (sale: number) => Effect.sync(() => appendFileSync(stream, `${sale}\n`, { flush: true }))
const published = () => (existsSync(stream) ? readFileSync(stream, "utf8").split("\n").slice(0, -1).map(Number) : [])

const sell = (sale: number): Step => query("insert into sales values ($1)", sale)

/** Three ways to sell and to say so. */
const TILLS: Readonly<Record<string, (sale: number) => Step>> = {
  "publish after commit": (sale) => Effect.all([sell(sale), powerCut("till", sale), publish(sale)]),

  "publish before commit": (sale) => Effect.all([publish(sale), powerCut("till", sale), sell(sale)]),

  outbox: (sale) =>
    Effect.andThen(
      transaction(sell(sale), query("insert into outbox (sale) values ($1)", sale)),
      powerCut("till", sale),
    ),
}

/** Brings to the stream what the outbox has, and only then moves its cursor. */
const relay = Effect.gen(function* () {
  for (;;) {
    const [next] = yield* query("select sale as n from outbox where sale > (select sale from relay_cursor) order by 1")
    if (next === undefined) return
    yield* publish(next.n)
    yield* powerCut("relay", next.n)
    yield* query("update relay_cursor set sale = $1", next.n)
  }
})

/** Two ways to pack a parcel for what the stream gives. */
const PACKERS: Readonly<Record<string, (sale: number, position: number) => Step>> = {
  "effect, then position": (sale, position) =>
    Effect.all([
      query("insert into parcels values ($1)", sale),
      powerCut("packer", sale),
      query("update packer_position set next = $1", position),
    ]),

  inbox: (sale, position) =>
    transaction(
      query(
        "with fresh as (insert into inbox values ($1) on conflict do nothing returning sale) insert into parcels select sale from fresh",
        sale,
      ),
      powerCut("packer", sale),
      query("update packer_position set next = $1", position),
    ),
}

const pack = Effect.gen(function* () {
  const [position] = yield* query("select next as n from packer_position")
  for (let next = position!.n; next < published().length; next++) yield* PACKERS[packer]!(published()[next]!, next + 1)
})

const day = Effect.gen(function* () {
  // The process that comes back from a power cut first does what was left.
  yield* relay
  yield* pack
  for (const buyer of buyers.split(",").map(Number)) {
    yield* TILLS[till]!(buyer)
    yield* relay
    yield* pack
  }
})

await Effect.runPromise(Effect.provide(day, PostgresClient.layer(database)))
