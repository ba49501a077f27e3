/**
 * The lease, as a session of the database holds it: it ends when the session ends, and a session that is silent for long
 * enough is ended by the server. The same manners as the lease on Postgres, whose times these are.
 */
import { Deferred, Effect, Exit, type Scope } from "effect"
import * as MemoryStore from "../../src/adapters/memory/store.ts"
import type { Lane } from "../../src/domain/lane.ts"
import type { Held, Lease } from "../../src/ports/lease.ts"
import { LedgerDown } from "../../src/ports/ledger.ts"
import type { Database } from "./database.ts"
import type { Host, Node } from "./world.ts"

/** Microseconds. */
const POLL = 200_000
const SILENCE = 10_000_000
const FRESH = SILENCE / 2
const HEARTBEAT_MS = 1_000
const HEARTBEAT_ANSWER_MS = 5_000

interface Session {
  readonly node: Node
  heardAt: number
  ended: boolean
  /** Ended from outside, and its holder has not heard of it yet. */
  unheard: boolean
  readonly onEnd: () => void
}

const gone = Exit.fail(new LedgerDown({ detail: "the session is gone" }))
const LOSING = { refused: gone, lost: gone, patience: 5_000_000 }

export class Leases {
  readonly #database: Database
  readonly #lanes: ReadonlyArray<Lane>
  readonly #sessions = new Set<Session>()
  /** The process that took the lanes last. */
  #taker: Host | null = null
  /** Those that were ended from outside. */
  readonly #unheard = new Set<Session>()
  #holder: Session | null = null

  constructor(database: Database) {
    this.#database = database
    this.#lanes = database.store.lanes.map(({ lane }) => lane)
    this.#look()
  }

  get holder(): Host | null {
    return this.#holder?.node.host ?? null
  }

  /** The server ends sessions it has not heard from. */
  #look(): void {
    const { node, world } = this.#database
    for (const session of this.#sessions) if (world.now - session.heardAt > SILENCE) this.#end(session)
    world.post(node, 500_000, () => this.#look())
  }

  /** Its sessions end, as those of a killed process do, or all of them. */
  endAll(of: (host: Host) => boolean): void {
    for (const session of [...this.#sessions]) {
      if (!of(session.node.host)) continue
      session.unheard = true
      this.#unheard.add(session)
      this.#end(session)
    }
  }

  /**
   * Its session was ended and another took the lanes before it could know, since it slept or was cut off; and it
   * was heard of so lately that it rightly believes in its lease. What it answers from memory in this moment may be old: a
   * known limit, which takes two faults at once. What it writes is fenced all the same.
   */
  isUnaware(host: Host): boolean {
    const { now } = this.#database.world
    if (this.#taker === null || this.#taker === host) return false
    return [...this.#unheard].some(
      ({ heardAt, node, unheard }) => unheard && node.host === host && now - heardAt < FRESH,
    )
  }

  #end(session: Session): void {
    if (session.ended) return
    session.ended = true
    this.#sessions.delete(session)
    if (this.#holder === session) this.#holder = null
    const { dice, journal, node, world } = this.#database
    journal.write("database", `the session of ${session.node.name} has ended`)
    // A holder that is cut off or asleep learns it a while after the line is up again: sooner than that it may have answered others.
    const { node: holder } = session
    const notify = (): void => {
      if (this.#database.isCutOff(holder.host) || holder.isFrozen) return void world.post(node, 100_000, notify)
      world.post(holder, dice.between(50, 3_000), () => {
        session.unheard = false
        session.onEnd()
      })
    }
    notify()
  }

  /** The lease as this node may take it. */
  of(node: Node): Lease["Service"] {
    return { acquire: (onWaiting) => this.#acquire(node, onWaiting) }
  }

  #ask<A>(session: Session, what: string, serve: () => A): Effect.Effect<A, LedgerDown> {
    const served = Effect.suspend(() => {
      if (session.ended) return gone
      session.heardAt = this.#database.world.now
      return Effect.succeed(serve())
    })
    return this.#database.call(session.node, what, served, LOSING)
  }

  #acquire(node: Node, onWaiting: Effect.Effect<void>): Effect.Effect<Held, LedgerDown, Scope.Scope> {
    const database = this.#database
    const { world } = database
    const self = this
    return Effect.gen(function* () {
      const lost = yield* Deferred.make<void>()
      const onEnd = () => Deferred.doneUnsafe(lost, Effect.void)
      const session: Session = { node, heardAt: world.now, ended: false, unheard: false, onEnd }
      yield* self.#ask(session, "connect", () => self.#sessions.add(session))
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => void world.post(database.node, database.dice.between(50, 2_000), () => self.#end(session))),
      )
      for (let looks = 1; ; looks++) {
        const taken = yield* self.#ask(session, "lock", () => {
          if (self.#holder === null) self.#holder = session
          return self.#holder === session
        })
        if (taken) break
        if (looks === 1) yield* onWaiting
        yield* Effect.sleep(POLL / 1_000)
      }
      const lanes = yield* self.#ask(session, "take lanes", () => {
        self.#taker = node.host
        return database.grant(MemoryStore.raise(database.store, self.#lanes))
      })
      database.journal.write(node.name, "has the lanes")
      const pulse = { at: world.now }
      yield* Effect.forkScoped(
        Effect.raceFirst(Deferred.await(lost), self.#heartbeat(session, pulse)).pipe(
          Effect.ignore,
          Effect.andThen(Deferred.succeed(lost, undefined)),
        ),
      )
      return { lanes, isFresh: () => world.now - pulse.at < FRESH, lost: Deferred.await(lost) }
    })
  }

  #heartbeat(session: Session, pulse: { at: number }) {
    const { world } = this.#database
    return Effect.suspend(() => {
      const sentAt = world.now
      return Effect.map(
        this.#ask(session, "heartbeat", () => true),
        () => {
          pulse.at = sentAt
        },
      )
    }).pipe(Effect.timeout(HEARTBEAT_ANSWER_MS), Effect.andThen(Effect.sleep(HEARTBEAT_MS)), Effect.forever)
  }
}
