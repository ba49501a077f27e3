/** Where what is shown is cached. */
import type { Options } from "../adapters/redis/connection.ts"
import { ConfigProblem, type Env, integer, secret, text } from "./knob.ts"

export interface Cache {
  /** Null: in this process only. */
  readonly redis: Options | null
}

export const read = (env: Env): Cache => {
  const url = secret(env, "REDIS_URL")
  if (url !== null && !(/^rediss?:\/\//.test(url) && URL.canParse(url)))
    throw new ConfigProblem({
      message: "REDIS_URL must look like redis://user:password@host:port/database, or rediss://",
    })
  const timeoutMs = integer(env, "REDIS_TIMEOUT_MS", { fallback: 50, min: 1, max: 10_000 })
  const prefix = text(env, "REDIS_PREFIX") ?? "jaego:"
  return { redis: url === null ? null : { url, timeoutMs, prefix } }
}
