/**
 * Scenarios: what a seed stands for. The last digit says what the run is mostly about, so that every few seeds meet every
 * danger; everything else comes from the dice. Seeds from `WILD_FROM` on have the same dangers in shops and among people that are less
 * usual (`wild.ts`).
 */
import { type CarrierMoods, PROMPT } from "./carrier.ts"
import { type Luck, PEACE } from "./database.ts"
import type { Dice } from "./dice.ts"
import { HONEST, type Pace, UNHURRIED } from "./provider.ts"
import type { Moods } from "./road.ts"
import type { Settings } from "./service.ts"
import { CALM, type StreamLuck } from "./stream.ts"
import { wild } from "./wild.ts"

/** What may be done to the shop, in milliseconds where it takes a time. */
export type Mischief =
  | { readonly _tag: "Kill" }
  | { readonly _tag: "Stop" }
  | { readonly _tag: "KillThread" }
  | { readonly _tag: "Freeze"; readonly forMs: number }
  | { readonly _tag: "FreezeThread"; readonly forMs: number }
  | { readonly _tag: "Outage"; readonly forMs: number }
  | { readonly _tag: "Partition"; readonly forMs: number }
  | { readonly _tag: "EndLease" }
  | { readonly _tag: "JumpClock"; readonly byMs: number }
  | { readonly _tag: "EndRelaySession" }
  | { readonly _tag: "KillFacts" }
  | { readonly _tag: "FreezeFacts"; readonly forMs: number }
  | { readonly _tag: "StreamOutage"; readonly forMs: number }

/** Mischief that waits for its moment, see `ambush.ts`. */
export type Ambush = "a lapse" | "a window" | null

export interface Scenario {
  readonly theme: string
  readonly processes: number
  readonly settings: Settings
  readonly luck: Luck
  readonly streamLuck: StreamLuck
  readonly moods: Moods
  readonly pace: Pace
  readonly carrierMoods: CarrierMoods
  /** A request is sent twice, once in so many; 0: never. */
  readonly twice: number
  /** A caller hangs up before the answer, once in so many; 0: never. */
  readonly hasty: number
  /** How long people trade, milliseconds. */
  readonly tradeMs: number
  readonly shelves: ReadonlyArray<{ readonly onHand: number; readonly purchaseLimit: number | null }>
  readonly wishes: number
  /** How often products are edited. */
  readonly edits: number
  /** How many files of rows come in. */
  readonly imports: number
  /** Buyers who want the last units of the first shelf in the same moment. */
  readonly rush: number
  /** Of orders to be paid later, once in so many is paid about when its hold ends. */
  readonly lastMinute: number
  /** How many products a basket may name. */
  readonly lines: number
  /** What people ask for, each as likely as the next: places in the list of `trade.ts`. */
  readonly mix: ReadonlyArray<number>
  /** A key that another request has is sent, once in so many. */
  readonly sharedKeys: number
  /** What may come without a key does, once in so many. */
  readonly keyless: number
  /** How far the clocks of other processes are off, milliseconds. */
  readonly clockErrorMs: number
  readonly mischief: ReadonlyArray<{ readonly atMs: number; readonly what: Mischief }>
  readonly ambush: Ambush
}

/** Whatever can be asked for, and placing orders as often as all of it. */
export const USUAL_MIX: ReadonlyArray<number> = Array.from({ length: 16 }, (_, place) => place)

const THEMES = [
  "a rush for the last units",
  "two processes",
  "holds that end while they are paid",
  "holds that lapse on their way",
  "bad lines",
  "crashes",
  "a bad payment provider and a bad carrier",
  "clocks that jump",
  "a rush with enough for all",
  "a storm",
] as const

type Theme = (typeof THEMES)[number]

const CHANCES: { readonly [T in Theme]: ReadonlyArray<Mischief["_tag"]> } = {
  "a rush for the last units": ["Kill", "KillThread", "EndLease"],
  "two processes": ["Freeze", "EndLease", "Kill", "Stop", "Partition", "Freeze"],
  "holds that end while they are paid": ["Kill", "KillThread", "FreezeThread"],
  "holds that lapse on their way": ["FreezeThread", "FreezeThread", "FreezeThread", "KillThread", "Outage"],
  "bad lines": ["Outage", "Partition", "EndLease"],
  crashes: ["Kill", "Kill", "KillThread", "Stop"],
  "a bad payment provider and a bad carrier": ["Kill", "KillThread"],
  "clocks that jump": ["JumpClock", "JumpClock", "Kill", "Freeze"],
  "a rush with enough for all": [
    "Kill",
    "Stop",
    "KillThread",
    "Freeze",
    "FreezeThread",
    "Outage",
    "EndLease",
    "JumpClock",
  ],
  "a storm": ["Kill", "Kill", "KillThread", "Freeze", "FreezeThread", "Outage", "Partition", "EndLease", "Stop"],
}

