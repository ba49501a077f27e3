/** How a thread fares, measured in this one. */
import { Effect, Layer } from "effect"
import { expect, it } from "vitest"
import * as ThreadMeter from "../../../src/adapters/system/thread-meter.ts"
import { type Happening, Probe } from "../../../src/ports/probe.ts"

const STALL_MS = 80

it("sees a stall whole, also one that begins with the second", async () => {
  const delays: Array<number> = []
  const measured = await new Promise<ReadonlyArray<number>>((resolve, reject) => {
    const emit = (happening: Happening): void => {
      if (happening._tag !== "ThreadMeasured") return
      if (delays.push(happening.delayMaxSeconds) === 2) return resolve(delays)
      for (const end = performance.now() + STALL_MS; performance.now() < end; );
    }
    const running = Layer.launch(ThreadMeter.layer().pipe(Layer.provide(Layer.succeed(Probe, { emit }))))
    Effect.runPromise(Effect.raceFirst(running, Effect.sleep("30 seconds"))).then(reject, reject)
  })
  expect(measured[1]).toBeGreaterThanOrEqual(STALL_MS / 1_000)
})
