/**
 * The planted bugs: what a careless hand might do to this shop, and by which check each is found.
 *
 * Most change one place; two places where the database would refuse what memory did wrong, and the law behind the
 * database's constraint is to be seen at work.
 */
import { FOUR_ROUNDS, ONE_ROUND, type Plant } from "./plant.ts"

const COMMITTER = "src/app/inventory/committer.ts"
const ENDING = "src/app/inventory/ending.ts"
const MEMORY_LEDGER = "src/adapters/memory/ledger.ts"
const BATCH_LAWS = "src/adapters/memory/batch-laws.ts"
const ORDER = "src/domain/order.ts"
const OWNER = "src/app/inventory/owner.ts"
const RUNNER = "src/app/checkout-runner.ts"
const STOCK = "src/domain/stock.ts"
const TURN = "src/app/inventory/turn.ts"

/** Those every sale depends on. */
export const FIRST_PLANTS: ReadonlyArray<Plant> = [
  {
    name: "answer before commit",
    story: "the owner answers as soon as it has decided; whatever the commit comes to, the buyer has heard yes",
    changes: [
      {
        file: OWNER,
        from: "    this.#pending.push(entry)\n",
        to: `    this.#pending.push(entry)
    if (entry.outcome._tag === "Decision") this.#answer(entry, answered(entry.outcome.reply))
`,
      },
    ],
    caughtBy: "I4 answered when durable",
    seedsMax: ONE_ROUND,
  },
  {
    name: "refuse from memory that is not durable",
    story: "a refusal does not wait in line: it tells of stock that a commit may yet take back",
    changes: [
      {
        file: OWNER,
        from: `entry.outcome._tag !== "Decision" && this.#sawOnlyDurable(entry)`,
        to: `entry.outcome._tag === "Refusal"`,
      },
    ],
    caughtBy: "I4 refusals are legal",
    seedsMax: ONE_ROUND,
  },
  {
    name: "skip the stock guard",
    story: "every reservation is let through, and the database has lost its CHECK",
    changes: [
      { file: STOCK, from: "available(stock) < command.quantity ? short() : ", to: "" },
      { file: BATCH_LAWS, from: "stock.onHand >= stock.reserved && stock.reserved >= 0", to: "stock.reserved >= 0" },
    ],
    caughtBy: "I1 never oversold",
    seedsMax: ONE_ROUND,
  },
  {
    name: "release twice",
    story: "a hold that was given back is given back again when it lapses, and the ledger does not look at its state",
    changes: [
      { file: ENDING, from: "if (state === from) return", to: `if (state === from || state === "released") return` },
      { file: MEMORY_LEDGER, from: "?.state !== from)", to: "?.state === undefined)" },
    ],
    caughtBy: "I11 holds end once",
    seedsMax: ONE_ROUND,
  },
  {
    name: "outbox outside the transaction",
    story: "facts are published first and the rest is committed then, or not",
    changes: [
      { file: MEMORY_LEDGER, from: "  for (const fact of batch.facts) store.facts.push(fact)\n", to: "" },
      {
        file: MEMORY_LEDGER,
        from: "  const contest = contested(store, batch)\n",
        to: "  store.facts.push(...batch.facts)\n  const contest = contested(store, batch)\n",
      },
    ],
    caughtBy: "I3 one fact per change",
    seedsMax: ONE_ROUND,
  },
  {
    name: "no fencing",
    story: "the ledger does not compare epochs and seqs: whoever owned a lane yesterday still writes to it",
    changes: [{ file: MEMORY_LEDGER, from: "fencedLane(store, batch) ?? staleVersion", to: "staleVersion" }],
    caughtBy: "I10 a stale owner cannot commit",
    seedsMax: FOUR_ROUNDS,
  },
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
    name: "duplicate lines checked separately",
    story: "two lines of one product are not merged; each is held against the shelf as it was before the order",
    changes: [
      { file: "src/app/place-order.ts", from: "Order.mergeLines(request.lines)", to: "request.lines" },
      {
        file: TURN,
        from: "const event = decided.success\n      stock.push({ cell, created: null, event, after: Stock.evolve(cell.current, event), orderId })",
        to: "const event = decided.success\n      stock.push({ cell, created: null, event, after: Stock.evolve(lastOf(stock, cell), event), orderId })",
      },
      {
        file: TURN,
        from: "const event = Result.getOrThrow(Stock.decide(productId, { _tag: command, quantity }, cell.current))\n      stock.push({ cell, created: null, event, after: Stock.evolve(cell.current, event), orderId })",
        to: "const event = Result.getOrThrow(Stock.decide(productId, { _tag: command, quantity }, cell.current))\n      stock.push({ cell, created: null, event, after: Stock.evolve(lastOf(stock, cell), event), orderId })",
      },
      {
        file: TURN,
        from: "const holdRow = (",
        to: `const lastOf = (stock: ReadonlyArray<StockChange>, cell: StockChange["cell"]) =>
  stock.findLast((line) => line.cell === cell)?.after ?? cell.current
const holdRow = (`,
      },
    ],
    caughtBy: "I3 all or nothing",
    seedsMax: ONE_ROUND,
  },
  {
    name: "expiry off by one",
    story: "at the very millisecond a hold ends it is not over yet, and whoever came to end it has gone again",
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
    name: "compensate on payment timeout",
    story: "an unknown outcome is taken as a no: the goods go back to the shelf, the money has gone",
    changes: [
      {
        file: RUNNER,
        from: `return outcome === "unknown" ? null : yield* recordPayment(desk, order.id, outcome, waiter)`,
        to: `return yield* recordPayment(desk, order.id, outcome === "unknown" ? "declined" : outcome, waiter)`,
      },
    ],
    caughtBy: "I11 money follows orders",
    seedsMax: ONE_ROUND,
  },
  {
    name: "new payment key on retry",
    story: "an unknown outcome is not looked up but charged again, under a key the provider cannot know",
    changes: [
      { file: RUNNER, from: `how = said === "absent" ? "charge" : "lookUp"`, to: `how = "charge"` },
      {
        file: RUNNER,
        from: "return payment.charge({ key: order.id, token",
        to: `asked.set(order.id, (asked.get(order.id) ?? 0) + 1)
  return payment.charge({ key: asked.get(order.id) === 1 ? order.id : \`\${order.id} again\`, token`,
      },
      { file: RUNNER, from: "const ask = (", to: "const asked = new Map<OrderId, number>()\nconst ask = (" },
    ],
    caughtBy: "I11 charged once",
    seedsMax: ONE_ROUND,
  },
  {
    name: "version not bumped",
    story: "a paid order keeps its version, and the ledger does not compare the versions of orders",
    changes: [
      {
        file: ORDER,
        from: `return { ...next, status: "paid" }`,
        to: `return { ...next, version: order.version, status: "paid" }`,
      },
      {
        file: MEMORY_LEDGER,
        from: "expectedVersion, order } of batch.orderUpdates",
        to: "expectedVersion, order } of []",
      },
    ],
    caughtBy: "I3 one fact per change",
    seedsMax: ONE_ROUND,
  },
  {
    name: "batch partly failed but acknowledged",
    story: "when something in a batch is taken, the others in it hear yes, as if the rest had been written",
    changes: [
      {
        file: COMMITTER,
        from: "for (const entry of entries) settleContested(owner, entry, result)\n",
        to: `for (const entry of entries) {
      settleContested(owner, entry, result)
      owner.answerDurable(entry, result.known)
    }
`,
      },
    ],
    caughtBy: "I4 answered when durable",
    seedsMax: FOUR_ROUNDS,
  },
]
