/** More planted bugs: of crashes, of time, of money and of memory that is believed too long. */
import { FOUR_ROUNDS, ONE_ROUND, type Plant } from "./plant.ts"

const COMMITTER = "src/app/inventory/committer.ts"
const ORDER = "src/domain/order.ts"
const OWNER = "src/app/inventory/owner.ts"
const RUNNER = "src/app/checkout-runner.ts"

export const MORE_PLANTS: ReadonlyArray<Plant> = [
  {
    name: "lost commit answer taken as yes",
    story: "when the answer to a commit is lost, everyone in it is told that it happened",
    changes: [
      {
        file: COMMITTER,
        from: "if (isUnknown) return yield* findOut(batch, entries)",
        to: "if (isUnknown) { advance(owner, batch); return untold.tell(entries) }",
      },
    ],
    caughtBy: "I4 answered when durable",
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
  {
    name: "attempt not looked up after a crash",
    story: "nobody takes up what a dead process left behind",
    changes: [{ file: RUNNER, from: `if (!young) yield* run(order, "lookUp", null)`, to: "" }],
    caughtBy: "everything comes to an end",
    seedsMax: ONE_ROUND,
  },
  {
    name: "deadlines forgotten after a restart",
    story: "a hold ends by the timer of the process that took it, and by no other",
    changes: [
      {
        file: "src/app/inventory/timekeeper.ts",
        from: "owner.deadlines.merge([...expiries, ...lapses]",
        to: "owner.deadlines.merge([]",
      },
    ],
    caughtBy: "everything comes to an end",
    seedsMax: ONE_ROUND,
  },
  {
    name: "limit counted twice",
    story: "what a customer has counts double against his limit",
    changes: [
      {
        file: "src/domain/purchase-limit.ts",
        from: "Result.succeed(units + quantity)",
        to: "Result.succeed(units + 2 * quantity)",
      },
    ],
    caughtBy: "I1 within purchase limits",
    seedsMax: ONE_ROUND,
  },
  {
    name: "stock returned while the charge is open",
    story: "past its hold and grace an order expires, and nobody bars the charge that is still running",
    changes: [
      {
        file: RUNNER,
        from: "const outcome = yield* desk.payment.void(order.id)",
        to: `const outcome = "voided" as "voided" | "charged" | "unknown"`,
      },
    ],
    caughtBy: "I11 money follows orders",
    seedsMax: ONE_ROUND,
  },
  {
    name: "cancelled but charged",
    story: "a paid order is cancelled, and nobody owes its buyer anything",
    changes: [
      { file: ORDER, from: `reason: command.reason, refund: "due" }`, to: `reason: command.reason, refund: "none" }` },
    ],
    caughtBy: "I11 money follows orders",
    seedsMax: ONE_ROUND,
  },
  {
    name: "a hold ends while its payment is under way",
    story:
      "the timer does not look whether the order is being paid; whoever pays gets his money back instead of his goods",
    changes: [{ file: ORDER, from: `(order.attempt === null || command.voided === "voided")`, to: "true" }],
    caughtBy: "I11 a payment keeps its hold",
    seedsMax: ONE_ROUND,
  },
  {
    name: "memory kept after a failed commit",
    story: "what was decided behind a commit that failed is not taken back",
    changes: [
      {
        file: OWNER,
        from: `for (const { outcome } of this.#pending) if (outcome?._tag === "Decision") undo(this.registry, outcome)`,
        to: "",
      },
    ],
    caughtBy: "I4 answered when durable",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "a frozen owner tells what it remembers",
    story: "readings leave without a look at the lease: somebody else may have sold on",
    changes: [{ file: "src/app/inventory/ownership.ts", from: "isFresh() ? Effect.void", to: "true ? Effect.void" }],
    caughtBy: "I2 reads are fresh",
    seedsMax: FOUR_ROUNDS,
  },
]
