/**
 * A lift: whoever comes while one is under way leaves with the next, all of them in one statement. There is no time to wait
 * for and none to tune: alone one leaves at once.
 *
 * Limits: `seats` at a time; who comes later waits for the one after.
 */
import { Deferred, Effect, Exit, Queue, type Scope } from "effect"

interface Passenger<A, B, E> {
  readonly asks: A
  readonly answer: Deferred.Deferred<B, E>
}

/** `carry` answers each of those it was given, in their order. What is under way goes on, whoever hangs up. */
export const make = <A, B, E>(
  seats: number,
  carry: (all: ReadonlyArray<A>) => Effect.Effect<ReadonlyArray<B>, E>,
): Effect.Effect<(asks: A) => Effect.Effect<B, E>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const door = yield* Queue.unbounded<Passenger<A, B, E>>()
    const ride = Effect.gen(function* () {
      const all = yield* Queue.takeBetween(door, 1, seats)
      const told = yield* Effect.exit(carry(all.map(({ asks }) => asks)))
      for (const [index, { answer }] of all.entries())
        Deferred.doneUnsafe(
          answer,
          Exit.map(told, (answers) => answers[index]!),
        )
    })
    yield* Effect.forkScoped(Effect.forever(ride))
    return (asks) =>
      Effect.suspend(() => {
        const answer = Deferred.makeUnsafe<B, E>()
        Queue.offerUnsafe(door, { asks, answer })
        return Deferred.await(answer)
      })
  })
