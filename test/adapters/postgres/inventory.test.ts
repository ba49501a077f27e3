/**
 * The contract of the inventory over Postgres: kept by owners, and by one transaction a command as far as its guard keeps it.
 * Then the books are proved.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { expect } from "vitest"
import * as PostgresClient from "../../../src/adapters/postgres/client.ts"
import { advisory } from "../../../src/adapters/postgres/transactional/guards/advisory.ts"
import { atomic } from "../../../src/adapters/postgres/transactional/guards/atomic.ts"
import { naive } from "../../../src/adapters/postgres/transactional/guards/naive.ts"
import { optimistic } from "../../../src/adapters/postgres/transactional/guards/optimistic.ts"
import { pessimistic } from "../../../src/adapters/postgres/transactional/guards/pessimistic.ts"
import { serializable } from "../../../src/adapters/postgres/transactional/guards/serializable.ts"
import { skipLocked } from "../../../src/adapters/postgres/transactional/guards/skip-locked.ts"
import { verify } from "../../../src/adapters/postgres/verification/verify.ts"
import { check } from "../../contracts/check.ts"
import { inventoryContract } from "../../contracts/inventory.ts"
import { UNPAID_MAX, unpaid } from "../../contracts/inventory-unpaid.ts"
import * as Books from "../../support/books.ts"
import * as MemoryShop from "../../support/memory-shop.ts"
import { freshDatabase } from "../../support/postgres.ts"
import * as TransactionalShop from "../../support/transactional-shop.ts"

const proved = check(
  "leaves books that can be proved right from SQL",
  function* () {
    const { checks } = yield* Effect.flatMap(PgClient.PgClient, () => verify)
    // The contract says itself that orders were shipped: there is no carrier here whose shipments could be looked at.
    expect(checks.filter(({ law, violations }) => law !== "I13" && violations > 0)).toEqual([])
  },
  "I2",
)

const owners = (workers: number) =>
  Layer.unwrap(
    Effect.map(Effect.promise(freshDatabase), (url) => {
      const shop = MemoryShop.over(Books.postgres(url), { workers, holdsPerCustomer: UNPAID_MAX })
      return Layer.effectDiscard(MemoryShop.opened).pipe(
        Layer.provideMerge(shop),
        Layer.provideMerge(PostgresClient.layer(url)),
      )
    }),
  )

inventoryContract("1 owner, postgres", owners(1), { more: [...unpaid, proved] })
inventoryContract("3 owners, postgres", owners(3), { more: [...unpaid, proved] })
inventoryContract("one transaction a command, atomic", TransactionalShop.layer(atomic), { more: [proved] })
inventoryContract("one transaction a command, optimistic", TransactionalShop.layer(optimistic), { more: [proved] })
inventoryContract("one transaction a command, pessimistic", TransactionalShop.layer(pessimistic), { more: [proved] })
inventoryContract("one transaction a command, advisory", TransactionalShop.layer(advisory), { more: [proved] })
inventoryContract("one transaction a command, serializable", TransactionalShop.layer(serializable), { more: [proved] })
inventoryContract("one transaction a command, skip-locked", TransactionalShop.layer(skipLocked), { more: [proved] })
inventoryContract("one transaction a command, naive", TransactionalShop.layer(naive), {
  more: [proved],
  exempt: ["I1", "I2"],
})
