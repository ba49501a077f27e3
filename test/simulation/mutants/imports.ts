/** Mutants in the runner of imports. */
import { FOUR_ROUNDS, type Mutant } from "./load.ts"

const COMMANDS = "src/app/imports/import-commands.ts"
const ROW_WORK = "src/app/imports/import-row-work.ts"
const IMPORTS = "src/adapters/memory/imports.ts"
const RUNNER = "src/app/imports/import-runner.ts"

export const IMPORT_MUTANTS: ReadonlyArray<Mutant> = [
  {
    name: "an import that stays with the dead",
    story: "the runner that has claimed an import keeps it, however long nothing is heard of it",
    changes: [{ file: IMPORTS, from: "&& first.leasedUntil >= now)", to: "&& first.runner !== runner)" }],
    caughtBy: "an import is worked to its end",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "a row without its key",
    story: "a row that was not answered, or not recorded, is sent again, and moves its units a second time",
    changes: [
      {
        file: COMMANDS,
        from: "submit(adjusting(productId, delta, claim))",
        to: "submit({ ...adjusting(productId, delta, claim), claim: null })",
      },
    ],
    caughtBy: "a row of an import counts once",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "counts that are not written down",
    story:
      "what a count has corrected is forgotten with its window: the next count of that version corrects it once more",
    changes: [{ file: RUNNER, from: "groups.flatMap(({ known }) => known.counts)", to: "groups.flatMap(() => [])" }],
    caughtBy: "the newest count stands",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "a count compared with a version to come",
    story: "the books of a version that a row before it has yet to make are read too early, and show an empty shelf",
    changes: [
      { file: ROW_WORK, from: "before !== undefined && before.version >= version", to: "before !== undefined" },
    ],
    caughtBy: "the newest count stands",
    seedsMax: FOUR_ROUNDS,
  },
]
