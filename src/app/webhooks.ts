/** Webhooks: callbacks of the carrier, and of the payment provider. */
import { Layer } from "effect"
import * as CarrierCallbacks from "./carrier-webhook.ts"
import * as PaymentWebhooks from "./payment-webhook.ts"

export const layer = Layer.merge(CarrierCallbacks.layer, PaymentWebhooks.layer)
