/** Who owns the lanes, sentence by sentence, with a lease and a crew that do as they are told. */
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import * as Ownership from "../../src/app/inventory/ownership.ts"
import { Readiness } from "../../src/app/readiness.ts"
import { Lease } from "../../src/ports/lease.ts"
import { type Happening, Probe } from "../../src/ports/probe.ts"
import { Workers } from "../../src/ports/workers.ts"

describe("an owner that is fenced as soon as it has taken the lanes", () => {
  it("takes them again at once the first time, and then ever later: what broke it may break it again", async () => {
    const happened: Array<Happening> = []
    const takes = () => happened.filter(({ _tag }) => _tag === "LanesTaken").length
    const lease = Lease.of({
      acquire: () => Effect.succeed({ lanes: [], isFresh: () => true, lost: Effect.never }),
    })
    const crew = Workers.of({ start: () => Effect.succeed({ workers: [], fenced: Effect.void }) })
    const layer = Layer.effectDiscard(Ownership.Ownership.use(({ begin }) => begin)).pipe(
      Layer.provideMerge(Ownership.layer(1)),
      Layer.provideMerge(Readiness.layer),
      Layer.provide(Layer.succeed(Lease, lease)),
      Layer.provide(Layer.succeed(Workers, crew)),
      Layer.provide(Layer.succeed(Probe, { emit: (happening) => happened.push(happening) })),
    )
    const program = Effect.gen(function* () {
      yield* Layer.build(layer)
      yield* TestClock.adjust("1 millis")
      const atOnce = takes()
      yield* TestClock.adjust("60 seconds")
      return { atOnce, inAMinute: takes() }
    })
    const { atOnce, inAMinute } = await Effect.runPromise(
      Effect.scoped(program).pipe(Effect.provide(TestClock.layer())),
    )
    expect(atOnce).toBe(2)
    expect(inAMinute).toBeGreaterThan(10)
    expect(inAMinute).toBeLessThan(25)
  })
})
