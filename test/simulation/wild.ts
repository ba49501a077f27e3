/**
 * Wild scenarios: the dangers of a usual one in shops and among people that are less usual. More processes and workers, holds of a
 * moment, baskets over many workers, everyone with the same keys, hardly anything but cancellations, a line that loses every tenth
 * answer, files, edits and limits everywhere.
 *
 * Why it exists: what lies between two rare instants is met by usual dice once in a hundred thousand seeds.
 * Law: each thing is drawn by itself, and mostly stays as it was: a run is to be rare in some ways, and possible in all.
 */
import type { Dice } from "./dice.ts"
import type { Ambush, Scenario } from "./scenario.ts"

/** One thing in so many is not as usual. */
const RARE = 4

/** Places in the list of `trade.ts`. */
const MIXES: ReadonlyArray<Scenario["mix"]> = [
  // Mostly cancellations and payments of the same orders.
  [0, 1, 5, 5, 6, 7, 7, 7, 8, 8, 8],
  // Payments, and readings of stock.
  [2, 5, 7, 7, 7, 9, 9],
  // Goods that come and are counted, new products, few orders.
  [0, 1, 1, 4, 4, 4, 9],
]

const LUCKS: ReadonlyArray<Scenario["luck"]> = [
  { refused: 12, lostBefore: 10, lostAfter: 6, late: 8 },
  { refused: 0, lostBefore: 0, lostAfter: 4, late: 4 },
  { refused: 4, lostBefore: 30, lostAfter: 0, late: 0 },
]

const STREAM_LUCK = { refused: 5, lostBefore: 5, lostAfter: 4, late: 4, twice: 4, again: 5 }
const MOODS = { lostAnswer: 3, slow: 4, twice: 3 }
const CARRIER_MOODS = { lostAnswer: 3, slow: 3, twice: 3, silent: 3, refused: 3, unsent: 3 }
const AMBUSHES: ReadonlyArray<Ambush> = ["a lapse", "a window"]

export const wild = (usual: Scenario, dice: Dice): Scenario => {
  const or = <A>(as: A, other: () => A): A => (dice.oneIn(RARE) ? other() : as)
  const { settings } = usual
  return {
    ...usual,
    processes: or(usual.processes, () => dice.between(2, 3)),
    settings: {
      ...settings,
      workers: or(settings.workers, () => dice.between(3, 8)),
      threads: or(settings.threads, () => "own"),
      deadlineMs: or(settings.deadlineMs, () => dice.pick([120, 200, 5_000])),
      holdMs: or(settings.holdMs, () => dice.pick([1, 150, 700, 40_000])),
      graceMs: or(settings.graceMs, () => dice.pick([0, 50])),
      shippingAfterMs: or(settings.shippingAfterMs, () => 5_000),
      giveUpMs: or(settings.giveUpMs, () => dice.pick([100, 300, 6_000])),
      holdsPerCustomer: or(settings.holdsPerCustomer, () => dice.between(1, 2)),
      capture: or(settings.capture, () => "on-shipment"),
      imports: "worked",
    },
    luck: or(usual.luck, () => dice.pick(LUCKS)),
    streamLuck: or(usual.streamLuck, () => STREAM_LUCK),
    moods: or(usual.moods, () => MOODS),
    carrierMoods: or(usual.carrierMoods, () => CARRIER_MOODS),
    twice: or(usual.twice, () => 2),
    hasty: or(usual.hasty, () => 4),
    shelves: or(usual.shelves, () =>
      Array.from({ length: dice.between(4, 9) }, () => ({
        onHand: dice.between(0, 40),
        purchaseLimit: dice.oneIn(2) ? dice.between(1, 5) : null,
      })),
    ),
    wishes: or(usual.wishes, () => dice.between(120, 200)),
    edits: or(usual.edits, () => 60),
    imports: or(0, () => dice.between(1, 6)),
    lastMinute: or(usual.lastMinute, () => 1),
    lines: or(usual.lines, () => dice.between(3, 6)),
    mix: or(usual.mix, () => dice.pick(MIXES)),
    sharedKeys: or(usual.sharedKeys, () => 3),
    keyless: or(usual.keyless, () => 2),
    clockErrorMs: or(usual.clockErrorMs, () => 9_000),
    ambush: or(usual.ambush, () => dice.pick(AMBUSHES)),
  }
}
