/** What a run of the lab has measured, as `report.json` holds it. */
import { median } from "../std/median.ts"
import type { Audit } from "./audit.ts"
import { CONTENDERS, type Words } from "./guards.ts"
import type { Measured } from "./load.ts"
import type { Costs } from "./observation.ts"
import type { Contender } from "./service.ts"

/** One load: a shop of so many products, so many connections, orders of so many products each. */
export interface Cell {
  readonly products: number
  readonly connections: number
  readonly lines: number
}

export interface Measurement extends Cell {
  readonly contender: Contender
  readonly round: number
  /** Orders a second that were due (open model); null: closed model. */
  readonly offered: number | null
  readonly measured: Measured
  readonly costs: Costs
}

export interface Crowd {
  readonly contender: Contender
  readonly buyers: number
  readonly units: number
  readonly runs: number
  /** Runs in which more was sold than there was. */
  readonly oversoldRuns: number
  readonly oversoldUnits: number
}

/** Of all rounds together. */
export interface AuditOf extends Audit {
  readonly contender: Contender
}

/** What throughput is plotted against. */
export const SWEEPS = ["connections", "products", "workers", "batch", "table"] as const
export type Sweep = (typeof SWEEPS)[number]

/** One load of a sweep. */
export interface Point {
  readonly sweep: Sweep
  /** Which line of the plot: a guard, or a shop of so many products. */
  readonly series: Words
  /** Connections, products, workers, decisions a commit at most, or orders there are. */
  readonly at: number
  readonly measured: Pick<Measured, "perSecond" | "p50" | "p99">
}

/** Of which a run of the lab is made. */
export const PARTS = ["guards", "oversell", "faults", ...SWEEPS] as const
export type Part = (typeof PARTS)[number]

export type Piece = Part | "setUp" | "tails" | "audits"

/** What a piece of a run was foreseen to take, and took. */
export interface Took {
  readonly piece: Piece
  readonly foreseenSeconds: number
  readonly tookSeconds: number
}

export interface FaultsOf {
  readonly contender: Contender
  /** Killed with SIGKILL while it sold; the process that stood by sold the rest. */
  readonly killed: Pick<Audit, "unsold" | "oversold" | "lostUpdates" | "duplicates" | "stuckHolds"> & {
    readonly units: number
    /** Nothing was sold any more at the end: what is unsold then will never be sold. */
    readonly isSoldOut: boolean
  }
  readonly farAway: {
    readonly roundTripMs: number
    readonly seconds: number
    readonly ordersPerSecond: number
    readonly p99: number
  }
  /** Half of its connections paused in mid-transaction for longer than a lock in Redis lives. */
  readonly paused: Pick<Audit, "oversold" | "lostUpdates" | "duplicates"> & {
    readonly pausedMs: number
    /** The longest time in which no order was placed. */
    readonly silenceMs: number
  }
}

export interface Options {
  readonly guards: ReadonlyArray<Contender>
  readonly products: ReadonlyArray<number>
  readonly connections: ReadonlyArray<number>
  readonly rate: number
  readonly seconds: number
  readonly rounds: number
  /** Runs of a crowd: of guards that promise never to oversell, and of those that promise nothing. */
  readonly oversell: { readonly safe: number; readonly unsafe: number }
  readonly parts: ReadonlyArray<Part>
}

export interface Machine {
  readonly processors: number
  readonly model: string
  readonly memoryBytes: number
  readonly system: string
  readonly node: string
  /** What others did on it before the run began: processors that they kept busy for a second. */
  readonly loadBefore: number
  readonly postgres: string
}

export interface Cut {
  readonly part: Part
  /** Those that have less; none: all. */
  readonly guards: ReadonlyArray<Contender>
  readonly what: string
}

export interface Report {
  readonly at: string
  /** The run that measured the guards, if any has. */
  readonly tookSeconds: number
  /** Where its time went. */
  readonly took: ReadonlyArray<Took>
  readonly machine: Machine
  readonly options: Options
  readonly measurements: ReadonlyArray<Measurement>
  /** `actors` on one product while no other service runs: peaks, and each time a load below it. */
  readonly tails: ReadonlyArray<Measurement>
  /** `atomic` at the rate that was offered to `actors` then. */
  readonly sameLoad: ReadonlyArray<Measurement>
  readonly points: ReadonlyArray<Point>
  readonly crowds: ReadonlyArray<Crowd>
  readonly audits: ReadonlyArray<AuditOf>
  readonly faults: ReadonlyArray<FaultsOf>
  /** What was left out, and why. */
  readonly left: ReadonlyArray<string>
  /** What was cut because the machine is slower than was foreseen. */
  readonly shortened: ReadonlyArray<Cut>
}

