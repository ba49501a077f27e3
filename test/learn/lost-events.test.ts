/** The guide's counter-examples are true: without outbox, or without inbox, this is what happens, and with both it does not. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { type Aftermath, play, plot, STORIES, verdict } from "../../src/learn/lost-events.ts"
import { bareDatabaseOn } from "../support/database-server.ts"
import { serverUrl } from "../support/postgres.ts"
import { ROOT } from "../support/service.ts"

const ENDS: ReadonlyArray<readonly [what: string, outcome: Aftermath, verdict: string]> = [
  [
    "an event published after the commit is lost when the process dies in between",
    { sold: [1, 2, 3, 4, 5], stream: [1, 2, 4, 5], parcels: [1, 2, 4, 5] },
    "buyer 3 has paid and waits for ever",
  ],
  [
    "an event published before the commit says what never happened",
    { sold: [1, 2, 4, 5], stream: [1, 2, 3, 4, 5], parcels: [1, 2, 3, 4, 5] },
    "a parcel for buyer 3, who has bought nothing",
  ],
  [
    "an outbox loses nothing and publishes twice, and a consumer that does not know what it has handled does it twice",
    { sold: [1, 2, 3, 4, 5], stream: [1, 2, 3, 3, 4, 5], parcels: [1, 2, 3, 3, 4, 5] },
    "buyer 3 gets two parcels",
  ],
  [
    "a position that moves after the effect doubles it even when everything was published once",
    { sold: [1, 2, 3, 4, 5], stream: [1, 2, 3, 4, 5], parcels: [1, 2, 3, 3, 4, 5] },
    "buyer 3 gets two parcels",
  ],
  [
    "with outbox and inbox the power may go out anywhere",
    { sold: [1, 2, 3, 4, 5, 6], stream: [1, 2, 3, 4, 4, 5, 6], parcels: [1, 2, 3, 4, 5, 6] },
    "each buyer gets what they bought, once",
  ],
]

it.each(ENDS.map(([what, outcome, words], index) => [what, STORIES[index]!, outcome, words] as const))(
  "%s",
  async (_, story, outcome, words) => {
    expect(await play(story, await bareDatabaseOn(await serverUrl()))).toEqual(outcome)
    expect(verdict(outcome)).toBe(words)
  },
)

it.each(["docs/guide/03-events.md", "docs/guide/ko/03-events.md"])(
  "%s shows them as the lessons print them",
  (page) => {
    const text = readFileSync(join(ROOT, page), "utf8")
    for (const [, outcome, words] of ENDS) expect(text).toContain([...plot(outcome), `    ${words}`].join("\n"))
  },
)
