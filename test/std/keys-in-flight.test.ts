/** Keys in flight: one effect a key, the second is refused, and the first is carried to its end. */
import { Deferred, Effect, Fiber } from "effect"
import { expect, it } from "vitest"
import { KeysInFlight } from "../../src/std/keys-in-flight.ts"

const busy = Effect.fail("busy" as const)

it("refuses a second effect under the same key, and lets those of other keys run beside it", () =>
  Effect.gen(function* () {
    const keys = new KeysInFlight()
    const gate = yield* Deferred.make<string>()
    const first = yield* Effect.forkChild(keys.run("a", Deferred.await(gate), busy), { startImmediately: true })
    expect(yield* Effect.flip(keys.run("a", Effect.void, busy))).toBe("busy")
    expect(yield* keys.run("b", Effect.succeed("beside"), busy)).toBe("beside")
    yield* Deferred.succeed(gate, "done")
    expect(yield* Fiber.join(first)).toBe("done")
  }).pipe(Effect.runPromise))

it("carries to its end what has begun, although its caller is interrupted, and keeps the key until then", () =>
  Effect.gen(function* () {
    const keys = new KeysInFlight()
    const gate = yield* Deferred.make<void>()
    const ended: Array<string> = []
    const effect = Effect.andThen(
      Deferred.await(gate),
      Effect.sync(() => ended.push("carried out")),
    )
    const first = yield* Effect.forkChild(keys.run("a", effect, busy), { startImmediately: true })
    const interrupting = yield* Effect.forkChild(Fiber.interrupt(first), { startImmediately: true })
    expect(yield* Effect.flip(keys.run("a", Effect.void, busy))).toBe("busy")
    yield* Deferred.succeed(gate, undefined)
    yield* Fiber.join(interrupting)
    expect(ended).toEqual(["carried out"])
    expect(yield* keys.run("a", Effect.succeed("free"), busy)).toBe("free")
  }).pipe(Effect.runPromise))

it.each([
  ["a failure", Effect.fail("no")],
  ["a defect", Effect.die("broken")],
])("frees the key after %s", (_, effect) =>
  Effect.gen(function* () {
    const keys = new KeysInFlight()
    yield* Effect.exit(keys.run("a", effect, busy))
    expect(yield* keys.run("a", Effect.succeed("free"), busy)).toBe("free")
  }).pipe(Effect.runPromise),
)
