/** Mutants of keys and what is bound to them. */
import { FOUR_ROUNDS, type Mutant, ONE_ROUND } from "./load.ts"

const MEMORY_LEDGER = "src/adapters/memory/ledger.ts"
const ENTRY = "src/app/inventory/entry.ts"
const IDEMPOTENCY = "src/app/inventory/idempotency.ts"

export const IDEMPOTENCY_MUTANTS: ReadonlyArray<Mutant> = [
  {
    name: "replay off",
    story: "keys are written, and not looked up",
    changes: [
      {
        file: MEMORY_LEDGER,
        from: "map(({ claim }) => claimName(claim)).filter((name) => store.keys.has(name))",
        to: "map(({ claim }) => claimName(claim)).filter(() => false)",
      },
      { file: MEMORY_LEDGER, from: "present(wanted.keys.map(claimName), ", to: "present([] as Array<string>, " },
    ],
    caughtBy: "I5 replays are equal",
    seedsMax: ONE_ROUND,
  },
  {
    name: "retry answered with another's answer",
    story: "a known key is answered without a look at what it was bound to",
    changes: [
      { file: ENTRY, from: "if (bound.fingerprint !== fingerprint) return", to: "if (key === fingerprint) return" },
    ],
    caughtBy: "I5 replays are equal",
    seedsMax: ONE_ROUND,
  },
  {
    name: "a refusal that does not ask for its key",
    story: "sold out is answered from memory, also to the buyer of the last unit, who asks again",
    changes: [
      {
        file: IDEMPOTENCY,
        from: "return claim !== null && (!this.#isComplete",
        to: `return claim === "" && (!this.#isComplete`,
      },
    ],
    caughtBy: "I5 a bound key is answered",
    seedsMax: ONE_ROUND,
  },
  {
    name: "a key that its owner forgets",
    story: "what is bound from now on is not noted in memory, so a later refusal does not ask the ledger for it",
    changes: [{ file: IDEMPOTENCY, from: "if (claim !== null) this.#bound.add(claim)", to: "" }],
    caughtBy: "I5 a bound key is answered",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "a first answer called a replay",
    story: "a request that changes no order, as a delivery, is answered as if it had come before",
    changes: [
      {
        file: ENTRY,
        from: "reply: receipt.open(this.#outcome.reply), replayed: false",
        to: "reply: receipt.open(this.#outcome.reply), replayed: this.#outcome.order === null",
      },
    ],
    caughtBy: "I5 a replay repeats",
    seedsMax: ONE_ROUND,
  },
]
