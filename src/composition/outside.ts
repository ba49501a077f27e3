/** Whom the shop calls: a payment provider and a carrier, each over HTTP, or one that is played in the process. */
import type { Layer } from "effect"
import * as HttpCarrier from "../adapters/carrier-http/carrier.ts"
import * as SimulatedCarrier from "../adapters/carrier-simulator/carrier.ts"
import * as HttpPayment from "../adapters/payment-http/payment.ts"
import * as SimulatedPayment from "../adapters/payment-simulator/payment.ts"
import type { Config } from "../config/config.ts"
import type { Payment } from "../ports/payment.ts"

export const payment = ({ payment: { provider } }: Config): Layer.Layer<Payment> =>
  provider.kind === "http" ? HttpPayment.layer(provider.endpoint) : SimulatedPayment.layer

export const carrier = ({ shipping: { carrier } }: Config) =>
  carrier === null ? SimulatedCarrier.layer : HttpCarrier.layer(carrier)
