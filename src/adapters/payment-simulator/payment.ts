/**
 * A payment provider played in this process, with a token for each way in which a provider behaves:
 *
 *     tok_ok                  charged                      tok_decline (and any unknown token)   declined
 *     tok_delay_<ms>          charged after that time      tok_decline_final                     declined, for good
 *     tok_unknown_charged     answers unknown; read, it says that it was charged
 *     tok_unknown_declined    answers unknown; read, it says that it was declined
 *     tok_action              the buyer has to act         tok_action_<ms>                       and does after that time
 *
 * What is to be captured on shipment is authorized where it says charged. A ref is our key.
 *
 * Law: one ref, one charge, at most one refund; a void bars its ref: what has not been charged never will be.
 * Limits: KEYS_MAX settled keys, the oldest leave first; RUNNING_MAX charges that are still running, beyond which a
 * charge answers unknown and is not begun; DELAY_MAX_MS.
 * It forgets everything when the process ends; a charge is then repeated under its key, as with a provider that never
 * got it.
 */
import { Context, Deferred, Effect, Layer, type Scope } from "effect"
import type { Money } from "../../domain/money.ts"
import type { Action } from "../../domain/order.ts"
import {
  ABSENT,
  AUTHORIZED,
  type Capture,
  type Capturing,
  CHARGED,
  type Charge,
  type ChargeOutcome,
  type ChargeState,
  type Confirmation,
  type Listing,
  Payment,
  PENDING,
  REFUNDED,
  type Reading,
  type Refunding,
  UNKNOWN,
  VOIDED,
  type Voiding,
} from "../../ports/payment.ts"
import { type Mood, moodOf, NO_MONEY } from "./mood.ts"

/** Settled keys remembered: some minutes of a busy shop, about 20 MB. */
const KEYS_MAX = 100_000

/** Charges running at once: each is a timer and a fiber, about 2 kB. */
const RUNNING_MAX = 10_000

/** Charges on a page of the books: some 15 kB. */
const PAGE = 100

type Settled = "charged" | "authorized" | "declined" | "voided" | "refunded"

interface Running {
  readonly attempt: number
  readonly capture: Capture
  readonly money: Money
  readonly settled: Deferred.Deferred<ChargeOutcome>
  /** What the buyer is asked to do meanwhile; null: nothing. */
  readonly action: Action | null
}

export interface Account {
  readonly money: Money | null
  readonly state: Settled
  /** The newest attempt that was settled. */
  readonly attempt: number
  readonly code: string
  /** The provider's answer to a confirmation gets lost, each time. */
  readonly mute: boolean
}

const declined = (code: string) => ({ _tag: "Declined", code, retryable: code === NO_MONEY }) as const

/** Whether the money was taken, in the words of the port. */
const outcomeOf = ({
  code,
  state,
}: Account): Exclude<ChargeOutcome, { readonly _tag: "ActionRequired" | "Unknown" }> => {
  if (state === "charged" || state === "refunded") return CHARGED
  return state === "authorized" ? AUTHORIZED : declined(state === "voided" ? "voided" : code)
}

/** What a charge that is good comes to. */
const good = (capture: Capture): "charged" | "authorized" => (capture === "auto" ? "charged" : "authorized")

export interface Options {
  /** Where a buyer acts: the ref follows. */
  readonly actUrl: string
  /** Something was decided about this ref. */
  readonly settled: (ref: string) => void
}

/** There is no such place: a buyer acts when their token says so. */
const IN_PROCESS: Options = { actUrl: "https://payment.invalid/act", settled: () => undefined }

/** A charge, when it was first heard of. */
interface Begun {
  /** Counted from 1: its place in the books. */
  readonly number: number
  readonly at: number
}

const STATES: { readonly [S in Settled]: ChargeState } = {
  charged: "charged",
  authorized: "authorized",
  declined: "declined",
  voided: "voided",
  refunded: "charged",
}

const NEVER: Account = { money: null, state: "voided", attempt: 0, code: NO_MONEY, mute: false }

export class Simulator {
  readonly defaultToken = "tok_ok"
  readonly prepare = null
  readonly #accounts = new Map<string, Account>()
  readonly #running = new Map<string, Running>()
  /** In the order in which they were begun. */
  readonly #begun = new Map<string, Begun>()
  #count = 0
  readonly #scope: Scope.Scope

