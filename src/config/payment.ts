/** Who is paid through, and how long placing and paying may take. */
import type * as CheckoutRunner from "../app/checkout-runner.ts"
import type * as PlaceOrder from "../app/place-order.ts"
import * as HttpCall from "../std/http-call.ts"
import { ConfigProblem, type Env, integer, oneOf, secret } from "./knob.ts"

export interface Payment {
  readonly placing: PlaceOrder.Options
  readonly checkout: CheckoutRunner.Options
  readonly provider: Provider
  /** What the provider signs its webhooks with: two while one is changed; none: no webhook is accepted. */
  readonly webhookSecrets: ReadonlyArray<string>
}

export type Provider =
  /** Played in this process. */
  { readonly kind: "simulated" } | { readonly kind: "http"; readonly endpoint: HttpCall.Endpoint }

export const read = (env: Env): Payment => {
  const deadlineMs = integer(env, "PAYMENT_DEADLINE_MS", { fallback: 2_000, min: 1, max: 60_000 })
  const holdMs = integer(env, "HOLD_SECONDS", { fallback: 600, min: 1, max: 86_400 }) * 1_000
  const graceMs = integer(env, "PAYMENT_GRACE_SECONDS", { fallback: 60, min: 0, max: 3_600 }) * 1_000
  const attemptsMax = integer(env, "PAYMENT_ATTEMPTS", { fallback: 3, min: 1, max: 100 })
  if (deadlineMs > holdMs)
    throw new ConfigProblem({ message: "PAYMENT_DEADLINE_MS must not be longer than HOLD_SECONDS" })
  return {
    placing: { deadlineMs, holdMs, attemptsMax },
    checkout: { graceMs },
    provider: provider(env),
    webhookSecrets: webhookSecrets(env, "PAYMENT_WEBHOOK_SECRET"),
  }
}

const provider = (env: Env): Provider => {
  const kind = oneOf(env, "PAYMENT", ["simulated", "http"])
  const url = secret(env, "PAYMENT_URL")
  return kind === "http" ? { kind, endpoint: endpointOf(url) } : { kind }
}

/** A user and a password in it are sent as `Authorization`. */
const endpointOf = (url: string | null): HttpCall.Endpoint => {
  const endpoint = HttpCall.endpoint(url ?? "")
  if (endpoint === null) throw new ConfigProblem({ message: "PAYMENT=http needs PAYMENT_URL=http://host:port" })
  return endpoint
}

/** Shorter ones can be guessed. */
const SECRET_MIN = 16

export const webhookSecrets = (env: Env, name: string): ReadonlyArray<string> => {
  const given = (secret(env, name) ?? "").split(",").flatMap((each) => each.trim() || [])
  if (given.length > 2 || given.some((each) => each.length < SECRET_MIN))
    throw new ConfigProblem({
      message: `${name} must be one secret of at least ${SECRET_MIN} characters, or two with a comma`,
    })
  return given
}
