/**
 * Read-through with refresh-ahead: what is shown comes from the cache, and the cache is filled from the source without a stampede.
 *
 *     fresh          given out; in the last fifth of its time it is read again in the background (refresh-ahead), so that a value
 *                    that is asked for never runs out
 *     stale          read again; when that takes longer than SOFT_MS or fails, the old value is given out, until STALE_MAX_MS after its time
 *     missing        read; all who ask meanwhile wait for that one reading (single flight)
 *
 * Between processes a lease lets one read, the others wait for what it puts into the cache, and ask for the lease again, for as long
 * as one lasts: what was read may have been outdated by an edit, and is not taken then.
 *
 * A reader may say which version it must see at least: what is older is outdated, and is given out only when the source is away, not when
 * it is slow.
 *
 * Law: I8, nothing is decided from it. Limits: SOFT_MS, STALE_MAX_MS. Fails: as the source does, when there is no old value.
 */
import { Clock, Deferred, Effect, type Exit, type Scope } from "effect"
import type { CacheService, Entry, Level } from "../../ports/cache.ts"
import type { Unavailable } from "../../ports/failures.ts"
import { derived } from "../../std/derived.ts"

export interface Read<A> {
  /** Null: there is nothing. */
  readonly value: A | null
  /** Of the row, 1 and more; 0: there is none. */
  readonly version: number
}

export interface Shown<A> extends Read<A> {
  /** How long ago the source was read, ms. */
  readonly ageMs: number
  readonly from: Level | "source" | "stale"
}

export interface Options {
  /** How long a value is fresh, ms; give or take a tenth, so that what was read together does not run out together. */
  readonly ttlMs: number
  /** Called when a value begins to be renewed ahead of its time. */
  readonly refreshed?: () => void
}

/** How long it is believed that there is nothing, ms: it may come at any moment. */
const ABSENT_MS = 1_000

/** From this share of its time on a value is renewed when it is read. */
const REFRESH_AT = 0.8

/** A reading that takes longer, ms, goes on in the background while the old value is given out. */
const SOFT_MS = 100

/** For how long after its time a value is given out when the source is away or slow, ms: HTTP's `stale-if-error`. */
export const STALE_MAX_MS = 60_000

/** The longest that other processes wait for the one that reads, ms; it may have died. */
const LEASE_MS = 2_000

/** Between two looks for what another process has read, ms. */
const LOOK_MS = 10

export interface ReadThrough {
  /** `atLeast`: a version that `source` is sure to reach; without it any will do. Values are shared by their readers. */
  readonly read: <A>(
    key: string,
    source: Effect.Effect<Read<A>, Unavailable>,
    atLeast?: number,
  ) => Effect.Effect<Shown<A>, Unavailable>
  /** What lies in this process and need not be renewed yet, without waiting; null: it has to be read. */
  readonly near: <A>(key: string) => Shown<A> | null
  /** The row has reached this version: nothing older is shown from now on. */
  readonly drop: (key: string, version: number) => Effect.Effect<void>
  /** Write-through: the row as it was just written. */
  readonly write: <A>(key: string, read: Read<A>) => Effect.Effect<void>
}

/** An entry is read from its text once, however often it is shown. */
const shownOf = derived(({ text }: Entry): unknown => (text === null ? null : JSON.parse(text)))

const shownAt = <A>(now: number, entry: Entry, from: Shown<A>["from"]): Shown<A> => ({
  value: shownOf(entry) as A | null,
  version: entry.version,
  ageMs: Math.max(0, now - entry.readAt),
  from,
})

/** `jitter`: what its time is multiplied by. */
const entryAt = (readAt: number, { value, version }: Read<unknown>, ttlMs: number, jitter: number): Entry => ({
  text: value === null ? null : JSON.stringify(value),
  version,
  readAt,
  freshUntil: readAt + (value === null ? ABSENT_MS : ttlMs) * jitter,
})

/** For how long it is of use: as a stale value it still may be. */
const keptMs = ({ freshUntil, readAt, text }: Entry): number => freshUntil - readAt + (text === null ? 0 : STALE_MAX_MS)

/** In the last fifth of its time. */
const isAgeing = ({ freshUntil, readAt }: Entry, now: number): boolean =>
  now >= readAt + REFRESH_AT * (freshUntil - readAt)

const isStaleAllowed = ({ freshUntil, text }: Entry, now: number): boolean =>
  text !== null && now < freshUntil + STALE_MAX_MS

/** What lies there, if it will do. */
const freshIn = Effect.fnUntraced(function* (cache: CacheService, key: string, atLeast: number) {
  const found = yield* cache.get(key)
  if (found === null || found.entry.version < atLeast) return null
  return (yield* Clock.currentTimeMillis) < found.entry.freshUntil ? found : null
})

/**
 * What the process that has the lease puts into the cache, or an edit; or the lease itself, when it was given back and nothing that
 * will do was put: what was read had been outdated by an edit, or could not be read. Null: neither has come in time.
 */
