/**
 * The payment provider, outside: slow, sometimes silent, and honest only in the end.
 *
 * A charge arrives late, lands later still, and its answer may be lost; a reading that comes before says absent or
 * unknown; a request may arrive twice. A buyer may have to act first, and does so late, or never. Beyond its rate it refuses, or lets
 * requests queue until they are old. What has landed stays so: one key, one charge, and a refund a key, whatever its sum.
 */
import { Effect } from "effect"
import type { Money } from "../../src/domain/money.ts"
import type { Action } from "../../src/domain/order.ts"
import {
  ABSENT,
  AUTHORIZED,
  type Capture,
  type Capturing,
  CHARGED,
  type ChargeOutcome,
  type Confirmation,
  type Payment,
  REFUNDED,
  type Reading,
  type Refunding,
  UNKNOWN,
  VOIDED,
  type Voiding,
} from "../../src/ports/payment.ts"
import type { Dice } from "./dice.ts"
import type { Journal } from "./journal.ts"
import { type Lengths, type Moods, Road } from "./road.ts"
import { Host, Node, type World } from "./world.ts"

/** What became of a ref, as its own books have it, in minor units. */
export interface Account {
  readonly state: "charged" | "authorized" | "declined" | "voided"
  readonly captured: number
  readonly refunded: number
}

/** Requests a second, and what becomes of those beyond. */
export interface Pace {
  /** 0: as they come. */
  readonly rate: number
  readonly beyond: "refused" | "queued"
}

export const HONEST: Moods = { lostAnswer: 0, slow: 0, twice: 0 }
export const UNHURRIED: Pace = { rate: 0, beyond: "queued" }

const LENGTHS: Lengths = {
  there: { least: 5_000, most: 60_000 },
  detour: { least: 500_000, most: 7_000_000 },
  back: { least: 2_000, most: 60_000 },
}

/** An attempt that has not landed. */
interface Running {
  readonly attempt: number
  /** What its buyer has to do first; null: nothing. */
  readonly action: Action | null
}

const outcomeOf = ({ state }: Account) => {
  if (state === "charged") return CHARGED
  return state === "authorized"
    ? AUTHORIZED
    : ({ _tag: "Declined", code: state, retryable: state === "declined" } as const)
}

/** How long a token keeps a charge from landing, ms; null: for ever. */
const delayOf = (token: string, dice: Dice): number | null => {
  const [, ms] = /^tok_(?:delay|action)_(\d+)$/.exec(token) ?? []
  if (ms !== undefined) return Number(ms)
  if (token === "tok_action") return null
  return token.startsWith("tok_unknown") ? dice.below(400) : 0
}

const isGood = (token: string): boolean => /^tok_(ok|unknown_charged|delay.*|action.*)$/.test(token)

export class Provider {
  readonly accounts = new Map<string, Account>()
  moods: Moods = HONEST
  pace: Pace = UNHURRIED
  /** Called as a charge that was not taken is barred. */
  onBarred: (ref: string) => void = () => {}
  /** When the next request is served, microseconds. */
  #nextAt = 0
  /** The newest attempt of each ref that was settled. */
  readonly #attempts = new Map<string, number>()
  readonly #refunds = new Set<string>()
  readonly #running = new Map<string, Running>()
  readonly #world: World
  readonly #journal: Journal
  readonly #dice: Dice
  readonly #node: Node
  readonly #road: Road

  constructor(world: World, journal: Journal, dice: Dice) {
    this.#world = world
    this.#journal = journal
    this.#dice = dice
    this.#node = new Node(world, new Host("provider"), "provider")
    this.#road = new Road({ to: this.#node, name: "payment", journal, dice, lengths: LENGTHS, moods: () => this.moods })
  }

