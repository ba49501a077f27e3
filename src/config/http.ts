/** Where HTTP is served, and on how many threads. */
import type { Address } from "../adapters/http/server.ts"
import { ConfigProblem, type Env, integer, text } from "./knob.ts"

export interface Http {
  readonly address: Address
  /** Threads that serve HTTP, each with its own listener on the one port; 0: the main thread does. */
  readonly threads: number
  /** How long it serves on after the signal to end, ms, while readiness says `draining`: balancers notice late. */
  readonly lameDuckMs: number
}

export const read = (env: Env, platform: NodeJS.Platform): Http => {
  const threads = integer(env, "HTTP_THREADS", { fallback: 0, min: 0, max: 64 })
  if (threads > 0 && platform !== "linux")
    throw new ConfigProblem({ message: "HTTP_THREADS needs Linux, where threads can share a port; leave it at 0" })
  return {
    address: {
      host: text(env, "HOST") ?? "127.0.0.1",
      port: integer(env, "PORT", { fallback: 3_000, min: 0, max: 65_535 }),
    },
    threads,
    lameDuckMs: integer(env, "LAME_DUCK_SECONDS", { fallback: 0, min: 0, max: 3_600 }) * 1_000,
  }
}