export const keyOf = ({ connections, lines, products }: Cell): string => `${products}/${connections}/${lines}`

/** The cells that were measured, in their order. */
export const cellsOf = ({ measurements }: Report): ReadonlyArray<Cell> => [
  ...new Map(
    measurements.map(({ connections, lines, products }) => {
      const cell = { products, connections, lines }
      return [keyOf(cell), cell]
    }),
  ).values(),
]

/** The contenders that were measured, in their order. */
export const contendersOf = ({ measurements }: Report): ReadonlyArray<Contender> => [
  ...new Set(measurements.map(({ contender }) => contender)),
]

export interface Summary {
  readonly contender: Contender
  readonly cell: Cell
  /** Orders a second, and the lowest and highest of the rounds; median. */
  readonly peak: number
  readonly lowest: number
  readonly highest: number
  readonly closed: Pick<Measured, "p50" | "p99" | "p999">
  /** At the offered rate; null: not measured. */
  readonly open: (Pick<Measured, "p50" | "p99" | "p999"> & { readonly offered: number }) | null
  readonly costs: Costs
}

const mediansOf = <K extends string>(names: ReadonlyArray<K>, all: ReadonlyArray<Readonly<Record<K, number | null>>>) =>
  Object.fromEntries(names.map((name) => [name, median(all.flatMap((each) => each[name] ?? []))])) as Record<K, number>

const QUANTILES = ["p50", "p99", "p999"] as const
const COSTS = ["statements", "commits", "retries", "walBytes", "serviceUs", "postgresUs", "waiting"] as const

/** Medians over the rounds; null: it was not measured. */
export const summaryOf = (report: Report, contender: Contender, cell: Cell): Summary | null => {
  const all = report.measurements.filter((each) => each.contender === contender && keyOf(each) === keyOf(cell))
  const closed = all.filter(({ offered }) => offered === null)
  const open = all.filter(({ offered }) => offered !== null)
  if (closed.length === 0) return null
  const rates = closed.map(({ measured }) => measured.perSecond)
  return {
    contender,
    cell,
    peak: median(rates),
    lowest: Math.min(...rates),
    highest: Math.max(...rates),
    closed: mediansOf(
      QUANTILES,
      closed.map(({ measured }) => measured),
    ),
    open:
      open.length === 0
        ? null
        : {
            ...mediansOf(
              QUANTILES,
              open.map(({ measured }) => measured),
            ),
            offered: median(open.map(({ offered }) => offered!)),
          },
    costs: mediansOf(
      COSTS,
      closed.map(({ costs }) => costs),
    ),
  }
}

/** Of its processors others had so much that figures are worth little. */
export const isBusy = ({ loadBefore, processors }: Machine): boolean => loadBefore > processors / 2

/** Of each guard the newer one, in the order in which guards are named. */
const newer = <A extends { readonly contender: Contender }>(
  before: ReadonlyArray<A>,
  found: ReadonlyArray<A>,
): ReadonlyArray<A> => {
  const all = new Map([...before, ...found].map((each) => [each.contender, each]))
  return CONTENDERS.flatMap((contender) => all.get(contender) ?? [])
}

/** What `before` has and `found` has not been asked for, and what it has. */
export const added = (before: Report, found: Report): Report => {
  const { parts } = found.options
  const isNew = (part: Part) => parts.includes(part)
  const sold = isNew("guards") ? found : before
  const isMadeGood = ({ guards, part }: Cut) =>
    isNew(part) && guards.every((each) => found.options.guards.includes(each))
  return {
    ...found,
    at: sold.at,
    ...{ tookSeconds: sold.tookSeconds, took: sold.took, machine: sold.machine },
    options: {
      ...sold.options,
      oversell: (isNew("oversell") ? found : before).options.oversell,
      parts: PARTS.filter((each) => isNew(each) || before.options.parts.includes(each)),
    },
    measurements: sold.measurements,
    ...{ tails: sold.tails, sameLoad: sold.sameLoad },
    audits: isNew("guards") || before.audits.length === 0 ? found.audits : before.audits,
    crowds: newer(before.crowds, found.crowds),
    faults: newer(before.faults, found.faults),
    points: [...before.points.filter(({ sweep }) => !isNew(sweep)), ...found.points],
    left: [...new Set([...before.left, ...found.left])],
    shortened: [...before.shortened.filter((cut) => !isMadeGood(cut)), ...found.shortened],
  }
}
