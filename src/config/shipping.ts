/** Who carries what was paid, and how long it is waited for. */
import type * as FactPipeline from "../app/fact-pipeline.ts"
import type * as ShippingRunner from "../app/shipping-runner.ts"
import type * as ShippingSweep from "../app/shipping-sweep.ts"
import * as HttpCall from "../std/http-call.ts"
import { ConfigProblem, type Env, integer, secret } from "./knob.ts"

/** A week (s). */
const LONGEST = 604_800

export interface Shipping {
  readonly consumers: FactPipeline.Options
  readonly sweep: ShippingSweep.Options
  readonly runner: ShippingRunner.Options
  /** The carrier; null: one played in this process. */
  readonly carrier: HttpCall.Endpoint | null
  /** What the carrier signs its callbacks with; null: none are accepted. */
  readonly webhookSecret: string | null
}

export const read = (env: Env): Shipping => {
  const shippingAfterMs = integer(env, "SHIPPING_AFTER_SECONDS", { fallback: 3, min: 0, max: LONGEST }) * 1_000
  return {
    consumers: { shippingAfterMs },
    sweep: { afterMs: shippingAfterMs },
    runner: {
      giveUpMs: integer(env, "SHIPPING_GIVE_UP_SECONDS", { fallback: 3_600, min: 1, max: LONGEST }) * 1_000,
    },
    carrier: carrier(env),
    webhookSecret: webhookSecret(env),
  }
}

/** A user and a password in it are sent as `Authorization`. */
const carrier = (env: Env): HttpCall.Endpoint | null => {
  const given = secret(env, "CARRIER_URL")
  if (given === null) return null
  const endpoint = HttpCall.endpoint(given)
  if (endpoint === null) throw new ConfigProblem({ message: "CARRIER_URL must look like http://host:port" })
  return endpoint
}

/** Shorter ones can be guessed. */
const SECRET_MIN = 16

const webhookSecret = (env: Env): string | null => {
  const given = secret(env, "CARRIER_WEBHOOK_SECRET")
  if (given !== null && given.length < SECRET_MIN)
    throw new ConfigProblem({ message: `CARRIER_WEBHOOK_SECRET must have at least ${SECRET_MIN} characters` })
  return given
}
