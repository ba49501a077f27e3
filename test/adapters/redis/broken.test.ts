/**
 * A Redis that is broken in every way while products are edited and read: stopped, frozen, flushed, started again with an old dump. A
 * reader in the process that edits never sees a version older than one that was answered before, and no reader waits for long.
 */
import { Effect, Fiber, type Scope } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as MemoryCache from "../../../src/adapters/memory/cache.ts"
import * as TwoLevelCache from "../../../src/adapters/redis/two-level-cache.ts"
import * as ReadThrough from "../../../src/app/reads/read-through.ts"
import { ownNow } from "../../support/own-time.ts"
import { isMissing, RedisServer } from "../../support/redis-server.ts"
import { until } from "../../support/service.ts"

const KEYS = ["bread", "salt", "jar"]
const READERS = 30
const TIMEOUT_MS = 50
/** Longest wait of a reader (ms of this process's own time): several time limits of Redis and a reading of the source. */
const WAIT_MAX_MS = 2_000

type Process = ReadThrough.ReadThrough

/** Products as they are committed, and as editors were answered. */
class Source {
  readonly #versions = new Map(KEYS.map((key) => [key, 1]))
  readonly answered = new Map(KEYS.map((key) => [key, 1]))
  queries = 0

  /** What is read may be old when it arrives. */
  read(key: string) {
    return Effect.suspend(() => {
      this.queries++
      const version = this.#versions.get(key)!
      return Effect.delay(Effect.succeed({ value: { version }, version }), Math.random() * 8)
    })
  }

  edit(process: Process, key: string): Effect.Effect<void> {
    // To its end, as the shop's is.
    const edit = Effect.gen({ self: this }, function* () {
      const version = this.#versions.get(key)! + 1
      this.#versions.set(key, version)
      yield* process.drop(key, version)
      yield* process.write(key, { value: { version }, version })
      this.answered.set(key, version)
    })
    return Effect.uninterruptible(edit)
  }
}

describe.skipIf(isMissing)("a Redis that is broken", () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start()
  })
  afterAll(() => server?.stop())

  const open: Effect.Effect<Process, never, Scope.Scope> = Effect.gen(function* () {
    const local = yield* MemoryCache.make(1_000)
    const options = { url: server.url, timeoutMs: TIMEOUT_MS, prefix: "jaego:" }
    const cache = yield* TwoLevelCache.make(options, local)
    return yield* ReadThrough.make(cache, { ttlMs: 400 }, Math.random)
  })
  const scoped = <A>(body: Effect.Effect<A, unknown, Scope.Scope>): Promise<A> => Effect.runPromise(Effect.scoped(body))
  const pause = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms))

  const command = async (...words: readonly [string, ...Array<string>]) => {
    const client = server.client()
    await client.call(...words)
    client.disconnect()
  }

  const FAULTS: ReadonlyArray<readonly [name: string, () => Promise<void>]> = [
    [
      "is stopped",
      async () => {
        await server.stop()
        await pause(400)
        await server.start()
      },
    ],
    [
      "hangs",
      async () => {
        server.signal("SIGSTOP")
        await pause(400)
        server.signal("SIGCONT")
      },
    ],
    ["is flushed", () => command("FLUSHALL")],
    [
      "is started again with an old dump",
      async () => {
        await command("SAVE")
        await pause(400)
        await server.stop()
        await server.start()
      },
    ],
  ]

  it.each(FAULTS)("that %s gives no wrong answer, and none that is late", (_, fault) =>
    scoped(
      Effect.gen(function* () {
        const source = new Source()
        const [one, other] = [yield* open, yield* open]
        const wrong: Array<string> = []
        let [reads, longest] = [0, 0]
        const reader = (process: Process, number: number) =>
          Effect.gen(function* () {
            const key = KEYS[(reads + number) % KEYS.length]!
            const known = source.answered.get(key)!
            const begun = ownNow()
            const shown = yield* process.read(key, source.read(key))
            reads++
            longest = Math.max(longest, ownNow() - begun)
            if (process === one && shown.version < known) wrong.push(`${key}: ${shown.version} after ${known}`)
            yield* Effect.sleep(Math.random() * 3)
          })
        const readers = Array.from({ length: READERS }, (_, number) =>
          Effect.forever(reader(number % 2 === 0 ? one : other, number)),
        )
        const editor = Effect.forever(
          Effect.andThen(
            Effect.suspend(() => source.edit(one, KEYS[reads % KEYS.length]!)),
            Effect.sleep(7),
          ),
        )
        const busy = yield* Effect.forkScoped(Effect.all([editor, ...readers], { concurrency: "unbounded" }))
        yield* Effect.sleep(500)
        yield* Effect.promise(fault)
        yield* Effect.sleep(1_500)
        yield* Fiber.interrupt(busy)
        expect(wrong).toEqual([])
        expect(longest).toBeLessThan(WAIT_MAX_MS)
        expect(reads).toBeGreaterThan(100)
        // And the other process comes to know the newest, though what was said to it meanwhile is lost.
        for (const key of KEYS)
          yield* Effect.promise(() =>
            until("the other process shows the newest", async () => {
              const { version } = await Effect.runPromise(other.read(key, source.read(key)))
              return version === source.answered.get(key)
            }),
          )
      }),
    ),
  )

  it("shares what one process has read with another, which asks the source for nothing", () =>
    scoped(
      Effect.gen(function* () {
        const source = new Source()
        const [one, other] = [yield* open, yield* open]
        yield* Effect.promise(() =>
          until("the other has it from Redis", async () => {
            const key = `shared-${Math.random()}`
            const read = source.read("bread")
            await Effect.runPromise(one.read(key, read))
            const before = source.queries
            const { from } = await Effect.runPromise(other.read(key, read))
            return from === "redis" && source.queries === before
          }),
        )
      }),
    ))
})
