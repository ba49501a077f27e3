/**
 * The cache on Redis, shared by all processes. Versions are compared inside Redis (Lua), so that two writers cannot race.
 *
 * A value is `version run readAt freshUntil text`, separated by spaces; a tombstone is the version alone; `-` as text: it is known
 * that there is nothing. `run` names the run of the server that it was put into: after a restart with an old dump, or a failover to
 * a replica that is behind, values of another run may be older than what was said meanwhile, and are not there.
 * Fails: never; see the port. Beside it stand the writes that say whether Redis has taken them.
 */
import { randomUUID } from "node:crypto"
import { Effect } from "effect"
import { type CacheService, type Entry, TOMBSTONE_MS } from "../../ports/cache.ts"
import { type Connection, RedisAway } from "./connection.ts"

/** Sets the value unless a newer version is there. 1: it was set. */
const PUT = `local held = redis.call('GET', KEYS[1])
if held and tonumber(string.match(held, '^%d+')) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`

/** Only by the caller it was given to: its time may be over, and another has it. */
export const GIVE_BACK = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`

const textOf = ({ freshUntil, readAt, text, version }: Entry, serverRun: string): string =>
  `${version} ${serverRun} ${readAt} ${freshUntil} ${text ?? "-"}`

const entryOf = (value: string | null, serverRun: string | null): Entry | null => {
  const parts = value === null ? null : /^(\d+) (\S+) ([\d.]+) ([\d.]+) ([\s\S]*)$/.exec(value)
  if (parts === null || parts[2] !== serverRun) return null
  const text = parts[5]!
  return {
    version: Number(parts[1]),
    readAt: Number(parts[3]),
    freshUntil: Number(parts[4]),
    text: text === "-" ? null : text,
  }
}

export interface RedisCache extends CacheService {
  /** The same, and fails when Redis has not said that it is done. */
  readonly tryPut: (key: string, entry: Entry, ttlMs: number) => Effect.Effect<boolean, RedisAway>
  readonly tryDrop: (key: string, version: number) => Effect.Effect<void, RedisAway>
}

export const make = ({ run, serverRun }: Connection, prefix: string): RedisCache => {
  const put = (key: string, version: number, value: string, ttlMs: number) =>
    run((redis) => redis.eval(PUT, 1, prefix + key, String(version), value, String(Math.ceil(ttlMs))))
  const tryPut: RedisCache["tryPut"] = (key, entry, ttlMs) =>
    Effect.suspend(() => {
      const named = serverRun()
      if (named === null) return Effect.fail(new RedisAway())
      return Effect.map(put(key, entry.version, textOf(entry, named), ttlMs), (set) => set === 1)
    })
  const tryDrop: RedisCache["tryDrop"] = (key, version) =>
    Effect.asVoid(put(key, version, String(version), TOMBSTONE_MS))
  return {
    tryPut,
    tryDrop,
    near: () => null,
    get: (key) =>
      run((redis) => redis.get(prefix + key)).pipe(
        Effect.map((value) => {
          const entry = entryOf(value, serverRun())
          return entry === null ? null : { entry, level: "redis" as const }
        }),
        Effect.orElseSucceed(() => null),
      ),
    put: (key, entry, ttlMs) => Effect.orElseSucceed(tryPut(key, entry, ttlMs), () => false),
    drop: (key, version) => Effect.ignore(tryDrop(key, version)),
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
