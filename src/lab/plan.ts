/**
 * What a run will measure and how long it takes: seconds of a load and rounds are what fits into the budget, unless they are given.
 *
 * The first round measures every shop of the table; when time is short, later rounds measure only the two that the targets are
 * about (few products and most products, at the most connections), because medians are wanted there.
 */
import { ABOUT, CONTENDERS } from "./guards.ts"
import { type Cell, type Options, type Part, SWEEPS } from "./report.ts"
import type { Contender } from "./service.ts"

/** As flags say; undefined: the plan decides. */
export interface Asked {
  readonly guards?: ReadonlyArray<Contender> | undefined
  readonly products?: ReadonlyArray<number> | undefined
  readonly connections?: ReadonlyArray<number> | undefined
  readonly rate?: number | undefined
  readonly seconds?: number | undefined
  readonly rounds?: number | undefined
  readonly oversell?: number | undefined
  /** Without it: guards, oversell and faults, or what `quick` takes. */
  readonly parts?: ReadonlyArray<Part> | undefined
  readonly quick: boolean
}

export interface Plan {
  readonly options: Options
  /** Later rounds measure every shop, too. */
  readonly isThorough: boolean
  /** Seconds that each part is foreseen to take. */
  readonly foreseen: Readonly<Partial<Record<Part | "setUp", number>>>
  /** Seconds after which no further round begins; null: all were asked for. */
  readonly budgetSeconds: number | null
}

/** On two processors. */
const BUDGET_SECONDS = { full: 290, quick: 38 }

const DEFAULTS = {
  full: {
    guards: CONTENDERS,
    ...{ products: [1, 100, 10_000], connections: [16, 64, 256], rate: 0.7, seconds: 5, rounds: 3 },
    oversell: { safe: 3, unsafe: 20 },
    parts: ["guards", "oversell", "faults"],
  },
  quick: {
    guards: ["actors", "atomic", "optimistic", "pessimistic", "naive"],
    ...{ products: [1], connections: [64], rate: 0.7, seconds: 1, rounds: 1 },
    oversell: { safe: 2, unsafe: 3 },
    parts: ["guards", "oversell"],
  },
} as const satisfies Record<string, Options>

/** Below, a median is no better than chance. */
const SECONDS_LEAST = 0.3
/** Rather fewer rounds than shorter loads. */
const SECONDS_WANTED = 0.6

/** What things take beside the load itself, seconds on two processors. */
const SET_UP = 9
const START_OF_GUARD = 2
const AROUND_A_LOAD = 0.28
const A_CROWD = 0.6
const FAULTS_OF_GUARD = 5
const A_SWEEP = 45

/** Orders of two products, named in any order, from few: what deadlocks are made of. */
const CROSSED = { products: 8, lines: 2 }

const least = (all: ReadonlyArray<number>): number => Math.min(...all)
const most = (all: ReadonlyArray<number>): number => Math.max(...all)

/**
 * One product at every number of connections, every number of products at the most connections, and orders of two products: the
 * edges of the table, not all of it.
 */
export const cellsOf = ({ connections, products }: Pick<Options, "connections" | "products">): ReadonlyArray<Cell> => [
  ...connections.map((each) => ({ products: least(products), connections: each, lines: 1 })),
  ...products
    .filter((each) => each !== least(products))
    .map((each) => ({ products: each, connections: most(connections), lines: 1 })),
  { ...CROSSED, connections: least(connections) },
]

/** With the most connections, latencies are measured below the peak, too. */
export const isOpen = ({ connections, lines }: Cell, options: Options): boolean =>
  lines === 1 && connections === most(options.connections)

const isMain = (cell: Cell, options: Options): boolean =>
  isOpen(cell, options) && [least(options.products), most(options.products)].includes(cell.products)

/** Of a round, counted from 1. */
export const cellsIn = (round: number, { isThorough, options }: Plan): ReadonlyArray<Cell> =>
  cellsOf(options).filter((cell) => round === 1 || isThorough || isMain(cell, options))

/** Of all rounds and guards. */
export const loadsOf = (plan: Plan): number => {
  const { guards, rounds } = plan.options
  const cells = Array.from({ length: rounds }, (_, round) => cellsIn(round + 1, plan)).flat()
  const ofGuard = cells.length + cells.filter((cell) => isOpen(cell, plan.options)).length
  return guards.length * ofGuard + (guards.includes("actors") && guards.includes("atomic") ? rounds : 0)
}

const crowdsOf = ({ guards, oversell }: Options): number =>
  guards.reduce((sum, each) => sum + (ABOUT[each].isSafe ? oversell.safe : oversell.unsafe), 0)

