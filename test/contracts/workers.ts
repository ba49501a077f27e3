/** What all workers promise of their end: a crew that is closed drains, wherever its owners live. */
import { Context, Deferred, Effect, Exit, Fiber, type Layer, Scope } from "effect"
import { expect } from "vitest"
import { unavailable } from "../../src/ports/failures.ts"
import type { Command } from "../../src/ports/inventory.ts"
import { Lease } from "../../src/ports/lease.ts"
import { type Answering, Workers } from "../../src/ports/workers.ts"
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
  const starting = (yield* Workers).start(
    [lanes],
    () => undefined,
    () => undefined,
  )
  const { workers } = yield* Scope.provide(starting, scope)
  const submit = (command: Command) => {
    const answer = Deferred.makeUnsafe<Parameters<Answering>[0]>()
    workers[0]!.submit(command, (exit) => Deferred.doneUnsafe(answer, Effect.succeed(exit)))
    return answer
  }
  return { submit, close: Scope.close(scope, Exit.void) }
})

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
]

export const workersContract = (name: string, adapter: Layer.Layer<Needs, unknown>): void =>
  runAll(`workers (${name})`, checks, adapter)
