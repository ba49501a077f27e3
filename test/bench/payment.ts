/**
 * `npm run bench -- --payment [--rush N] [--dead N]`: what a payment provider that is dead for a minute, and one that is too slow, cost
 * buyers. It is dead for 60 s under load; then 20,000 orders come within five seconds, at a provider of 200 a second. Each figure that
 * has a target is reported as met or missed. For a short run, `--rush 2000 --dead 10`.
 */
import { verify } from "../faults/judge.ts"
import * as Trouble from "../support/payment-trouble.ts"
import type { Scratch } from "./scratch.ts"
import { markdown } from "./table.ts"

export interface Options {
  /** Orders within RUSH_SECONDS. */
  readonly rush: number
  /** Seconds. */
  readonly dead: number
  readonly log: (line: string) => void
}

/** Calls a second that the provider takes. */
const RATE = 200
const RUSH_SECONDS = 5
/** Orders a second while it is dead: what came meanwhile is charged beside those that still come. */
const LOAD = 60

/** What docs/performance.md promises: shares, calls a second, ms. */
const LIMITS = { off: 0.2, p99: 1.1, callsPerSecond: 1, settledMs: 60_000 }

/** `broken`: what `jaego verify` says, such as an order that is paid and has no stock. */
interface Kept {
  readonly broken: ReadonlyArray<string>
}

export interface Found {
  readonly rush: Omit<Trouble.Rush, "turns"> & Kept
  readonly outage: Trouble.Outage & Kept
}

export const measure = async (scratch: Scratch, { dead, rush: orders, log }: Options): Promise<Found> => {
  const template = await scratch.template({ products: 0, onHand: 0, orders: 0 })
  const ground = async (): Promise<Trouble.Ground> => ({
    databaseUrl: scratch.urlOf(await scratch.copy(template)),
    ...{ rate: RATE, holdSeconds: 600, graceSeconds: 60 },
  })
  const judged = async <A>(found: (on: Trouble.Ground) => Promise<A>): Promise<A & Kept> => {
    const on = await ground()
    const measured = await found(on)
    return { ...measured, broken: (await verify(on.databaseUrl)).violations }
  }
  log(`a provider that is dead for ${dead} s, ${LOAD} orders a second`)
  const outage = await judged((on) => Trouble.outage(on, dead, LOAD))
  log(outageText(outage))
  log(`${orders} orders in ${RUSH_SECONDS} s at a provider of ${RATE} a second`)
  const { turns: _, ...rush } = await judged((on) => Trouble.rush(on, orders, RUSH_SECONDS))
  return { rush, outage }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
const ms = (value: number): string => `${value.toFixed(1)} ms`
const s = (value: number): string => `${(value / 1_000).toFixed(1)} s`

type Row = readonly [what: string, measured: string, target: string, isMet?: boolean]

const table = (title: string, rows: ReadonlyArray<Row>): string =>
  markdown(
    [title, "measured", "target", ""],
    rows.map(([what, measured, target, isMet]) => [
      ...[what, measured, target],
      isMet === undefined ? "" : isMet ? "met" : "**missed**",
    ]),
  )

const ends = ({
  broken,
  contradictions,
  expired,
  others,
  paid,
  placed,
  refunds,
}: (Trouble.Rush | Trouble.Outage) & Kept) =>
  [
    ["orders placed", String(placed), ""],
    ["paid, or expired and never charged", `${paid}, ${expired}`, "all", paid + expired === placed && others === 0],
    ["orders that contradict the provider's books", String(contradictions), "0", contradictions === 0],
    ["refunds: charged too late", String(refunds), "0", refunds === 0],
    [
      "laws that `jaego verify` finds broken (paid and stockless, ...)",
      broken.join("; ") || "0",
      "0",
      broken.length === 0,
    ],
  ] satisfies ReadonlyArray<Row>

const rushText = (rush: Found["rush"]): string =>
  table("more orders than the provider takes", [
    ...ends({ ...rush, turns: [] }),
    ["refused: could not be charged in time", String(rush.refused), ""],
    ["the last was paid after", s(rush.lastPaidMs), ""],
    ["foreseen, of waits of 2 s and more", String(rush.foreseen), "some", rush.foreseen > 0],
    ["off by, median", percent(rush.offMedian), "below 20 %", rush.foreseen > 0 && rush.offMedian < LIMITS.off],
    ["off by, p99", percent(rush.offP99), "below 20 %", rush.foreseen > 0 && rush.offP99 < LIMITS.off],
  ])

const outageText = (outage: Found["outage"]): string => {
  const { callsPerSecond, p99BeforeMs, p99DeadMs, p99WaitingMs, settledMs } = outage
  const isAsQuick = p99DeadMs <= p99BeforeMs * LIMITS.p99
  return table("a provider that is dead", [
    ...ends(outage),
    ["p99 of placing: before, while it is dead", `${ms(p99BeforeMs)}, ${ms(p99DeadMs)}`, "within 10 %", isAsQuick],
    ["p99 of placing and waiting for the outcome, while it is dead", ms(p99WaitingMs), ""],
    [
      "calls a second to it while open",
      callsPerSecond.toFixed(2),
      "at most 1",
      callsPerSecond <= LIMITS.callsPerSecond,
    ],
    ["all settled after its return within", s(settledMs), "60 s", settledMs <= LIMITS.settledMs],
  ])
}

export const text = ({ outage, rush }: Found): string => [outageText(outage), rushText(rush)].join("\n\n")
