/** How the parts beside the shop are, as what happens shows it. */
import { Context, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { expect, it } from "vitest"
import * as Parts from "../../src/app/parts.ts"
import { type Happening, Probe } from "../../src/ports/probe.ts"

const HANDLED = { events: 1, effects: 1, queued: 0, seconds: 0, lagSeconds: 0 }

const watched = (
  test: (happen: (happening: Happening) => Effect.Effect<void>) => Effect.Effect<void, never, never>,
) => {
  const heard: Array<Happening> = []
  return Effect.gen(function* () {
    const inner = Layer.succeed(Probe, { emit: (happening: Happening) => void heard.push(happening) })
    const context = yield* Layer.build(Parts.watching.pipe(Layer.provide(inner)))
    const { emit } = Context.get(context, Probe)
    yield* Effect.provideContext(
      test((happening) => Effect.sync(() => emit(happening))),
      context,
    )
    return heard
  }).pipe(Effect.scoped, Effect.provide(TestClock.layer()), Effect.runPromise)
}

const report = Effect.flatMap(Parts.Parts, (parts) => parts.report)

it("shows a consumer that has lost its stream, since when and how often, until it is given what comes", () =>
  watched((happen) =>
    Effect.gen(function* () {
      expect(yield* report).toEqual([])
      yield* happen({ _tag: "ConsumerFlowing", consumer: "shipping" })
      yield* TestClock.adjust("1 second")
      yield* happen({ _tag: "ConsumerLost", consumer: "shipping", detail: "no codec" })
      yield* TestClock.adjust("1 second")
      yield* happen({ _tag: "ConsumerLost", consumer: "shipping", detail: "no broker" })
      const failing = { name: "consumer shipping", state: "failing", detail: "no broker", since: 1_000, failures: 2 }
      expect(yield* report).toEqual([failing])
      yield* happen({ _tag: "EventsHandled", consumer: "shipping", ...HANDLED })
      expect(yield* report).toEqual([{ ...failing, state: "ok", detail: null, since: 2_000 }])
    }),
  ))

it("shows the relay by what the stream does with it, and passes on what it is notified of", async () => {
  const stalled: Happening = { _tag: "StreamStalled", lagSeconds: 3, detail: "away" }
  const heard = await watched((happen) =>
    Effect.gen(function* () {
      yield* happen(stalled)
      expect(yield* report).toMatchObject([{ name: "relay", state: "failing", detail: "away" }])
      yield* happen({ _tag: "FactsRelayed", facts: 1, seconds: 0, lagSeconds: 0 })
      expect(yield* report).toMatchObject([{ name: "relay", state: "ok", failures: 1 }])
      yield* happen({ _tag: "StandingBy" })
    }),
  )
  expect(heard.map(({ _tag }) => _tag)).toEqual(["StreamStalled", "FactsRelayed", "StandingBy"])
})