  readonly #options: Options

  constructor(scope: Scope.Scope, options: Options = IN_PROCESS) {
    this.#scope = scope
    this.#options = options
  }

  readonly confirm = ({ attempt, capture, money, ref, token }: Confirmation): Effect.Effect<ChargeOutcome> =>
    Effect.suspend(() => {
      const account = this.#settledBy(ref, attempt)
      if (account !== null) return Effect.succeed(account.mute ? UNKNOWN : outcomeOf(account))
      const running = this.#running.get(ref)
      if (running !== undefined) return this.#outcomeOf(running)
      const mood = moodOf(token)
      if (mood._tag !== "Settles") return this.#run(ref, { attempt, money, capture }, mood)
      const state = mood.state === "charged" ? good(capture) : mood.state
      const settled = { money, attempt, state, code: mood.code, mute: mood.mute }
      this.#settle(ref, settled)
      return Effect.succeed(mood.mute ? UNKNOWN : outcomeOf(settled))
    })

  readonly read = (ref: string, attempt: number): Effect.Effect<Reading> =>
    Effect.sync(() => {
      const account = this.#settledBy(ref, attempt)
      if (account !== null) return outcomeOf(account)
      const running = this.#running.get(ref)
      if (running === undefined) return ABSENT
      return running.action === null ? PENDING : { _tag: "ActionRequired", action: running.action }
    })

