/** Where HTTP is served, to whom, on how many threads, and how much peers may make it hold. */
import type { Options } from "../adapters/http/server.ts"
import type { Address } from "../std/listen.ts"
import { ConfigProblem, type Env, integer, list, text } from "./knob.ts"
import * as Limits from "./limits.ts"

export interface Http {
  readonly address: Address
  /** Threads that serve HTTP, each with its own listener on the one port; 0: the main thread does. */
  readonly threads: number
  /** How long it serves on after the signal to end (ms), while readiness says `draining`: balancers notice late. */
  readonly lameDuckMs: number
  readonly server: Options
}

export const read = (env: Env, platform: NodeJS.Platform, sampling: Options["sampling"] = null): Http => {
  const threads = integer(env, "HTTP_THREADS", { fallback: 0, min: 0, max: 64 })
  if (threads > 0 && platform !== "linux")
    throw new ConfigProblem({ message: "HTTP_THREADS needs Linux, where threads can share a port; leave it at 0" })
  const host = text(env, "HOST") ?? "127.0.0.1"
  const connectionsMax = integer(env, "MAX_CONNECTIONS", { fallback: 4_096, min: 1, max: 1_000_000 })
  return {
    address: {
      host,
      port: integer(env, "PORT", { fallback: 3_000, min: 0, max: 65_535 }),
    },
    threads,
    lameDuckMs: integer(env, "LAME_DUCK_SECONDS", { fallback: 0, min: 0, max: 3_600 }) * 1_000,
    server: {
      hosts: list(env, "ALLOWED_HOSTS", (name) => HOST.test(name), "host names, separated by commas"),
      origins: list(
        env,
        "CORS_ORIGINS",
        (origin) => ORIGIN.test(origin),
        "origins like https://shop.example, separated by commas",
      ),
      keepAliveMs: integer(env, "KEEP_ALIVE_SECONDS", { fallback: 65, min: 1, max: 3_600 }) * 1_000,
      connectionsMax,
      sampling,
      slowMs: integer(env, "TRACE_SLOW_MS", { fallback: 500, min: 1, max: 3_600_000 }),
      // Orders find a connection whatever is looked at.
      streamsMax: integer(env, "STREAMS_MAX", { fallback: Math.floor(connectionsMax / 2), min: 0, max: 1_000_000 }),
      importBytesMax: integer(env, "IMPORT_MAX_BYTES", { fallback: 1_024 ** 3, min: 1, max: 1_024 ** 4 }),
      threads: Math.max(1, threads),
      limits: Limits.read(env, host),
      overload: Limits.overload(env),
    },
  }
}

/** Without a port: a name is ours on every port. `*`: any. */
const HOST = /^(\*|[A-Za-z0-9._-]+|[0-9a-fA-F:.]+)$/
/** As browsers write it: lower case, without a path, and without the port when it is the scheme's own. */
const ORIGIN = /^https?:\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/
