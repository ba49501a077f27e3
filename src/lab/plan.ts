/**
 * What a run will measure and how long it takes: seconds of a load and rounds are what fits into the budget, unless they are given.
 *
 * The first round measures every shop of the table; when time is short, later rounds measure only the two that the targets are
 * about (few products and most products, at the most connections), because medians are wanted there.
 */
import type { Foreseen } from "./budget.ts"
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
  readonly foreseen: Foreseen
  /** For all of it, crowds that were asked for in addition; on a slower machine what is not given is cut. Null: as long as it takes. */
  readonly budgetSeconds: number | null
  /** How often crowds come was asked for: they come as often. */
  readonly areCrowdsGiven: boolean
}

/** On two processors. */
const BUDGET_SECONDS = { full: 294, quick: 38 }

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
export const SECONDS_LEAST = 0.3
/** Rather fewer rounds than shorter loads. */
const SECONDS_WANTED = 0.4

/** Of whom a p99 is a target, and who is measured at the same load. */
export const LEADER = "actors"
export const FOLLOWER = "atomic"

/** A p99 that is a target (`tails.ts`): of the peak, and of the load below it, so long that a stall of 15 ms does not decide it. */
export const PEAK_SECONDS = 1
export const TAIL_SECONDS = 1.5

/** One of a round, five of three: that a full collection of a heap falls into two of them does not decide their median. */
export const tailsIn = ({ rounds }: Pick<Options, "rounds">): number =>
  Math.max(1, Math.min(TAILS_MOST, 2 * rounds - 1))
const TAILS_MOST = 5

/** Of these the follower is measured, too: what it has is seconds, and all alike. */
export const followedIn = ({ rounds }: Pick<Options, "rounds">): number => Math.min(FOLLOWED_MOST, rounds)
const FOLLOWED_MOST = 2

/**
 * Services that have just been started sell before the first round, some beside each other, seconds each: code that is not compiled by
 * then costs loads half of their rate, those of every guard.
 */
export const firstWarmUpSeconds = ({ rounds }: Pick<Options, "rounds">): number => (rounds === 1 ? 1 : 3)
export const WARMED_UP_AT_ONCE = 3

/** What a follower owes at its end is by the hundred, and counts as late as that end: it need not be waited for. */
export const FOLLOWER_DRAIN_SECONDS = 1

/** What things take beside the load itself, seconds on two processors. */
const SET_UP = 5
const START_OF_GUARD = 0.9
export const AROUND_A_LOAD = 0.45
const A_CROWD = 0.65
const AN_AUDIT = 0.3
const FAULTS_OF_GUARD = 6
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

/** The most connections on the fewest products. */
export const hotCellOf = ({ connections, products }: Pick<Options, "connections" | "products">): Cell => ({
  products: least(products),
  connections: most(connections),
  lines: 1,
})

const isCrowded = ({ connections, lines }: Cell, options: Options): boolean =>
  lines === 1 && connections === most(options.connections)

/** With the most connections, latencies are measured below the peak, too: in later rounds, when time is short, on the fewest products. */
export const isOpen = (round: number, cell: Cell, { isThorough, options }: Plan): boolean =>
  isCrowded(cell, options) && (round === 1 || isThorough || cell.products === least(options.products))

const isMain = (cell: Cell, options: Options): boolean =>
  isCrowded(cell, options) && [least(options.products), most(options.products)].includes(cell.products)

/** Of a round, counted from 1. */
export const cellsIn = (round: number, { isThorough, options }: Plan): ReadonlyArray<Cell> =>
  cellsOf(options).filter((cell) => round === 1 || isThorough || isMain(cell, options))

/** Of a guard in a round. */
const loadsOfTurn = (round: number, plan: Plan): number => {
  const cells = cellsIn(round, plan)
  return cells.length + cells.filter((cell) => isOpen(round, cell, plan)).length
}

