/** Whether the service may be sent traffic, and if not, why. Kafka, Redis and the payment provider never make it unready. */
import { Context, Layer, SubscriptionRef } from "effect"

export type State = "starting" | "ready" | "standby" | "draining" | "database"

export class Readiness extends Context.Service<Readiness, SubscriptionRef.SubscriptionRef<State>>()(
  "jaego/app/Readiness",
) {
  static readonly layer = Layer.effect(Readiness, SubscriptionRef.make<State>("starting"))
}

export const set = (state: State) => Readiness.use((ref) => SubscriptionRef.set(ref, state))

export const get = Readiness.use((ref) => SubscriptionRef.get(ref))
