/**
 * Networks forget connections that are silent for minutes (NAT, balancers of clouds), and the first order after a quiet time would
 * wait for one that is gone. So TCP asks on each connection to PostgreSQL whether the other end lives. The kernel says so itself.
 */
import { readFileSync } from "node:fs"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { afterAll, expect, it } from "vitest"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, start } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

/** A line of the table: `0: 0100007F:1F90 0100007F:1538 01 00000000:00000000 02:000005DC ...`. */
const LINE = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 01 \S+ ([0-9A-F]{2}):([0-9A-F]{8}) /gm
/** What the timer of a connection is for, when it asks whether the other end lives. */
const ASKS = "02"
/** The table counts hundredths of a second; two more, for a kernel that was late. */
const LONGEST = 1_500 + 200

/** The ports of connections that will ask within 15 s, as the kernel has them at this moment. */
const asking = (): ReadonlySet<number> => {
  const table = ["/proc/net/tcp", "/proc/net/tcp6"].map((file) => readFileSync(file, "utf8")).join("\n")
  const asks = [...table.matchAll(LINE)].filter(
    ([, , what, when]) => what === ASKS && Number.parseInt(when!, 16) <= LONGEST,
  )
  return new Set(asks.map(([, port]) => Number.parseInt(port!, 16)))
}

/** Sessions of the service, by the port that each has on its side. */
const sessions = PgClient.PgClient.use(
  (sql) => sql<{ readonly port: number }>`
    select client_port as port from pg_stat_activity
    where datname = current_database() and client_port > 0 and pid <> pg_backend_pid()`,
)

it.skipIf(process.platform !== "linux")(
  "on each connection to PostgreSQL TCP asks whether the other end lives",
  async () => {
    const database = await freshDatabase()
    const service = await start({ DATABASE_URL: database, WORKERS: "2" })
    const product = await Trade.create(service, 5)
    await Trade.buy(service, product, { customerId: "mina" })
    await service.get("/v1/orders")
    const program = Effect.gen(function* () {
      // One that has just sent something has another timer for a moment, and one that was idle may end.
      const seen = new Set<number>()
      for (;;) {
        for (const port of asking()) seen.add(port)
        const ports = (yield* sessions).map(({ port }) => port)
        // The lease, the relay, and of each thread what writes and reads.
        expect(ports.length).toBeGreaterThan(6)
        if (ports.every((port) => seen.has(port))) return
        yield* Effect.sleep("5 millis")
      }
    })
    await Effect.runPromise(Effect.provide(program, PostgresClient.layer(database)))
  },
)
