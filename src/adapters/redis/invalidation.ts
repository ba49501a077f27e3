/**
 * Which keys other processes have changed: Redis's client-side tracking. The connection that reads and writes is tracked by prefix
 * (`BCAST`) and its invalidations go to a second connection (`REDIRECT`), which speaks RESP2 and is subscribed to
 * `__redis__:invalidate`: ioredis drops the pushes of RESP3 silently.
 *
 * Law: after anything that may have cost an invalidation (either connection made anew, tracking refused) everything local is
 * dropped, and while tracking is not in force nothing is kept (`isTracking`).
 */
import { Effect, type Scope } from "effect"
import type { LocalCache } from "../../ports/cache.ts"
import { type Connection, clientOf, type Options } from "./connection.ts"

const CHANNEL = "__redis__:invalidate"

export interface Invalidation {
  /** False: what is read now may be changed elsewhere without our knowing. */
  readonly isTracking: () => boolean
}

export interface Listener extends Pick<LocalCache, "clear" | "forget"> {}

export const listen = (
  { redis }: Connection,
  options: Options,
  local: Listener,
): Effect.Effect<Invalidation, never, Scope.Scope> =>
  Effect.gen(function* () {
    const subscriber = yield* Effect.acquireRelease(
      Effect.sync(() => clientOf(options, { protocol: 2 })),
      (client) => Effect.sync(() => client.disconnect()),
    )
    let isTracking = false
    /** Of the subscriber's connection, once it is subscribed. */
    let subscriberId: number | null = null
    const lost = (): void => {
      isTracking = false
      local.clear()
    }
    /** Asked for again whenever either connection is new, which is harmless for the other. */
    const track = async (): Promise<void> => {
      lost()
      const id = subscriberId
      if (redis.status !== "ready" || id === null) return
      const tracking = ["ON", "REDIRECT", String(id), "BCAST", "PREFIX", options.prefix, "NOLOOP"]
      await redis.call("CLIENT", "TRACKING", "OFF")
      await redis.call("CLIENT", "TRACKING", ...tracking)
      if (subscriberId !== id) return
      isTracking = true
      // What was read before tracking was in force may have changed since.
      local.clear()
    }
    const subscribe = async (): Promise<void> => {
      const id = Number(await subscriber.call("CLIENT", "ID"))
      await subscriber.subscribe(CHANNEL)
      subscriberId = id
      await track()
    }
    // A connection that fails in the middle closes, and begins anew.
    redis.on("ready", () => void track().catch(lost))
    redis.on("close", lost)
    subscriber.on("ready", () => void subscribe().catch(lost))
    subscriber.on("close", () => {
      subscriberId = null
      lost()
    })
    subscriber.on("error", () => undefined)
    subscriber.on("message", (_channel, keys: string) => {
      // A flush of the whole database arrives as an empty message; several keys are joined by commas.
      if (keys === "" || keys === null) return local.clear()
      for (const key of keys.split(",")) local.forget(key.slice(options.prefix.length))
    })
    subscriber.connect().catch(() => undefined)
    return { isTracking: () => isTracking }
  })