const fromHolder = Effect.fnUntraced(function* (cache: CacheService, key: string, atLeast: number) {
  const clock = yield* Clock.Clock
  for (const end = clock.currentTimeMillisUnsafe() + LEASE_MS; clock.currentTimeMillisUnsafe() < end; ) {
    yield* Effect.sleep(LOOK_MS)
    const found = yield* freshIn(cache, key, atLeast)
    if (found !== null) return { found }
    const lease = yield* cache.lease(leaseOf(key, atLeast), LEASE_MS)
    if (lease === null) continue
    // The holder puts before it gives back, and may have done both since the look.
    const put = yield* freshIn(cache, key, atLeast)
    if (put === null) return { lease }
    yield* lease.giveBack
    return { found: put }
  }
  return null
})

/** Who must see more than the holder will have read asks for a lease of its own. */
const leaseOf = (key: string, atLeast: number): string => (atLeast === 0 ? key : `${key}@${atLeast}`)

type Settled = Exit.Exit<Shown<unknown>, Unavailable>

interface Reading {
  readonly shown: Deferred.Deferred<Shown<unknown>, Unavailable>
  readonly atLeast: number
}

/** What readings of one process need. */
interface Deps {
  readonly cache: CacheService
  readonly now: () => number
  /** What a row is kept as. */
  readonly entryOf: (read: Read<unknown>) => Entry
}

const keepIn = (cache: CacheService, key: string, entry: Entry) => cache.put(key, entry, keptMs(entry))

const fromSource = <A>({ cache, entryOf, now }: Deps, key: string, source: Effect.Effect<Read<A>, Unavailable>) =>
  Effect.gen(function* () {
    const entry = entryOf(yield* source)
    yield* keepIn(cache, key, entry)
    return shownAt<A>(now(), entry, "source")
  })

/** From the source under the lease, or what the process that has it has put into the cache. */
const underLease = Effect.fnUntraced(function* <A>(
  deps: Deps,
  key: string,
  source: Effect.Effect<Read<A>, Unavailable>,
  atLeast: number,
) {
  const { cache, now } = deps
  const first = yield* cache.lease(leaseOf(key, atLeast), LEASE_MS)
  const waited = first === null ? yield* fromHolder(cache, key, atLeast) : { lease: first }
  if (waited === null) return yield* fromSource(deps, key, source)
  if (waited.found !== undefined) return shownAt<A>(now(), waited.found.entry, waited.found.level)
  return yield* Effect.ensuring(fromSource(deps, key, source), waited.lease.giveBack)
})

const settle = (readings: Map<string, Reading>, key: string, reading: Reading, exit: Settled) =>
  Effect.sync(() => {
    if (readings.get(key) === reading) readings.delete(key)
    Deferred.doneUnsafe(reading.shown, exit)
  })

/** `random` gives numbers from 0 to 1. What is read in the background ends with the scope. */
export const make = (
  cache: CacheService,
  { refreshed, ttlMs }: Options,
  random: () => number,
): Effect.Effect<ReadThrough, never, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const scope = yield* Effect.scope
    const now = () => clock.currentTimeMillisUnsafe()
    const readings = new Map<string, Reading>()

    const shown = <A>(entry: Entry, from: Shown<A>["from"]): Shown<A> => shownAt(now(), entry, from)
    const deps: Deps = { cache, now, entryOf: (read) => entryAt(now(), read, ttlMs, 0.9 + 0.2 * random()) }

    /** One reading of a key at a time in this process; it goes on although its caller gives up. */
    const start = <A>(key: string, source: Effect.Effect<Read<A>, Unavailable>, atLeast: number) =>
      Effect.suspend(() => {
        const running = readings.get(key)
        if (running !== undefined && running.atLeast >= atLeast) return Effect.succeed(running)
        const reading: Reading = { shown: Deferred.makeUnsafe(), atLeast }
        readings.set(key, reading)
        const work = underLease(deps, key, source, atLeast).pipe(
          Effect.onExit((exit) => settle(readings, key, reading, exit)),
          Effect.ignore,
        )
        return Effect.as(Effect.forkIn(work, scope, { startImmediately: true }), reading)
      })

    return {
      near: <A>(key: string) => {
        const entry = cache.near(key)
        return entry === null || isAgeing(entry, now()) ? null : shown<A>(entry, "local")
      },
      read: Effect.fnUntraced(function* <A>(key: string, source: Effect.Effect<Read<A>, Unavailable>, atLeast = 0) {
        const found = yield* cache.get(key)
        const isOutdated = found === null || found.entry.version < atLeast
        if (!isOutdated && now() < found.entry.freshUntil) {
          if (isAgeing(found.entry, now()) && !readings.has(key)) {
            refreshed?.()
            yield* start(key, source, atLeast)
          }
          return shown<A>(found.entry, found.level)
        }
        const started = yield* start(key, source, atLeast)
        const reading = Deferred.await(started.shown) as Effect.Effect<Shown<A>, Unavailable>
        if (found === null || !isStaleAllowed(found.entry, now())) return yield* reading
        const stale = Effect.sync(() => shown<A>(found.entry, "stale"))
        const orStale = Effect.catch(reading, () => stale)
        return yield* isOutdated ? orStale : Effect.timeoutOrElse(orStale, { duration: SOFT_MS, orElse: () => stale })
      }),
      drop: (key, version) =>
        Effect.suspend(() => {
          // What is being read may be older: who comes now reads anew.
          readings.delete(key)
          return cache.drop(key, version)
        }),
      write: (key, read) => Effect.asVoid(Effect.suspend(() => keepIn(cache, key, deps.entryOf(read)))),
    }
  })