const has = ({ parts }: Options, part: Part): boolean => parts.includes(part)

const foreseenOf = (plan: Plan): Plan["foreseen"] => {
  const { options } = plan
  const { guards, seconds } = options
  const isSelling = has(options, "guards") || has(options, "oversell")
  return {
    setUp: SET_UP + (isSelling ? guards.length * START_OF_GUARD : 0),
    ...(has(options, "guards") ? { guards: loadsOf(plan) * (seconds + AROUND_A_LOAD) } : {}),
    ...(has(options, "oversell") ? { oversell: crowdsOf(options) * A_CROWD } : {}),
    ...(has(options, "faults") ? { faults: guards.length * FAULTS_OF_GUARD } : {}),
    ...Object.fromEntries(SWEEPS.filter((each) => has(options, each)).map((each) => [each, A_SWEEP])),
  }
}

export const secondsOf = ({ foreseen }: Plan): number =>
  Object.values(foreseen).reduce((sum: number, each) => sum + each, 0)

const withForeseen = (plan: Plan): Plan => ({ ...plan, foreseen: foreseenOf(plan) })

/** As many rounds as leave each load time enough; then as long as fits. */
const fitted = (plan: Plan, asked: Asked, budget: number): Plan => {
  const { rounds } = plan.options
  const candidates = Array.from({ length: asked.rounds === undefined ? rounds : 1 }, (_, index) => rounds - index)
    .flatMap((each) => (each > 1 ? [true, false] : [true]).map((isThorough) => [each, isThorough] as const))
    .map(([each, isThorough]) => ({ ...plan, isThorough, options: { ...plan.options, rounds: each } }))
    .map((each) => {
      const { faults = 0, oversell = 0, setUp = 0 } = foreseenOf(each)
      const left = budget - faults - oversell - setUp
      const seconds = asked.seconds ?? Math.min(plan.options.seconds, left / loadsOf(each) - AROUND_A_LOAD)
      const isFitting = (seconds + AROUND_A_LOAD) * loadsOf(each) <= left + 1
      const rounded = Math.max(SECONDS_LEAST, Math.floor(seconds * 20) / 20)
      return {
        isGood: isFitting && seconds >= Math.min(asked.seconds ?? SECONDS_WANTED, plan.options.seconds),
        plan: { ...each, options: { ...each.options, seconds: asked.seconds ?? rounded } },
      }
    })
  return withForeseen((candidates.find(({ isGood }) => isGood) ?? candidates.at(-1)!).plan)
}

export const plan = (asked: Asked): Plan => {
  const defaults: Options = asked.quick ? DEFAULTS.quick : DEFAULTS.full
  const { guards, products, connections, oversell, parts, rate, rounds, seconds } = asked
  const options: Options = {
    guards: guards ?? defaults.guards,
    products: products ?? defaults.products,
    connections: connections ?? defaults.connections,
    rate: rate ?? defaults.rate,
    seconds: seconds ?? defaults.seconds,
    rounds: rounds ?? defaults.rounds,
    oversell: oversell === undefined ? defaults.oversell : { safe: oversell, unsafe: oversell },
    parts: parts ?? defaults.parts,
  }
  const whole = withForeseen({ options, isThorough: true, foreseen: {}, budgetSeconds: null })
  if (!has(options, "guards") || (seconds !== undefined && rounds !== undefined)) return whole
  const budgetSeconds = asked.quick ? BUDGET_SECONDS.quick : BUDGET_SECONDS.full
  return { ...fitted(whole, asked, budgetSeconds), budgetSeconds }
}

/** For people, before it begins. */
export const told = (plan: Plan): string => {
  const { budgetSeconds, isThorough, options } = plan
  const { guards, oversell, rounds, seconds } = options
  const parts = Object.entries(plan.foreseen).map(
    ([name, each]) => `${name === "setUp" ? "set-up" : name} ${Math.round(each)} s`,
  )
  const shops = cellsOf(options).length
  const later =
    rounds > 1 && !isThorough ? ` (the first of ${shops} shops, the others of the two that targets are about)` : ""
  return [
    `about ${Math.round(secondsOf(plan))} s${budgetSeconds === null ? "" : ` of ${budgetSeconds}`}: ${parts.join(", ")}`,
    ...(has(options, "guards")
      ? [
          `${guards.length} guards in ${rounds} round${rounds === 1 ? "" : "s"}${later}: ${loadsOf(plan)} loads of ${seconds} s`,
        ]
      : []),
    ...(has(options, "oversell")
      ? [`400 buyers for 50 units: ${oversell.safe} runs a guard, ${oversell.unsafe} where nothing is promised`]
      : []),
  ].join("\n")
}
