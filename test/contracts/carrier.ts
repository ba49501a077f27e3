/** What every carrier promises for one key: one parcel, an answer that does not change, a bar that holds. */
import { Effect, type Layer } from "effect"
import { expect } from "vitest"
import type { OrderId, ProductId } from "../../src/domain/ids.ts"
import { Carrier, type Consignment } from "../../src/ports/carrier.ts"
import * as Scribe from "../support/scribe.ts"
import { type Check, check, runAll } from "./check.ts"

const consignment = (customerId: string): Consignment => ({
  key: Scribe.freshId() as OrderId,
  customerId,
  lines: [{ productId: Scribe.freshId() as ProductId, quantity: 2 }],
})

export const checks: ReadonlyArray<Check<Carrier>> = [
  check("takes a parcel, and says the same when it is asked again", function* () {
    const carrier = yield* Carrier
    const one = consignment("ann")
    const said = yield* carrier.register(one)
    expect(said).toMatchObject({ _tag: "Registered", trackingId: expect.stringMatching(/./) })
    expect(yield* carrier.register(one)).toEqual(said)
    expect(yield* carrier.register(consignment("ann"))).not.toEqual(said)
  }),

  check("refuses for good, with its reason", function* () {
    const carrier = yield* Carrier
    const one = consignment("gus+refused")
    const refused = { _tag: "Refused", reason: "we do not go there" }
    expect(yield* carrier.register(one)).toEqual(refused)
    expect(yield* carrier.register(one)).toEqual(refused)
  }),

  check("says unknown when it fails, and takes it when it comes again", function* () {
    const carrier = yield* Carrier
    const one = consignment("bob+flaky")
    for (let times = 0; times < 2; times++)
      expect(yield* carrier.register(one)).toEqual({ _tag: "Unknown", code: "status-500" })
    expect(yield* carrier.register(one)).toMatchObject({ _tag: "Registered" })
  }),

  check("has taken it although its answer was lost", function* () {
    const carrier = yield* Carrier
    const one = consignment("cid+late")
    const lost = yield* Effect.timeoutOption(carrier.register(one), "150 millis")
    expect(lost._tag).toBe("None")
    expect(yield* carrier.register(one)).toMatchObject({ _tag: "Registered" })
  }),

  check("calls back what it has taken, and never takes it again", function* () {
    const carrier = yield* Carrier
    const one = consignment("ann")
    yield* carrier.register(one)
    expect(yield* carrier.cancel(one.key)).toBe("cancelled")
    expect(yield* carrier.cancel(one.key)).toBe("cancelled")
    expect(yield* carrier.register(one)).toMatchObject({ _tag: "Refused" })
  }),

  check("bars a key it has never heard of", function* () {
    const carrier = yield* Carrier
    const one = consignment("ann")
    expect(yield* carrier.cancel(one.key)).toBe("cancelled")
    expect(yield* carrier.register(one)).toMatchObject({ _tag: "Refused" })
  }),

  check("does not call back what has left", function* () {
    const carrier = yield* Carrier
    const one = consignment("fay+swift")
    yield* carrier.register(one)
    expect(yield* carrier.cancel(one.key)).toBe("shipped")
    expect(yield* carrier.register(one)).toMatchObject({ _tag: "Registered" })
  }),
]

export const carrierContract = (name: string, adapter: Layer.Layer<Carrier, unknown>): void =>
  runAll(`a carrier (${name})`, checks, adapter)
