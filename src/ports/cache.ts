/**
 * A cache of what is shown: texts under keys, each with the version of the row it was made from. It never decides anything (I8).
 *
 * Law: an older version never overwrites a newer one, however late its writer is; after `drop(key, version)` nothing older than
 * that version is given out or taken.
 * Fails: never. A cache that is away, slow or broken has nothing (a miss), and takes nothing.
 */
import { Context, type Effect } from "effect"

export interface Entry {
  /** JSON of what is shown; null: it is known that there is nothing. */
  readonly text: string | null
  /** Of the row it was made from, 1 and more; 0: there was none. */
  readonly version: number
  /** When the source was read (ms since 1970). */
  readonly readAt: number
  /** Until when it counts as fresh (ms since 1970). It may be kept for longer, for when the source is away. */
  readonly freshUntil: number
}

/** How long an older version is kept out after a drop (ms): longer than any reader takes from the source to its put. */
export const TOMBSTONE_MS = 60_000

/** Which level gave an entry. */
export type Level = "local" | "redis"

export interface Found {
  readonly entry: Entry
  readonly level: Level
}

export interface Lease {
  readonly giveBack: Effect.Effect<void>
}

export interface CacheService {
  /** What lies in this process, without waiting; null: nothing does, and it may lie elsewhere. */
  readonly near: (key: string) => Entry | null
  readonly get: (key: string) => Effect.Effect<Found | null>
  /** Kept for `ttlMs`, at most. False: not taken. */
  readonly put: (key: string, entry: Entry, ttlMs: number) => Effect.Effect<boolean>
  readonly drop: (key: string, version: number) => Effect.Effect<void>
  /**
   * Given to one caller of all processes at a time, until it is given back or `ttlMs` have passed: that caller reads the source,
   * the others wait for what it puts. Where that cannot be known (the cache is away) each caller gets one. Null: another has it.
   */
  readonly lease: (key: string, ttlMs: number) => Effect.Effect<Lease | null>
}

export class Cache extends Context.Service<Cache, CacheService>()("jaego/ports/Cache") {}

/** A cache in this process, which can be notified that what it has may be outdated. */
export interface LocalCache extends CacheService {
  readonly forget: (key: string) => void
  readonly clear: () => void
}
