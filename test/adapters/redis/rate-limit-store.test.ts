/** Rate limits over a real Redis: two processes count together, and without it each counts for itself. */
import { Effect, Exit, Scope } from "effect"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { OFF, RateLimits } from "../../../src/adapters/http/rate-limits.ts"
import * as RateLimitStore from "../../../src/adapters/redis/rate-limit-store.ts"
import type { Happening } from "../../../src/ports/probe.ts"
import type { Rate, Store } from "../../../src/ports/rate-limit-store.ts"
import { isMissing, RedisServer } from "../../support/redis-server.ts"
import { until } from "../../support/service.ts"

const RATE: Rate = { perSecond: 10, burst: 20 }
/** Nothing comes back while a test runs. */
const SLOW: Rate = { perSecond: 0.01, burst: 20 }

describe.skipIf(isMissing)("with a real Redis", () => {
  let server: RedisServer
  let scope: Scope.Closeable
  beforeAll(async () => {
    server = await RedisServer.start()
  })
  afterAll(() => server?.stop())
  beforeEach(async () => {
    scope = await Effect.runPromise(Scope.make())
  })
  afterEach(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  let keys = 0
  const take = (store: Store, key: string, rate = SLOW) =>
    new Promise<number | null>((resolve) => store.take(key, rate, resolve))
  /** As one process has it, once Redis answers. */
  const open = async (timeoutMs = 2_000): Promise<Store> => {
    const made = RateLimitStore.make({ url: server.url, timeoutMs, prefix: "jaego:" })
    const store = await Effect.runPromise(Effect.provideService(made, Scope.Scope, scope))
    await until("Redis answers", async () => (await take(store, `ready ${++keys}`)) !== null)
    return store
  }

  it("two processes share one limit, whichever is asked, also when all comes at once", async () => {
    const [one, other] = [await open(), await open()]
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, asked) => take(asked % 2 === 0 ? one : other, "kim")),
    )
    expect(answers.filter((left) => left! >= 0)).toHaveLength(SLOW.burst)
    expect(Math.min(...answers.map((left) => left!))).toBeLessThan(0)
    expect(await take(other, "lee")).toBe(SLOW.burst - 1)
  })

  it("what was taken comes back with time, and then nothing is left behind in Redis", async () => {
    const store = await open()
    let wait: number | null = 0
    // Some come back meanwhile on a busy machine.
    await until("none is left", async () => {
      const left = await Promise.all(Array.from({ length: RATE.burst }, () => take(store, "mia", RATE)))
      wait = left.find((each) => each! < 0) ?? null
      return wait !== null
    })
    expect(wait).toBeGreaterThanOrEqual(-100)
    await until("one comes back", async () => (await take(store, "mia", RATE))! >= 0)
    const client = server.client()
    await until("it is forgotten", async () => (await client.exists("jaego:limit:mia")) === 0)
    client.disconnect()
  })

  it("frozen or dead, it is missed in time, counted, and nothing is refused for it", async () => {
    const heard: Array<Happening> = []
    const store = await open(50)
    const limits = new RateLimits({ ...OFF, customer: SLOW }, { emit: (each) => heard.push(each) }, store)
    const verdict = () => {
      const request = { headers: {} }
      const own = limits.ofCustomer(request, "noa")
      return own !== null
        ? Promise.resolve(own)
        : new Promise((resolve) => limits.ofCustomerShared(request, "noa", resolve))
    }
    server.signal("SIGSTOP")
    for (let asked = 0; asked < SLOW.burst; asked++) expect(await verdict()).toBeNull()
    expect(await verdict()).toMatchObject({ code: "rate-limited" })
    expect(heard.filter(({ _tag }) => _tag === "RateLimitStoreMissed")).toHaveLength(SLOW.burst)
    server.signal("SIGCONT")
    await server.stop()
    expect(await take(store, "dead")).toBeNull()
    await server.start()
  })

  it("its word counts beside this process's own", async () => {
    const [one, other] = [await open(), await open()]
    for (let asked = 0; asked < SLOW.burst - 1; asked++) await take(other, "customer:pia")
    const limits = new RateLimits({ ...OFF, customer: SLOW }, { emit: () => undefined }, one)
    const ask = async () => {
      const request: { headers: Record<string, string> } = { headers: {} }
      const own = limits.ofCustomer(request, "pia")
      const problem = own ?? (await new Promise((resolve) => limits.ofCustomerShared(request, "pia", resolve)))
      return [problem, limits.headersOf(request)?.[3]]
    }
    expect(await ask()).toEqual([null, expect.stringMatching(/^"customer";r=0;/)])
    expect(await ask()).toMatchObject([{ code: "rate-limited" }, undefined])
  })
})
