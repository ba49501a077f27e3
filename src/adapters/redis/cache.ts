/**
 * The cache on Redis, shared by all processes. Versions are compared inside Redis (Lua), so that two writers cannot race.
 *
 * A value is `version readAt freshUntil text`, separated by spaces; a tombstone is the version alone; `-` as text: it is known
 * that there is nothing.
 * Fails: never; see the port.
 */
import { randomUUID } from "node:crypto"
import { Effect } from "effect"
import { type CacheService, type Entry, TOMBSTONE_MS } from "../../ports/cache.ts"
import type { Connection } from "./connection.ts"

/** Sets the value unless a newer version is there. 1: it was set. */
const PUT = `local held = redis.call('GET', KEYS[1])
if held and tonumber(string.match(held, '^%d+')) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`

/** Only by the caller it was given to: its time may be over, and another has it. */
export const GIVE_BACK = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`

const textOf = ({ freshUntil, readAt, text, version }: Entry): string =>
  `${version} ${readAt} ${freshUntil} ${text ?? "-"}`

const entryOf = (value: string | null): Entry | null => {
  const parts = value === null ? null : /^(\d+) (\d+) (\d+) ([\s\S]*)$/.exec(value)
  if (parts === null) return null
  const text = parts[4]!
  return {
    version: Number(parts[1]),
    readAt: Number(parts[2]),
    freshUntil: Number(parts[3]),
    text: text === "-" ? null : text,
  }
}

export const make = ({ run }: Connection, prefix: string): CacheService => {
  const put = (key: string, version: number, value: string, ttlMs: number) =>
    run((redis) => redis.eval(PUT, 1, prefix + key, String(version), value, String(Math.ceil(ttlMs))))
  return {
    get: (key) =>
      run((redis) => redis.get(prefix + key)).pipe(
        Effect.map((value) => {
          const entry = entryOf(value)
          return entry === null ? null : { entry, level: "redis" as const }
        }),
        Effect.orElseSucceed(() => null),
      ),
    put: (key, entry, ttlMs) =>
      put(key, entry.version, textOf(entry), ttlMs).pipe(
        Effect.map((set) => set === 1),
        Effect.orElseSucceed(() => false),
      ),
    drop: (key, version) => Effect.ignore(put(key, version, String(version), TOMBSTONE_MS)),
    lease: (key, ttlMs) =>
      Effect.suspend(() => {
        const name = `${prefix}lease:${key}`
        const token = randomUUID()
        const giveBack = Effect.ignore(run((redis) => redis.eval(GIVE_BACK, 1, name, token)))
        return run((redis) => redis.set(name, token, "PX", Math.ceil(ttlMs), "NX")).pipe(
          Effect.map((set) => (set === "OK" ? { giveBack } : null)),
          Effect.orElseSucceed(() => ({ giveBack: Effect.void })),
        )
      }),
  }
}
