/** The supervisor keeps a thread alive, whatever ends it, until the thread is to end. */
import { Deferred, Effect, Fiber, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { expect, it } from "vitest"
import * as Supervisor from "../../../src/adapters/threads/supervisor.ts"

const PAUSE_MS = 100

/** Lives that end as they are asked; `born` counts them. */
const supervised = Effect.gen(function* () {
  const closing = yield* Deferred.make<void>()
  const deaths: Array<unknown> = []
  const lives: Array<Deferred.Deferred<unknown>> = []
  const life = Effect.suspend(() => {
    lives.push(Deferred.makeUnsafe<unknown>())
    return Deferred.await(lives.at(-1)!)
  })
  const died = (error: unknown) => Effect.sync(() => void deaths.push(error))
  const running = yield* Effect.forkScoped(Supervisor.keepAlive({ life, closing, died, pauseMs: PAUSE_MS }), {
    startImmediately: true,
  })
  const end = (how: Effect.Effect<unknown>) =>
    Effect.andThen(Deferred.complete(lives.at(-1)!, how), Effect.repeat(Effect.yieldNow, { times: 10 }))
  return { closing, running, end, deaths, born: () => lives.length }
})

const run = (test: Effect.Effect<void, unknown, Scope.Scope>) =>
  Effect.runPromise(test.pipe(Effect.scoped, Effect.provide(TestClock.layer())))

it("a thread that dies is replaced, after a pause that doubles", () =>
  run(
    Effect.gen(function* () {
      const { born, deaths, end } = yield* supervised
      for (const [index, pause] of [PAUSE_MS, 2 * PAUSE_MS, 4 * PAUSE_MS].entries()) {
        yield* end(Effect.succeed(`death ${index}`))
        yield* TestClock.adjust(pause - 1)
        expect(born()).toBe(index + 1)
        yield* TestClock.adjust(1)
        expect(born()).toBe(index + 2)
      }
      expect(deaths).toEqual(["death 0", "death 1", "death 2"])
    }),
  ))

it("a thread that the system refuses is a death too: it is tried again", () =>
  run(
    Effect.gen(function* () {
      const { born, deaths, end } = yield* supervised
      const refused = new Error("EAGAIN")
      yield* end(Effect.die(refused))
      yield* TestClock.adjust(PAUSE_MS)
      expect(born()).toBe(2)
      expect(deaths).toEqual([refused])
    }),
  ))

it("none is started once it is to end, whether it dies of that or had died before", () =>
  run(
    Effect.gen(function* () {
      const early = yield* supervised
      yield* Deferred.succeed(early.closing, undefined)
      yield* early.end(Effect.succeed(null))
      yield* Fiber.join(early.running)
      const late = yield* supervised
      yield* late.end(Effect.succeed("of something else"))
      yield* Deferred.succeed(late.closing, undefined)
      yield* Fiber.join(late.running)
      expect([early.born(), late.born()]).toEqual([1, 1])
      expect([early.deaths, late.deaths]).toEqual([[], ["of something else"]])
    }),
  ))
