/** Mutants of the commit, its fence and its lost answers. */
import { EIGHT_ROUNDS, FOUR_ROUNDS, type Mutant, ONE_ROUND, SIXTEEN_ROUNDS } from "./load.ts"

const COMMITTER = "src/app/inventory/committer.ts"
const LOCAL_WORKERS = "src/app/inventory/local-workers.ts"
const MEMORY_LEDGER = "src/adapters/memory/ledger.ts"

export const LEDGER_MUTANTS: ReadonlyArray<Mutant> = [
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
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "no fencing",
    story: "the ledger does not compare epochs and seqs: yesterday's owner of a lane still writes to it",
    changes: [{ file: MEMORY_LEDGER, from: "fencedLane(store, batch) ?? staleVersion", to: "staleVersion" }],
    caughtBy: "I10 a stale owner cannot commit",
    seedsMax: EIGHT_ROUNDS,
  },
  {
    name: "batch partly failed but acknowledged",
    story: "when something in a batch is taken, the others in it hear yes, as if the rest had been written",
    changes: [
      {
        file: MEMORY_LEDGER,
        from: "if (contest !== null) return Effect.succeed(contest)",
        to: `if (contest !== null) return Effect.succeed({ _tag: "Committed", receipt: issueReceipt(batch) })`,
      },
    ],
    caughtBy: "I4 answered when durable",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "lost commit answer taken as yes",
    story: "when the answer to a commit is lost, everyone in it is answered that it happened",
    changes: [
      {
        file: COMMITTER,
        from: "ledger.receiptOf(batch, lanes)",
        to: "ledger.receiptOf(batch, batch.lanes.map(({ toSeq, ...lane }) => ({ ...lane, seq: toSeq })))",
      },
    ],
    caughtBy: "I4 answered when durable",
    seedsMax: ONE_ROUND,
  },
  {
    name: "an unknown outcome answered as undecided",
    story: "callers hear that nothing was decided as soon as the truth about a lost commit answer takes a while",
    changes: [
      { file: COMMITTER, from: "Effect.sleep(UNKNOWN_PATIENCE_MS)", to: "Effect.sleep(UNKNOWN_PATIENCE_MS / 1_000)" },
      {
        file: "src/app/inventory/entry.ts",
        from: 'unavailable(reason, this.#isDoubtful ? "unknown" : fate)',
        to: 'unavailable(reason, "undecided")',
      },
    ],
    caughtBy: "I4 answered when durable",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "answered as undecided, and sent all the same",
    story:
      "callers behind a lost commit answer hear that nothing was decided, and when it turns up their orders go out",
    changes: [
      { file: COMMITTER, from: "Effect.sleep(UNKNOWN_PATIENCE_MS)", to: "Effect.sleep(0)" },
      { file: "src/app/inventory/line.ts", from: "    this.#soonest = ANSWERED\n", to: "" },
    ],
    caughtBy: "I3 what is undecided is not placed",
    seedsMax: SIXTEEN_ROUNDS,
  },
  {
    name: "an owner that ends with its loops",
    story:
      "when the lanes go, a loop is interrupted with callers in its hands: they wait for ever, and their keys with them",
    changes: [
      { file: LOCAL_WORKERS, from: "export const DRAIN_MS = 10_000", to: "export const DRAIN_MS = 10" },
      {
        file: LOCAL_WORKERS,
        from: "  yield* Effect.addFinalizer(() => Effect.sync(() => owner.end()))\n",
        to: "",
      },
    ],
    caughtBy: "an owner leaves no caller behind",
    seedsMax: EIGHT_ROUNDS,
  },
  {
    name: "dropped after it was sent",
    story: "a caller who has waited long enough is answered that nothing was decided, and its order is on the way",
    changes: [
      {
        file: COMMITTER,
        from: "  const started = now()\n  const commit =",
        to: `  const started = now()
  for (const entry of sent.entries) if (entry.answerBy <= started + 20) entry.fail("deadline-passed", "undecided")
  const commit =`,
      },
    ],
    caughtBy: "I3 what is undecided is not placed",
    seedsMax: ONE_ROUND,
  },
  {
    name: "dropped, and sent all the same",
    story: "memory forgets an order that came too late, and the batch that was drafted with it goes out",
    changes: [
      {
        file: "src/app/inventory/line.ts",
        from: "    this.#draft.drop()\n    const entries = this.#waiting\n",
        to: "    const entries = this.#waiting\n",
      },
    ],
    caughtBy: "everyone is answered",
    seedsMax: FOUR_ROUNDS,
  },
  {
    name: "innocents share the fate of a bad value",
    story:
      "the carrier's words come in as they are, and whatever stands in a batch with one that the database refuses dies",
    changes: [
      {
        file: "src/app/carrier-calls.ts",
        from: "reason: Text.clean(said.reason, REASON_MAX)",
        to: "reason: said.reason",
      },
      { file: COMMITTER, from: "if (decisions === 1)\n", to: "if (decisions > 0)\n" },
    ],
    caughtBy: "everyone is answered",
    seedsMax: SIXTEEN_ROUNDS,
  },
]
