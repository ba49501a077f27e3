/** What all workers promise of their end: a crew that is closed drains, wherever its owners live. */
import { Context, Deferred, Effect, Exit, Fiber, type Layer, Scope } from "effect"
import { expect } from "vitest"
import { unavailable } from "../../src/ports/failures.ts"
import type { Command } from "../../src/ports/inventory.ts"
import { Lease } from "../../src/ports/lease.ts"
import { type Answering, type CommittedStock, Workers } from "../../src/ports/workers.ts"
import { Notify } from "../../src/std/notify.ts"
import * as Scribe from "../support/scribe.ts"
import { type Check, check, runAll } from "./check.ts"

/** Commits that begin from now on wait; `waiting` completes when one does, `end` lets them happen. */
export interface Stall {
  readonly waiting: Effect.Effect<unknown, unknown>
  readonly end: Effect.Effect<unknown, unknown>
}

export class Stalling extends Context.Service<
  Stalling,
  { readonly stall: Effect.Effect<Stall, unknown, Scope.Scope> }
>()("jaego/test/Stalling") {}

type Needs = Workers | Lease | Stalling

/** One worker for all lanes, until `close`. */
const crew = Effect.gen(function* () {
  const { lanes } = yield* (yield* Lease).acquire(Effect.void)
  const scope = yield* Scope.fork(yield* Effect.scope)
  const seen: Array<CommittedStock> = []
  const changed = new Notify()
  const starting = (yield* Workers).start([lanes], {
    ended: () => undefined,
    missing: () => undefined,
    changed: (stocks) => {
      seen.push(...stocks)
      changed.notify()
    },
  })
  const { workers } = yield* Scope.provide(starting, scope)
  const submit = (command: Command) => {
    const answer = Deferred.makeUnsafe<Parameters<Answering>[0]>()
    workers[0]!.submit(command, (exit) => Deferred.doneUnsafe(answer, Effect.succeed(exit)))
    return answer
  }
  const done = (command: Command) => Effect.flatten(Deferred.await(submit(command)))
  /** As soon as something was reported at all. */
  const hear = Effect.map(changed.wait, () => seen.splice(0))
  const { watch } = workers[0]!
  return { submit, done, watch, seen, hear, close: Scope.close(scope, Exit.void) }
})

const wanted = () => {
  const product = Scribe.product()
  const receive = (quantity: number): Command => ({ _tag: "Receive", productId: product.id, quantity, claim: null })
  return { product, receive }
}

export const checks: ReadonlyArray<Check<Needs>> = [
  check(
    "answer what is in flight when the crew's scope closes with its result, and refuse what comes later",
    function* () {
      const { close, submit } = yield* crew
      const { end, waiting } = yield* (yield* Stalling).stall
      const product = Scribe.product()
      const inFlight = submit({ _tag: "CreateProduct", product, onHand: 5, claim: null })
      yield* waiting
      const closing = yield* Effect.forkScoped(close, { startImmediately: true })
      const late = submit({ _tag: "ReadStock", productId: product.id })
      expect(yield* Deferred.await(late)).toEqual(Exit.fail(unavailable("draining")))
      expect(Deferred.isDoneUnsafe(inFlight)).toBe(false)
      yield* end
      expect(yield* Deferred.await(inFlight)).toMatchObject({ _tag: "Success", value: { replayed: false } })
      yield* Fiber.join(closing)
    },
  ),
  check("announce stock of a watched product once it is committed, and never before", function* () {
    const { done, hear, submit, seen, watch } = yield* crew
    const { product, receive } = wanted()
    yield* done({ _tag: "CreateProduct", product, onHand: 5, claim: null })
    watch(product.id, true)
    const { end, waiting } = yield* (yield* Stalling).stall
    const received = submit(receive(3))
    yield* waiting
    expect(seen).toEqual([])
    yield* end
    yield* Deferred.await(received)
    const stock = { onHand: 8, reserved: 0, version: 2 }
    expect(yield* hear).toEqual([{ productId: product.id, stock }])
  }),
  check("announce neither other products, nor one that is watched no longer", function* () {
    const { done, hear, watch } = yield* crew
    const { product, receive } = wanted()
    const other = wanted()
    for (const each of [product, other.product])
      yield* done({ _tag: "CreateProduct", product: each, onHand: 5, claim: null })
    watch(product.id, true)
    yield* done(other.receive(1))
    yield* done(receive(1))
    expect((yield* hear).map(({ productId }) => productId)).toEqual([product.id])
    watch(product.id, false)
    watch(other.product.id, true)
    yield* done(receive(1))
    yield* done(other.receive(1))
    expect(yield* hear).toEqual([{ productId: other.product.id, stock: { onHand: 7, reserved: 0, version: 3 } }])
  }),
]

export const workersContract = (name: string, adapter: Layer.Layer<Needs, unknown>): void =>
  runAll(`workers (${name})`, checks, adapter)
