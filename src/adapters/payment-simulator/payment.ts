/**
 * A payment provider played in this process, with a token for each of a provider's moods:
 *
 *     tok_ok                  charged                      tok_decline (and any unknown token)   declined
 *     tok_delay_<ms>          charged after that time, whether or not the caller still waits
 *     tok_unknown_charged     answers unknown; a look-up says that it was charged
 *     tok_unknown_declined    answers unknown; a look-up says that it was declined
 *
 * Law: one key, one charge, at most one refund. A void bars its key: what has not been charged never will be.
 * Limits: KEYS_MAX settled keys, the oldest leave first; RUNNING_MAX charges that are still running, beyond which a
 * charge answers unknown and is not begun; DELAY_MAX_MS.
 * It forgets everything when the process ends; a charge is then repeated under its key, as with a provider that never
 * heard of it.
 */
import { Context, Deferred, Effect, Layer, type Scope } from "effect"
import type { Money } from "../../domain/money.ts"
import { type Charge, type Outcome, Payment } from "../../ports/payment.ts"

/** Settled keys remembered: some minutes of a busy shop, about 20 MB. */
const KEYS_MAX = 100_000

/** Charges running at once: each is a timer and a fiber, about 2 kB. */
const RUNNING_MAX = 10_000

/** Longest delay a token may ask for, milliseconds: one hour, longer than any hold; longer ones are unknown tokens. */
const DELAY_MAX_MS = 3_600_000

type Settled = "charged" | "declined" | "voided" | "refunded"

interface Running {
  readonly settled: Deferred.Deferred<Settled>
}

interface Account {
  readonly money: Money | null
  readonly state: Settled
  /** The provider's answer to the charge gets lost, each time. */
  readonly mute: boolean
}

type Mood =
  | { readonly _tag: "Settles"; readonly state: "charged" | "declined"; readonly mute: boolean }
  | { readonly _tag: "Delays"; readonly milliseconds: number }

const settles = (state: "charged" | "declined", mute = false): Mood => ({ _tag: "Settles", state, mute })

const moodOf = (token: string): Mood => {
  switch (token) {
    case "tok_ok":
      return settles("charged")
    case "tok_unknown_charged":
      return settles("charged", true)
    case "tok_unknown_declined":
      return settles("declined", true)
  }
  const milliseconds = Number(/^tok_delay_(\d{1,7})$/.exec(token)?.[1] ?? Number.NaN)
  return milliseconds <= DELAY_MAX_MS ? { _tag: "Delays", milliseconds } : settles("declined")
}

/** Whether anybody was charged, in the words of the port. */
const outcomeOf = (state: Settled): Outcome => (state === "charged" || state === "refunded" ? "charged" : "declined")

class Simulator {
  readonly defaultToken = "tok_ok"
  readonly #accounts = new Map<string, Account>()
  readonly #running = new Map<string, Running>()
  readonly #scope: Scope.Scope

  constructor(scope: Scope.Scope) {
    this.#scope = scope
  }

  readonly charge = ({ key, money, token }: Charge): Effect.Effect<Outcome> =>
    Effect.suspend(() => {
      const account = this.#accounts.get(key)
      if (account !== undefined) return Effect.succeed(account.mute ? "unknown" : outcomeOf(account.state))
      const running = this.#running.get(key)
      if (running !== undefined) return Effect.map(Deferred.await(running.settled), outcomeOf)
      const mood = moodOf(token)
      if (mood._tag === "Delays") return this.#delay(key, money, mood.milliseconds)
      this.#settle(key, { money, state: mood.state, mute: mood.mute })
      return Effect.succeed(mood.mute ? "unknown" : mood.state)
    })

  readonly lookUp = (key: string): Effect.Effect<Outcome | "absent"> =>
    Effect.sync(() => {
      const account = this.#accounts.get(key)
      if (account !== undefined) return outcomeOf(account.state)
      return this.#running.has(key) ? "unknown" : "absent"
    })

  readonly void = (key: string): Effect.Effect<"voided" | "charged"> =>
    Effect.sync(() => {
      const account = this.#accounts.get(key)
      if (account !== undefined && outcomeOf(account.state) === "charged") return "charged"
      this.#settle(key, { money: account?.money ?? null, state: "voided", mute: account?.mute ?? false })
      return "voided"
    })

  readonly refund = (key: string): Effect.Effect<"refunded" | "unknown"> =>
    Effect.sync(() => {
      if (this.#running.has(key)) return "unknown"
      const account = this.#accounts.get(key)
      // Of a key that was never charged, or is forgotten, nothing is owed: that is as good as given back.
      if (account?.state === "charged") this.#settle(key, { ...account, state: "refunded" })
      return "refunded"
    })

  /** Every remembered key and what became of it, for tests. */
  accounts(): ReadonlyMap<string, Account> {
    return new Map(this.#accounts)
  }

  #delay(key: string, money: Money, milliseconds: number): Effect.Effect<Outcome> {
    if (this.#running.size >= RUNNING_MAX) return Effect.succeed("unknown")
    const running: Running = { settled: Deferred.makeUnsafe() }
    this.#running.set(key, running)
    const later = Effect.sync(() => {
      // Voided meanwhile: it never happens.
      if (this.#running.get(key) === running) this.#settle(key, { money, state: "charged", mute: false })
    })
    return Effect.sleep(milliseconds).pipe(
      Effect.andThen(later),
      Effect.forkIn(this.#scope, { startImmediately: true }),
      Effect.andThen(Effect.map(Deferred.await(running.settled), outcomeOf)),
    )
  }

  #settle(key: string, account: Account): void {
    this.#accounts.delete(key)
    this.#accounts.set(key, account)
    if (this.#accounts.size > KEYS_MAX) this.#accounts.delete(this.#accounts.keys().next().value!)
    const running = this.#running.get(key)
    if (running === undefined) return
    this.#running.delete(key)
    Deferred.doneUnsafe(running.settled, Effect.succeed(account.state))
  }
}

/** The simulator's books, which a real provider would not show. */
export class Books extends Context.Service<Books, { readonly accounts: () => ReadonlyMap<string, Account> }>()(
  "jaego/adapters/payment-simulator/Books",
) {}

export const layer: Layer.Layer<Payment | Books> = Layer.effectContext(
  Effect.map(Effect.scope, (scope) => {
    const simulator = new Simulator(scope)
    return Context.make(Payment, simulator).pipe(Context.add(Books, { accounts: () => simulator.accounts() }))
  }),
)
