import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { expect, it } from "vitest"
import { Sleepers } from "../../src/std/sleepers.ts"

const virtual = <A>(effect: Effect.Effect<A, unknown, import("effect").Scope.Scope>) =>
  Effect.runPromise(effect.pipe(Effect.scoped, Effect.provide(TestClock.layer())))

it("sleeps until its time, or until it is woken", async () => {
  await virtual(
    Effect.gen(function* () {
      const sleepers = new Sleepers<string>()
      const ended: Array<string> = []
      const sleep = (key: string) =>
        Effect.forkScoped(
          Effect.andThen(
            sleepers.sleep(key, 1_000),
            Effect.sync(() => void ended.push(key)),
          ),
          {
            startImmediately: true,
          },
        )
      yield* sleep("a")
      yield* sleep("b")
      yield* TestClock.adjust(10)
      expect([sleepers.wake("a"), sleepers.wake("c")]).toEqual([true, false])
      yield* TestClock.adjust(0)
      expect(ended).toEqual(["a"])
      yield* TestClock.adjust(990)
      expect(ended).toEqual(["a", "b"])
      expect([sleepers.wake("a"), sleepers.wake("b")]).toEqual([false, false])
    }),
  )
})

it("forgets a sleeper that was interrupted", async () => {
  await virtual(
    Effect.gen(function* () {
      const sleepers = new Sleepers<string>()
      const fiber = yield* Effect.forkScoped(sleepers.sleep("a", 1_000), { startImmediately: true })
      yield* Fiber.interrupt(fiber)
      expect(sleepers.wake("a")).toBe(false)
    }),
  )
})
