/** Mutants of keys and what is bound to them. */
import { FOUR_ROUNDS, type Mutant, ONE_ROUND } from "./load.ts"

const MEMORY_LEDGER = "src/adapters/memory/ledger.ts"
const OWNER = "src/app/inventory/owner.ts"

export const IDEMPOTENCY_MUTANTS: ReadonlyArray<Mutant> = [
  {
    name: "replay off",
    story: "keys are written, and nobody looks whether they were known",
    changes: [
      {
        file: MEMORY_LEDGER,
        from: "const free = claims.every((claim) => !store.keys.has(claimName(claim)))",
        to: "const free = true",
      },
    ],
    caughtBy: "I5 replays are equal",
    seedsMax: ONE_ROUND,
  },
  {
    name: "retry answered with another's answer",
    story: "a known key is answered without a look at what it was bound to",
    changes: [
      { file: OWNER, from: "if (bound.fingerprint !== fingerprint) return", to: "if (key === fingerprint) return" },
    ],
    caughtBy: "I5 replays are equal",
    seedsMax: ONE_ROUND,
  },
  {
    name: "a refusal that does not ask for its key",
    story: "sold out is answered from memory, also to whoever has bought the last one and asks again",
    changes: [
      {
        file: OWNER,
        from: "return isBoundElsewhere(command) || this.knownKeys.mayBeBound(claim)",
        to: "return false",
      },
    ],
    caughtBy: "I5 a bound key is answered",
    seedsMax: ONE_ROUND,
  },
  {
    name: "a key that its owner forgets",
    story: "what is bound from now on is not noted in memory, so a later refusal does not ask the ledger for it",
    changes: [{ file: OWNER, from: "    this.knownKeys.add(claim)\n", to: "" }],
    caughtBy: "I5 a bound key is answered",
    seedsMax: FOUR_ROUNDS,
  },
]
