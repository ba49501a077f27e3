/** The lease in memory: a session lock, for as long as its holder's scope. `store.lease.sever` ends it from outside. */
import { Deferred, Effect, Layer } from "effect"
import * as Lane from "../../domain/lane.ts"
import { Lease } from "../../ports/lease.ts"
import * as Store from "./store.ts"

const ALL_LANES: ReadonlyArray<Lane.Lane> = Array.from({ length: Lane.COUNT }, (_, lane) => lane)

export const make = (store: Store.Shape): Lease["Service"] => ({
  acquire: (onWaiting) =>
    Effect.map(store.lease.take(onWaiting), (session) => ({
      lanes: Store.raise(store, ALL_LANES),
      isFresh: () => store.lease.isHeldBy(session),
      lost: Deferred.await(session.lost),
    })),
})

export const layer: Layer.Layer<Lease, never, Store.Store> = Layer.effect(Lease, Effect.map(Store.Store, make))
