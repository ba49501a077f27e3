/** Mutants of how and when holds end. */
import { FOUR_ROUNDS, type Mutant, ONE_ROUND } from "./load.ts"

const HOLD = "src/domain/hold.ts"
const MEMORY_LEDGER = "src/adapters/memory/ledger.ts"
const ORDER = "src/domain/order.ts"

export const EXPIRY_MUTANTS: ReadonlyArray<Mutant> = [
  {
    name: "release twice",
    story: "a hold that was given back is given back again when it lapses, and the ledger does not look at its state",
    changes: [
      {
        file: HOLD,
        from: "if (state === TRANSITIONS[ending].from) return",
        to: `if (state === TRANSITIONS[ending].from || state === "released") return`,
      },
      { file: MEMORY_LEDGER, from: "?.state !== from)", to: "?.state === undefined)" },
    ],
    caughtBy: "I11 holds end once",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "expiry off by one",
    story: "at the very millisecond a hold ends it is not over yet, and the command that came to end it is gone",
    changes: [{ file: ORDER, from: "order.expiresAt <= command.at &&", to: "order.expiresAt < command.at &&" }],
    caughtBy: "I11 holds end on time",
    seedsMax: ONE_ROUND,
  },
  {
    name: "tentative hold counted after its lapse",
    story: "acceptance counts the lines that were held elsewhere, and the ledger does not look whether they still are",
    changes: [
      {
        file: MEMORY_LEDGER,
        from: ".filter(({ from, orderId, productId }) => ",
        to: `.filter(({ from, orderId, productId }) => from !== "tentative" && `,
      },
    ],
    caughtBy: "I11 holds end once",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "deadlines forgotten after a restart",
    story: "a hold ends by the timer of the process that took it, and by no other",
    changes: [
      {
        file: "src/app/inventory/expiry.ts",
        from: "owner.deadlines.merge([...expiries, ...lapses]",
        to: "owner.deadlines.merge([]",
      },
    ],
    caughtBy: "everything comes to an end",
    seedsMax: ONE_ROUND,
  },
  {
    name: "a hold ends while its payment is under way",
    story: "the timer does not look whether the order is being paid; the payer gets a refund instead of the goods",
    changes: [{ file: ORDER, from: `(order.attempt === null || command.voided === "voided")`, to: "true" }],
    caughtBy: "I11 a payment keeps its hold",
    seedsMax: ONE_ROUND,
  },
]
