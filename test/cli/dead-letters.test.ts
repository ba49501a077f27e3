/** `jaego dlq` on a real database, as a child process: what it shows, and what it mends. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { beforeAll, describe, expect, it } from "vitest"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import * as PostgresInbox from "../../src/adapters/postgres/inbox.ts"
import type { OrderId } from "../../src/domain/ids.ts"
import * as CloudEvent from "../../src/ports/cloud-event.ts"
import type { Delivery } from "../../src/ports/event-stream.ts"
import { Inbox, type Taken } from "../../src/ports/inbox.ts"
import { freshDatabase } from "../support/postgres.ts"
import { freshId, NOON } from "../support/scribe.ts"
import { run } from "../support/service.ts"

const mended = freshId() as OrderId
const broken = freshId() as OrderId

const delivery = (key: OrderId, version: number, value?: string): Delivery => ({
  topic: "jaego.orders",
  offset: version,
  key,
  headers: { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
  value:
    value ??
    CloudEvent.encode({
      ...{
        topic: "jaego.orders",
        key,
        id: freshId(),
        shop: freshId(),
        type: "jaego.order.paid.v1",
        version,
        time: NOON,
        lane: 0,
        seq: 1,
        link: freshId(),
      },
      data: JSON.stringify({ id: key, version, status: "paid" }),
    }),
})

const poison = (each: Delivery, error: string): Taken => ({
  _tag: "Poison",
  delivery: each,
  eventId: null,
  error,
  attempts: 4,
})

describe("jaego dlq", () => {
  let url: string
  const on = <A, E>(effect: Effect.Effect<A, E, Inbox | PgClient.PgClient>) =>
    Effect.runPromise(Effect.provide(effect, PostgresInbox.layer.pipe(Layer.provideMerge(PostgresClient.layer(url)))))
  const dlq = (...words: ReadonlyArray<string>) => run(["dlq", ...words, "--database", url])

  beforeAll(async () => {
    url = await freshDatabase()
    const source = "kafka/one/jaego.orders/0"
    const behind: Taken = {
      ...{ _tag: "Event", eventId: freshId(), version: 3, writes: [] },
      delivery: delivery(mended, 3),
    }
    const taken = [
      // What it was refused for has been mended since.
      poison(delivery(mended, 2), "no\nsuch \u001b[2Jcolumn"),
      poison(delivery(broken, 2, '{"specversion":"1.0"'), "not a CloudEvent"),
      behind,
    ]
    await on(Effect.flatMap(Inbox, (inbox) => inbox.commit([{ consumer: "timeline", source, taken, next: 4 }])))
  })

  it("lists what could not be handled and what waits behind it, and shows one whole", async () => {
    const { code, stdout } = await dlq("list")
    expect(code).toBe(0)
    const [head, ...rows] = stdout.trimEnd().split("\n")
    expect(head).toMatch(/^id +state +consumer +key +since +error$/)
    expect(rows.map((row) => row.split(/ {2,}/).slice(1, 4))).toEqual([
      ["poison", "timeline", mended],
      ["poison", "timeline", broken],
      ["queued", "timeline", mended],
    ])
    expect(rows[0]).toMatch(/no\\nsuch \\u001b\[2Jcolumn$/)

    const all = JSON.parse((await dlq("list", "--json")).stdout)
    expect(all.letters).toMatchObject([{ id: 1 }, { id: 2 }, { id: 3, delivery: { key: mended } }])

    const one = await dlq("show", "1")
    expect(one.stdout).toContain("from      kafka/one/jaego.orders/0, offset 2")
    expect(one.stdout).toContain("traceparent: 00-0af7651916cd43dd8448eb211c80319c")
    expect(one.stdout).toContain('  "type": "jaego.order.paid.v1"')
    expect((await dlq("show", "99")).stderr).toBe("jaego: there is no dead letter 99\n")
    const { letters } = JSON.parse((await dlq("list", "--consumer", "shipping", "--json")).stdout)
    expect(letters).toEqual([])
  })

  it("replays what was mended, in the order of its key, and says what stays", async () => {
    expect((await dlq("replay")).stderr).toBe("jaego: name a letter, or say --all\n")
    const one = await dlq("replay", "3")
    expect(one).toMatchObject({ code: 0, stderr: "" })
    expect(one.stdout).toMatch(new RegExp(`^1 +timeline +${mended} +handled\n3 .*handled\n2 handled, 0 stay.\n$`))
    const versions = await on(
      Effect.flatMap(PgClient.PgClient, (sql) => sql`select version::int from timeline order by version`),
    )
    expect(versions).toEqual([{ version: 2 }, { version: 3 }])

    const all = await dlq("replay", "--all", "--json")
    expect(all.code).toBe(1)
    expect(JSON.parse(all.stdout).replayed).toMatchObject([{ id: 2, stays: expect.stringMatching(/not a CloudEvent/) }])
    expect((await dlq("discard", "2")).stdout).toBe("letter 2 is gone; behind it: 0 handled, 0 stay.\n")
    expect((await dlq("list")).stdout).toBe("No dead letters.\n")
  })
})
