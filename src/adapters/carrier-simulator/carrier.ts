/**
 * A carrier played in this process (`depot.ts` has its moods): what the service ships with when no other is named.
 *
 * Limits: WAITING_MAX callbacks wait to be handled; UNDER_WAY_MAX parcels and callbacks beyond them are under way, and then it
 * takes no more for now (unknown).
 * It forgets everything when the process ends: what it had taken stays `shipped`, because it is not delivered any more; what it
 * had not is registered anew, as with a carrier that never got it.
 */
import { Clock, Context, Effect, FiberSet, Layer, Queue, Stream } from "effect"
import { type Callback, Carrier, CarrierNews, type Registration } from "../../ports/carrier.ts"
import { Depot, type Moods, NO_FAULTS, type Parcel, type Play } from "./depot.ts"

/** Some seconds of a busy shop. */
const WAITING_MAX = 10_000

/** Each is a timer and a fiber, about 2 kB. */
const UNDER_WAY_MAX = 20_000

/** Long enough to see a shipment under way, short enough to wait for the next (ms). */
const COLLECT_AFTER_MS = 1_000
const DELIVER_AFTER_MS = 2_000

/** The simulator's books, which a real carrier would not show. */
export class Books extends Context.Service<Books, { readonly parcels: () => ReadonlyArray<Readonly<Parcel>> }>()(
  "jaego/adapters/carrier-simulator/Books",
) {}

const BUSY: Registration = { _tag: "Unknown", code: "busy" }

const played = (play: Play): Effect.Effect<Registration> => {
  switch (play._tag) {
    case "Answers":
      return Effect.delay(Effect.succeed(play.registration), play.afterMs)
    case "Fails":
      return Effect.succeed({ _tag: "Unknown", code: "status-500" })
    case "SaysNothing":
      return Effect.never
  }
}

export const make = (moods: Moods): Layer.Layer<Carrier | CarrierNews | Books> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const waiting = yield* Queue.bounded<Callback>(WAITING_MAX)
      const underWay = yield* FiberSet.make()
      const run = yield* FiberSet.runtime(underWay)<never>()
      const depot = new Depot({
        faults: NO_FAULTS,
        moods,
        collectAfterMs: COLLECT_AFTER_MS,
        deliverAfterMs: DELIVER_AFTER_MS,
        later: (milliseconds, then) => void run(Effect.andThen(Effect.sleep(milliseconds), Effect.sync(then))),
        report: (callback) => void run(Queue.offer(waiting, callback)),
        now: () => clock.currentTimeMillisUnsafe(),
      })
      const carrier = Carrier.of({
        register: (consignment) =>
          Effect.flatMap(FiberSet.size(underWay), (busy) =>
            busy >= UNDER_WAY_MAX ? Effect.succeed(BUSY) : played(depot.register(consignment)),
          ),
        cancel: (key) => Effect.sync(() => depot.cancel(key)),
      })
      return Context.make(Carrier, carrier).pipe(
        Context.add(CarrierNews, { callbacks: Stream.fromQueue(waiting) }),
        Context.add(Books, { parcels: () => depot.parcels() }),
      )
    }),
  )

/** As a shop has it, whose customers may be called as they like. */
export const layer = make("ignored")
