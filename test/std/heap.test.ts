/** The heap gives back what a sorted list would. */
import fc from "fast-check"
import { expect, it } from "vitest"
import { Heap } from "../../src/std/heap.ts"

it("pops in order, whatever was pushed in between", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer(), { nil: "pop" as const }), { size: "large" }), (program) => {
      const heap = new Heap<number>((a, b) => a < b)
      const sorted: Array<number> = []
      for (const step of program) {
        if (step === "pop") expect(heap.pop()).toBe(sorted.shift())
        else {
          heap.push(step)
          sorted.push(step)
          sorted.sort((a, b) => a - b)
        }
        expect([heap.size, heap.peek()]).toEqual([sorted.length, sorted[0]])
      }
    }),
  )
})
