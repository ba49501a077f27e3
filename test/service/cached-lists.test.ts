/** The list of products in the real service: two processes that share a Redis, threads for HTTP, an import, and a database that is away. */
import { join } from "node:path"
import { afterAll, afterEach, describe, expect, it } from "vitest"
import { freshFolder, OwnPostgres } from "../support/own-postgres.ts"
import { freshDatabase } from "../support/postgres.ts"
import { isMissing, RedisServer } from "../support/redis-server.ts"
import { killAll, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterEach(killAll)

/** One that every read has reached. */
const POSITION = { "jaego-position": "0/1" }
const LIST = "/v1/products?limit=3"

const newest = async (service: Service, path = LIST): Promise<{ id: string; name: string } | undefined> =>
  (await service.get(path)).body.data[0]

const rename = (service: Service, id: string, name: string) =>
  service.send("PATCH", `/v1/products/${id}`, { name }, { "if-match": "*" })

describe.skipIf(isMissing)("two processes that share a cache", () => {
  it("show new and edited products in their lists, at once where they were answered", async () => {
    const redis = await RedisServer.start()
    const env = { DATABASE_URL: await freshDatabase(), REDIS_URL: redis.url, REDIS_TIMEOUT_MS: "2000", WORKERS: "1" }
    const owner = await start({ ...env, HTTP_THREADS: "2" })
    const standby = await start(env)
    const shown = (service: Service) => service.metric("jaego_cache_reads_total", 'from="local"')
    let last = ""
    for (let round = 0; round < 3; round++) {
      // Each is further apart than the changes that are announced together.
      const id = await Trade.create(owner, 10)
      await until("the process that answered shows it", async () => (await newest(owner))?.id === id)
      await until("the other one does", async () => (await newest(standby))?.id === id)
      last = id
    }
    for (const [round, each] of [owner, standby, owner].entries()) {
      const before = await shown(each)
      await until("it is shown from memory", async () => {
        await newest(each)
        return (await shown(each)) > before
      })
      const name = `Renamed ${round}`
      expect((await rename(owner, last, name)).status).toBe(200)
      await until("both have heard of it", async () =>
        [await newest(owner), await newest(standby)].every((product) => product?.name === name),
      )
    }
    for (const each of [standby, owner]) expect((await each.stop()).code).toBe(0)
    await redis.stop()
  })
})

describe("a process of its own", () => {
  const { path, remove } = freshFolder()
  let postgres: OwnPostgres | null = null
  afterAll(async () => {
    await postgres?.stop("immediate")
    remove()
  })

  it("shows an edit in its list from the answer on, and an old list while the database is away", async () => {
    postgres = await OwnPostgres.make(join(path, "home"))
    const service = await start({ DATABASE_URL: await postgres.database("shop"), WORKERS: "1" })
    const id = await Trade.create(service, 10)
    await until("it is shown", async () => (await newest(service))?.id === id)
    expect((await service.get(LIST)).headers.get("cache-control")).toBe("public, max-age=10, stale-if-error=60")
    expect((await rename(service, id, "Renamed")).status).toBe(200)
    await until("its list does, too", async () => (await newest(service))?.name === "Renamed")
    // Who brings a position is answered from the database.
    const direct = await service.send("GET", LIST, undefined, POSITION)
    expect([direct.status, direct.headers.get("cache-control")]).toEqual([200, "no-store"])
    await postgres.stop("immediate")
    expect((await service.send("GET", LIST, undefined, POSITION)).status).toBe(503)
    await until("what is shown has outlived its time", async () => {
      const answer = await service.get(LIST)
      expect([answer.status, answer.body.data?.[0].name]).toEqual([200, "Renamed"])
      return Number(answer.headers.get("age")) >= 11
    })
    expect(await service.metric("jaego_cache_reads_total", 'from="stale"')).toBeGreaterThan(0)
  })
})
