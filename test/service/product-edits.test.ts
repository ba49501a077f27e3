/** Editing products in the real service: workers, HTTP threads, restarts, two processes that share a cache, one transaction a command. */
import { afterAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { isMissing, RedisServer } from "../support/redis-server.ts"
import { killAll, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

const patch = (service: Service, id: string, edit: object, version: number | "*") =>
  service.send("PATCH", `/v1/products/${id}`, edit, { "if-match": version === "*" ? "*" : `"${version}"` })

const price = (amount: number) => ({ amount, currency: "EUR" })

const read = async (service: Service, id: string) => (await service.get(`/v1/products/${id}`)).body

const priceOf = async (service: Service, id: string) => {
  const { body } = await Trade.buy(service, id, { payment: "later", customerId: Trade.newKey() })
  return body.lines?.[0].unitPrice.amount ?? body.code
}

describe.each([
  ["owners on two workers, asked by two HTTP threads", { WORKERS: "2", HTTP_THREADS: "2" }],
  ["one transaction a command", { INVENTORY: "single:atomic" }],
])("%s", (_, env) => {
  it("edits, sells by what it is from the answer on, and knows it after kill -9", async () => {
    const database = { DATABASE_URL: await freshDatabase(), ...env }
    const service = await start(database)
    const ids = [await Trade.create(service, 100), await Trade.create(service, 100)]
    for (const id of ids) {
      // Read before, so that it is in the cache.
      expect(await read(service, id)).toMatchObject({ version: 1, archived: false })
      expect(await priceOf(service, id)).toBe(1_250)
      for (let version = 1; version <= 5; version++) {
        const answer = await patch(service, id, { price: price(version) }, version)
        expect([answer.status, answer.headers.get("etag")]).toEqual([200, `"${version + 1}"`])
        // Whichever thread answers, each on a connection of its own.
        const shown = await Promise.all(Array.from({ length: 4 }, () => read(service, id)))
        expect(shown).toEqual(Array(4).fill(answer.body))
        expect(await priceOf(service, id)).toBe(version)
      }
    }
    const [id, other] = ids as [string, string]
    const stale = await patch(service, id, { archived: true }, 5)
    expect([stale.status, stale.body.code, stale.body.version]).toEqual([412, "product-changed", 6])
    const open = await Trade.buy(service, id, { payment: "later" })
    expect((await patch(service, id, { archived: true }, 6)).status).toBe(200)
    expect(await priceOf(service, id)).toBe("product-archived")
    const both = await Trade.order(service, {
      lines: [
        { productId: other, quantity: 1 },
        { productId: id, quantity: 1 },
      ],
    })
    expect([both.status, both.body.code]).toEqual([410, "product-archived"])
    await service.kill()

    const next = await start(database)
    expect(await read(next, id)).toMatchObject({ version: 7, archived: true, price: price(5) })
    expect(await priceOf(next, id)).toBe("product-archived")
    expect((await next.post(`/v1/orders/${open.body.id}/pay`, {})).body).toMatchObject({ status: "paid" })
    expect((await next.post(`/v1/orders/${open.body.id}/cancel`)).body).toMatchObject({ status: "cancelled" })
    expect((await patch(next, id, { archived: false }, 7)).status).toBe(200)
    expect(await priceOf(next, id)).toBe(5)
    expect((await next.stop()).code).toBe(0)
    await Trade.verify(database.DATABASE_URL)
  })

  it("lets one of many editors of one version through, and loses no edit of a crowd that names none", async () => {
    const url = await freshDatabase()
    const service = await start({ DATABASE_URL: url, ...env })
    const id = await Trade.create(service, 100)
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => patch(service, id, { name: `Name ${n}` }, 1)),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(11).fill(412)])
    expect(await read(service, id)).toEqual(answers.find(({ status }) => status === 200)!.body)
    const buyers = Array.from({ length: 12 }, () => priceOf(service, id))
    const editors = Array.from({ length: 12 }, (_, n) => patch(service, id, { price: price(n) }, "*"))
    const edited = await Promise.all(editors)
    for (const amount of await Promise.all(buyers)) expect([1_250, ...edited.keys()]).toContain(amount)
    const versions = edited.map(({ body }) => body.version as number)
    expect(versions.toSorted((a, b) => a - b)).toEqual(edited.map((_, n) => n + 3))
    expect((await service.stop()).code).toBe(0)
    await Trade.verify(url)
  })
})

describe.skipIf(isMissing)("two processes that share a cache", () => {
  it("show an edit of one in the other, though both had read the product before", async () => {
    const redis = await RedisServer.start()
    const url = await freshDatabase()
    const env = { DATABASE_URL: url, REDIS_URL: redis.url, REDIS_TIMEOUT_MS: "2000", WORKERS: "1" }
    const owner = await start(env)
    const id = await Trade.create(owner, 10)
    const standby = await start(env)
    for (const each of [owner, standby]) expect(await read(each, id)).toMatchObject({ version: 1 })
    await until("the other shows it from its own memory", async () => {
      await read(standby, id)
      return (await standby.metric("jaego_cache_reads_total", 'from="local"')) > 0
    })
    const edited = await patch(owner, id, { name: "New moon jar" }, 1)
    expect(await read(owner, id)).toEqual(edited.body)
    await until("the other has heard of it", async () => (await read(standby, id)).version === 2)
    for (const each of [standby, owner]) expect((await each.stop()).code).toBe(0)
    await redis.stop()
  })
})