  /** The provider, as this node reaches it. */
  payment(from: Node): Payment["Service"] {
    const ask = <A>(what: string, serve: (answer: (said: A) => void) => void) =>
      this.#road.ask<A | typeof UNKNOWN>(from, what, (answer) =>
        this.#inTurn(
          () => serve(answer),
          () => answer(UNKNOWN),
        ),
      )
    return {
      name: null,
      defaultToken: "tok_ok",
      prepare: null,
      confirm: (confirmation) => ask<ChargeOutcome>("confirm", (answer) => this.#confirm(confirmation, answer)),
      read: (ref, attempt) => ask<Reading>("read", (answer) => answer(this.#read(ref, attempt))),
      capture: (ref, money) => ask<Capturing>("capture", (answer) => answer(this.#capture(ref, money))),
      void: (ref) => ask<Voiding>("void", (answer) => answer(this.#void(ref))),
      refund: (ref, money, key) => ask<Refunding>("refund", (answer) => answer(this.#refund(ref, money, key))),
      // The books are compared from outside (`support/settlement-laws.ts`).
      list: () => Effect.succeed(UNKNOWN),
    }
  }

  /** Serves, now or when those before it have been; or refuses. */
  #inTurn(serve: () => void, refuse: () => void): void {
    const { beyond, rate } = this.pace
    const { now } = this.#world
    const wait = Math.max(0, this.#nextAt - now)
    if (rate === 0 || wait === 0) {
      this.#nextAt = rate === 0 ? now : now + 1_000_000 / rate
      return serve()
    }
    this.#journal.fault(`payment beyond its rate: ${beyond}`)
    if (beyond === "refused") return refuse()
    this.#nextAt += 1_000_000 / rate
    this.#world.post(this.#node, wait, serve)
  }

  /** What this attempt has come to; null: nothing yet. */
  #accountOf(ref: string, attempt: number): Account | null {
    const account = this.accounts.get(ref)
    const isOlder = account?.state === "declined" && (this.#attempts.get(ref) ?? 0) < attempt
    return account === undefined || isOlder ? null : account
  }

  #confirm({ attempt, capture, money, ref, token }: Confirmation, answer: (outcome: ChargeOutcome) => void): void {
    const account = this.#accountOf(ref, attempt)
    if (account !== null) return answer(outcomeOf(account))
    const running = this.#running.get(ref)
    if (running?.attempt === attempt && running.action !== null)
      return answer({ _tag: "ActionRequired", action: running.action })
    const isMute = token.startsWith("tok_unknown")
    const action = token.startsWith("tok_action") ? { kind: "redirect", url: `act/${ref}`, clientSecret: null } : null
    const land = () => {
      this.#running.delete(ref)
      if (this.#accountOf(ref, attempt) === null) this.#settle(ref, isGood(token) ? money : null, attempt, capture)
      if (!isMute && action === null) answer(outcomeOf(this.#accountOf(ref, attempt)!))
    }
    if (isMute) answer(UNKNOWN)
    if (action !== null) answer({ _tag: "ActionRequired", action })
    const milliseconds = delayOf(token, this.#dice)
    if (milliseconds === 0) return land()
    this.#running.set(ref, { attempt, action })
    if (action !== null) this.#journal.fault(`payment: a buyer ${milliseconds === null ? "never acts" : "has to act"}`)
    if (milliseconds !== null) this.#world.post(this.#node, milliseconds * 1_000, land)
  }

  #read(ref: string, attempt: number): Reading {
    const account = this.#accountOf(ref, attempt)
    if (account !== null) return outcomeOf(account)
    const running = this.#running.get(ref)
    if (running === undefined) return ABSENT
    if (running.action !== null) return { _tag: "ActionRequired", action: running.action }
    if (this.moods.lostAnswer === 0) return UNKNOWN
    this.#journal.fault("payment read: absent before the charge landed")
    return ABSENT
  }

  #capture(ref: string, { amount }: Money): Capturing {
    const account = this.accounts.get(ref)
    const said = account === undefined ? UNKNOWN : outcomeOf(account)
    if (said._tag !== "Authorized") return said
    this.#write(ref, { state: "charged", captured: amount, refunded: 0 })
    return CHARGED
  }

  #void(ref: string): Voiding {
    const account = this.accounts.get(ref)
    if (account?.state === "charged") return CHARGED
    this.onBarred(ref)
    this.#running.delete(ref)
    this.#write(ref, { state: "voided", captured: 0, refunded: 0 })
    return VOIDED
  }

  #refund(ref: string, { amount }: Money, key: string): Refunding {
    const account = this.accounts.get(ref)
    if (account === undefined) return ABSENT
    if (this.#refunds.has(key) || account.state !== "charged") return REFUNDED
    this.#refunds.add(key)
    this.#write(ref, { ...account, refunded: account.refunded + amount })
    return REFUNDED
  }

  /** `money`: what is taken; null: it is declined. */
  #settle(ref: string, money: Money | null, attempt: number, capture: Capture): void {
    this.#attempts.set(ref, Math.max(attempt, this.#attempts.get(ref) ?? 0))
    const isKept = money !== null && capture === "on-shipment"
    const state = money === null ? "declined" : isKept ? "authorized" : "charged"
    this.#write(ref, { state, captured: isKept ? 0 : (money?.amount ?? 0), refunded: 0 })
  }

  #write(ref: string, account: Account): void {
    const before = this.accounts.get(ref)
    this.accounts.set(ref, account)
    const was = before === undefined ? "" : `was ${before.state}, `
    const { captured, refunded, state } = account
    this.#journal.write("provider", `${ref.slice(-12)} ${was}is ${state}: ${captured} taken, ${refunded} given back`)
  }
}