/** What befalls the facts on their way out, in every theme. */
const FACTS: ReadonlyArray<Mischief["_tag"]> = ["EndRelaySession", "KillFacts", "FreezeFacts", "StreamOutage"]

const mischiefOf = (tag: Mischief["_tag"], dice: Dice): Mischief => {
  switch (tag) {
    case "Freeze":
      return { _tag: tag, forMs: dice.oneIn(2) ? dice.between(10_500, 16_000) : dice.between(100, 9_000) }
    case "FreezeThread":
      // Every other time for about as long as a tentative hold lasts.
      return { _tag: tag, forMs: dice.oneIn(2) ? dice.between(4_500, 7_500) : dice.between(200, 4_500) }
    case "Outage":
      return { _tag: tag, forMs: dice.between(50, 4_000) }
    case "FreezeFacts":
      // Every other time for longer than the stream believes in a consumer, and the database in a relay.
      return { _tag: tag, forMs: dice.oneIn(2) ? dice.between(10_500, 14_000) : dice.between(200, 6_000) }
    case "StreamOutage":
      return { _tag: tag, forMs: dice.between(100, 7_000) }
    case "Partition":
      return { _tag: tag, forMs: dice.oneIn(2) ? dice.between(10_000, 16_000) : dice.between(200, 6_000) }
    case "JumpClock":
      return { _tag: tag, byMs: dice.oneIn(3) ? -dice.between(1, 2_000) : dice.between(1, 20_000) }
    default:
      return { _tag: tag }
  }
}

const AMBUSHES: { readonly [T in Theme]?: Ambush } = {
  "holds that lapse on their way": "a lapse",
  crashes: "a window",
  "a storm": "a window",
}

/** The owner sleeps for so long that the other one takes its lanes, and sells on, before it wakes up. */
const takenOver = (dice: Dice): Mischief => ({ _tag: "Freeze", forMs: dice.between(12_000, 16_000) })

const tradeOf = (theme: Theme, processes: number, dice: Dice): number => {
  if (theme === "holds that lapse on their way") return dice.between(8_000, 14_000)
  if (theme === "two processes") return dice.between(20_000, 24_000)
  return processes === 2 ? dice.between(8_000, 24_000) : dice.between(3_000, 14_000)
}

const luckOf = (theme: Theme, dice: Dice): Luck => {
  if (theme === "bad lines" || theme === "a storm") return { refused: 25, lostBefore: 30, lostAfter: 15, late: 25 }
  return dice.oneIn(3) ? PEACE : { refused: 120, lostBefore: 150, lostAfter: 60, late: 90 }
}

const streamLuckOf = (theme: Theme, dice: Dice): StreamLuck => {
  if (theme === "bad lines" || theme === "a storm")
    return { refused: 15, lostBefore: 15, lostAfter: 12, late: 12, twice: 12, again: 15 }
  return dice.oneIn(3) ? CALM : { refused: 60, lostBefore: 60, lostAfter: 50, late: 60, twice: 50, again: 60 }
}

const moodsOf = (theme: Theme, dice: Dice): Moods => {
  if (theme === "a bad payment provider and a bad carrier") return { lostAnswer: 4, slow: 6, twice: 6 }
  return dice.oneIn(3) ? HONEST : { lostAnswer: 12, slow: 25, twice: 20 }
}

/** Far below what buyers ask for in a rush. */
const paceOf = (theme: Theme, dice: Dice): Pace => {
  if (theme === "a rush with enough for all" || theme === "a bad payment provider and a bad carrier")
    return { rate: dice.between(10, 60), beyond: dice.pick(["refused", "queued"]) }
  return dice.oneIn(4) ? { rate: dice.between(20, 100), beyond: dice.pick(["refused", "queued"]) } : UNHURRIED
}

const carrierMoodsOf = (theme: Theme, dice: Dice): CarrierMoods => {
  if (theme === "a bad payment provider and a bad carrier" || theme === "a storm")
    return { lostAnswer: 4, slow: 4, twice: 5, silent: 3, refused: 4, unsent: 6 }
  return dice.oneIn(4) ? PROMPT : { lostAnswer: 10, slow: 10, twice: 12, silent: 12, refused: 10, unsent: 15 }
}

