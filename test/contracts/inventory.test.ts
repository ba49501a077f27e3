/** Owners keep the contract of the inventory over memory: one, and three that have to agree. */
import { Layer } from "effect"
import * as MemoryShop from "../support/memory-shop.ts"
import { inventoryContract } from "./inventory.ts"
import { UNPAID_MAX, unpaid } from "./inventory-unpaid.ts"

for (const workers of [1, 3]) {
  const shop = Layer.effectDiscard(MemoryShop.opened).pipe(
    Layer.provideMerge(MemoryShop.layer({ workers, holdsPerCustomer: UNPAID_MAX })),
  )
  inventoryContract(`${workers} owner(s), memory`, shop, { more: unpaid })
}
