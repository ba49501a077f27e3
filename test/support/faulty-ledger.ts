/**
 * A ledger that fails as databases do, by a seed: calls that are refused before anything happens, and answers to commits
 * that are lost, with the commit done or not. Everything it says is true to the port: only its luck is bad.
 */
import { Effect } from "effect"
import type * as MemoryStore from "../../src/adapters/memory/store.ts"
import { CommitUnknown, type Ledger, LedgerDown } from "../../src/ports/ledger.ts"

export type Fault = "none" | "down" | "lost-after" | "lost-before"

const down = Effect.fail(new LedgerDown({ detail: "planned" }))
const lost = Effect.fail(new CommitUnknown({ detail: "planned" }))

/** `next` says what befalls the next call. */
export const faulty =
  (next: () => Fault) =>
  (ledger: Ledger["Service"], _store: MemoryStore.Shape): Ledger["Service"] => ({
    commit: (batch) =>
      Effect.suspend(() => {
        switch (next()) {
          case "none":
            return ledger.commit(batch)
          case "down":
            return down
          case "lost-after":
            return Effect.andThen(ledger.commit(batch), lost)
          case "lost-before":
            return lost
        }
      }),
    receiptOf: ledger.receiptOf,
    load: (wanted) => Effect.suspend(() => (next() === "down" ? down : ledger.load(wanted))),
    boundKeys: (after, limit) => Effect.suspend(() => (next() === "down" ? down : ledger.boundKeys(after, limit))),
    due: (lanes, since, before, limit) =>
      Effect.suspend(() => (next() === "down" ? down : ledger.due(lanes, since, before, limit))),
    raise: (lanes) => Effect.suspend(() => (next() === "down" ? down : ledger.raise(lanes))),
  })
