/**
 * Congestion of the inventory: whether commands stand in the mailbox of a worker, or on their way to it and back, as all threads of the
 * process may read it.
 *
 * Three numbers in shared memory, so that reading them costs an HTTP thread no message.
 */
import { Clock, Context, Effect, Layer } from "effect"
import { Probe } from "../../ports/probe.ts"
import { StandingQueue } from "./shedding.ts"
import { isTraffic, Traffic } from "./traffic.ts"

/** A worker that reports nothing for so long has nothing to commit (ms); and a report is as good. */
const REPORTED_MS = 500

/** A command that waited too long speaks for so long of those behind it (ms): twice as long as waits are announced. */
const BEYOND_MS = 40

export interface Congestion {
  /** Until when commands count as standing, ms since 1970. */
  readonly until: Float64Array
  /** Until when the last commands count as having waited beyond the target, whether or not others did before, ms since 1970. */
  readonly beyond: Float64Array
  /** How long a commit takes of late, ms. */
  readonly commitMs: Float64Array
}

/** What one commit changes of how long they take: a slow one alone says little. */
const WEIGHT = 0.1

const shared = (): Float64Array => new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT))

const none = (): Congestion => ({ until: shared(), beyond: shared(), commitMs: shared() })

/** None: where no worker reports. */
export const Congestion = Context.Reference<Congestion>("jaego/app/overload/Congestion", {
  defaultValue: none,
})

/** The probe that hears how long commands have waited and how much is asked, and what it has heard. */
export const watching = (targetMs: number): Layer.Layer<Probe, never, Probe> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const probe = yield* Probe
      const clock = yield* Clock.Clock
      const congestion = none()
      const { beyond, commitMs, until } = congestion
      const traffic: Traffic = { requests: 0 }
      const mailboxes = new Map<number, StandingQueue>()
      const threads = new Map<number, StandingQueue>()
      const sample = (queues: Map<number, StandingQueue>, worker: number, waitMs: number): void => {
        const queue = queues.get(worker) ?? new StandingQueue(targetMs)
        queues.set(worker, queue)
        const now = clock.currentTimeMillisUnsafe()
        if (queue.sample(waitMs, now)) until[0] = now + REPORTED_MS
        if (waitMs >= targetMs) beyond[0] = now + BEYOND_MS
      }
      const emit: Probe["Service"]["emit"] = (happening) => {
        probe.emit(happening)
        if (isTraffic(happening)) traffic.requests++
        if (happening._tag === "CommandsWaited") sample(threads, happening.worker, happening.waitMs)
        if (happening._tag !== "BatchCommitted") return
        commitMs[0]! += (happening.seconds * 1_000 - commitMs[0]!) * WEIGHT
        sample(mailboxes, happening.worker, happening.waitMs)
      }
      return Context.make(Probe, { emit }).pipe(Context.add(Congestion, congestion), Context.add(Traffic, traffic))
    }),
  )
