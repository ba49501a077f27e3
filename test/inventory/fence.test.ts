/** An owner whose lanes another has taken: it does not know yet, its memory is behind, and nothing of that may be given. */
import { Deferred, Effect, Exit } from "effect"
import { expect, it } from "vitest"
import * as MemoryLedger from "../../src/adapters/memory/ledger.ts"
import * as Store from "../../src/adapters/memory/store.ts"
import * as LocalWorkers from "../../src/app/inventory/local-workers.ts"
import type { Owner } from "../../src/app/inventory/owner.ts"
import type { OrderId, ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import { unavailable } from "../../src/ports/failures.ts"
import { Ids } from "../../src/ports/ids.ts"
import type { Answer, Command, Refused } from "../../src/ports/inventory.ts"
import { Ledger } from "../../src/ports/ledger.ts"
import * as MemoryIds from "../support/counting-ids.ts"
import * as MemoryProbe from "../support/recording-probe.ts"

const ask = (owner: Owner, command: Command) =>
  Effect.exit(
    Effect.callback<Answer, Refused | ReturnType<typeof unavailable>>((resume) => owner.submit(command, resume)),
  )

it("is fenced when it hears that holds it knows have ended, and its caller may come again", async () => {
  const store = Store.make()
  const ids = MemoryIds.make(1)
  const productId = ids.next() as ProductId
  const orderId = Lane.place(ids.next(), Lane.of(productId)) as OrderId
  const allLanes = store.lanes.map(({ lane }) => lane)
  const start = Effect.gen(function* () {
    const fenced = yield* Deferred.make<void>()
    const owner = yield* LocalWorkers.startOwner(0, Store.raise(store, allLanes), fenced, {
      changed: () => undefined,
      ended: () => undefined,
    })
    return { owner, fenced }
  })
  const cancel: Command = { _tag: "CancelOrder", orderId, reason: null, claim: null }
  const found = await Effect.gen(function* () {
    const first = yield* start
    const product = { id: productId, sku: "s", name: "", price: { amount: 1, currency: "EUR" }, purchaseLimit: null }
    yield* ask(first.owner, {
      _tag: "CreateProduct",
      product: { ...product, createdAt: 0, version: 1, archived: false },
      onHand: 5,
      claim: null,
    })
    yield* ask(first.owner, {
      _tag: "PlaceOrder",
      orderId,
      customerId: "c",
      lines: [{ productId, quantity: 2 }],
      held: [],
      token: null,
      createdAt: Date.now(),
      expiresAt: Date.now() + 600_000,
      claim: { route: "orders", key: "k", fingerprint: "" },
    })
    const second = yield* start
    const cancelled = yield* ask(second.owner, cancel)
    const stale = yield* ask(first.owner, cancel)
    yield* Deferred.await(first.fenced)
    return { cancelled, stale }
  }).pipe(
    Effect.scoped,
    Effect.provideService(Ledger, MemoryLedger.make(store)),
    Effect.provideService(Ids, ids),
    Effect.provide(MemoryProbe.silent),
    Effect.runPromise,
  )
  expect(Exit.isSuccess(found.cancelled)).toBe(true)
  expect(found.stale).toEqual(Exit.fail(unavailable("stale-owner")))
})
