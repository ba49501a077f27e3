/** What is derived of an object is made once an object, also when it is nothing. */
import { expect, it } from "vitest"
import { derived } from "../../src/std/derived.ts"

it("is made once for each object", () => {
  let made = 0
  const of = derived(({ n }: { readonly n: number | null }) => {
    made++
    return n
  })
  const [one, other, none] = [{ n: 1 }, { n: 1 }, { n: null }]
  expect([of(one), of(one), of(other), of(none), of(none)]).toEqual([1, 1, 1, null, null])
  expect(made).toBe(3)
})
