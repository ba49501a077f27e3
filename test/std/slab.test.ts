/** A slab keeps what is under way, each thing under a ticket that is never another's. */
import fc from "fast-check"
import { expect, it } from "vitest"
import { Slab } from "../../src/std/slab.ts"

it("gives back what was put under a ticket, once", () => {
  const slots = new Slab<{ readonly name: string }>()
  const ticket = slots.put({ name: "a" })
  expect(slots.get(ticket)).toEqual({ name: "a" })
  expect(slots.take(ticket)).toEqual({ name: "a" })
  expect([slots.take(ticket), slots.get(ticket)]).toEqual([undefined, undefined])
})

it("does not give a new thing for the ticket of an old one", () => {
  const slots = new Slab<{ readonly name: string }>()
  const old = slots.put({ name: "old" })
  slots.take(old)
  const fresh = slots.put({ name: "fresh" })
  expect([slots.take(old), slots.get(fresh)]).toEqual([undefined, { name: "fresh" }])
})

it("is a map of numbers that it chooses itself", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant("put"), fc.nat(30))), (steps) => {
      const slots = new Slab<{ readonly step: number }>()
      const model = new Map<number, { readonly step: number }>()
      const given: Array<number> = []
      for (const [step, what] of steps.entries()) {
        if (what === "put") {
          const ticket = slots.put({ step })
          expect(given).not.toContain(ticket)
          given.push(ticket)
          model.set(ticket, { step })
        } else if (given.length > 0) {
          const ticket = given[(what as number) % given.length]!
          expect(slots.take(ticket)).toEqual(model.get(ticket))
          model.delete(ticket)
        }
        expect(new Set(slots.list().map((each) => each.step))).toEqual(
          new Set([...model.values()].map((each) => each.step)),
        )
      }
    }),
  )
})
