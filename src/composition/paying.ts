/** How an order is paid: the checkout runner, and the comparison with the provider's books, both behind the same guarded calls. */
import { Layer } from "effect"
import * as CheckoutRunner from "../app/checkout-runner.ts"
import * as PaymentCalls from "../app/payment-calls.ts"
import * as Reconciliation from "../app/reconciliation.ts"
import type { Config } from "../config/config.ts"

export const layer = ({ payment, resilience }: Config) =>
  Layer.merge(CheckoutRunner.layer(payment.checkout), Reconciliation.layer(payment.reconciliation)).pipe(
    Layer.provide(PaymentCalls.layer(resilience.payment)),
  )
