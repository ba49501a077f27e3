/** Checks of the Redis that the cache and the shared limits stand on. */
import { Effect } from "effect"
import { type Check, type Finding, findings, unknown } from "../../ports/finding.ts"
import * as Connection from "./connection.ts"

interface Seen {
  readonly version: string
  /** Bytes; 0: no limit. */
  readonly limit: number
  readonly policy: string
}

const CHECKS: ReadonlyArray<Check<Seen>> = [
  {
    name: "redis-version",
    judge: ({ version }) => [Number.parseInt(version, 10) >= 6 ? "green" : "red", `Redis ${version}`],
    remedy: "use Redis 6 or newer: invalidations between processes need client tracking",
  },
  {
    name: "redis-eviction",
    judge: ({ limit, policy }) => [
      policy === "noeviction" && limit > 0 ? "yellow" : "green",
      limit === 0 ? `no limit (${policy})` : `${Math.round(limit / 1_048_576)} MiB, ${policy}`,
    ],
    remedy: "set maxmemory-policy allkeys-lru: when it is full, nothing new is cached or counted",
  },
]

const line = (info: string, name: string): string => new RegExp(`^${name}:(.*?)\r?$`, "m").exec(info)?.[1] ?? ""

/** Connects on its own. */
export const checkup = (options: Connection.Options): Effect.Effect<ReadonlyArray<Finding>> =>
  Effect.gen(function* () {
    const redis = Connection.clientOf(options)
    yield* Effect.addFinalizer(() => Effect.sync(() => redis.disconnect()))
    redis.on("error", () => undefined)
    const info = yield* Effect.tryPromise(async () => {
      await redis.connect()
      return redis.info()
    })
    const seen = {
      version: line(info, "redis_version"),
      limit: Number(line(info, "maxmemory")),
      policy: line(info, "maxmemory_policy"),
    }
    return [
      { name: "redis", verdict: "green", found: "answers", remedy: null } satisfies Finding,
      ...findings(CHECKS, seen),
    ]
  }).pipe(
    Effect.scoped,
    Effect.orElseSucceed(() => [
      {
        name: "redis",
        verdict: "red",
        found: `does not answer within ${options.timeoutMs} ms`,
        remedy: "the service sells without it, more slowly; look at REDIS_URL, or leave it out",
      } satisfies Finding,
      ...unknown(CHECKS, "Redis does not answer"),
    ]),
  )
