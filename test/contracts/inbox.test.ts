/** Memory keeps the inbox's contract, and the contract is able to say no: each broken inbox is caught by the named check. */
import { it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { describe } from "vitest"
import * as MemoryInbox from "../../src/adapters/memory/inbox.ts"
import * as Store from "../../src/adapters/memory/store.ts"
import { Inbox, type Intake, type Taken } from "../../src/ports/inbox.ts"
import { catches } from "./check.ts"
import { checks, Effects, inboxContract } from "./inbox.ts"

const effects = Layer.effect(
  Effects,
  Effect.map(Store.Store, (store) => ({
    versions: (orderId) =>
      Effect.sync(() =>
        [...(store.timeline.get(orderId)?.values() ?? [])]
          .toSorted((a, b) => a.at - b.at)
          .map(({ version }) => version),
      ),
    shipmentDue: (orderId) => Effect.sync(() => store.shipments.get(orderId)?.nextAttemptAt ?? null),
  })),
)

inboxContract("memory", Layer.mergeAll(MemoryInbox.layer, effects).pipe(Layer.provide(Store.layer)))

type Honest = Inbox["Service"]
type Crooked = (inbox: Honest, store: Store.Shape) => Partial<Honest>

/** Takes in something else than it was given. */
const tampering =
  (tamper: (intakes: ReadonlyArray<Intake>, store: Store.Shape) => ReadonlyArray<Intake>): Crooked =>
  (inbox, store) => ({ commit: (intakes) => Effect.suspend(() => inbox.commit(tamper(intakes, store))) })

const retaking = (change: (taken: Taken) => ReadonlyArray<Taken>) =>
  tampering((intakes) => intakes.map((intake) => ({ ...intake, taken: intake.taken.flatMap(change) })))

/** Does something to the store before each intake. */
const forgetting = (forget: (store: Store.Shape, intakes: ReadonlyArray<Intake>) => void) =>
  tampering((intakes, store) => {
    forget(store, intakes)
    return intakes
  })

const SABOTAGE: ReadonlyArray<{ readonly inbox: string; readonly check: string; readonly crooked: Crooked }> = [
  {
    inbox: "forgets positions",
    check: "knows no position of a source it has never seen, and then the one behind what was taken",
    crooked: () => ({ position: () => Effect.succeed(null) }),
  },
  {
    inbox: "moves positions only for what has an effect",
    check: "moves a position for deliveries without a use",
    crooked: tampering((intakes) => intakes.filter(({ taken }) => taken.length > 0)),
  },
  {
    inbox: "opens a shipment anew for each that asks",
    check: "opens a shipment once, due when the first to ask for it said",
    crooked: forgetting((store, intakes) => {
      for (const { taken } of intakes)
        for (const each of taken) {
          const last = each._tag === "Event" ? each.writes.find(({ _tag }) => _tag === "OpenShipment") : undefined
          if (last !== undefined)
            store.shipments.set(last.orderId, { ...store.shipments.get(last.orderId)!, nextAttemptAt: last.at })
        }
    }),
  },
  {
    inbox: "writes a timeline without its last entry",
    check: "gives an event its effect, with all that it carries",
    crooked: retaking((taken) =>
      taken._tag === "Event" && taken.version > 1 ? [{ ...taken, writes: taken.writes.slice(1) }] : [taken],
    ),
  },
  {
    inbox: "does nothing with what lies before the position",
    check: "follows a source that begins anew, and overlooks nothing in it",
    crooked: tampering((intakes, { inbox }) =>
      intakes.map((intake) => {
        const next = inbox.positions.get(`${intake.consumer} ${intake.source}`) ?? 0
        return { ...intake, taken: intake.taken.filter(({ delivery }) => delivery.offset >= next) }
      }),
    ),
  },
  {
    inbox: "trusts the version alone",
    check: "knows an event that was published again, at another place and in another source",
    crooked: forgetting((store) => store.inbox.events.clear()),
  },
  {
    inbox: "trusts the id alone",
    check: "gives an older version that comes late no effect, in the same intake or a later one",
    crooked: forgetting((store) => store.inbox.versions.clear()),
  },
  {
    inbox: "counts what has no effect",
    check: "gives an event that is delivered again no second effect",
    crooked: (inbox) => ({
      commit: (intakes) =>
        Effect.map(inbox.commit(intakes), (handled) => ({
          ...handled,
          effects: intakes.reduce((sum, { taken }) => sum + taken.length, 0),
        })),
    }),
  },
  {
    inbox: "has one memory for all consumers",
    check: "keeps consumers apart",
    crooked: tampering((intakes) => intakes.map((intake) => ({ ...intake, consumer: "all" }))),
  },
  {
    inbox: "commits source by source",
    check: "takes several sources together, or nothing of any when one has what the database refuses",
    crooked: (inbox) => ({
      commit: (intakes) =>
        Effect.map(
          Effect.forEach(intakes, (intake) => inbox.commit([intake])),
          (all) => ({
            effects: all.reduce((sum, { effects }) => sum + effects, 0),
            queued: all.reduce((sum, { queued }) => sum + queued, 0),
          }),
        ),
    }),
  },
  {
    inbox: "parks the letter and not its key",
    check: "parks poison, and queues what follows of its key behind it, while other keys go on",
    crooked: retaking((taken) =>
      taken._tag === "Poison" ? [{ ...taken, delivery: { ...taken.delivery, key: "" } }] : [taken],
    ),
  },
  {
    inbox: "drops poison",
    check: "parks poison, and queues what follows of its key behind it, while other keys go on",
    crooked: retaking((taken) => (taken._tag === "Poison" ? [] : [taken])),
  },
  {
    inbox: "keeps no headers",
    check: "keeps a letter as it came, with what is wrong and how often it was tried",
    crooked: retaking((taken) => [{ ...taken, delivery: { ...taken.delivery, headers: {} } }]),
  },
  {
    inbox: "parks a whole topic behind poison without a key",
    check: "parks nothing behind poison without a key",
    crooked: retaking((taken) => [{ ...taken, delivery: { ...taken.delivery, key: "all" } }]),
  },
  {
    inbox: "parks the same poison each time it comes",
    check: "parks poison that comes again once, and queues an event that is published again once",
    crooked: retaking((taken) => (taken._tag === "Poison" ? [{ ...taken, eventId: null }] : [taken])),
  },
  {
    inbox: "queues what it has handled",
    check: "does not queue what was handled before its key was parked",
    crooked: forgetting((store) => store.inbox.events.clear()),
  },
  {
    inbox: "lists the letters of all when asked for those of one",
    check: "lists letters oldest first, page by page, of one consumer or of all",
    crooked: (inbox) => ({ parked: (request) => inbox.parked({ ...request, consumer: null }) }),
  },
  {
    inbox: "begins each page anew",
    check: "lists letters oldest first, page by page, of one consumer or of all",
    crooked: (inbox) => ({ parked: (request) => inbox.parked({ ...request, after: 0 }) }),
  },
  {
    inbox: "releases letters in any order",
    check: "releases the letters of a key in order, each with its effect",
    crooked: (inbox, store) => ({
      release: (id, ...rest) =>
        Effect.suspend(() => {
          const letter = store.inbox.letters.get(id)
          if (letter !== undefined)
            store.inbox.letters.set(id, { ...letter, delivery: { ...letter.delivery, key: "" } })
          return inbox.release(id, ...rest)
        }),
    }),
  },
  {
    inbox: "releases without the effect",
    check: "releases the letters of a key in order, each with its effect",
    crooked: (inbox) => ({ release: (id, eventId, version) => inbox.release(id, eventId, version, []) }),
  },
  {
    inbox: "goes on as soon as the poison is gone",
    check: "queues as long as one letter of the key is left",
    crooked: forgetting((store) => {
      for (const [id, letter] of store.inbox.letters) if (letter.state === "queued") store.inbox.letters.delete(id)
    }),
  },
  {
    inbox: "keeps a key parked for ever",
    check: "lets a key go on once its last letter is released",
    crooked: (inbox) => ({ release: () => Effect.succeed("released"), commit: inbox.commit }),
  },
  {
    inbox: "releases what has had its effect with a second one",
    check: "releases an event that was handled already, or is older than its key, without an effect",
    crooked: (inbox, store) => ({
      release: (...request) =>
        Effect.suspend(() => {
          store.inbox.events.clear()
          store.inbox.versions.clear()
          return inbox.release(...request)
        }),
    }),
  },
  {
    inbox: "discards the whole key with a letter",
    check: "discards a letter, and what queued behind it can be released",
    crooked: (inbox, store) => ({
      discard: (id) =>
        Effect.suspend(() => {
          const key = store.inbox.letters.get(id)?.delivery.key
          for (const each of store.inbox.letters.values())
            if (each.id !== id && each.delivery.key === key) store.inbox.letters.delete(each.id)
          return inbox.discard(id)
        }),
    }),
  },
  {
    inbox: "forgets what was discarded",
    check: "does not park again what was discarded, and lets its key go on",
    crooked: forgetting((store) => store.inbox.discarded.clear()),
  },
  {
    inbox: "parks once more what was released",
    check: "queues nothing behind poison that was released and comes again",
    crooked: forgetting((store) => store.inbox.events.clear()),
  },
  {
    inbox: "loses a letter that is refused once more",
    check: "keeps a letter, and its key parked, when the database refuses it once more",
    crooked: (inbox, store) => ({
      release: (id, ...rest) =>
        Effect.tapError(inbox.release(id, ...rest), () => Effect.sync(() => store.inbox.letters.delete(id))),
    }),
  },
]

const sabotaged = (crooked: Crooked) =>
  Layer.effect(
    Inbox,
    Effect.map(Store.Store, (store) => {
      const honest = MemoryInbox.make(store)
      return { ...honest, ...crooked(honest, store) }
    }),
  ).pipe(Layer.merge(effects), Layer.provide(Store.layer))

describe("the inbox's contract catches an inbox that", () => {
  for (const { check, crooked, inbox } of SABOTAGE) it.live(inbox, () => catches(checks, check, sabotaged(crooked)))
})
