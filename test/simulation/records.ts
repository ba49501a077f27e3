/**
 * What consumers and shipping keep in the database: the memory inbox and the memory shipments, reached from another node by
 * calls that get lost or come late.
 * The database forgets what it has known for longer than FORGETS, as it drops old partitions of the inbox.
 */
import { Effect } from "effect"
import * as MemoryInbox from "../../src/adapters/memory/inbox.ts"
import * as MemoryShipments from "../../src/adapters/memory/shipments.ts"
import type { Unavailable } from "../../src/ports/failures.ts"
import type { Inbox } from "../../src/ports/inbox.ts"
import type { Shipments } from "../../src/ports/shipments.ts"
import { type Database, LISTING } from "./database.ts"
import type { Witness } from "./witness.ts"
import type { Node } from "./world.ts"

/** Ids of events that were handled are kept for so long, milliseconds: days in earnest. */
const FORGETS_MS = 4_000
/** Microseconds. */
const ROUND = 1_000_000

export class Records {
  /** Called after each commit of a consumer. */
  onHandled: (by: Node) => void = () => undefined
  readonly #database: Database
  readonly #witness: Witness
  readonly #inbox: Inbox["Service"]
  readonly #shipments: Shipments["Service"]

  constructor(database: Database, witness: Witness) {
    this.#database = database
    this.#witness = witness
    this.#inbox = MemoryInbox.make(database.store)
    this.#shipments = MemoryShipments.make(database.store)
    this.#forget()
  }

  /** The inbox, as this node reaches it. */
  inbox(from: Node): Inbox["Service"] {
    const database = this.#database
    return {
      ...this.#inbox,
      shop: this.#inbox.shop,
      position: (consumer, source) =>
        Effect.suspend(() =>
          database.call(from, "position", this.#inbox.position(consumer, source), LISTING, database.fate("read")),
        ),
      commit: (intakes) => {
        const done = Effect.tap(this.#inbox.commit(intakes), (handled) =>
          Effect.sync(() => {
            this.#witness.handled(intakes, handled)
            this.onHandled(from)
          }),
        )
        return Effect.suspend(() => database.call(from, "intake", done, LISTING, database.fate("commit")))
      },
    }
  }

  /** The shipments, as this node reaches them. */
  shipments(from: Node): Shipments["Service"] {
    const database = this.#database
    const shipments = this.#shipments
    const call = <A>(what: string, served: Effect.Effect<A, Unavailable>, kind: "read" | "commit") =>
      Effect.suspend(() => database.call(from, what, served, LISTING, database.fate(kind)))
    return {
      due: (request) => call("due shipments", shipments.due(request), "read"),
      find: (id, callback) => call("shipment", shipments.find(id, callback), "read"),
      missing: (limit) => call("missing shipments", shipments.missing(limit), "read"),
      open: (ids, at) => call("shipments opened", shipments.open(ids, at), "commit"),
      claimParcel: (id, trackingId) => call("parcel", shipments.claimParcel(id, trackingId), "commit"),
      save: (changes) =>
        changes.length === 0 ? Effect.succeed(new Set()) : call("shipments", shipments.save(changes), "commit"),
    }
  }

  #forget(): void {
    const { node, store, world } = this.#database
    const before = node.wallMs - FORGETS_MS
    const { events } = store.inbox
    // "consumer id", and an id begins with its time.
    for (const name of events) {
      const [, id] = name.split(" ")
      if (Number.parseInt(id!.slice(0, 8) + id!.slice(9, 13), 16) < before) events.delete(name)
    }
    world.post(node, ROUND, () => this.#forget())
  }
}
