/**
 * A lock that one session holds at a time, until its scope closes or the session is ended from outside, as a database session
 * dies (PostgreSQL's advisory lock of a session). The lease and the relay's leadership are such locks.
 */
import { Deferred, Effect, type Scope, Semaphore } from "effect"

export interface Session {
  readonly lost: Deferred.Deferred<void>
}

export class SessionLock {
  readonly #permit = Semaphore.makeUnsafe(1)
  #session: Session | null = null

  isHeldBy(session: Session): boolean {
    return this.#session === session
  }

  /** Waits for it; `onWaiting` runs first when it is not free at once. */
  take<E, R>(onWaiting: Effect.Effect<void, E, R>): Effect.Effect<Session, E, R | Scope.Scope> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.gen({ self: this }, function* () {
        const free = yield* this.#permit.takeIfAvailable(1)
        if (!free) yield* restore(Effect.andThen(onWaiting, this.#permit.take(1)))
        const session: Session = { lost: Deferred.makeUnsafe() }
        this.#session = session
        yield* Effect.addFinalizer(() =>
          Effect.suspend(() => {
            // A session that was severed has given its permit back already.
            if (this.#session !== session) return Effect.void
            this.#session = null
            return this.#permit.release(1)
          }),
        )
        return session
      }),
    )
  }

  /** The holder's session dies: the lock is free at once. */
  readonly sever: Effect.Effect<void> = Effect.suspend(() => {
    const session = this.#session
    if (session === null) return Effect.void
    this.#session = null
    return Effect.andThen(Deferred.succeed(session.lost, undefined), this.#permit.release(1))
  })
}
