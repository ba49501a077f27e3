/** Who is paid through, and how long placing and paying may take. */
import type * as CheckoutRunner from "../app/checkout-runner.ts"
import type * as PlaceOrder from "../app/place-order.ts"
import type * as Reconciliation from "../app/reconciliation.ts"
import * as HttpCall from "../std/http-call.ts"
import { ConfigProblem, type Env, integer, oneOf, secret, text } from "./knob.ts"

export interface Payment {
  readonly placing: PlaceOrder.Options
  readonly checkout: CheckoutRunner.Options
  readonly provider: Provider
  readonly reconciliation: Reconciliation.Options
  readonly webhookSecrets: WebhookSecrets
}

/** What each provider signs its webhooks with: two while one is changed; none: none of its webhooks is accepted. */
export interface WebhookSecrets {
  readonly http: ReadonlyArray<string>
  readonly stripe: ReadonlyArray<string>
}

export interface Stripe {
  readonly kind: "stripe"
  readonly secretKey: string
  readonly base: { readonly protocol: "http" | "https"; readonly host: string; readonly port: number }
  /** Where buyers come back to; null: only ways of paying are offered that lead nowhere else. */
  readonly returnUrl: string | null
}

export type Provider =
  /** Played in this process. */
  { readonly kind: "simulated" } | { readonly kind: "http"; readonly endpoint: HttpCall.Endpoint } | Stripe

export const read = (env: Env): Payment => {
  const deadlineMs = integer(env, "PAYMENT_DEADLINE_MS", { fallback: 2_000, min: 1, max: 60_000 })
  const holdMs = integer(env, "HOLD_SECONDS", { fallback: 600, min: 1, max: 86_400 }) * 1_000
  const graceMs = integer(env, "PAYMENT_GRACE_SECONDS", { fallback: 60, min: 0, max: 3_600 }) * 1_000
  const attemptsMax = integer(env, "PAYMENT_ATTEMPTS", { fallback: 3, min: 1, max: 100 })
  if (deadlineMs > holdMs)
    throw new ConfigProblem({ message: "PAYMENT_DEADLINE_MS must not be longer than HOLD_SECONDS" })
  const through = provider(env)
  return {
    placing: { deadlineMs, holdMs, attemptsMax },
    checkout: { graceMs, capture: oneOf(env, "PAYMENT_CAPTURE", ["auto", "on-shipment"]) },
    provider: through,
    reconciliation: reconciliation(env, through.kind),
    webhookSecrets: {
      http: webhookSecrets(env, "PAYMENT_WEBHOOK_SECRET"),
      stripe: webhookSecrets(env, "STRIPE_WEBHOOK_SECRET"),
    },
  }
}

/** One that is played in the process forgets its charges, so that its books say nothing of yesterday's. */
const reconciliation = (env: Env, kind: Provider["kind"]): Reconciliation.Options => ({
  hourly: oneOf(env, "PAYMENT_RECONCILE", kind === "simulated" ? ["off", "report", "fix"] : ["report", "fix", "off"]),
})

const provider = (env: Env): Provider => {
  const kind = oneOf(env, "PAYMENT", ["simulated", "http", "stripe"])
  const url = secret(env, "PAYMENT_URL")
  const options = stripe(env)
  if (kind === "http") return { kind, endpoint: endpointOf(url) }
  if (kind === "simulated") return { kind }
  const { secretKey, ...rest } = options
  if (secretKey === null) throw new ConfigProblem({ message: "PAYMENT=stripe needs STRIPE_SECRET_KEY" })
  return { kind, secretKey, ...rest }
}

const stripe = (env: Env): Omit<Stripe, "kind" | "secretKey"> & { readonly secretKey: string | null } => {
  const secretKey = secret(env, "STRIPE_SECRET_KEY")
  const base = URL.parse(text(env, "STRIPE_API_BASE") ?? "https://api.stripe.com")
  // Stripe's library puts its own path behind a host and a port, and nothing else.
  if (base === null || !/^https?:$/.test(base.protocol) || base.href !== `${base.origin}/`)
    throw new ConfigProblem({ message: "STRIPE_API_BASE must look like https://host:port" })
  const protocol = base.protocol === "https:" ? "https" : "http"
  const returnUrl = text(env, "STRIPE_RETURN_URL")
  if (returnUrl !== null && !URL.canParse(returnUrl))
    throw new ConfigProblem({ message: "STRIPE_RETURN_URL must be the URL of a page of your shop" })
  const port = Number(base.port) || (protocol === "https" ? 443 : 80)
  return { secretKey, base: { protocol, host: base.hostname, port }, returnUrl }
}

/** A user and a password in it are sent as `Authorization`. */
const endpointOf = (url: string | null): HttpCall.Endpoint => {
  const endpoint = HttpCall.endpoint(url ?? "")
  if (endpoint === null) throw new ConfigProblem({ message: "PAYMENT=http needs PAYMENT_URL=http://host:port" })
  return endpoint
}

/** Shorter ones can be guessed. */
const SECRET_MIN = 16

const webhookSecrets = (env: Env, name: string): ReadonlyArray<string> => {
  const given = (secret(env, name) ?? "").split(",").flatMap((each) => each.trim() || [])
  if (given.length > 2 || given.some((each) => each.length < SECRET_MIN))
    throw new ConfigProblem({
      message: `${name} must be one secret of at least ${SECRET_MIN} characters, or two with a comma`,
    })
  return given
}
