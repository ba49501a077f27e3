/** Facts that do not leave, and events that cannot be handled: what the runbook says of `outbox-old` and `dead-letters`. */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as PostgresClient from "../../../src/adapters/postgres/client.ts"
import * as Drill from "../../support/drill.ts"
import { absent, leaveOut } from "../../support/missing.ts"
import { freshDatabase } from "../../support/postgres.ts"
import { Prometheus } from "../../support/prometheus.ts"
import { killAll, type Service, start, until } from "../../support/service.ts"
import * as Trade from "../../support/trade.ts"

const isLeftOut = leaveOut("drills of facts", absent("prometheus"))

describe.skipIf(isLeftOut)("drills of facts", () => {
  let database: string
  let service: Service
  let prometheus: Prometheus
  let product: string

  const query = (statement: string) =>
    Effect.runPromise(
      Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe(statement)).pipe(
        Effect.provide(PostgresClient.layer(database)),
      ),
    )

  beforeAll(async () => {
    database = await freshDatabase()
    service = await start({ DATABASE_URL: database, WORKERS: "1", FACTS: "off" })
    prometheus = await Prometheus.start([service], Drill.RULES)
    product = await Trade.create(service, 1_000)
  })
  afterAll(async () => {
    await prometheus?.stop()
    await killAll()
  })

  it("outbox-old: no process publishes", async () => {
    await Trade.buy(service, product)
    await Drill.fires(prometheus, "JaegoOutboxOld", "outbox-old")
    await Drill.look(prometheus, "outbox-old", "jaego_relaying", {}, (processes) => processes === 0)
    await Drill.look(prometheus, "outbox-old", "jaego_outbox_rows", {})
    await start({ DATABASE_URL: database, WORKERS: "1", FACTS: "on" })
    await Drill.ends(prometheus, "JaegoOutboxOld")
  })

  it("dead-letters: the table of shipments refuses rows", async () => {
    await query("alter table shipments add constraint trouble check (false) not valid")
    const [kept, given] = await Trade.times(2, async () => (await Trade.buy(service, product)).body.id as string)
    const { labels } = await Drill.fires(prometheus, "JaegoDeadLetters", "dead-letters")
    expect(labels["consumer"]).toBe("shipping")
    const env = { DATABASE_URL: database }
    const idOf = (listed: string, order: string) =>
      new RegExp(`^(\\d+) +poison +shipping +${order} .*trouble`, "m").exec(listed)?.[1]
    const listed = await until("both are parked", async () => {
      const text = await Drill.follow("dead-letters", "dlq list", service, env)
      return [kept, given].every((order) => idOf(text, order!) !== undefined) && text
    })
    const ID = idOf(listed, given!)!
    expect(await Drill.follow("dead-letters", "dlq show", service, env, { ID })).toContain("trouble")
    // One is given up, the other one handled when its cause is mended.
    expect(await Drill.follow("dead-letters", "dlq discard", service, env, { ID })).toContain("is gone")
    await query("alter table shipments drop constraint trouble")
    expect(await Drill.follow("dead-letters", "dlq replay", service, env)).toContain("1 handled")
    await Drill.ends(prometheus, "JaegoDeadLetters")
    expect(await query(`select from shipments where order_id = '${kept}'`)).toHaveLength(1)
  })
})
