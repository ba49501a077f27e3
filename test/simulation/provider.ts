/**
 * The payment provider, outside: slow, sometimes silent, and honest only in the end.
 *
 * A charge arrives late, lands later still, and its answer may be lost; a look-up that comes before says `absent` or
 * `unknown`; a request may arrive twice. What has landed stays so: one key, one charge, at most one refund.
 */
import type { Charge, Outcome, Payment } from "../../src/ports/payment.ts"
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

const outcomeOf = (state: AccountState): Outcome =>
  state === "charged" || state === "refunded" ? "charged" : "declined"

export class Provider {
  readonly accounts = new Map<string, AccountState>()
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
      defaultToken: "tok_ok",
      charge: (charge) => this.#road.ask<Outcome>(from, "charge", (answer) => this.#charge(charge, answer)),
      lookUp: (key) => this.#road.ask<Outcome | "absent">(from, "look-up", (answer) => answer(this.#lookUp(key))),
      void: (key) => this.#road.ask<"voided" | "charged">(from, "void", (answer) => answer(this.#void(key))),
      refund: (key) => this.#road.ask<"refunded" | "unknown">(from, "refund", (answer) => answer(this.#refund(key))),
    }
  }

  #charge({ key, token }: Charge, answer: (outcome: Outcome) => void): void {
    const account = this.accounts.get(key)
    if (account !== undefined) return answer(outcomeOf(account))
    const isMute = token.startsWith("tok_unknown")
    const state =
      token === "tok_ok" || token === "tok_unknown_charged" || token.startsWith("tok_delay") ? "charged" : "declined"
    const land = () => {
      this.#running.delete(key)
      if (!this.accounts.has(key)) this.#settle(key, state)
      if (!isMute) answer(outcomeOf(this.accounts.get(key)!))
    }
    if (isMute) answer("unknown")
    const milliseconds = Number(/^tok_delay_(\d+)$/.exec(token)?.[1] ?? (isMute ? this.#dice.below(400) : 0))
    if (milliseconds === 0) return land()
    this.#running.add(key)
    this.#world.post(this.#node, milliseconds * 1_000, land)
  }

  #lookUp(key: string): Outcome | "absent" {
    const account = this.accounts.get(key)
    if (account !== undefined) return outcomeOf(account)
    if (this.#running.has(key) && this.moods.lostAnswer === 0) return "unknown"
    if (!this.#running.has(key)) return "absent"
    this.#journal.fault("payment look-up: absent before the charge landed")
    return "absent"
  }

  #void(key: string): "voided" | "charged" {
    const account = this.accounts.get(key)
    if (account !== undefined && outcomeOf(account) === "charged") return "charged"
    this.#settle(key, "voided")
    return "voided"
  }

  #refund(key: string): "refunded" | "unknown" {
    if (this.accounts.get(key) === "charged") this.#settle(key, "refunded")
    return "refunded"
  }

  #settle(key: string, state: AccountState): void {
    const before = this.accounts.get(key)
    this.accounts.set(key, state)
    this.#journal.write("provider", `${key.slice(-12)} ${before === undefined ? "" : `was ${before}, `}is ${state}`)
  }
}
