/** Mutants of what becomes of orders when their product is edited. */
import { FOUR_ROUNDS, type Mutant } from "./load.ts"

const EDITING = "src/app/inventory/turns/editing.ts"
const MEMORY_LEDGER = "src/adapters/memory/ledger.ts"
const PRODUCT = "src/domain/product.ts"

export const EDITING_MUTANTS: ReadonlyArray<Mutant> = [
  {
    name: "an archive that is forgotten by the next owner",
    story: "a product that is read anew is taken for one that is sold",
    changes: [
      {
        file: "src/app/inventory/registry.ts",
        from: "productCell(Product.forSale(product), stock, stock)",
        to: "productCell({ ...Product.forSale(product), archived: false }, stock, stock)",
      },
    ],
    caughtBy: "I15 sold by the version that stood",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "a price of a version that has passed",
    story: "the owner answers the edit and goes on selling as before",
    changes: [{ file: EDITING, from: "  cell.product = forSale\n", to: "" }],
    caughtBy: "I15 sold by the version that stood",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "an edit in another place",
    story: "an edit is written down as if it had been decided one change of stock earlier",
    changes: [
      { file: EDITING, from: "stockVersion: cell.current.version,", to: "stockVersion: cell.current.version - 1," },
    ],
    caughtBy: "I15 edits in their place",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "a stale precondition that is let through",
    story: "an editor who has read an older version overwrites what another has set since",
    changes: [{ file: PRODUCT, from: "!versions.includes(version)", to: "!versions.some((each) => each <= version)" }],
    caughtBy: "I15 an edit is of the version it names",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "one version made twice",
    story:
      "edits are decided on what is durable, and the ledger does not compare versions: of two at once the first is lost",
    changes: [
      { file: EDITING, from: "const before = details.current", to: "const before = details.durable" },
      {
        file: MEMORY_LEDGER,
        from: "    if (version !== before.version) return `product",
        to: "    if (version === 0) return `product",
      },
    ],
    caughtBy: "I15 one edit a version",
    seedsMax: FOUR_ROUNDS,
  },
]
