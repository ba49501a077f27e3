/**
 * The pace of an import: as fast as it goes while nothing else is asked of the service, and a tenth of the time while something is.
 *
 * Why shares of time: of a service that is at its limit a burst takes long, and so does the rest after it; of one with room to spare
 * both are short. So it needs no figure of what a machine can do.
 * Law: while other requests come and commands stand in mailboxes nothing is begun, for `STANDING_MS` at most: a shop that is always full
 * gets its goods all the same. Without other requests it is the import's own commands that stand there.
 */
import { Clock, Effect } from "effect"
import { Congestion } from "../overload/congestion.ts"
import { Traffic } from "../overload/traffic.ts"

/** Rows in a burst beside other work: half a commit. */
export const BURST = 256

/** How long it rests after a burst, as often as the burst took. */
export const REST = 9

/** It rests no longer than this (ms): a burst that took a ninth of it, which is seconds, waited for a database that was away. */
export const REST_MAX_MS = 20_000

/** Fewer requests in a second than this are probes and a look at a page. */
export const QUIET_REQUESTS = 10

/** A share of the second is looked at as well (ms): a sale that begins is seen soon. */
const LOOK_MS = 1_000

const STANDING_MS = 2_000
const STANDING_LOOK_MS = 50

/** What is asked of the service of late. */
class Requests {
  readonly #traffic: Traffic
  #since = 0
  #seen = 0
  #isBusy = false

  constructor(traffic: Traffic) {
    this.#traffic = traffic
  }

  isBusy(now: number): boolean {
    const asked = this.#traffic.requests - this.#seen
    if (asked >= QUIET_REQUESTS) this.#isBusy = true
    if (now - this.#since < LOOK_MS) return this.#isBusy
    this.#isBusy = asked >= QUIET_REQUESTS
    this.#since = now
    this.#seen = this.#traffic.requests
    return this.#isBusy
  }
}

export interface Pace {
  /** Works through all of them, some at a time. */
  readonly through: <A, E>(
    all: ReadonlyArray<A>,
    work: (some: ReadonlyArray<A>) => Effect.Effect<void, E>,
  ) => Effect.Effect<void, E>
  /** Whether other things are asked of the service. */
  readonly isBusy: Effect.Effect<boolean>
}

export const make: Effect.Effect<Pace> = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  const requests = new Requests(yield* Traffic)
  const { until } = yield* Congestion
  const now = () => clock.currentTimeMillisUnsafe()
  /** When it rested last: what was read and written down between two bursts is work as well. */
  let rested = now()

  const standing = Effect.gen(function* () {
    const began = now()
    for (const end = began + STANDING_MS; now() < until[0]! && now() < end; ) yield* Effect.sleep(STANDING_LOOK_MS)
    rested += now() - began
  })

  return {
    isBusy: Effect.sync(() => requests.isBusy(now())),
    through: Effect.fnUntraced(function* (all, work) {
      for (let at = 0; at < all.length; ) {
        const isBusy = requests.isBusy(now())
        if (isBusy) yield* standing
        const end = isBusy ? at + BURST : all.length
        yield* work(all.slice(at, end))
        at = end
        if (isBusy) yield* Effect.sleep(Math.min(REST_MAX_MS, Math.max(1, now() - rested) * REST))
        rested = now()
      }
    }),
  }
})
