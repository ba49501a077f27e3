/**
 * The relay's sessions, one of which leads: facts are read and cursors moved on that very session, which ends
 * with its process, or when it has been silent for too long. The same manners as the outbox on Postgres, whose times these
 * are; what a session may do is decided by the memory outbox, which runs on the database's node.
 *
 * Law (checked here, at each step): I7, one relay at a time, and no cursor passes what the stream has not confirmed.
 */
import { Effect, Exit, type Fiber, type Scope } from "effect"
import * as MemoryOutbox from "../../src/adapters/memory/outbox.ts"
import { unavailable } from "../../src/ports/failures.ts"
import { type Leadership, LeadershipLost, type Outbox } from "../../src/ports/outbox.ts"
import type { Database } from "./database.ts"
import type { Witness } from "./witness.ts"
import type { Host, Node } from "./world.ts"

/** Microseconds. */
const SILENCE = 10_000_000
const POLL_MS = 200
const HEARTBEAT_MS = 1_000

interface Session {
  readonly node: Node
  heardAt: number
  ended: boolean
  /** What the memory outbox has given it. */
  leadership: Leadership | null
  waiting: Fiber.Fiber<unknown, unknown> | null
}

const gone = Exit.fail(new LeadershipLost({ detail: "the session is gone" }))
const LOSING = { refused: gone, lost: gone, patience: 5_000_000 }

export class RelaySessions {
  readonly #database: Database
  readonly #witness: Witness
  readonly #outbox: Outbox["Service"]
  readonly #sessions = new Set<Session>()
  /** The relay that read last; and those that another has relieved. */
  #reader: Session | null = null
  readonly #relieved = new Set<Session>()

  constructor(database: Database, witness: Witness) {
    this.#database = database
    this.#witness = witness
    this.#outbox = MemoryOutbox.make(database.store)
    this.#look()
  }

  /** The outbox, as this node reaches it. */
  of(node: Node): Outbox["Service"] {
    return { take: Effect.mapError(this.#take(node), () => unavailable("database")) }
  }

  /** The relay that leads. */
  get holder(): Node | null {
    return [...this.#sessions].find(({ leadership }) => leadership !== null)?.node ?? null
  }

  endAll(of: (host: Host) => boolean): void {
    for (const session of [...this.#sessions]) if (of(session.node.host)) this.#end(session)
  }

  /** The server ends sessions it has not heard from. */
  #look(): void {
    const { journal, node, world } = this.#database
    for (const session of [...this.#sessions]) {
      if (world.now - session.heardAt <= SILENCE) continue
      if (session.leadership !== null) journal.moment("a silent relay lost its leadership")
      this.#end(session)
    }
    world.post(node, 500_000, () => this.#look())
  }

  #end(session: Session): void {
    if (session.ended) return
    session.ended = true
    this.#sessions.delete(session)
    session.waiting?.interruptUnsafe()
  }

  #ask<A>(
    session: Session,
    what: string,
    serve: () => Effect.Effect<A, LeadershipLost>,
    kind: "read" | "write" = "read",
  ): Effect.Effect<A, LeadershipLost> {
    const served = Effect.suspend(() => {
      if (session.ended) return gone
      session.heardAt = this.#database.world.now
      return serve()
    })
    return Effect.suspend(() => this.#database.call(session.node, what, served, LOSING, this.#database.fate(kind)))
  }

  #take(node: Node): Effect.Effect<Leadership, LeadershipLost, Scope.Scope> {
    const database = this.#database
    const { world } = database
    const self = this
    return Effect.gen(function* () {
      const session: Session = { node, heardAt: world.now, ended: false, leadership: null, waiting: null }
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => void world.post(database.node, database.dice.between(50, 2_000), () => self.#end(session))),
      )
      yield* self.#ask(session, "connect", () => Effect.sync(() => self.#wait(session)))
      while (!(yield* self.#ask(session, "leadership", () => Effect.sync(() => session.leadership !== null))))
        yield* Effect.sleep(POLL_MS)
      database.journal.write(node.name, "leads the relay")
      const pulse = self.#ask(session, "pulse", () => Effect.void)
      yield* Effect.forkScoped(Effect.ignore(Effect.forever(Effect.andThen(pulse, Effect.sleep(HEARTBEAT_MS)))))
      return self.#leadership(session)
    })
  }

  /** On the database's node, for as long as the session lives. */
  #wait(session: Session): void {
    this.#sessions.add(session)
    const waiting = this.#outbox.take.pipe(
      Effect.tap((leadership) =>
        Effect.sync(() => {
          session.leadership = leadership
        }),
      ),
      Effect.andThen(Effect.never),
      Effect.scoped,
    )
    session.waiting = this.#database.node.fork(waiting)
  }

  #leadership(session: Session): Leadership {
    return {
      read: (limit, passedOver) =>
        this.#ask(session, "facts", () =>
          Effect.tap(session.leadership!.read(limit, passedOver), () => this.#reads(session)),
        ),
      advance: (cursors) =>
        this.#ask(
          session,
          "advance",
          () =>
            Effect.tap(session.leadership!.advance(cursors), () =>
              Effect.sync(() => {
                for (const { lane, seq } of cursors) this.#witness.advanced(lane, seq)
              }),
            ),
          "write",
        ),
    }
  }

  #reads(session: Session): Effect.Effect<void> {
    return Effect.sync(() => {
      if (this.#relieved.has(session))
        this.#witness.broken(
          "I7 one relay at a time",
          `${session.node.name} reads on after ${this.#reader?.node.name} has begun`,
        )
      if (this.#reader === session) return
      if (this.#reader !== null) this.#relieved.add(this.#reader)
      this.#reader = session
    })
  }
}
