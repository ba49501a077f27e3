/** Mutants of what is dropped because its caller has hung up. */
import { FOUR_ROUNDS, type Mutant, ONE_ROUND } from "./load.ts"

const LINE = "src/app/inventory/line.ts"
const OWNER = "src/app/inventory/owner.ts"

export const HUNG_UP_MUTANTS: ReadonlyArray<Mutant> = [
  {
    name: "hanging up is not noticed",
    story: "an order is placed for a caller that is gone: units are held that no buyer knows of",
    changes: [{ file: OWNER, from: "    if (this.idempotency.has(claim)) this.#gone.add(claim)\n", to: "" }],
    caughtBy: "what is hung up on is not sent",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "dropped where it stands",
    story:
      "who hangs up is let go at once, also with the order on its way to the database: it is committed all the same",
    changes: [
      {
        file: OWNER,
        from: "    if (this.idempotency.has(claim)) this.#gone.add(claim)\n",
        to: '    if (this.line.lets(claim)) this.#dropped("hung-up")\n',
      },
      {
        file: LINE,
        from: "  /** The caller of a decision that was not sent",
        to: `  lets(claim: string): boolean {
    const entry = [...(this.#sent?.entries ?? []), ...this.#waiting].find((each) => each.claim === claim)
    entry?.fail("deadline-passed", "undecided")
    return entry !== undefined
  }

  /** The caller of a decision that was not sent`,
      },
    ],
    caughtBy: "I3 what is undecided is not placed",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "dropped and not counted",
    story: "only what is late is counted; of those who hung up the metrics know nothing",
    changes: [
      { file: OWNER, from: "    this.#dropped(why)\n", to: `    if (why === "deadline") this.#dropped(why)\n` },
    ],
    caughtBy: "what is dropped is counted",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "hanging up is not forgotten",
    story: "the buyer who comes again under the key, and waits this time, is dropped for having hung up before",
    changes: [
      {
        file: OWNER,
        from: "      if (this.#gone.size > 0 && claim !== null) this.#gone.delete(claim)\n",
        to: "",
      },
    ],
    caughtBy: "who waits is not dropped",
    seedsMax: ONE_ROUND,
  },
]
