/**
 * `npm run bench -- --payment [--rush N] [--dead N]`: what a payment provider that is too slow, and one that is dead for a minute, cost
 * buyers. 20,000 orders come within five seconds, at a provider of 200 a second; then it is dead for 60 s under load. For a short
 * run, `--rush 2000 --dead 10`.
 */
import * as Trouble from "../support/payment-trouble.ts"
import type { Scratch } from "./scratch.ts"
import { markdown } from "./table.ts"

export interface Options {
  /** Orders within RUSH_SECONDS. */
  readonly rush: number
  /** Seconds. */
  readonly dead: number
  readonly tell: (line: string) => void
}

/** Calls a second that the provider takes. */
const RATE = 200
const RUSH_SECONDS = 5
/** Orders a second while it is dead: what came meanwhile is charged beside those that still come. */
const LOAD = 60

export interface Found {
  readonly rush: Trouble.Rush
  readonly outage: Trouble.Outage
}

export const measure = async (scratch: Scratch, { dead, rush: orders, tell }: Options): Promise<Found> => {
  const template = await scratch.template({ products: 0, onHand: 0, orders: 0 })
  const ground = async (): Promise<Trouble.Ground> => ({
    databaseUrl: scratch.urlOf(await scratch.copy(template)),
    ...{ rate: RATE, holdSeconds: 600, graceSeconds: 60 },
  })
  tell(`${orders} orders in ${RUSH_SECONDS} s at a provider of ${RATE} a second`)
  const rush = await Trouble.rush(await ground(), orders, RUSH_SECONDS)
  tell(`a provider that is dead for ${dead} s, ${LOAD} orders a second`)
  const outage = await Trouble.outage(await ground(), dead, LOAD)
  return { rush, outage }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
const ms = (value: number): string => `${value.toFixed(1)} ms`
const s = (value: number): string => `${(value / 1_000).toFixed(1)} s`

const ends = ({ contradictions, expired, others, paid, placed, refunds }: Trouble.Rush | Trouble.Outage) => [
  ["orders placed", String(placed)],
  ["paid; expired and never charged; others", `${paid}; ${expired}; ${others}`],
  ["refunds; orders that contradict the provider's books", `${refunds}; ${contradictions}`],
]

export const text = ({ outage, rush }: Found): string =>
  [
    markdown(
      ["more orders than the provider takes", ""],
      [
        ...ends(rush),
        ["refused: could not be charged in time", String(rush.refused)],
        ["the last was paid after", s(rush.lastPaidMs)],
        [
          "foreseen, of waits of 2 s and more; off by (median, p99)",
          `${rush.foreseen}; ${percent(rush.offMedian)}, ${percent(rush.offP99)}`,
        ],
      ],
    ),
    markdown(
      ["a provider that is dead", ""],
      [
        ...ends(outage),
        ["p99 of placing: before, while it is dead", `${ms(outage.p99BeforeMs)}, ${ms(outage.p99DeadMs)}`],
        ["p99 of placing and waiting for the outcome, while it is dead", ms(outage.p99WaitingMs)],
        ["calls a second to it while it is dead", outage.callsPerSecond.toFixed(2)],
        ["all settled after its return within", s(outage.settledMs)],
      ],
    ),
  ].join("\n\n")
