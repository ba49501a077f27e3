/** Limits and times that only make sense beside one another. */
import { expect, it } from "vitest"
import { ADMITTED_PER_PRODUCT_MAX, ADMITTED_PER_WORKER_MAX, BATCH_SIZE_MAX } from "../../src/app/inventory/limits.ts"
import { KEEP_MS } from "../../src/app/inventory/ownership.ts"
import { DRAINING_MS } from "../../src/app/place-order.ts"

it("a product's commands fill a batch, and a worker has room for several such products", () => {
  expect(BATCH_SIZE_MAX).toBeLessThanOrEqual(ADMITTED_PER_PRODUCT_MAX)
  expect(ADMITTED_PER_PRODUCT_MAX).toBeLessThanOrEqual(ADMITTED_PER_WORKER_MAX)
})

it("the lanes are kept longer than a buyer waits for the outcome of a payment while the service drains", () => {
  expect(KEEP_MS).toBeGreaterThan(DRAINING_MS)
})
