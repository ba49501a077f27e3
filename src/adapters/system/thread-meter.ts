/**
 * How this thread fares: event-loop delay, utilization, pauses for garbage and heap, announced once a second. Each thread measures
 * itself: from another one its delay cannot be seen.
 *
 * Delay is how long a turn of the event loop took, measured in each turn, so that an idle thread is not woken for it; and how late the
 * announcement itself is, which a process shows that stood still between two turns.
 * Limits: a Node without `samplePerIteration` (26.0 to 26.4) measures by a timer of SAMPLE_MS instead.
 */
import { monitorEventLoopDelay, PerformanceObserver, performance } from "node:perf_hooks"
import { Effect, Layer } from "effect"
import { Probe } from "../../ports/probe.ts"
import { THREAD } from "./thread-name.ts"

const SAMPLE_MS = 20

/** Between two announcements (ms). */
const EVERY_MS = 1_000

const delays = Effect.acquireRelease(
  Effect.sync(() => {
    const histogram = monitorEventLoopDelay({ samplePerIteration: true, resolution: SAMPLE_MS })
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
      /** Was due at `due`, on the clock of `performance`. */
      const measure = (due: number) => {
        const lateMs = performance.now() - due
        const now = performance.eventLoopUtilization()
        probe.emit({
          _tag: "ThreadMeasured",
          thread: THREAD,
          delayP99Seconds: delay.percentile(99) / 1e9,
          delayMaxSeconds: Math.max(delay.max / 1e9, lateMs / 1_000),
          busy: performance.eventLoopUtilization(now, busy).utilization,
          pausedSeconds: takePauses() / 1_000,
          heapBytes: process.memoryUsage().heapUsed,
        })
        delay.reset()
        busy = now
      }
      const afterASecond = Effect.suspend(() => {
        const due = performance.now() + EVERY_MS
        return Effect.andThen(
          Effect.sleep(EVERY_MS),
          Effect.sync(() => measure(due)),
        )
      })
      const everySecond = Effect.forever(afterASecond)
      yield* Effect.forkScoped(Effect.andThen(begun, everySecond))
    }),
  )
