/**
 * The pipeline of committed facts: the relay publishes them to the event stream, consumers take them from it.
 * One scope for both; it ends in reverse: the relay lets what it has begun leave, and then the consumers stop.
 *
 * Why it exists: the same runs in a thread of its own beside Postgres, and in the main thread beside the memory store.
 */
import { Cause, Effect, Layer } from "effect"
import * as Facts from "../ports/facts.ts"
import * as Consumer from "./consumer.ts"
import * as Shipping from "./consumers/shipping.ts"
import * as Timeline from "./consumers/timeline.ts"
import * as Relay from "./outbox-relay.ts"

export interface Options {
  /** How long after its payment an order's shipment falls due (ms). */
  readonly shippingAfterMs: number
}

/** All consumers of the stream in this service. */
export const consumers = ({ shippingAfterMs }: Options): ReadonlyArray<Consumer.Consumer> => [
  Shipping.make({ afterMs: shippingAfterMs }),
  Timeline.consumer,
]

/** Pause before a consumer that broke down is started again: it takes up what it had not handled. */
const RESTART_PAUSE = "1 second"

const again = (consumer: Consumer.Consumer) =>
  Consumer.run(consumer).pipe(
    Effect.catchCause((cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.failCause(cause)
        : Effect.andThen(
            Effect.logError(`the consumer ${consumer.name} broke down`, cause),
            Effect.sleep(RESTART_PAUSE),
          ),
    ),
    Effect.forever,
  )

/**
 * The facts that none of them wants: a stream without other consumers need not carry them. Types that this build does not
 * know are carried: a consumer of another build may want them.
 */
export const unwanted = (taking: ReadonlyArray<Consumer.Consumer>): ReadonlyArray<string> =>
  Facts.TYPES.filter((type) => !taking.some(({ wants }) => wants(type)))

/** Runs until the layer's scope closes. `passedOver`: types of facts that do not leave. */
export const layer = (taking: ReadonlyArray<Consumer.Consumer>, passedOver: ReadonlyArray<string>) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      for (const consumer of taking) yield* Effect.forkScoped(again(consumer))
      yield* Relay.start(passedOver)
    }),
  )
