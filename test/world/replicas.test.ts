/**
 * Read replicas: a primary and a standby that streams from it, both real. What a replica shows is told apart from what the primary shows
 * by holding up its replay.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import * as Foreign from "../support/foreign-postgres.ts"
import { leaveOut } from "../support/missing.ts"
import { killAll, type Service, start, until } from "../support/service.ts"

const key = () => ({ "idempotency-key": crypto.randomUUID() })

describe.skipIf(leaveOut("read replicas", Foreign.lacking))("read replicas", () => {
  let primary: Foreign.Foreign
  let standby: Foreign.Foreign
  let service: Service
  let product: string

  beforeAll(async () => {
    primary = await Foreign.start()
    primary.query("create database shop")
    standby = await Foreign.start([], primary)
  })
  afterAll(async () => {
    await standby.stop()
    await primary.stop()
  })

  const serve = async (httpThreads: number) => {
    service = await start({
      DATABASE_URL: primary.url("shop"),
      DATABASE_REPLICA_URLS: standby.url("shop"),
      HTTP_THREADS: String(httpThreads),
      WORKERS: "2",
      LAME_DUCK_SECONDS: "0",
    })
    await until("the replica is in rotation", isIn)
    const goods = { sku: crypto.randomUUID(), name: "Bread", price: { amount: 1, currency: "EUR" }, onHand: 1_000_000 }
    product = (await service.post("/v1/products", goods)).body.id
  }
  afterEach(async () => {
    standby.query("select case when pg_is_wal_replay_paused() then pg_wal_replay_resume() end")
    await killAll()
  })

  const isIn = async () => (await service.metric("jaego_replica_in_rotation")) === 1
  const isOut = async () => (await service.metric("jaego_replica_in_rotation")) === 0
  const reads = (outcome: string) => service.metric("jaego_replica_reads_total", `outcome="${outcome}"`)

  const order = async () => {
    const body = { customerId: "ann", lines: [{ productId: product, quantity: 1 }], payment: "later" }
    const answer = await service.post("/v1/orders", body, key())
    expect(answer.status).toBe(202)
    const position = answer.headers.get("jaego-position")!
    expect(position).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/)
    return { id: answer.body.id as string, position }
  }
  const show = (id: string, position?: string) =>
    service.send("GET", `/v1/orders/${id}`, undefined, position === undefined ? {} : { "jaego-position": position })

  /** At least once: on a busy machine anything takes long now and then, and what waits for the replica does each time. */
  const soon = (withinMs: number, read: () => Promise<void>) =>
    until(`a read is answered within ${withinMs} ms`, async () => {
      const begun = performance.now()
      await read()
      return performance.now() - begun < withinMs
    })

  const holdUp = () => {
    standby.query("select pg_wal_replay_pause()")
    return until("replay is held up", () => standby.query("select pg_get_wal_replay_pause_state()") === "paused")
  }

  describe.each([0, 1])("with %i HTTP threads", (httpThreads) => {
    beforeEach(() => serve(httpThreads))

    it("show each write to the reader that brings its position, and answer most reads", async () => {
      for (let n = 0; n < 200; n++) {
        const { id, position } = await order()
        const [one, timeline, list] = await Promise.all([
          show(id, position),
          service.send("GET", `/v1/orders/${id}/timeline`, undefined, { "jaego-position": position }),
          service.send("GET", "/v1/orders?customerId=ann&limit=1", undefined, { "jaego-position": position }),
        ])
        expect([one.status, timeline.status, list.body.data[0].id]).toEqual([200, 200, id])
      }
      expect(await reads("replica")).toBeGreaterThan(300)
      expect(await reads("failed")).toBe(0)
    })

    it("are passed over by a reader whose write they do not have yet, and by no other", async () => {
      const before = await order()
      expect((await show(before.id, before.position)).status).toBe(200)
      await holdUp()
      const { id, position } = await order()
      expect((await show(id)).status).toBe(404)
      await soon(1_000, async () => expect((await show(id, position)).status).toBe(200))
      expect(await reads("behind")).toBeGreaterThan(0)
      // What was there before is read from the replica still, by its position.
      const replica = await reads("replica")
      expect((await show(before.id, before.position)).status).toBe(200)
      expect(await reads("replica")).toBe(replica + 1)
      expect((await service.get("/v1/orders?customerId=ann&limit=1")).body.data[0].id).not.toBe(id)
    })
  })

  describe("by themselves", () => {
    beforeEach(() => serve(0))

    it("leave rotation when they lag more than 5 s, are counted, and come back", async () => {
      await holdUp()
      const { id } = await order()
      expect((await show(id)).status).toBe(404)
      await until("it is out of rotation", isOut)
      expect(await service.metric("jaego_replica_lag_seconds")).toBeGreaterThan(5)
      expect(await service.metric("jaego_replica_exclusions_total", 'reason="lagging"')).toBe(1)
      expect((await show(id)).status).toBe(200)
      standby.query("select pg_wal_replay_resume()")
      await until("it is back in rotation", isIn)
      const replica = await reads("replica")
      expect((await show(id)).status).toBe(200)
      expect(await reads("replica")).toBe(replica + 1)
    })

    it("stay in rotation while the primary is idle for longer than that", async () => {
      const { id } = await order()
      const looks = () => service.metric("jaego_replica_lag_seconds")
      const end = performance.now() + 6_000
      await until("six seconds have gone by", async () => (await looks()) < 1 && performance.now() > end)
      expect((await show(id)).status).toBe(200)
      expect(await service.metric("jaego_replica_exclusions_total")).toBe(0)
    })

    it("are left alone when they hang: each read is answered, soon from the primary alone; and come back", async () => {
      const { id, position } = await order()
      standby.signal("SIGSTOP")
      try {
        const answers = await Promise.all(Array.from({ length: 20 }, () => show(id, position)))
        expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
        await until("it is out of rotation", isOut)
        // Half of what a read of a replica may take.
        await soon(500, async () => expect((await show(id)).status).toBe(200))
      } finally {
        standby.signal("SIGCONT")
      }
      await until("it is back in rotation", isIn)
    })

    it("are left alone when they die, and come back when they are started again", async () => {
      const { id, position } = await order()
      await standby.kill()
      try {
        const answers = await Promise.all(Array.from({ length: 20 }, () => show(id, position)))
        expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
        await until("it is out of rotation", isOut)
        expect((await service.get("/readyz?verbose")).text).toContain("replica")
        expect((await service.post("/v1/orders/none/cancel")).status).not.toBe(503)
      } finally {
        await standby.run()
      }
      await until("it is back in rotation", isIn)
      expect((await show(id, position)).status).toBe(200)
    })

    it("refuse a position that is none", async () => {
      const { id } = await order()
      const answer = await show(id, "yesterday")
      expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, "header/jaego-position"])
    })
  })
})

describe.skipIf(leaveOut("a service that begins without its replica", Foreign.lacking))(
  "a replica that is away",
  () => {
    it("keeps no service from starting, and joins when it is there", async () => {
      const primary = await Foreign.start()
      primary.query("create database shop")
      const standby = await Foreign.start([], primary)
      try {
        await standby.kill()
        const service = await start({
          DATABASE_URL: primary.url("shop"),
          DATABASE_REPLICA_URLS: standby.url("shop"),
          WORKERS: "1",
        })
        expect((await service.get("/v1/orders")).status).toBe(200)
        await standby.run()
        await until("it is in rotation", async () => (await service.metric("jaego_replica_in_rotation")) === 1)
        expect((await service.get("/v1/orders")).status).toBe(200)
      } finally {
        await killAll()
        await standby.stop()
        await primary.stop()
      }
    })
  },
)
