/** The lease in memory: one permit, for as long as the scope of whoever took it. `Store.sever` ends it from outside. */
import { Deferred, Effect, Layer } from "effect"
import * as Lane from "../../domain/lane.ts"
import { Lease } from "../../ports/lease.ts"
import * as Store from "./store.ts"

const ALL_LANES: ReadonlyArray<Lane.Lane> = Array.from({ length: Lane.COUNT }, (_, lane) => lane)

export const make = (store: Store.Shape): Lease["Service"] => ({
  acquire: (onWaiting) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const free = yield* store.lease.takeIfAvailable(1)
        if (!free) yield* restore(Effect.andThen(onWaiting, store.lease.take(1)))
        const session: Store.Session = { lost: Deferred.makeUnsafe() }
        store.session = session
        yield* Effect.addFinalizer(() =>
          Effect.suspend(() => {
            // A session that was severed has given its permit back already.
            if (store.session !== session) return Effect.void
            store.session = null
            return store.lease.release(1)
          }),
        )
        return {
          lanes: Store.raise(store, ALL_LANES),
          isFresh: () => store.session === session,
          lost: Deferred.await(session.lost),
        }
      }),
    ),
})

export const layer: Layer.Layer<Lease, never, Store.Store> = Layer.effect(Lease, Effect.map(Store.Store, make))
