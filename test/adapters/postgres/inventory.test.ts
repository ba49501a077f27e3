/** The contract of the inventory over Postgres: kept by owners, and by one transaction a command. Then the books are proved. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { expect } from "vitest"
import * as AtomicInventory from "../../../src/adapters/postgres/atomic/inventory.ts"
import * as AtomicWorkers from "../../../src/adapters/postgres/atomic/workers.ts"
import * as PostgresBooks from "../../../src/adapters/postgres/books.ts"
import * as PostgresClient from "../../../src/adapters/postgres/client.ts"
import { verify } from "../../../src/adapters/postgres/verification/verify.ts"
import * as LocalWorkers from "../../../src/app/inventory/local-workers.ts"
import { check } from "../../contracts/check.ts"
import { inventoryContract } from "../../contracts/inventory.ts"
import * as MemoryShop from "../../support/memory-shop.ts"
import { freshDatabase } from "../../support/postgres.ts"

const proved = check("leaves books that can be proved right from SQL", function* () {
  const { checks } = yield* Effect.flatMap(PgClient.PgClient, () => verify)
  // The contract says itself that orders were shipped: there is no carrier here whose shipments could be looked at.
  expect(checks.filter(({ law, violations }) => law !== "I13" && violations > 0)).toEqual([])
})

const shopOn = (url: string, decide: "owners" | "transactions", workers: number) => {
  const client = PostgresClient.layer(url)
  const deciders =
    decide === "owners"
      ? LocalWorkers.layer
      : AtomicWorkers.layer.pipe(Layer.provide(AtomicInventory.layer), Layer.provide(client))
  const shop = MemoryShop.over(PostgresBooks.layer(url), { workers }, deciders)
  return Layer.effectDiscard(MemoryShop.opened).pipe(Layer.provideMerge(shop), Layer.provideMerge(client))
}

const shop = (decide: "owners" | "transactions", workers: number) =>
  Layer.unwrap(Effect.map(Effect.promise(freshDatabase), (url) => shopOn(url, decide, workers)))

inventoryContract("1 owner, postgres", shop("owners", 1), [proved])
inventoryContract("3 owners, postgres", shop("owners", 3), [proved])
inventoryContract("one transaction a command, postgres", shop("transactions", 1), [proved])
