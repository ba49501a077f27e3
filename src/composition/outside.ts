/** Whom the shop calls: a payment provider and a carrier, each over HTTP, or one that is played in the process. */
import { Effect, Layer } from "effect"
import * as HttpCarrier from "../adapters/carrier-http/carrier.ts"
import * as SimulatedCarrier from "../adapters/carrier-simulator/carrier.ts"
import * as HttpPayment from "../adapters/payment-http/payment.ts"
import * as SimulatedPayment from "../adapters/payment-simulator/payment.ts"
import type { Options as StripeOptions } from "../adapters/payment-stripe/payment.ts"
import type { Config } from "../config/config.ts"
import type { Payment } from "../ports/payment.ts"

export const payment = ({ payment: { provider }, resilience }: Config): Layer.Layer<Payment> => {
  switch (provider.kind) {
    case "simulated":
      return SimulatedPayment.layer
    case "http":
      return HttpPayment.layer(provider.endpoint)
    case "stripe":
      return stripe({ ...provider, timeoutMs: resilience.payment.timeoutMs })
  }
}

/** Loaded only when it is used: Stripe's library is larger than the service. */
const stripe = (options: StripeOptions): Layer.Layer<Payment> =>
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => import("../adapters/payment-stripe/payment.ts")),
      (Stripe) => Stripe.layer(options),
    ),
  )

export const carrier = ({ shipping: { carrier } }: Config) =>
  carrier === null ? SimulatedCarrier.layer : HttpCarrier.layer(carrier)
