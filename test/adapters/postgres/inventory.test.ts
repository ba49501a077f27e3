/**
 * The contract of the inventory over Postgres: kept by owners, and by one transaction a command as far as its guard keeps it.
 * Then the books are proved.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { expect } from "vitest"
import * as PostgresBooks from "../../../src/adapters/postgres/books.ts"
import * as PostgresClient from "../../../src/adapters/postgres/client.ts"
import type { Guard } from "../../../src/adapters/postgres/transactional/guard.ts"
import { atomic } from "../../../src/adapters/postgres/transactional/guards/atomic.ts"
import { naive } from "../../../src/adapters/postgres/transactional/guards/naive.ts"
import { optimistic } from "../../../src/adapters/postgres/transactional/guards/optimistic.ts"
import { pessimistic } from "../../../src/adapters/postgres/transactional/guards/pessimistic.ts"
import * as TransactionalInventory from "../../../src/adapters/postgres/transactional/inventory.ts"
import * as TransactionalWorkers from "../../../src/adapters/postgres/transactional/workers.ts"
import { verify } from "../../../src/adapters/postgres/verification/verify.ts"
import * as LocalWorkers from "../../../src/app/inventory/local-workers.ts"
import { check } from "../../contracts/check.ts"
import { inventoryContract } from "../../contracts/inventory.ts"
import * as MemoryShop from "../../support/memory-shop.ts"
import { freshDatabase } from "../../support/postgres.ts"

const proved = check(
  "leaves books that can be proved right from SQL",
  function* () {
    const { checks } = yield* Effect.flatMap(PgClient.PgClient, () => verify)
    // The contract says itself that orders were shipped: there is no carrier here whose shipments could be looked at.
    expect(checks.filter(({ law, violations }) => law !== "I13" && violations > 0)).toEqual([])
  },
  "I2",
)

const shop = (workers: number, guard: Guard | null) =>
  Layer.unwrap(
    Effect.map(Effect.promise(freshDatabase), (url) => {
      const client = PostgresClient.layer(url)
      const transactions = (of: Guard) =>
        TransactionalWorkers.layer.pipe(Layer.provide(TransactionalInventory.layer(of)), Layer.provide(client))
      const deciders = guard === null ? LocalWorkers.layer : transactions(guard)
      const shop = MemoryShop.over(PostgresBooks.at(url), { workers }, deciders)
      return Layer.effectDiscard(MemoryShop.opened).pipe(Layer.provideMerge(shop), Layer.provideMerge(client))
    }),
  )

inventoryContract("1 owner, postgres", shop(1, null), { more: [proved] })
inventoryContract("3 owners, postgres", shop(3, null), { more: [proved] })
inventoryContract("one transaction a command, atomic", shop(1, atomic), { more: [proved] })
inventoryContract("one transaction a command, optimistic", shop(1, optimistic), { more: [proved] })
inventoryContract("one transaction a command, pessimistic", shop(1, pessimistic), { more: [proved] })
inventoryContract("one transaction a command, naive", shop(1, naive), { more: [proved], exempt: ["I1", "I2"] })
