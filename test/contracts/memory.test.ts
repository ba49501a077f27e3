/** Memory keeps the contract of every port it implements, and so does the simulated payment provider. */
import { Effect, Layer } from "effect"
import * as MemoryCatalog from "../../src/adapters/memory/catalog.ts"
import * as MemoryCommittedOrders from "../../src/adapters/memory/committed-orders.ts"
import * as MemoryEventStream from "../../src/adapters/memory/event-stream.ts"
import * as MemoryLease from "../../src/adapters/memory/lease.ts"
import * as MemoryLedger from "../../src/adapters/memory/ledger.ts"
import * as MemoryOrderBook from "../../src/adapters/memory/order-book.ts"
import * as MemoryOutbox from "../../src/adapters/memory/outbox.ts"
import * as Store from "../../src/adapters/memory/store.ts"
import * as MemoryUnsettled from "../../src/adapters/memory/unsettled.ts"
import * as PaymentSimulator from "../../src/adapters/payment-simulator/payment.ts"
import { catalogContract } from "./catalog.ts"
import { eventStreamContract } from "./event-stream.ts"
import { leaseContract, Severing } from "./lease.ts"
import { ledgerContract } from "./ledger.ts"
import { orderBookContract } from "./order-book.ts"
import { LeadershipSevering, outboxContract } from "./outbox.ts"
import { paymentContract } from "./payment.ts"

const severing = Layer.effect(
  Severing,
  Effect.map(Store.Store, (store) => ({ sever: store.lease.sever })),
)

const turnSevering = Layer.effect(
  LeadershipSevering,
  Effect.map(Store.Store, (store) => ({ sever: store.relay.leadership.sever })),
)

const memory = Layer.mergeAll(
  MemoryLedger.layer,
  MemoryLease.layer,
  MemoryCatalog.layer,
  MemoryOrderBook.layer,
  MemoryUnsettled.layer,
  MemoryCommittedOrders.layer,
  MemoryOutbox.layer,
  severing,
  turnSevering,
).pipe(Layer.provide(Store.layer))

ledgerContract("memory", memory)
catalogContract("memory", memory)
orderBookContract("memory", memory)
leaseContract("memory", memory)
outboxContract("memory", memory)
paymentContract("simulator", PaymentSimulator.layer)
eventStreamContract("memory", MemoryEventStream.layer([]))
