/**
 * The ledger's contract is able to say no: each of these ledgers is broken in one way, and the named check finds it.
 */
import { it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { describe } from "vitest"
import * as MemoryLease from "../../src/adapters/memory/lease.ts"
import * as MemoryLedger from "../../src/adapters/memory/ledger.ts"
import * as Store from "../../src/adapters/memory/store.ts"
import { claimName } from "../../src/ports/inventory.ts"
import { type Batch, Ledger, LedgerDown } from "../../src/ports/ledger.ts"
import { catches } from "./check.ts"
import { checks } from "./ledger.ts"

type Honest = Ledger["Service"]
type Crooked = (ledger: Honest, store: Store.Shape) => Partial<Honest>

/** Commits something else than it was given. */
const tampering =
  (tamper: (batch: Batch, store: Store.Shape) => Batch): Crooked =>
  (ledger, store) => ({ commit: (batch) => Effect.suspend(() => ledger.commit(tamper(batch, store))) })

const SABOTAGE: ReadonlyArray<{ readonly ledger: string; readonly check: string; readonly crooked: Crooked }> = [
  {
    ledger: "writes an edit over whatever version there is",
    check: "writes nothing of a batch with an edit of a version that has passed",
    crooked: tampering((batch, store) => ({
      ...batch,
      productEdits: batch.productEdits.map((edit) => ({ ...edit, before: store.products.get(edit.before.id)! })),
    })),
  },
  {
    ledger: "writes the first edit of a batch only",
    check: "writes edits one after another, and gives the product back as it is, and whether it was ever sold",
    crooked: tampering((batch) => ({ ...batch, productEdits: batch.productEdits.slice(0, 1) })),
  },
  {
    ledger: "ignores epochs",
    check: "refuses a batch of an older epoch",
    crooked: tampering((batch, store) => ({
      ...batch,
      lanes: batch.lanes.map((row) => ({ ...row, epoch: store.lanes[row.lane]!.epoch })),
    })),
  },
  {
    ledger: "looks at the epoch of the first lane only",
    check: "refuses a batch when one of its lanes is stale",
    crooked: tampering((batch, store) => ({
      ...batch,
      lanes: batch.lanes.map((row, index) => (index === 0 ? row : { ...row, epoch: store.lanes[row.lane]!.epoch })),
    })),
  },
  {
    ledger: "ignores seqs",
    check: "refuses a batch decided on another seq",
    crooked: tampering((batch, store) => {
      const shift = (lane: number) =>
        store.lanes[lane]!.seq - (batch.lanes.find((row) => row.lane === lane)?.fromSeq ?? 0)
      return {
        ...batch,
        lanes: batch.lanes.map((row) => ({
          ...row,
          fromSeq: row.fromSeq + shift(row.lane),
          toSeq: row.toSeq + shift(row.lane),
        })),
        facts: batch.facts.map((fact) => ({ ...fact, seq: fact.seq + shift(fact.lane) })),
      }
    }),
  },
  {
    ledger: "ignores the versions of orders",
    check: "refuses a batch that expects another version of an order",
    crooked: tampering((batch, store) => ({
      ...batch,
      orderUpdates: batch.orderUpdates.map((row) => ({
        ...row,
        expectedVersion: store.orders.get(row.order.id)?.version ?? row.expectedVersion,
      })),
    })),
  },
  {
    ledger: "writes the products of a batch it refuses",
    check: "writes nothing when one part among many is stale",
    crooked: (ledger, store) => ({
      commit: (batch) =>
        Effect.tapError(ledger.commit(batch), () =>
          Effect.sync(() => {
            for (const { product, stock } of batch.products) {
              store.products.set(product.id, product)
              store.stocks.set(product.id, stock)
            }
          }),
        ),
    }),
  },
  {
    ledger: "writes the stock of a batch that is contested",
    check: "reports a taken SKU, and writes nothing",
    crooked: (ledger, store) => ({
      commit: (batch) =>
        Effect.tap(ledger.commit(batch), (result) =>
          Effect.sync(() => {
            if (result._tag === "Contested")
              for (const { product, stock } of batch.products) {
                store.products.set(product.id, product)
                store.stocks.set(product.id, stock)
              }
          }),
        ),
    }),
  },
  {
    ledger: "binds keys twice",
    check: "binds a key once: a second batch is contested and writes nothing",
    crooked: tampering((batch, store) => {
      for (const { claim } of batch.keys) store.keys.delete(claimName(claim))
      return batch
    }),
  },
  {
    ledger: "binds the keys it is asked for",
    check: "finds the keys that are bound among those asked for, with their answers, and binds none",
    crooked: (ledger, store) => ({
      load: (wanted) =>
        Effect.tap(ledger.load(wanted), () =>
          Effect.sync(() => {
            for (const key of wanted.keys)
              if (!store.keys.has(claimName(key)))
                store.keys.set(claimName(key), {
                  claim: { ...key, fingerprint: "" },
                  answer: { _tag: "Whole", reply: { _tag: "Done" } },
                })
          }),
        ),
    }),
  },
  {
    ledger: "finds keys whatever their route",
    check: "finds the keys that are bound among those asked for, with their answers, and binds none",
    crooked: (ledger) => ({
      load: (wanted) => ledger.load({ ...wanted, keys: wanted.keys.map(({ key }) => ({ key, route: "orders" })) }),
    }),
  },
  {
    ledger: "does not look for SKUs",
    check: "finds the SKUs that are taken among those asked for",
    crooked: (ledger) => ({ load: (wanted) => ledger.load({ ...wanted, skus: [] }) }),
  },
  {
    ledger: "changes holds whatever their state",
    check: "reports the orders whose holds are not as expected, and writes nothing",
    crooked: tampering((batch, store) => ({
      ...batch,
      holdChanges: batch.holdChanges.map((row) => ({
        ...row,
        from: Store.holdOf(store, row.orderId, row.productId)?.state ?? row.from,
      })),
    })),
  },
  {
    ledger: "skips holds that do not exist",
    check: "counts a hold that does not exist as changed",
    crooked: tampering((batch, store) => ({
      ...batch,
      holdChanges: batch.holdChanges.filter((row) => Store.holdOf(store, row.orderId, row.productId) !== undefined),
    })),
  },
  {
    ledger: "overwrites an outcome",
    check: "stores the outcome with a key, once, and rebuilds the order with it",
    crooked: (ledger, store) => ({
      commit: (batch) =>
        Effect.tap(ledger.commit(batch), () =>
          Effect.sync(() => {
            for (const outcome of batch.keyOutcomes) {
              const row = store.keys.get(claimName(outcome))!
              if (row.answer._tag === "Order")
                store.keys.set(claimName(outcome), { ...row, answer: { ...row.answer, status: outcome.status } })
            }
          }),
        ),
    }),
  },
  {
    ledger: "lets stock be oversold",
    check: "cannot store an oversold product, and writes nothing",
    crooked: tampering((batch) => ({
      ...batch,
      stocks: batch.stocks.map((row) => ({
        ...row,
        stock: { ...row.stock, reserved: Math.min(row.stock.reserved, row.stock.onHand) },
      })),
    })),
  },
  {
    ledger: "says that it is away when it cannot store a value",
    check: "cannot store a text with a NUL, says that and not that it is away, and writes nothing",
    crooked: (ledger) => ({
      commit: (batch) =>
        Effect.catchTag(ledger.commit(batch), "Unstorable", ({ detail }) => Effect.fail(new LedgerDown({ detail }))),
    }),
  },
  {
    ledger: "does not name what cannot be read",
    check: "names an order without lines, which cannot be read, beside those that can",
    crooked: (ledger) => ({
      load: (wanted) => Effect.map(ledger.load(wanted), (loaded) => ({ ...loaded, unreadable: [] })),
    }),
  },
  {
    ledger: "raises nothing",
    check: "raises epochs and says where the lanes stand",
    crooked: (_, store) => ({ raise: (lanes) => Effect.sync(() => lanes.map(({ lane }) => store.lanes[lane]!)) }),
  },
  {
    ledger: "raises what it can before it finds a lane taken",
    check: "raises no epoch when another has taken a lane",
    crooked: (ledger) => ({
      raise: (lanes) => Effect.map(Effect.all(lanes.map((each) => ledger.raise([each]))), (all) => all.flat()),
    }),
  },
  {
    ledger: "loads holds of the home lane only",
    check: "loads the holds of an order in every lane",
    crooked: (ledger) => ({
      load: (wanted) => Effect.map(ledger.load(wanted), (loaded) => ({ ...loaded, holds: loaded.holds.slice(0, 1) })),
    }),
  },
  {
    ledger: "finds the due in the order they were written",
    check: "finds what is due before the horizon, soonest first, at most so many of each",
    crooked: (ledger) => ({
      due: (lanes, since, before, limit) =>
        Effect.map(ledger.due(lanes, since, before, 1_000), ({ expiries, lapses }) => ({
          expiries: [...expiries].reverse().slice(0, limit),
          lapses: lapses.slice(0, limit),
        })),
    }),
  },
  {
    ledger: "counts the horizon itself as due",
    check: "finds what is due before the horizon, soonest first, at most so many of each",
    crooked: (ledger) => ({ due: (lanes, since, before, limit) => ledger.due(lanes, since, before + 1, limit) }),
  },
  {
    ledger: "leaves out what is due at the very beginning",
    check: "finds what is due before the horizon, soonest first, at most so many of each",
    crooked: (ledger) => ({ due: (lanes, since, before, limit) => ledger.due(lanes, since + 1, before, limit) }),
  },
  {
    ledger: "finds the due of every lane",
    check: "leaves what is due in other lanes to their owners",
    crooked: (ledger, store) => ({
      due: (_, since, before, limit) =>
        ledger.due(
          store.lanes.map(({ lane }) => lane),
          since,
          before,
          limit,
        ),
    }),
  },
  {
    ledger: "forgets the last key of a page",
    check: "names every bound key once, page by page, whatever is in its name",
    crooked: (ledger) => ({
      boundKeys: (after, limit) =>
        Effect.map(ledger.boundKeys(after, limit), ({ names, next }) => ({
          names: next === null ? names : names.slice(0, -1),
          next,
        })),
    }),
  },
]

const sabotaged = (crooked: Crooked) =>
  Layer.effect(
    Ledger,
    Effect.map(Store.Store, (store) => {
      const honest = MemoryLedger.make(store)
      return { ...honest, ...crooked(honest, store) }
    }),
  ).pipe(Layer.merge(MemoryLease.layer), Layer.provide(Store.layer))

describe("the ledger's contract catches a ledger that", () => {
  for (const { check, crooked, ledger } of SABOTAGE) it.live(ledger, () => catches(checks, check, sabotaged(crooked)))
})
