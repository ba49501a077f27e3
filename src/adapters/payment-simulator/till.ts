/**
 * The till of the simulated provider that is a process of its own: the same books as in the shop's process (`payment.ts`), with
 * the faults that providers have. A dialect reads requests into these calls and writes what they come to.
 *
 * When a customer's name ends with a mood, it shows how providers are, each time and for this customer alone:
 *
 *     +declined   is declined                          +late     is charged LATE_MS after it was asked for
 *     +3ds        has to act, and does after ACT_MS    +silent   is never answered, and never charged
 */
import { Effect, type Scope } from "effect"
import type { Confirmation } from "../../ports/payment.ts"
import type { Faults, Luck } from "./luck.ts"
import { type Account, Simulator } from "./payment.ts"

/** Longer than a shop waits for an answer, shorter than a hold (milliseconds). */
const LATE_MS = 3_000
/** As long as a buyer takes to find their telephone (milliseconds). */
const ACT_MS = 1_000

/** What a caller is to see of a confirmation; null: nothing, and nothing was done. */
export type Said = Effect.Success<ReturnType<Simulator["confirm"]>> | null

export class Till {
  /** Charges that were barred while their buyer was to act. */
  abandoned = 0
  readonly #simulator: Simulator
  readonly #luck: Luck

  constructor(scope: Scope.Scope, luck: Luck, actUrl: string, settled: (ref: string) => void) {
    this.#simulator = new Simulator(scope, { actUrl, settled })
    this.#luck = luck
  }

  async confirm(asked: Confirmation): Promise<Said> {
    const mood = /\+([a-z0-9]+)$/.exec(asked.customerId)?.[1]
    if (mood === "silent" && this.#luck.befalls("silences", "mood")) return null
    // What it has decided already is only said again: nothing befalls it.
    const token = this.#simulator.begins(asked.ref, asked.attempt) ? this.#tokenOf(asked.token, mood) : asked.token
    return Effect.runPromise(this.#simulator.confirm({ ...asked, token }))
  }

  #tokenOf(token: string, mood: string | undefined): string {
    const befalls = (fault: keyof Faults, name: string) => this.#luck.befalls(fault, mood === name ? "mood" : "chance")
    if (befalls("declines", "declined")) return "tok_decline"
    if (befalls("actions", "3ds")) return `tok_action_${ACT_MS}`
    return befalls("late", "late") ? `tok_delay_${LATE_MS}` : token
  }

  read(ref: string, attempt: number) {
    return Effect.runSync(this.#simulator.read(ref, attempt))
  }

  capture(ref: string) {
    return Effect.runSync(this.#simulator.capture(ref))
  }

  void(ref: string) {
    if (this.#simulator.awaitsBuyer(ref)) this.abandoned++
    return Effect.runSync(this.#simulator.void(ref))
  }

  refund(ref: string) {
    return Effect.runSync(this.#simulator.refund(ref))
  }

  act(ref: string, how: "approve" | "refuse"): void {
    this.#simulator.act(ref, how)
  }

  list(since: number, after: string | null) {
    return this.#simulator.page(since, after)
  }

  account(ref: string): Account | null {
    return this.#simulator.account(ref)
  }

  /** The books, which a real provider would show to its shop alone. */
  accounts(): ReadonlyMap<string, Account> {
    return this.#simulator.accounts()
  }
}
