/** Keys that are on their way to the ledger while the known keys are made anew. */
import { Effect, Fiber } from "effect"
import { describe, expect, it } from "vitest"
import * as KeyReader from "../../src/app/inventory/key-reader.ts"
import { Owner } from "../../src/app/inventory/owner.ts"
import { type Claim, claimName } from "../../src/ports/inventory.ts"
import { Ledger } from "../../src/ports/ledger.ts"

/** More than the filter is made for at first. */
const MANY = 850_000

describe("the key reader", () => {
  it("does not forget a key whose commit is still on its way when the filter is outgrown", async () => {
    const claim: Claim = { route: "orders", key: "on its way", fingerprint: "" }
    const inLedger: Array<string> = []
    const boundKeys = () => Effect.sync(() => ({ names: [...inLedger], next: null }))
    const owner = new Owner([], () => 0)
    const mayBeBound = () => owner.knownKeys.mayBeBound(claimName(claim))
    const settled = Effect.forEach(Array.from({ length: 20 }), () => Effect.yieldNow, { discard: true })
    await Effect.runPromise(
      Effect.gen(function* () {
        const reader = yield* Effect.forkChild(KeyReader.run(owner))
        yield* settled
        expect(mayBeBound()).toBe(false)
        for (let n = 0; n < MANY; n++) owner.knownKeys.add(`orders ${n}`)
        owner.takeBatch()
        owner.binds(claimName(claim))
        // The ledger is read now, and does not have it yet.
        yield* settled
        expect(mayBeBound()).toBe(true)
        inLedger.push(claimName(claim))
        owner.batchEnded()
        yield* settled
        expect([mayBeBound(), owner.knownKeys.mayBeBound("orders never")]).toEqual([true, false])
        yield* Fiber.interrupt(reader)
      }).pipe(Effect.provideService(Ledger, { boundKeys } as unknown as Ledger["Service"])),
    )
  })
})
