/**
 * The depot: a carrier's books, played. Its caller (in this process, or over HTTP) performs what it decides.
 *
 * When it was asked for moods, a customer's name that ends with one shows how carriers are, each time and for this customer
 * alone:
 *
 *     +refused   will not take it                          +down     fails (500), and takes nothing
 *     +silent    never answers, and takes nothing          +flaky    fails twice, then takes it
 *     +late      takes it, and its first answer is lost    +lost     takes it, and no answer ever comes
 *     +slow      answers after SLOW_MS                     +swift    has collected it before it answers
 *     +twice     calls back twice, the last thing first    +quiet    never calls back
 *     +hostile   refuses with text that no database keeps
 *
 * Law: one key, one parcel. A key that was barred is never taken. What was collected is not called back.
 * Limits: PARCELS_MAX keys; the oldest leave first.
 */
import { createHash } from "node:crypto"
import type { OrderId } from "../../domain/ids.ts"
import type { Callback, Consignment, Registration } from "../../ports/carrier.ts"

/** Keys remembered: some minutes of a busy shop, about 30 MB. */
const PARCELS_MAX = 100_000

/** Longer than a caller should be kept waiting, shorter than it gives up (ms). */
const SLOW_MS = 300

export interface Parcel {
  readonly key: OrderId
  readonly customerId: string
  readonly trackingId: string
  state: "registered" | "collected" | "delivered" | "barred" | "refused"
  /** How often we were asked to take it. */
  asked: number
}

type CertainRegistration = Exclude<Registration, { readonly _tag: "Unknown" }>

/** What a caller is to see. */
export type Play =
  | { readonly _tag: "Answers"; readonly registration: CertainRegistration; readonly afterMs: number }
  | { readonly _tag: "Fails" }
  | { readonly _tag: "SaysNothing" }

/** Chances from 0 to 1, beside the moods of customers. */
export interface Faults {
  readonly slow: number
  readonly errors: number
  /** It takes nothing, and says nothing. */
  readonly silences: number
  /** It takes it, and says nothing. */
  readonly lost: number
  readonly refusals: number
  readonly duplicates: number
}

export const NO_FAULTS: Faults = { slow: 0, errors: 0, silences: 0, lost: 0, refusals: 0, duplicates: 0 }

/** Whether names of customers mean anything: never in a shop, whose customers choose their names themselves. */
export type Moods = "ignored" | "played"

export interface Options {
  readonly faults: Faults
  readonly moods: Moods
  /** From the answer until it is collected, and from then until it is delivered (ms). */
  readonly collectAfterMs: number
  readonly deliverAfterMs: number
  /** Runs it then. */
  readonly later: (milliseconds: number, run: () => void) => void
  /** Calls the shop back, at least once, however long it takes. */
  readonly report: (callback: Callback) => void
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** The same for a key, whichever call asks. */
const trackingIdOf = (key: string): string =>
  `JC${createHash("sha256").update(key).digest("hex").slice(0, 12).toUpperCase()}`

const FAILS: Play = { _tag: "Fails" }
const SAYS_NOTHING: Play = { _tag: "SaysNothing" }

/** NUL, half a surrogate pair, a terminal's escape. */
const HOSTILE = "no\0pe \ud83d \u001b[2J"

const refusal = (reason: string): CertainRegistration => ({ _tag: "Refused", reason })

export class Depot {
  readonly #options: Options
  readonly #parcels = new Map<OrderId, Parcel>()
  /** How often a key was asked for that is in no parcel yet. */
  readonly #failures = new Map<OrderId, number>()

  constructor(options: Options) {
    this.#options = options
  }

  #moodOf(customerId: string): string {
    return this.#options.moods === "ignored" ? "" : (/\+([a-z]+)$/.exec(customerId)?.[1] ?? "")
  }

  register({ customerId, key }: Consignment): Play {
    const known = this.#parcels.get(key)
    if (known !== undefined) return this.#again(known)
    const { faults } = this.#options
    const mood = this.#moodOf(customerId)
    const chanced = (chance: number) => chance > 0 && Math.random() < chance
    if (mood === "down" || (mood === "flaky" && this.#failed(key) <= 2) || chanced(faults.errors)) return FAILS
    if (mood === "silent" || chanced(faults.silences)) return SAYS_NOTHING
    const isRefused = mood === "refused" || mood === "hostile" || chanced(faults.refusals)
    const parcel = this.#keep({ key, customerId, asked: 1, state: isRefused ? "refused" : "registered" })
    if (!isRefused) this.#send(parcel)
    if (mood === "late" || mood === "lost" || chanced(faults.lost)) return SAYS_NOTHING
    return this.#answer(parcel)
  }

  cancel(key: OrderId): "cancelled" | "shipped" {
    const parcel = this.#parcels.get(key) ?? this.#keep({ key, customerId: "", asked: 0, state: "barred" })
    if (parcel.state === "collected" || parcel.state === "delivered") return "shipped"
    parcel.state = "barred"
    return "cancelled"
  }

  /** The books, which a real carrier would not show. */
  parcels(): ReadonlyArray<Readonly<Parcel>> {
    return [...this.#parcels.values()]
  }

  #again(parcel: Parcel): Play {
    parcel.asked++
    return this.#moodOf(parcel.customerId) === "lost" ? SAYS_NOTHING : this.#answer(parcel)
  }

  #answer({ customerId, state, trackingId }: Parcel): Play {
    const mood = this.#moodOf(customerId)
    const afterMs = mood === "slow" || Math.random() < this.#options.faults.slow ? SLOW_MS : 0
    const registration =
      state === "refused"
        ? refusal(mood === "hostile" ? HOSTILE : "we do not go there")
        : state === "barred"
          ? refusal("it was called back")
          : ({ _tag: "Registered", trackingId } as const)
    return { _tag: "Answers", registration, afterMs }
  }

  #failed(key: OrderId): number {
    const times = (this.#failures.get(key) ?? 0) + 1
    this.#failures.set(key, times)
    if (this.#failures.size > PARCELS_MAX) this.#failures.delete(this.#failures.keys().next().value!)
    return times
  }

  #keep(given: Omit<Parcel, "trackingId">): Parcel {
    const parcel = { ...given, trackingId: trackingIdOf(given.key) }
    this.#parcels.set(given.key, parcel)
    if (this.#parcels.size > PARCELS_MAX) this.#parcels.delete(this.#parcels.keys().next().value!)
    return parcel
  }

  /** On its way, unless it is barred before it is collected. */
  #send(parcel: Parcel): void {
    const { collectAfterMs, deliverAfterMs, faults, later } = this.#options
    const mood = this.#moodOf(parcel.customerId)
    const isTwice = mood === "twice" || Math.random() < faults.duplicates
    const collect = () => {
      if (parcel.state !== "registered") return
      parcel.state = "collected"
      if (!isTwice) this.#report(parcel, "collected")
      later(deliverAfterMs, deliver)
    }
    const deliver = () => {
      parcel.state = "delivered"
      this.#report(parcel, "delivered")
      if (!isTwice) return
      this.#report(parcel, "collected")
      this.#report(parcel, "delivered")
      this.#report(parcel, "collected")
    }
    if (mood === "swift") collect()
    else later(collectAfterMs, collect)
  }

  #report({ customerId, key, trackingId }: Parcel, what: Callback["what"]): void {
    if (this.#moodOf(customerId) === "quiet") return
    this.#options.report({ id: `${trackingId}-${what}`, what, key, trackingId, at: this.#options.now() })
  }
}
