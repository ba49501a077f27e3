/**
 * Congestion of the inventory: whether commands stand in the mailbox of a worker, or on their way to it and back, as all threads of the
 * process may read it.
 *
 * One number in shared memory, so that reading it costs an HTTP thread no message.
 */
import { Clock, Context, Effect, Layer } from "effect"
import { Probe } from "../../ports/probe.ts"
import { StandingQueue } from "./shedding.ts"
import { isTraffic, Traffic } from "./traffic.ts"

/** A worker that reports nothing for so long has nothing to commit (ms); and a report is as good. */
const REPORTED_MS = 500

export interface Congestion {
  /** Until when a mailbox counts as congested, ms since 1970. */
  readonly until: Float64Array
}

/** None: where no worker reports. */
export const Congestion = Context.Reference<Congestion>("jaego/app/overload/Congestion", {
  defaultValue: () => ({ until: new Float64Array(1) }),
})

/** The probe that hears how long commands have waited and how much is asked, and what it has heard. */
export const watching = (targetMs: number): Layer.Layer<Probe, never, Probe> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const probe = yield* Probe
      const clock = yield* Clock.Clock
      const until = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT))
      const traffic: Traffic = { requests: 0 }
      const queues = new Map<string, StandingQueue>()
      const emit: Probe["Service"]["emit"] = (happening) => {
        probe.emit(happening)
        if (isTraffic(happening)) traffic.requests++
        if (happening._tag !== "BatchCommitted" && happening._tag !== "CommandsWaited") return
        const name = `${happening._tag} ${happening.worker}`
        const queue = queues.get(name) ?? new StandingQueue(targetMs)
        queues.set(name, queue)
        const now = clock.currentTimeMillisUnsafe()
        if (queue.sample(happening.waitMs, now)) until[0] = now + REPORTED_MS
      }
      return Context.make(Probe, { emit }).pipe(Context.add(Congestion, { until }), Context.add(Traffic, traffic))
    }),
  )
