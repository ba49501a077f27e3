/**
 * Ambushes: mischief that waits for its moment. By chance alone the most dangerous instants would hardly ever be met.
 *
 *     a lapse     the main thread stands still just after a sibling took its hold, until the hold is about to lapse
 *     a window    a process or a thread dies between a COMMIT and its answer, or between the stream's taking and its answer
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

export interface Laid {
  /** What to do about a commit that was done just now, by this node. */
  readonly onCommit: (batch: Batch, by: Node) => void
  /** The same of a step of the facts: the stream has taken some, or a consumer's effect is committed. */
  readonly onStep: (by: Node) => void
}

const NONE: Laid = { onCommit: () => undefined, onStep: () => undefined }

export const lay = (ambush: Ambush, machines: Machines, dice: Dice): Laid => {
  const killSoon = (by: Node, chance: number) => {
    if (dice.oneIn(chance)) machines.killSoon(by, dice.below(WINDOW))
  }
  switch (ambush) {
    case "a lapse":
      return {
        ...NONE,
        onCommit: ({ holds }, by) => {
          const isTentative = holds.some(({ state }) => state === "tentative")
          if (isTentative && dice.oneIn(2)) machines.freezeMain(by.host, dice.between(LAPSE.least, LAPSE.most))
        },
      }
    case "a window":
      return { onCommit: (_, by) => killSoon(by, 12), onStep: (by) => killSoon(by, 25) }
    case null:
      return NONE
  }
}
