/** A whole shop over a database of its own that decides in transactions, under a guard; everything else is in this thread. */
import { Effect, Layer } from "effect"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import type { Guard } from "../../src/adapters/postgres/transactional/guard.ts"
import * as TransactionalInventory from "../../src/adapters/postgres/transactional/inventory.ts"
import * as TransactionalWorkers from "../../src/adapters/postgres/transactional/workers.ts"
import * as Books from "./books.ts"
import * as MemoryShop from "./memory-shop.ts"
import { freshDatabase } from "./postgres.ts"

export const layer = (guard: Guard) =>
  Layer.unwrap(
    Effect.map(Effect.promise(freshDatabase), (url) => {
      const client = PostgresClient.layer(url)
      const deciders = TransactionalWorkers.layer.pipe(
        Layer.provide(TransactionalInventory.layer(guard)),
        Layer.provide(client),
      )
      const shop = MemoryShop.over(Books.postgres(url), { workers: 1 }, deciders)
      return Layer.effectDiscard(MemoryShop.opened).pipe(Layer.provideMerge(shop), Layer.provideMerge(client))
    }),
  )
