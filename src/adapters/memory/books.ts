/** All books of the shop in memory, on one store. */
import { Layer } from "effect"
import * as MemoryCatalog from "./catalog.ts"
import * as MemoryInbox from "./inbox.ts"
import * as MemoryLease from "./lease.ts"
import * as MemoryLedger from "./ledger.ts"
import * as MemoryOrderBook from "./order-book.ts"
import * as MemoryOutbox from "./outbox.ts"
import * as MemoryShipments from "./shipments.ts"
import * as MemoryStore from "./store.ts"
import * as MemoryWriteTrial from "./write-trial.ts"

export const layer = Layer.mergeAll(
  MemoryLedger.layer,
  MemoryCatalog.layer,
  MemoryOrderBook.layer,
  MemoryShipments.layer,
  MemoryOutbox.layer,
  MemoryInbox.layer,
  MemoryLease.layer,
  MemoryWriteTrial.layer,
).pipe(Layer.provideMerge(MemoryStore.layer))
