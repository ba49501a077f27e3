/** What every lease promises: one holder at a time, newer epochs for each, and an end that is noticed. */
import { Context, Deferred, Effect, Exit, Fiber, type Layer, Scope } from "effect"
import { expect } from "vitest"
import * as Lane from "../../src/domain/lane.ts"
import { Lease } from "../../src/ports/lease.ts"
import { Ledger } from "../../src/ports/ledger.ts"
import * as Scribe from "../support/scribe.ts"
import { type Check, check, endOf, runAll } from "./check.ts"

/** Ends the session of the lease's holder, as a killed database backend would. */
export class Severing extends Context.Service<Severing, { readonly sever: Effect.Effect<void, unknown> }>()(
  "jaego/test/Severing",
) {}

type Needs = Lease | Ledger | Severing

/** The lease, held until `end`. */
const held = Effect.gen(function* () {
  const scope = yield* Scope.fork(yield* Effect.scope)
  const { lanes, lost } = yield* Scope.provide((yield* Lease).acquire(Effect.void), scope)
  const epochs = new Map(lanes.map(({ epoch, lane }) => [lane, epoch]))
  return { lanes, lost, epochs, end: Scope.close(scope, Exit.void) }
})

/** A process that wants the lease; `waits` completes when it is notified that another has it. */
const standby = Effect.gen(function* () {
  const waiting = yield* Deferred.make<void>()
  let notified = 0
  const onWaiting = Effect.andThen(
    Effect.sync(() => void notified++),
    Deferred.succeed(waiting, undefined),
  )
  const fiber = yield* Effect.forkScoped((yield* Lease).acquire(onWaiting))
  return { fiber, waits: Deferred.await(waiting), notified: () => notified }
})

export const checks: ReadonlyArray<Check<Needs>> = [
  check("gives every lane, each once", function* () {
    const { lanes, end } = yield* held
    expect(lanes.map(({ lane }) => lane).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: Lane.COUNT }, (_, lane) => lane),
    )
    yield* end
  }),

  check("gives the next holder newer epochs for every lane", function* () {
    const one = yield* held
    yield* one.end
    const two = yield* held
    for (const [lane, epoch] of two.epochs) expect(epoch).toBeGreaterThan(one.epochs.get(lane)!)
    yield* two.end
  }),

  check("says where each lane stands", function* () {
    const one = yield* held
    const scribe = new Scribe.Scribe(yield* Ledger, one.lanes)
    const product = Scribe.product()
    yield* scribe.commit({ products: [{ product, onHand: 1 }] })
    yield* one.end
    const two = yield* held
    const lane = Lane.of(product.id)
    expect(two.lanes.find((each) => each.lane === lane)!.seq).toBe(scribe.lane(lane).seq)
    yield* two.end
  }),

  check("makes the second wait, notifies it once, and hands over when the first is done", function* () {
    const first = yield* held
    const second = yield* standby
    yield* second.waits
    expect(second.fiber.pollUnsafe()).toBeUndefined()
    yield* first.end
    const { lanes } = yield* Fiber.join(second.fiber)
    expect(lanes).toHaveLength(Lane.COUNT)
    for (const { epoch, lane } of lanes) expect(epoch).toBeGreaterThan(first.epochs.get(lane)!)
    expect(second.notified()).toBe(1)
  }),

  check("does not wait when the lease is free", function* () {
    const only = yield* standby
    yield* Fiber.join(only.fiber)
    expect(only.notified()).toBe(0)
  }),

  check("goes to the next when one that waited has given up", function* () {
    const first = yield* held
    const second = yield* standby
    yield* second.waits
    yield* Fiber.interrupt(second.fiber)
    yield* first.end
    const third = yield* held
    expect(third.lanes).toHaveLength(Lane.COUNT)
    yield* third.end
  }),

  check("fences what the former holder commits", function* () {
    const one = yield* held
    const former = new Scribe.Scribe(yield* Ledger, one.lanes)
    const batch = former.batch({ products: [{ product: Scribe.product(), onHand: 1 }] })
    yield* one.end
    const two = yield* held
    expect(yield* endOf(former.ledger.commit(batch))).toBe("StaleOwner")
    yield* two.end
  }),

  check("notifies the holder that it is lost when its session dies, and is free then", function* () {
    const one = yield* held
    const lost = yield* Effect.forkScoped(one.lost)
    const next = yield* standby
    yield* next.waits
    expect(lost.pollUnsafe()).toBeUndefined()
    yield* (yield* Severing).sever
    yield* Fiber.join(lost)
    const { lanes } = yield* Fiber.join(next.fiber)
    for (const { epoch, lane } of lanes) expect(epoch).toBeGreaterThan(one.epochs.get(lane)!)
    yield* one.end
  }),

  check("stays with the new holder when the one that lost it lets go", function* () {
    const one = yield* held
    yield* (yield* Severing).sever
    yield* one.lost
    const two = yield* held
    yield* one.end
    const three = yield* standby
    yield* three.waits
    yield* two.end
    yield* Fiber.join(three.fiber)
  }),
]

export const leaseContract = (name: string, adapter: Layer.Layer<Needs, unknown>): void =>
  runAll(`a lease (${name})`, checks, adapter)
