/**
 * A batcher (a coalescer): requests that arrive while one batch is under way leave together in the next. There is no timer and
 * nothing to tune: a request that finds the batcher idle leaves at once.
 *
 * Limits: at most `sizeMax` requests a batch; the rest wait for the one after.
 */
import { Deferred, Effect, Exit, Queue, type Scope } from "effect"

interface Waiting<A, B, E> {
  readonly request: A
  readonly answer: Deferred.Deferred<B, E>
}

/** `run` answers each of the requests it is given, in their order. A batch under way is not interrupted with its callers. */
export const make = <A, B, E>(
  sizeMax: number,
  run: (requests: ReadonlyArray<A>) => Effect.Effect<ReadonlyArray<B>, E>,
): Effect.Effect<(request: A) => Effect.Effect<B, E>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const queue = yield* Queue.unbounded<Waiting<A, B, E>>()
    const runNext = Effect.gen(function* () {
      const batch = yield* Queue.takeBetween(queue, 1, sizeMax)
      const exit = yield* Effect.exit(run(batch.map(({ request }) => request)))
      for (const [index, { answer }] of batch.entries())
        Deferred.doneUnsafe(
          answer,
          Exit.map(exit, (answers) => answers[index]!),
        )
    })
    yield* Effect.forkScoped(Effect.forever(runNext))
    return (request) =>
      Effect.suspend(() => {
        const answer = Deferred.makeUnsafe<B, E>()
        Queue.offerUnsafe(queue, { request, answer })
        return Deferred.await(answer)
      })
  })
