/** How often clients and customers may ask, whose word on clients is taken, and what is refused when more come than can be done. */
import { isNetwork } from "../adapters/http/client-address.ts"
import type { Options as Overload } from "../adapters/http/overload.ts"
import type { Options } from "../adapters/http/rate-limits.ts"
import type { Rate } from "../ports/rate-limit-store.ts"
import { isLoopback } from "../std/loopback.ts"
import { ConfigProblem, type Env, integer, list, oneOf, text } from "./knob.ts"

/** `host`: while it is the loopback's there are no limits unless they are set, because all that ask are of this machine. */
export const read = (env: Env, host: string): Options => {
  const isLocal = isLoopback(host)
  return {
    trustedProxies: list(env, "TRUSTED_PROXIES", isNetwork, "addresses or networks (10.0.0.0/8), separated by commas"),
    client: rate(env, "RATE_LIMIT_CLIENT", isLocal ? null : { perSecond: 200, burst: 400 }),
    customer: rate(env, "RATE_LIMIT_CUSTOMER", isLocal ? null : { perSecond: 20, burst: 40 }),
    shared: null,
  }
}

export const overload = (env: Env): Overload => ({
  mode: oneOf(env, "OVERLOAD_MODE", ["on", "observe", "off"]),
  targetMs: integer(env, "OVERLOAD_TARGET_MS", { fallback: 50, min: 1, max: 10_000 }),
})

/** Beyond it a limit limits nothing. */
const MAX = 1_000_000

const rate = (env: Env, name: string, fallback: Rate | null): Rate | null => {
  const given = text(env, name)
  if (given === null) return fallback
  if (given === "off") return null
  const [, perSecond, burst] = (/^(\d+)\/s:(\d+)$/.exec(given) ?? []).map(Number)
  if (perSecond && burst && perSecond <= MAX && burst <= MAX) return { perSecond, burst }
  throw new ConfigProblem({
    message: `${name} must be off, or a rate and a burst from 1 to ${MAX} like 200/s:400, not ${JSON.stringify(given)}`,
  })
}
