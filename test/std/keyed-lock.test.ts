/** A keyed lock: one at a time for each key, and a bound on those who wait. */
import { Deferred, Effect, Fiber } from "effect"
import { expect, it } from "vitest"
import * as KeyedLock from "../../src/std/keyed-lock.ts"

const full = Effect.fail("full" as const)

it("runs effects of one key one after another, and those of others beside them", () =>
  Effect.gen(function* () {
    const lock = KeyedLock.make<string>(10)
    const gate = yield* Deferred.make<void>()
    const done: Array<string> = []
    const step = (key: string, name: string, first: Effect.Effect<void> = Effect.void) =>
      Effect.forkChild(
        lock(
          key,
          Effect.andThen(
            first,
            Effect.sync(() => done.push(name)),
          ),
          full,
        ),
        {
          startImmediately: true,
        },
      )
    const fibers = [yield* step("a", "a1", Deferred.await(gate)), yield* step("a", "a2"), yield* step("b", "b1")]
    yield* Fiber.join(fibers[2]!)
    expect(done).toEqual(["b1"])
    yield* Deferred.succeed(gate, undefined)
    yield* Effect.forEach(fibers, Fiber.join)
    expect(done).toEqual(["b1", "a1", "a2"])
  }).pipe(Effect.runPromise))

it("answers at once when too many wait, and has room again when they are gone, however they ended", () =>
  Effect.gen(function* () {
    const lock = KeyedLock.make<string>(2)
    const running = yield* Effect.forkChild(lock("a", Effect.never, full), { startImmediately: true })
    const waiting = yield* Effect.forkChild(lock("a", Effect.die("broken"), full), { startImmediately: true })
    expect(yield* Effect.flip(lock("a", Effect.void, full))).toBe("full")
    expect(yield* lock("b", Effect.succeed("free"), full)).toBe("free")
    yield* Fiber.interrupt(running)
    yield* Fiber.await(waiting)
    expect(yield* lock("a", Effect.succeed("free"), full)).toBe("free")
  }).pipe(Effect.runPromise))