  readonly capture = (ref: string): Effect.Effect<Capturing> =>
    Effect.sync(() => {
      const account = this.#accounts.get(ref)
      if (account === undefined || this.#running.has(ref)) return UNKNOWN
      const said = outcomeOf(account)
      if (said._tag !== "Authorized") return said
      this.#settle(ref, { ...account, state: "charged" })
      return CHARGED
    })

  readonly void = (ref: string): Effect.Effect<Voiding> =>
    Effect.sync(() => {
      const account = this.#accounts.get(ref)
      if (account !== undefined && outcomeOf(account) === CHARGED) return CHARGED
      this.#settle(ref, { ...(account ?? NEVER), state: "voided" })
      return VOIDED
    })

  readonly refund = (ref: string): Effect.Effect<Refunding> =>
    Effect.sync(() => {
      if (this.#running.has(ref)) return UNKNOWN
      const account = this.#accounts.get(ref)
      if (account === undefined) return ABSENT
      // It is to be voided: nothing was taken yet.
      if (account.state === "authorized") return UNKNOWN
      // Of what was never charged nothing is owed: that is as good as given back.
      if (account.state === "charged") this.#settle(ref, { ...account, state: "refunded" })
      return REFUNDED
    })

  readonly list = (since: number, after: string | null): Effect.Effect<Listing> =>
    Effect.sync(() => ({ _tag: "Listed", ...this.page(since, after) }))

  page(since: number, after: string | null) {
    const behind = Number(after ?? 0)
    const charges: Array<Charge> = []
    for (const [ref, { at, number }] of this.#begun) {
      if (at < since || number <= behind) continue
      if (charges.length === PAGE) return { charges, next: String(this.#begun.get(charges.at(-1)!.ref)!.number) }
      charges.push(this.#charge(ref))
    }
    return { charges, next: null }
  }

  #charge(ref: string): Charge {
    const account = this.#accounts.get(ref)
    const amount = account?.money?.amount ?? 0
    return {
      ref,
      key: ref,
      // A declined one may be running again, under another attempt.
      state: account === undefined || this.#running.has(ref) ? "open" : STATES[account.state],
      currency: (account?.money ?? this.#running.get(ref)?.money)?.currency ?? null,
      captured: account !== undefined && outcomeOf(account) === CHARGED ? amount : 0,
      refunded: account?.state === "refunded" ? amount : 0,
    }
  }

  /** The buyer does what they were asked to do, or refuses. */
  act(ref: string, how: "approve" | "refuse"): void {
    const running = this.#running.get(ref)
    if (running?.action === null || running === undefined) return
    const { attempt, capture, money } = running
    const state = how === "approve" ? good(capture) : "declined"
    this.#settle(ref, { ...NEVER, attempt, money, state, code: "authentication_failed" })
  }

  /** Whether a confirmation of this attempt would begin something. */
  begins(ref: string, attempt: number): boolean {
    return this.#settledBy(ref, attempt) === null && !this.#running.has(ref)
  }

  /** Whether the buyer was asked to act, and has not. */
  awaitsBuyer(ref: string): boolean {
    return (this.#running.get(ref)?.action ?? null) !== null
  }

  account(ref: string): Account | null {
    return this.#accounts.get(ref) ?? null
  }

  /** Every remembered charge and what became of it, for tests. */
  accounts(): ReadonlyMap<string, Account> {
    return new Map(this.#accounts)
  }

  /** What was decided about this attempt; null: nothing yet. */
  #settledBy(ref: string, attempt: number): Account | null {
    const account = this.#accounts.get(ref)
    if (account === undefined) return null
    return account.state !== "declined" || account.attempt >= attempt ? account : null
  }

  #outcomeOf({ action, settled }: Running): Effect.Effect<ChargeOutcome> {
    return action === null ? Deferred.await(settled) : Effect.succeed({ _tag: "ActionRequired", action })
  }

  #begin(ref: string): void {
    if (!this.#begun.has(ref)) this.#begun.set(ref, { number: ++this.#count, at: Date.now() })
  }

  #run(
    ref: string,
    asked: Pick<Confirmation, "attempt" | "money" | "capture">,
    mood: Exclude<Mood, { readonly _tag: "Settles" }>,
  ) {
    if (this.#running.size >= RUNNING_MAX) return Effect.succeed(UNKNOWN)
    const action =
      mood._tag === "Delays" ? null : { kind: "redirect", url: `${this.#options.actUrl}/${ref}`, clientSecret: null }
    const { attempt, capture, money } = asked
    const running: Running = { ...asked, action, settled: Deferred.makeUnsafe() }
    this.#begin(ref)
    this.#running.set(ref, running)
    if (mood.milliseconds === null) return this.#outcomeOf(running)
    const later = Effect.sync(() => {
      // Voided meanwhile: it never happens.
      if (this.#running.get(ref) === running) this.#settle(ref, { ...NEVER, money, attempt, state: good(capture) })
    })
    return Effect.sleep(mood.milliseconds).pipe(
      Effect.andThen(later),
      Effect.forkIn(this.#scope, { startImmediately: true }),
      Effect.andThen(this.#outcomeOf(running)),
    )
  }

  #settle(ref: string, account: Account): void {
    this.#begin(ref)
    this.#accounts.delete(ref)
    this.#accounts.set(ref, account)
    if (this.#accounts.size > KEYS_MAX) this.#forget(this.#accounts.keys().next().value!)
    const running = this.#running.get(ref)
    this.#running.delete(ref)
    this.#options.settled(ref)
    if (running !== undefined) Deferred.doneUnsafe(running.settled, Effect.succeed(outcomeOf(account)))
  }

  #forget(ref: string): void {
    this.#accounts.delete(ref)
    if (!this.#running.has(ref)) this.#begun.delete(ref)
  }
}

/** What it does in the process that sells: of what it has forgotten nothing is owed, and nothing is left to be taken. */
const forgetful = (simulator: Simulator): Payment["Service"] => {
  const { confirm, defaultToken, list, prepare, read, void: bar } = simulator
  const refund = (ref: string) => Effect.map(simulator.refund(ref), (said) => (said === ABSENT ? REFUNDED : said))
  const capture = (ref: string) => (simulator.account(ref) === null ? Effect.succeed(CHARGED) : simulator.capture(ref))
  return { name: null, defaultToken, prepare, confirm, read, capture, void: bar, refund, list }
}

/** The simulator's books, which a real provider would not show. */
export class Books extends Context.Service<Books, { readonly accounts: () => ReadonlyMap<string, Account> }>()(
  "jaego/adapters/payment-simulator/Books",
) {}

export const layer: Layer.Layer<Payment | Books> = Layer.effectContext(
  Effect.map(Effect.scope, (scope) => {
    const simulator = new Simulator(scope)
    return Context.make(Payment, forgetful(simulator)).pipe(
      Context.add(Books, { accounts: () => simulator.accounts() }),
    )
  }),
)
