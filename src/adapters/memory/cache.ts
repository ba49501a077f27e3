/** A cache in the memory of this process. Limits: `entriesMax`, the least recently used leave first. */
import { Clock, Effect } from "effect"
import { type Entry, type LocalCache, TOMBSTONE_MS } from "../../ports/cache.ts"
import { Lru } from "../../std/lru.ts"

/** `entry` null: a tombstone, which holds only the version below which nothing is taken. */
interface Slot {
  readonly entry: Entry | null
  readonly version: number
  readonly until: number
}

export const make = (entriesMax: number): Effect.Effect<LocalCache> =>
  Effect.map(Clock.Clock, (clock) => {
    const now = () => clock.currentTimeMillisUnsafe()
    const slots = new Lru<Slot>(entriesMax)
    const leases = new Lru<{ readonly until: number }>(entriesMax)

    const live = (key: string): Slot | null => {
      const slot = slots.get(key)
      if (slot === undefined || slot.until > now()) return slot ?? null
      slots.delete(key)
      return null
    }
    const set = (key: string, entry: Entry | null, version: number, ttlMs: number): boolean => {
      const held = live(key)
      if (held !== null && held.version > version) return false
      slots.set(key, { entry, version, until: now() + ttlMs })
      return true
    }
    return {
      near: (key) => live(key)?.entry ?? null,
      get: (key) =>
        Effect.sync(() => {
          const entry = live(key)?.entry ?? null
          return entry === null ? null : { entry, level: "local" }
        }),
      put: (key, entry, ttlMs) => Effect.sync(() => set(key, entry, entry.version, ttlMs)),
      drop: (key, version) => Effect.sync(() => void set(key, null, version, TOMBSTONE_MS)),
      lease: (key, ttlMs) =>
        Effect.sync(() => {
          const held = leases.get(key)
          if (held !== undefined && held.until > now()) return null
          const lease = { until: now() + ttlMs }
          leases.set(key, lease)
          return { giveBack: Effect.sync(() => leases.get(key) === lease && leases.delete(key)) }
        }),
      forget: (key) => slots.delete(key),
      clear: () => slots.clear(),
    }
  })
