/** A person writes into the tables by hand, and a session holds the audit up: what the runbook says of `oversold`, `books-differ` and `audit-behind`. */
import { randomUUID } from "node:crypto"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as PostgresClient from "../../../src/adapters/postgres/client.ts"
import * as Drill from "../../support/drill.ts"
import { absent, leaveOut } from "../../support/missing.ts"
import { freshDatabase } from "../../support/postgres.ts"
import { Prometheus } from "../../support/prometheus.ts"
import { killAll, Process, type Service, start } from "../../support/service.ts"
import * as Trade from "../../support/trade.ts"

const isLeftOut = leaveOut("drills of the audit", absent("prometheus", "psql"))

/** An id of now, as the service's own are. */
const newId = () => {
  const ms = Date.now().toString(16).padStart(12, "0")
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7fff${randomUUID().slice(18)}`
}

describe.skipIf(isLeftOut)("drills of the audit", () => {
  let database: string
  let service: Service
  let prometheus: Prometheus

  const run = async (...statements: ReadonlyArray<string>) => {
    for (const statement of statements)
      await Effect.runPromise(
        Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe(statement)).pipe(
          Effect.provide(PostgresClient.layer(database)),
        ),
      )
  }

  beforeAll(async () => {
    database = await freshDatabase()
    service = await start({ DATABASE_URL: database, WORKERS: "1" })
    prometheus = await Prometheus.start([service], Drill.RULES)
  })
  afterAll(async () => {
    await prometheus?.stop()
    await killAll()
  })

  it("oversold, books-differ: an order that was put in by hand, of more than there is", async () => {
    const product = await Trade.create(service, 10)
    const { body } = await Trade.buy(service, product, { payment: "later" })
    const order = newId()
    await run(
      `insert into orders select '${order}', customer_id, 'reserved', total_amount * 20, currency, now(), now() + interval '1 hour', 1
        from orders where id = '${body.id}'`,
      `insert into holds select '${order}', product_id, line_no, customer_id, lane, 20, unit_price, currency, 'held', null
        from holds where order_id = '${body.id}'`,
    )
    await Drill.fires(prometheus, "JaegoOversold", "oversold")
    await Drill.fires(prometheus, "JaegoBooksDiffer", "books-differ")
    const env = { DATABASE_URL: database }
    expect(await Drill.follow("oversold", "curl", service, env)).toContain(`order ${order}`)
    await Drill.follow("books-differ", "delete from holds", service, env, { ORDER: order })
    await Drill.ends(prometheus, "JaegoOversold")
    await Drill.ends(prometheus, "JaegoBooksDiffer")
  })

  it("books-differ: a stock row that was changed by hand", async () => {
    const product = await Trade.create(service, 10)
    await Trade.buy(service, product)
    await run(`update stock set on_hand = on_hand + 7 where product_id = '${product}'`)
    await Drill.fires(prometheus, "JaegoBooksDiffer", "books-differ")
    await Drill.follow("books-differ", "update stock", service, { DATABASE_URL: database }, { PRODUCT: product })
    await Drill.ends(prometheus, "JaegoBooksDiffer")
    await Trade.verify(database)
  })

  it("audit-behind: a session that keeps a table to itself", async () => {
    const holding = new Process("psql", [database, "-c", "begin; lock table audit; select pg_sleep(3600)"], {})
    await Drill.fires(prometheus, "JaegoAuditBehind", "audit-behind")
    await Drill.look(prometheus, "audit-behind", "jaego_audit_lag_seconds", {}, (seconds) => seconds > 20)
    const env = { DATABASE_URL: database }
    expect(await Drill.follow("audit-behind", "select pid", service, env)).toContain("lock table audit")
    await Drill.follow("audit-behind", "pg_terminate_backend", service, env)
    await holding.ended
    await Drill.ends(prometheus, "JaegoAuditBehind")
  })
})
