/**
 * Ambushes: mischief that waits for its moment. By chance alone the most dangerous instants would hardly ever be met.
 *
 *     a lapse     the main thread stands still just after a sibling took its hold, until the hold is about to lapse
 *     a window    a process or a thread dies between a COMMIT and its answer
 */
import type { Batch } from "../../src/ports/ledger.ts"
import type { Dice } from "./dice.ts"
import type { Machines } from "./mischief.ts"
import type { Ambush } from "./scenario.ts"
import type { Node } from "./world.ts"

/** Tentative holds last 5 s; milliseconds. */
const LAPSE = { least: 5_050, most: 6_000 } as const

/** Answers of the database travel longer than this, microseconds. */
const WINDOW = 300

/** What to do about a commit that was done just now, by this node. */
export const lay = (ambush: Ambush, machines: Machines, dice: Dice): ((batch: Batch, by: Node) => void) => {
  switch (ambush) {
    case "a lapse":
      return ({ holds }, by) => {
        const isTentative = holds.some(({ state }) => state === "tentative")
        if (isTentative && dice.oneIn(2)) machines.freezeMain(by.host, dice.between(LAPSE.least, LAPSE.most))
      }
    case "a window":
      return (_, by) => {
        if (dice.oneIn(12)) machines.killSoon(by, dice.below(WINDOW))
      }
    case null:
      return () => undefined
  }
}
