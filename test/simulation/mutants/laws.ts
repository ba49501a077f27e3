/** Mutants for the laws that no other mutant breaks: a law that is never broken may as well not be there. */
import { FOUR_ROUNDS, type Mutant, ONE_ROUND } from "./load.ts"

const BATCH = "src/app/inventory/batch.ts"

export const LAW_MUTANTS: ReadonlyArray<Mutant> = [
  {
    name: "a movement that does not add up",
    story: "when sold units leave the shelf, the product's ledger does not say so",
    changes: [
      {
        file: BATCH,
        from: "onHandDelta: event.onHand,\n        reservedDelta: event.reserved,\n        onHand: after.onHand,",
        to: "onHandDelta: 0,\n        reservedDelta: event.reserved,\n        onHand: after.onHand,",
      },
    ],
    caughtBy: "I2 movements contiguous and adding up",
    seedsMax: ONE_ROUND,
  },
  {
    name: "an outbox in another order",
    story: "the facts of a batch are written newest first",
    changes: [
      {
        file: "src/adapters/memory/ledger.ts",
        from: "for (const fact of batch.facts) store",
        to: "for (const fact of batch.facts.toReversed()) store",
      },
    ],
    caughtBy: "I7 facts in order",
    seedsMax: ONE_ROUND,
  },
  {
    name: "a hold of one unit",
    story: "however many units a line reserves, its hold says one",
    changes: [
      { file: "src/domain/hold.ts", from: "quantity: line.quantity,\n  unitPrice", to: "quantity: 1,\n  unitPrice" },
    ],
    caughtBy: "I3 reserved is held",
    seedsMax: ONE_ROUND,
  },
  {
    name: "a key that is not bound",
    story: "the commit that accepts a request does not bind its key",
    changes: [{ file: BATCH, from: "    this.#keys.push(decision.key)\n", to: "" }],
    caughtBy: "I5 one order per key",
    seedsMax: ONE_ROUND,
  },
  {
    name: "goods that are received twice",
    story: "only orders bind their keys; a repeated delivery delivers again",
    changes: [
      {
        file: BATCH,
        from: "if (decision.key === null) return\n",
        to: `if (decision.key?.answer._tag !== "Order") return\n`,
      },
    ],
    caughtBy: "I3 accepted once",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "the guard asked once more after the commit",
    story: "when the commit has come back, the shelf is as empty as the order left it, and the buyer hears sold out",
    changes: [
      {
        file: "src/app/inventory/line.ts",
        from: "        entry.accept(receipt!)\n",
        to: `        for (const { cell, event } of entry.command._tag === "PlaceOrder" ? outcome.stock : []) {
          const available = cell.current.onHand - cell.current.reserved
          if (available < event.reserved)
            entry.refuse({ _tag: "InsufficientStock", productId: cell.product.id, available })
        }
        entry.accept(receipt!)
`,
      },
    ],
    caughtBy: "I3 refused is not placed",
    seedsMax: ONE_ROUND,
  },
  {
    name: "holds elsewhere that are never ended",
    story: "an order ends at home, and the holds on other workers stay as they are",
    changes: [
      {
        file: "src/app/inventory/placement.ts",
        from: `reply.ending !== null && !replayed`,
        to: `reply.ending !== null && replayed`,
      },
      {
        file: "src/app/checkout-sweep.ts",
        from: "if (ending === null) return\n",
        to: "if (ending !== null) return\n",
      },
    ],
    caughtBy: "I11 holds follow their order",
    seedsMax: ONE_ROUND,
  },
  {
    name: "holds elsewhere that no commit speaks of",
    story:
      "an order ends at home, and its commit does not say that holds on other workers are to be ended: the sweep passes over it",
    changes: [
      {
        file: "src/app/inventory/turns/ending.ts",
        from: "order: { cell, event, after, elsewhere: elsewhere.length > 0 },",
        to: "order: { cell, event, after, elsewhere: false },",
      },
    ],
    caughtBy: "I11 holds follow their order",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "a caller who is forgotten",
    story: "a refused caller gets no answer",
    changes: [
      {
        file: "src/app/inventory/entry.ts",
        from: "    this.#leave(Exit.fail(new Refused(rejection)))\n",
        to: '    if (rejection._tag !== "InsufficientStock") this.#leave(Exit.fail(new Refused(rejection)))\n',
      },
    ],
    caughtBy: "everyone is answered",
    seedsMax: ONE_ROUND,
  },
  {
    name: "payment begun after the hold has ended",
    story: "a payment in the moment before the timer may begin for what is no longer held",
    changes: [
      {
        file: "src/domain/order.ts",
        from: "if (isGivenUp(order) || hasLapsed(order, command.at))",
        to: "if (order.version < 0)",
      },
    ],
    caughtBy: "I11 paid before the hold ended",
    seedsMax: FOUR_ROUNDS,
  },
]
