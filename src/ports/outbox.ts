/**
 * The transactional outbox as the relay reads it: facts that are committed and have not left yet, lane by lane, in order.
 *
 * One reader at a time over all processes, the leader. A lane has one writer and contiguous seqs, so what lies behind the
 * cursor is complete up to the last one seen: nothing can appear later in between.
 */
import { Context, type Effect, Schema, type Scope } from "effect"
import type { Lane } from "../domain/lane.ts"
import type { Event } from "./events.ts"
import type { Unavailable } from "./failures.ts"

/** Up to where a lane's facts have left. */
export interface Cursor {
  readonly lane: Lane
  readonly seq: number
}

/** Another process leads, or the database was lost: leadership is over, and has to be taken again. */
export class LeadershipLost extends Schema.TaggedError<LeadershipLost>()("LeadershipLost", { detail: Schema.String }) {}

/** What was read, and how far: cursors cover facts that were passed over, too. Both empty: nothing is waiting. */
export interface Reading {
  readonly events: ReadonlyArray<Event>
  readonly cursors: ReadonlyArray<Cursor>
}

export interface Leadership {
  /**
   * The next facts of every lane behind its cursor, each lane in order of seq; at most `limit` in all. Those of the types
   * `passedOver` are counted and not read: no consumer wants them.
   */
  readonly read: (limit: number, passedOver: ReadonlyArray<string>) => Effect.Effect<Reading, LeadershipLost>
  /** Law: a cursor moves forward only, and only in the hands of the leader; all of them or none. Repeatable. */
  readonly advance: (cursors: ReadonlyArray<Cursor>) => Effect.Effect<void, LeadershipLost>
}

export class Outbox extends Context.Service<
  Outbox,
  {
    /** Waits for leadership, and gives it back when the scope closes; when the leader dies, it is free by itself. */
    readonly take: Effect.Effect<Leadership, Unavailable, Scope.Scope>
  }
>()("jaego/ports/Outbox") {}
