/** Memory keeps the contract of shipments, which can say no: each broken one is caught by the named check. */
import { Effect, Layer } from "effect"
import { it } from "vitest"
import * as MemoryInbox from "../../src/adapters/memory/inbox.ts"
import * as MemoryLease from "../../src/adapters/memory/lease.ts"
import * as MemoryLedger from "../../src/adapters/memory/ledger.ts"
import * as MemoryShipments from "../../src/adapters/memory/shipments.ts"
import * as Store from "../../src/adapters/memory/store.ts"
import type { OrderId } from "../../src/domain/ids.ts"
import * as Shipping from "../../src/domain/shipping.ts"
import { type ShipmentChange, Shipments } from "../../src/ports/shipments.ts"
import { catches } from "./check.ts"
import { checks, shipmentsContract } from "./shipments.ts"

const memory = Layer.mergeAll(MemoryLedger.layer, MemoryLease.layer, MemoryInbox.layer, MemoryShipments.layer).pipe(
  Layer.provideMerge(Store.layer),
)

shipmentsContract("memory", memory)

type Honest = Shipments["Service"]
type Crooked = (honest: Honest, store: Store.Shape) => Partial<Honest>

const broken = (crooked: Crooked) =>
  Layer.effect(
    Shipments,
    Effect.gen(function* () {
      const honest = yield* Shipments
      return { ...honest, ...crooked(honest, yield* Store.Store) }
    }),
  ).pipe(Layer.provideMerge(memory))

const saving =
  (change: (change: ShipmentChange, store: Store.Shape) => ShipmentChange): Crooked =>
  ({ save }, store) => ({ save: (changes) => save(changes.map((each) => change(each, store))) })

const cases: ReadonlyArray<readonly [string, Crooked, string]> = [
  [
    "believe the last writer",
    saving((change, store) => {
      const { orderId } = change.shipment
      return { ...change, shipment: { ...change.shipment, version: store.shipments.get(orderId)?.version ?? 1 } }
    }),
    "writes nothing that was decided on an older version, but all the others",
  ],
  [
    "refuse all when one is too old",
    ({ save }, store) => ({
      save: (changes) =>
        changes.every(({ shipment }) => store.shipments.get(shipment.orderId)?.version === shipment.version)
          ? save(changes)
          : Effect.succeed(new Set()),
    }),
    "writes nothing that was decided on an older version, but all the others",
  ],
  ["forget callbacks", saving((change) => ({ ...change, callback: null })), "writes what a callback led to once"],
  [
    "show what was not written",
    ({ save }, store) => ({
      save: (changes) =>
        Effect.tap(save(changes), () =>
          Effect.sync(() => {
            for (const { entries, shipment } of changes)
              for (const entry of entries) {
                const timeline = store.timeline.get(shipment.orderId) ?? new Map()
                store.timeline.set(shipment.orderId, timeline.set(entry.id, entry))
              }
          }),
        ),
    }),
    "lets one of many who write at once win",
  ],
  [
    "know a callback of any order",
    ({ find }, store) => ({
      find: (id, callback) =>
        Effect.map(find(id, callback), (found) => {
          const isKnown = [...store.callbacks.keys()].some((name) => name.endsWith(` ${callback}`))
          return found === null ? null : { ...found, known: isKnown ? "collected" : null }
        }),
    }),
    "knows a callback of its own order only",
  ],
  [
    "give a parcel to the order that asks last",
    () => ({ claimParcel: () => Effect.succeed(true) }),
    "gives a parcel to the order that claims it first, for ever",
  ],
  [
    "list what is due longest, whatever was tried before",
    ({ due }) => ({
      due: (request) =>
        Effect.map(due(request), (rows) =>
          rows.toSorted((a, b) => a.shipment.nextAttemptAt! - b.shipment.nextAttemptAt!),
        ),
    }),
    "lists first attempts before all others, and as many of those as are asked for",
  ],
  [
    "leave first attempts out from where others begin",
    ({ due }) => ({
      due: (request) => due({ ...request, since: { firsts: request.since.retries, retries: request.since.retries } }),
    }),
    "lists first attempts before all others, and as many of those as are asked for",
  ],
  [
    "open what has its shipment once more",
    ({ save }, store) => ({
      open: (ids, at) =>
        Effect.sync(() => {
          for (const id of ids) store.shipments.set(id, { ...Shipping.open(id, at), nextAttemptAt: at })
          return ids.length
        }),
      save,
    }),
    "finds paid orders that have no shipment, and opens what is missing once",
  ],
  [
    "keep a change that the database refused to themselves",
    ({ save }) => ({ save: (changes) => Effect.catchCause(save(changes), () => Effect.succeed(new Set<OrderId>())) }),
    "lets a change that no database keeps fail alone",
  ],
  [
    "lose the reason",
    saving((c) => ({ ...c, shipment: { ...c.shipment, reason: null } })),
    "writes everything of a shipment, as the next version",
  ],
  [
    "list those on their way again",
    ({ due }) => ({ due: (request) => due({ ...request, except: [] }) }),
    "lists what is due, longest first, and nothing that is not",
  ],
  [
    "list the newest first",
    ({ due }) => ({ due: (request) => Effect.map(due(request), (rows) => rows.toReversed()) }),
    "lists what is due, longest first, and nothing that is not",
  ],
  [
    "list more than was asked for",
    ({ due }) => ({ due: (request) => due({ ...request, limit: 1_000 }) }),
    "lists as many as are asked for, each with its order",
  ],
]

it.each(cases)("shipments that %s are caught", (_, crooked, check) =>
  Effect.runPromise(catches(checks, check, broken(crooked))),
)
