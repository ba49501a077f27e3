/**
 * The generation of the catalogue: a number that each edit and each new product raises, published to all processes through the cache. It is
 * the version of every page of the list (generational caching, docs/decisions/0050), so that one write outdates them all, however many
 * there are.
 *
 * Law: raised after the change is durable. A page is filed under the generation that stood before it was read, so what comes during the
 * reading outdates it; and it is read where the database's log has come as far as it had when the generation was raised.
 * Limits: raised at once, and then once in RAISE_MS: an import of 50,000 rows raises it four times a second.
 * Fails: never. Without Redis other processes learn nothing of it.
 */
import { Clock, Effect, type Scope } from "effect"
import type { CacheService, Entry } from "../../ports/cache.ts"
import * as Position from "../../ports/position.ts"

export interface Generation {
  readonly version: number
  /** Where the database's log was at least when it was raised; null: there is no replica to compare it with. */
  readonly position: bigint | null
}

/** The number names the form of what is kept. */
const KEY = "catalogue-1"

/** Longer than any page is kept, which is read under it (ms). Where it is gone each process publishes the newest that it knows. */
const KEPT_MS = 600_000

/** Between two raisings (ms). */
const RAISE_MS = 250

/** Others may raise it at the same moment, and be read first. */
const ATTEMPTS = 3

export interface CatalogueGeneration {
  readonly current: Effect.Effect<Generation>
  readonly changed: Effect.Effect<void>
}

/** `reached`: how far the database's log has come. A raising that waits for its turn ends with the scope. */
export const make = (
  cache: CacheService,
  reached: Position.Slots | null,
): Effect.Effect<CatalogueGeneration, never, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const scope = yield* Effect.scope
    const now = () => clock.currentTimeMillisUnsafe()
    const entryOf = (version: number, text: string): Entry => ({
      version,
      text,
      readAt: now(),
      freshUntil: now() + KEPT_MS,
    })
    /** Of all that this process has raised or read. */
    let newest = entryOf(1, "")

    const publish = Effect.suspend(() => cache.put(KEY, newest, KEPT_MS))
    /** Whether the cache has the newest. */
    const read = Effect.map(cache.get(KEY), (found) => {
      if (found !== null && found.entry.version > newest.version) newest = found.entry
      return found?.entry.version === newest.version
    })
    const current = Effect.gen(function* () {
      // It was flushed, or Redis was away while it was raised.
      if (!(yield* read)) yield* publish
      return { version: newest.version, position: Position.parse(newest.text ?? "") }
    })

    let raisedAt = Number.NEGATIVE_INFINITY
    let isDue = false
    const raise = Effect.gen(function* () {
      isDue = false
      raisedAt = now()
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        // Of the clock, so that one that is forgotten everywhere is not given again.
        const version = Math.max(newest.version + 1, now())
        newest = entryOf(version, reached === null ? "" : Position.text(Position.newest(reached)))
        if (yield* publish) return
        yield* read
      }
    })
    const changed = Effect.suspend(() => {
      if (isDue) return Effect.void
      const restMs = Math.min(RAISE_MS, raisedAt + RAISE_MS - now())
      if (restMs <= 0) return raise
      isDue = true
      return Effect.asVoid(Effect.forkIn(Effect.andThen(Effect.sleep(restMs), raise), scope))
    })
    return { current, changed }
  })
