/** All books of the shop in memory, on one store. */
import { Layer } from "effect"
import * as MemoryCatalog from "./catalog.ts"
import * as MemoryLease from "./lease.ts"
import * as MemoryLedger from "./ledger.ts"
import * as MemoryOrderBook from "./order-book.ts"
import * as MemoryShipments from "./shipments.ts"
import * as MemoryStore from "./store.ts"

export const layer = Layer.mergeAll(
  MemoryLedger.layer,
  MemoryCatalog.layer,
  MemoryOrderBook.layer,
  MemoryShipments.layer,
  MemoryLease.layer,
).pipe(Layer.provideMerge(MemoryStore.layer))