/** Of so many rounds, from the `turn`-th (from 0) of this one. */
export const loadsFrom = (plan: Plan, round: number, turn: number, rounds: number): number => {
  const { guards } = plan.options
  const ofRounds = Array.from({ length: rounds - round + 1 }, (_, index) => loadsOfTurn(round + index, plan))
  const whole = ofRounds.reduce((sum, each) => sum + each * guards.length, 0)
  return whole - turn * ofRounds[0]!
}

/** Of all rounds and guards. */
export const loadsOf = (plan: Plan): number => loadsFrom(plan, 1, 0, plan.options.rounds)

/** Lengths of loads, seconds: in twentieths. */
export const rounded = (seconds: number): number => Math.floor(seconds * 20 + 1e-9) / 20

/** Of a crowd. */
export const runsOf = (contender: Contender, { oversell }: Pick<Options, "oversell">): number =>
  ABOUT[contender].isSafe ? oversell.safe : oversell.unsafe

const crowdsOf = (options: Options): number => options.guards.reduce((sum, each) => sum + runsOf(each, options), 0)

const has = ({ parts }: Options, part: Part): boolean => parts.includes(part)

/** Of the leader: a peak and a load below it; of the follower: a load, and what it owes at the end. */
const tailsOf = (options: Options): number => {
  const { guards } = options
  if (!guards.includes(LEADER)) return 0
  const ofLeader = tailsIn(options) * (PEAK_SECONDS + TAIL_SECONDS + 2 * AROUND_A_LOAD)
  return (
    ofLeader +
    (guards.includes(FOLLOWER) ? followedIn(options) * (TAIL_SECONDS + FOLLOWER_DRAIN_SECONDS + AROUND_A_LOAD) : 0)
  )
}

const warmUpOf = (options: Options): number =>
  Math.ceil(options.guards.length / WARMED_UP_AT_ONCE) * firstWarmUpSeconds(options)

const foreseenOf = (plan: Plan): Plan["foreseen"] => {
  const { options } = plan
  const { guards, seconds } = options
  const isSelling = has(options, "guards") || has(options, "oversell")
  return {
    setUp: SET_UP + (isSelling ? guards.length * START_OF_GUARD : 0),
    ...(has(options, "guards")
      ? { guards: warmUpOf(options) + loadsOf(plan) * (seconds + AROUND_A_LOAD), tails: tailsOf(options) }
      : {}),
    ...(has(options, "oversell") ? { oversell: crowdsOf(options) * A_CROWD } : {}),
    ...(isSelling ? { audits: guards.length * AN_AUDIT } : {}),
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
      const { audits = 0, faults = 0, oversell = 0, setUp = 0, tails = 0 } = foreseenOf(each)
      const left = budget - audits - faults - oversell - setUp - tails - warmUpOf(each.options)
      const seconds = asked.seconds ?? Math.min(plan.options.seconds, left / loadsOf(each) - AROUND_A_LOAD)
      const isFitting = (seconds + AROUND_A_LOAD) * loadsOf(each) <= left + 1
      const fitting = Math.max(SECONDS_LEAST, rounded(seconds))
      return {
        isGood: isFitting && seconds >= Math.min(asked.seconds ?? SECONDS_WANTED, plan.options.seconds),
        plan: { ...each, options: { ...each.options, seconds: asked.seconds ?? fitting } },
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
  const whole = withForeseen({
    options,
    isThorough: true,
    foreseen: {},
    budgetSeconds: null,
    areCrowdsGiven: oversell !== undefined,
  })
  if (!has(options, "guards") || (seconds !== undefined && rounds !== undefined)) return whole
  const more = has(options, "oversell") ? crowdsOf(options) - crowdsOf({ ...options, oversell: defaults.oversell }) : 0
  const budgetSeconds = BUDGET_SECONDS[asked.quick ? "quick" : "full"] + Math.max(0, more * A_CROWD)
  return { ...fitted(whole, asked, budgetSeconds), budgetSeconds }
}

/** For people, before it begins. */
export const summary = (plan: Plan): string => {
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
