/** Refusals are kept by the id of their request, so many and no more. */
import { expect, it } from "vitest"
import { RefusedOrders } from "../../src/app/refused-orders.ts"
import { ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import { freshId } from "../support/scribe.ts"

const productId = ProductId.make(Lane.place(freshId(), 0))
const rejection = { _tag: "InsufficientStock", productId, available: 1 } as const
const asked = (requestId: string | undefined) => ({ requestId, lines: [{ productId, quantity: 2 }] })

it("finds a refusal again with what was asked for, and the newest of those that share an id", () => {
  const refused = new RefusedOrders(3)
  refused.note(asked("a"), rejection, 1)
  refused.note(asked("a"), { ...rejection, available: 0 }, 2)
  refused.note(asked(undefined), rejection, 3)
  const { lines } = asked("a")
  expect(refused.find("a")).toEqual({
    requestId: "a",
    at: 2,
    rejection: { ...rejection, available: 0 },
    lines,
    trace: null,
  })
  expect(refused.find("b")).toBeNull()
})

it("forgets the oldest when there are more than it keeps", () => {
  const refused = new RefusedOrders(3)
  for (let each = 1; each <= 7; each++) refused.note(asked(`r${each}`), rejection, each)
  const found = Array.from({ length: 7 }, (_, each) => refused.find(`r${each + 1}`)?.at ?? null)
  expect(found).toEqual([null, null, null, null, 5, 6, 7])
})
