/**
 * The payment provider, outside: slow, sometimes silent, and honest only in the end.
 *
 * A charge arrives late, lands later still, and its answer may be lost; a reading that comes before says absent or
 * unknown; a request may arrive twice. What has landed stays so: one key, one charge, at most one refund.
 */
import { Effect } from "effect"
import {
  ABSENT,
  CHARGED,
  type Confirmation,
  type Outcome,
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

export type AccountState = "charged" | "declined" | "voided" | "refunded"

export const HONEST: Moods = { lostAnswer: 0, slow: 0, twice: 0 }

const LENGTHS: Lengths = {
  there: { least: 5_000, most: 60_000 },
  detour: { least: 500_000, most: 7_000_000 },
  back: { least: 2_000, most: 60_000 },
}

/** What is known of a ref: its state, and the newest attempt that came to it. */
interface Account {
  readonly state: AccountState
  readonly attempt: number
}

const outcomeOf = ({ state }: Account): Outcome =>
  state === "charged" || state === "refunded"
    ? CHARGED
    : { _tag: "Declined", code: state, retryable: state === "declined" }

export class Provider {
  /** What became of each ref. */
  readonly accounts = new Map<string, AccountState>()
  readonly #attempts = new Map<string, number>()
  moods: Moods = HONEST
  readonly #running = new Set<string>()
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
    return {
      name: null,
      defaultToken: "tok_ok",
      prepare: null,
      confirm: (confirmation) =>
        this.#road.ask<Outcome>(from, "confirm", (answer) => this.#confirm(confirmation, answer)),
      read: (ref, attempt) => this.#road.ask<Reading>(from, "read", (answer) => answer(this.#read(ref, attempt))),
      void: (ref) => this.#road.ask<Voiding>(from, "void", (answer) => answer(this.#void(ref))),
      list: () => Effect.succeed(UNKNOWN),
      refund: (ref) => this.#road.ask<Refunding>(from, "refund", (answer) => answer(this.#refund(ref))),
    }
  }

  /** What this attempt has come to; null: nothing yet. */
  #accountOf(ref: string, attempt: number): Account | null {
    const state = this.accounts.get(ref)
    const newest = this.#attempts.get(ref) ?? 0
    return state === undefined || (state === "declined" && newest < attempt) ? null : { state, attempt: newest }
  }

  #confirm({ attempt, ref, token }: Confirmation, answer: (outcome: Outcome) => void): void {
    const account = this.#accountOf(ref, attempt)
    if (account !== null) return answer(outcomeOf(account))
    const isMute = token.startsWith("tok_unknown")
    const state =
      token === "tok_ok" || token === "tok_unknown_charged" || token.startsWith("tok_delay") ? "charged" : "declined"
    const land = () => {
      this.#running.delete(ref)
      if (this.#accountOf(ref, attempt) === null) this.#settle(ref, state, attempt)
      if (!isMute) answer(outcomeOf(this.#accountOf(ref, attempt)!))
    }
    if (isMute) answer(UNKNOWN)
    const milliseconds = Number(/^tok_delay_(\d+)$/.exec(token)?.[1] ?? (isMute ? this.#dice.below(400) : 0))
    if (milliseconds === 0) return land()
    this.#running.add(ref)
    this.#world.post(this.#node, milliseconds * 1_000, land)
  }

  #read(ref: string, attempt: number): Reading {
    const account = this.#accountOf(ref, attempt)
    if (account !== null) return outcomeOf(account)
    if (this.#running.has(ref) && this.moods.lostAnswer === 0) return UNKNOWN
    if (!this.#running.has(ref)) return ABSENT
    this.#journal.fault("payment read: absent before the charge landed")
    return ABSENT
  }

  #void(ref: string): Voiding {
    const state = this.accounts.get(ref)
    if (state === "charged" || state === "refunded") return CHARGED
    this.#settle(ref, "voided", 0)
    return VOIDED
  }

  #refund(ref: string): Refunding {
    if (this.accounts.get(ref) === "charged") this.#settle(ref, "refunded", 0)
    return REFUNDED
  }

  #settle(key: string, state: AccountState, attempt: number): void {
    this.#attempts.set(key, Math.max(attempt, this.#attempts.get(key) ?? 0))
    const before = this.accounts.get(key)
    this.accounts.set(key, state)
    this.#journal.write("provider", `${key.slice(-12)} ${before === undefined ? "" : `was ${before}, `}is ${state}`)
  }
}