const firstShelf = (theme: Theme, dice: Dice): number => {
  if (theme === "a rush for the last units") return dice.between(1, 4)
  return theme === "a rush with enough for all" ? dice.between(150, 250) : dice.between(0, 25)
}

/** Enough of everything, without limits: what is held on its way is to be accepted, not refused for another reason. */
const plenty = (dice: Dice): Scenario["shelves"] =>
  Array.from({ length: 5 }, () => ({ onHand: dice.between(15, 40), purchaseLimit: null }))

const shelvesOf = (theme: Theme, dice: Dice): Scenario["shelves"] =>
  Array.from({ length: dice.between(theme === "two processes" ? 4 : 1, 5) }, (_, number) => ({
    onHand: number > 0 ? dice.between(0, 25) : firstShelf(theme, dice),
    purchaseLimit: dice.oneIn(3) ? dice.between(1, 5) : null,
  }))

/** Of the seed itself, so that the other runs stay as they are. */
const hasImports = (seed: number): boolean => seed % 7 === 5

const usual = (seed: number, dice: Dice): Scenario => {
  const theme = THEMES[((seed % THEMES.length) + THEMES.length) % THEMES.length]!
  const isRush = theme === "a rush for the last units" || theme === "a rush with enough for all"
  const lapses = theme === "holds that lapse on their way"
  const isPair = theme === "two processes"
  const processes = isPair || dice.oneIn(5) ? 2 : 1
  const tradeMs = tradeOf(theme, processes, dice)
  const kinds = CHANCES[theme]
  const troubles = theme === "a storm" || theme === "crashes" ? dice.between(3, 9) : dice.between(1, isPair ? 2 : 4)
  const mischief = Array.from({ length: troubles }, () => ({
    atMs: dice.between(300, tradeMs),
    what: mischiefOf(dice.pick(kinds), dice),
  }))
  for (let trouble = dice.between(0, isPair || theme === "a storm" ? 4 : 2); trouble > 0; trouble--)
    mischief.push({ atMs: dice.between(300, tradeMs), what: mischiefOf(dice.pick(FACTS), dice) })
  if (isPair) mischief.push({ atMs: dice.between(1_500, 4_000), what: takenOver(dice) })
  return {
    theme,
    processes,
    settings: {
      workers: lapses ? dice.between(2, 4) : dice.between(1, 4),
      threads: lapses || dice.oneIn(2) ? "own" : "main",
      deadlineMs: dice.pick([300, 1_000, 2_000]),
      holdMs:
        theme === "holds that end while they are paid" ? dice.pick([700, 2_000]) : dice.pick([2_000, 6_000, 15_000]),
      graceMs: dice.pick([500, 3_000]),
      shippingAfterMs: dice.pick([0, 400, 1_500]),
      giveUpMs: dice.pick([1_000, 2_500]),
      // Of the seed itself, so that the other runs stay as they are.
      holdsPerCustomer: seed % 5 === 1 ? 1 : 0,
      capture: seed % 3 === 0 ? "on-shipment" : "auto",
      imports: hasImports(seed) ? "worked" : "none",
    },
    luck: luckOf(theme, dice),
    streamLuck: streamLuckOf(theme, dice),
    moods: moodsOf(theme, dice),
    pace: paceOf(theme, dice),
    carrierMoods: carrierMoodsOf(theme, dice),
    twice: dice.pick([0, 6, 12]),
    hasty: dice.pick([0, 12, 25]),
    tradeMs,
    shelves: lapses ? plenty(dice) : shelvesOf(theme, dice),
    wishes: isRush ? dice.between(10, 25) : dice.between(isPair || lapses ? 60 : 25, 80),
    // Of the seed itself, so that the other runs stay as they are.
    edits: seed % 4 === 3 ? 24 : 0,
    imports: hasImports(seed) ? 4 : 0,
    rush: isRush ? dice.between(100, 110) : dice.pick([0, 0, 10, 20]),
    lastMinute: theme === "holds that end while they are paid" ? 1 : 6,
    lines: lapses ? 2 : dice.between(1, 4),
    mix: USUAL_MIX,
    sharedKeys: 30,
    keyless: 4,
    clockErrorMs: 400,
    mischief: mischief.sort((a, b) => a.atMs - b.atMs),
    ambush: AMBUSHES[theme] ?? null,
  }
}

/** The first seed of a wild scenario. */
export const WILD_FROM = 1_000_000

export const of = (seed: number, dice: Dice): Scenario => {
  const scenario = usual(seed, dice)
  return seed < WILD_FROM ? scenario : wild(scenario, dice)
}
