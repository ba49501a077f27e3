/** Mutants of what the owner decides in memory, and when it answers. */
import { EIGHT_ROUNDS, FOUR_ROUNDS, type Mutant, ONE_ROUND } from "./load.ts"

const MEMORY_LEDGER = "src/adapters/memory/ledger.ts"
const COMMITTER = "src/app/inventory/committer.ts"
const ENDING = "src/app/inventory/turns/ending.ts"
const BATCH_LAWS = "src/adapters/memory/batch-laws.ts"
const LINE = "src/app/inventory/line.ts"
const ORDER = "src/domain/order.ts"
const OWNER = "src/app/inventory/owner.ts"
const STOCK = "src/domain/stock.ts"
const PLACING = "src/app/inventory/turns/placing.ts"

export const INVENTORY_MUTANTS: ReadonlyArray<Mutant> = [
  {
    name: "answer before commit",
    story: "a decision is accepted at once, with the receipt that was kept of the last batch; its own may never commit",
    changes: [
      {
        file: LINE,
        from: "    this.#receipt = null\n    for (const entry of entries) {\n",
        to: "    for (const entry of entries) {\n",
      },
      {
        file: LINE,
        from: "    this.#waiting.push(entry)\n",
        to: `    this.#waiting.push(entry)
    if (this.#receipt !== null && entry.outcome?._tag === "Decision") entry.accept(this.#receipt)
`,
      },
    ],
    caughtBy: "I4 answered when durable",
    seedsMax: ONE_ROUND,
  },
  {
    name: "stock that is shown before its commit",
    story: "watchers of a product are shown a batch when it is sent, and not when it is committed",
    changes: [
      {
        file: COMMITTER,
        from: "  const started = now()\n",
        to: "  owner.watch.committed(sent.batch.stocks)\n  const started = now()\n",
      },
    ],
    caughtBy: "I4 only what is committed is shown",
    seedsMax: ONE_ROUND,
  },
  {
    name: "refuse from memory that is not durable",
    story: "a refusal does not wait in line: it speaks of stock that a commit may yet take back",
    changes: [
      {
        file: OWNER,
        from: "if (this.#sawOnlyDurable(entry.command)) return",
        to: `if (outcome._tag === "Refusal" || this.#sawOnlyDurable(entry.command)) return`,
      },
    ],
    caughtBy: "I4 refusals are legal",
    seedsMax: ONE_ROUND,
  },
  {
    name: "a yes taken for a hold",
    story:
      "what another worker says it could hold is taken as held: nothing there is, and no such order is ever placed",
    changes: [
      {
        file: "src/app/inventory/placement.ts",
        from: "const answer = yield* this.#ask(worker, hold)",
        to: "const answer = yield* this.#ask(worker, checkOf(command, (id) => this.#indexOf(Lane.of(id)) === worker))",
      },
    ],
    caughtBy: "everyone is answered",
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
    name: "duplicate lines checked separately",
    story: "two lines of one product are not merged; each is held against the shelf as it was before the order",
    changes: [
      { file: "src/app/place-order.ts", from: "mergeLines(request.lines)", to: "request.lines" },
      {
        file: PLACING,
        from: "after: Stock.evolve(cell.current, event), orderId })",
        to: "after: Stock.evolve(stock.findLast((line) => line.cell === cell)?.after ?? cell.current, event), orderId })",
      },
      {
        file: ENDING,
        from: "after: Stock.evolve(cell.current, event), orderId })",
        to: "after: Stock.evolve(into.stock.findLast((line) => line.cell === cell)?.after ?? cell.current, event), orderId })",
      },
    ],
    caughtBy: "I3 all or nothing",
    seedsMax: ONE_ROUND,
  },
  {
    name: "version not bumped",
    story: "a paid order keeps its version, and the ledger does not compare the versions of orders",
    changes: [
      {
        file: ORDER,
        from: `return { ...next, payment: paidBy(payment, event.capture ?? null), status: "paid" }`,
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
    name: "limit counted twice",
    story: "what a customer has counts double against the limit",
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
    name: "an unpaid hold that is not counted",
    story: "a customer's next order of the product is decided as if the one before had been paid",
    changes: [{ file: PLACING, from: "count: holds.current.count + 1", to: "count: holds.current.count" }],
    caughtBy: "I1 within unpaid holds",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "an unpaid hold that is counted for ever",
    story: "the end of a hold does not make room for the customer's next one",
    changes: [{ file: ENDING, from: "count: holds.current.count - 1", to: "count: holds.current.count" }],
    caughtBy: "I4 refusals are legal",
    seedsMax: ONE_ROUND,
  },
  {
    name: "memory kept after a failed commit",
    story: "what was decided behind a commit that failed is not taken back",
    changes: [
      {
        file: LINE,
        from: `for (const { outcome } of this.#waiting) if (outcome?._tag === "Decision") undo(this.#registry, outcome)`,
        to: "",
      },
    ],
    caughtBy: "I4 answered when durable",
    seedsMax: EIGHT_ROUNDS,
  },
  {
    name: "a frozen owner answers what it remembers",
    story: "readings leave without a look at the lease: another process may have sold on",
    changes: [
      { file: "src/app/inventory/ownership.ts", from: "isOfMemory(cause) && !isFresh()", to: "false" },
      { file: "src/app/inventory/ownership.ts", from: "(found) => (isFresh()", to: "(found) => (true" },
    ],
    caughtBy: "I2 reads are fresh",
    seedsMax: FOUR_ROUNDS,
  },
]
