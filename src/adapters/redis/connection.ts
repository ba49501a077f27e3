/**
 * A connection to Redis through ioredis: commands that fail at once while it is away and after `timeoutMs` when it is silent,
 * and never wait in a queue of the client.
 *
 * After a failure the connection rests: a Redis that hangs costs one time limit a rest, and not one a command.
 * Fails: `RedisAway`, for whatever reason.
 */
import { Clock, Data, Effect, type Scope } from "effect"
import { Redis } from "ioredis"

export interface Options {
  /** redis://[user:password@]host:port[/database], or rediss:// */
  readonly url: string
  /** One command (ms). */
  readonly timeoutMs: number
  /** What every key of ours begins with. */
  readonly prefix: string
}

export class RedisAway extends Data.TaggedError("RedisAway") {}

export interface Connection {
  readonly run: <A>(command: (redis: Redis) => Promise<A>) => Effect.Effect<A, RedisAway>
  /** Names the run of the server that it is connected to (`run_id`); null: not connected, or not known yet. */
  readonly serverRun: () => string | null
  /** The client itself, for what belongs to a connection (tracking). */
  readonly redis: Redis
}

const UNNAMED = "-"

/** After a command that failed (ms). */
const REST_MS = 1_000

/** Between two attempts to connect (ms): ever more, at most. */
const RECONNECT_MAX_MS = 1_000

export const clientOf = ({ timeoutMs, url }: Options, more: { readonly protocol?: 2 | 3 } = {}): Redis =>
  new Redis(url, {
    ...more,
    lazyConnect: true,
    enableOfflineQueue: false,
    // A subscription is asked for again by the code that made it.
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    commandTimeout: timeoutMs,
    connectTimeout: Math.max(1_000, timeoutMs),
    retryStrategy: (times) => Math.min(RECONNECT_MAX_MS, 50 * 2 ** Math.min(times, 10)),
  })

/** Connects in the background: nothing waits for Redis. */
export const make = (options: Options): Effect.Effect<Connection, never, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const redis = yield* Effect.acquireRelease(
      Effect.sync(() => clientOf(options)),
      (client) => Effect.sync(() => client.disconnect()),
    )
    // Without a listener an error ends the process; commands say what is wrong.
    redis.on("error", () => undefined)
    let serverRun: string | null = null
    redis.on("ready", () => {
      // One that does not say has one name for all of its runs.
      const named = (info: string): void => {
        serverRun = redis.status === "ready" ? (/^run_id:([0-9a-f]+)/m.exec(info)?.[1] ?? UNNAMED) : null
      }
      redis.info("server").then(named, () => named(""))
    })
    redis.on("close", () => {
      serverRun = null
    })
    redis.connect().catch(() => undefined)
    let restUntil = 0
    return {
      redis,
      serverRun: () => serverRun,
      run: (command) =>
        Effect.suspend(() =>
          clock.currentTimeMillisUnsafe() < restUntil
            ? Effect.fail(new RedisAway())
            : Effect.tryPromise({
                try: () => command(redis),
                catch: () => {
                  // One that is away fails at once by itself, and is used as soon as it is back.
                  if (redis.status === "ready") restUntil = clock.currentTimeMillisUnsafe() + REST_MS
                  return new RedisAway()
                },
              }),
        ),
    }
  })
