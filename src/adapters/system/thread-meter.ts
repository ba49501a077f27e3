/**
 * How this thread fares: event-loop delay, utilization, pauses for garbage and heap, announced once a second. Each thread measures
 * itself: from another one its delay cannot be seen.
 *
 * Limits: a stall that begins in the first SAMPLE_MS of a second is not seen.
 */
import { monitorEventLoopDelay, PerformanceObserver, performance } from "node:perf_hooks"
import { Effect, Layer } from "effect"
import { Probe } from "../../ports/probe.ts"
import { THREAD } from "./thread-name.ts"

/** Between two looks how late a timer is (ms): fifty wakes a second cost nothing. */
const SAMPLE_MS = 20

/** The sampler's own interval is part of what it measures, ns. */
const lateSeconds = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - SAMPLE_MS) / 1_000

const delays = Effect.acquireRelease(
  Effect.sync(() => {
    const histogram = monitorEventLoopDelay({ resolution: SAMPLE_MS })
    histogram.enable()
    return histogram
  }),
  (histogram) => Effect.sync(() => histogram.disable()),
)

/** Takes the pauses since it was asked last (ms). */
const pauses = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const sum = { ms: 0 }
      const observer = new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) sum.ms += duration
      })
      observer.observe({ entryTypes: ["gc"] })
      return { observer, sum }
    }),
    ({ observer }) => Effect.sync(() => observer.disconnect()),
  ),
  ({ sum }) =>
    (): number => {
      const { ms } = sum
      sum.ms = 0
      return ms
    },
)

/** `begun`: until then the thread is a spare, and no main thread listens. */
export const layer = (begun: Effect.Effect<void> = Effect.void): Layer.Layer<never, never, Probe> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const probe = yield* Probe
      const delay = yield* delays
      const takePauses = yield* pauses
      let busy = performance.eventLoopUtilization()
      const measure = Effect.sync(() => {
        const now = performance.eventLoopUtilization()
        probe.emit({
          _tag: "ThreadMeasured",
          thread: THREAD,
          delayP99Seconds: lateSeconds(delay.percentile(99)),
          delayMaxSeconds: lateSeconds(delay.max),
          busy: performance.eventLoopUtilization(now, busy).utilization,
          pausedSeconds: takePauses() / 1_000,
          heapBytes: process.memoryUsage().heapUsed,
        })
        delay.reset()
        busy = now
      })
      const everySecond = Effect.forever(Effect.andThen(Effect.sleep("1 second"), measure))
      yield* Effect.forkScoped(Effect.andThen(begun, everySecond))
    }),
  )
