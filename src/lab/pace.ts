/**
 * How long the next load of a round lasts: as planned, or shorter, so that the rounds end in the time that is left for them. What a
 * load takes beside itself (connections, counters, answers that are outstanding) is measured on the way.
 */
import type { Budget } from "./budget.ts"
import * as Plan from "./plan.ts"
import type { Cut } from "./report.ts"

/** Before the first round is over, the guards that had their turn do not speak for all: only this many times as much does. */
const MUCH = 1.3
/** So many guards are no accident. */
const TURNS_LEAST = 3

/** Less than this is not worth a shorter load, seconds. */
const SLACK_SECONDS = 3

export class Pace {
  /** Rounds that fit; the one that has begun is among them. */
  rounds: number
  #loads = 0
  #around = 0
  #turns = 0
  #shortest: number
  readonly #plan: Plan.Plan
  readonly #budget: Budget

  constructor(plan: Plan.Plan, budget: Budget) {
    this.rounds = plan.options.rounds
    this.#shortest = plan.options.seconds
    this.#plan = plan
    this.#budget = budget
  }

  /** Seconds of each load of this turn, the `turn`-th of its round from 0. */
  secondsOf(round: number, turn: number): number {
    const { seconds } = this.#plan.options
    const left = this.#budget.leftFor("guards")
    const around = this.#aroundIn(round)
    const lasting = (rounds: number) => Plan.loadsFrom(this.#plan, round, turn, rounds)
    if (lasting(this.rounds) * (seconds + around) <= left + SLACK_SECONDS) return seconds
    const fitting = (rounds: number) => left / lasting(rounds) - around
    // One that has begun is ended.
    const begun = turn === 0 ? Math.max(1, round - 1) : round
    while (this.rounds > begun && fitting(this.rounds) < Plan.SECONDS_LEAST) this.rounds--
    if (this.rounds < round) return seconds
    const fitted = Math.min(seconds, Math.max(Plan.SECONDS_LEAST, Plan.rounded(fitting(this.rounds))))
    this.#shortest = Math.min(this.#shortest, fitted)
    return fitted
  }

  /** After a turn. */
  took(loads: number, seconds: number, tookSeconds: number): void {
    this.#turns++
    this.#loads += loads
    this.#around += Math.max(0, tookSeconds - loads * seconds)
  }

  #aroundIn(round: number): number {
    const foreseen = Plan.AROUND_A_LOAD * this.#budget.slowness
    const measured = this.#loads === 0 ? foreseen : this.#around / this.#loads
    return round > 1 || (this.#turns >= TURNS_LEAST && measured > MUCH * foreseen) ? measured : foreseen
  }

  /** What was shortened, for people. */
  get said(): ReadonlyArray<Cut> {
    const { rounds, seconds } = this.#plan.options
    const said = [
      ...(this.#shortest < seconds ? [`loads of ${this.#shortest} s, not all of ${seconds}`] : []),
      ...(this.rounds < rounds ? [`${this.rounds} of ${rounds} rounds`] : []),
    ]
    return said.map((what) => ({ part: "guards", guards: [], what }))
  }
}
