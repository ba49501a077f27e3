/**
 * The event stream: where facts go, and where consumers take them from.
 *
 * Law: at least once, in order per key as published. Nothing is reported as published before it is safe with the broker.
 */
import { Context, type Effect, Schema } from "effect"
import type { Event, Topic } from "./events.ts"

/** The stream was not reached, or did not confirm: what was to be published may be there or not. Publish it again. */
export class StreamDown extends Schema.TaggedError<StreamDown>()("StreamDown", { detail: Schema.String }) {}

export class EventStream extends Context.Service<
  EventStream,
  {
    /** Done when the broker has all of them. Repeating it doubles, and loses nothing. One call at a time. */
    readonly publish: (events: ReadonlyArray<Event>) => Effect.Effect<void, StreamDown>
  }
>()("jaego/ports/EventStream") {}

/** One message as it came. */
export interface Delivery {
  readonly topic: Topic
  /** Place in `source`; contiguous positions are not promised, growing ones are. */
  readonly offset: number
  /** The message's key; empty when it had none. */
  readonly key: string
  /** CloudEvent, JSON text, not checked yet. */
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

/** Deliveries of one partition, in order. */
export interface Deliveries {
  /**
   * Names the partition for ever, whatever stream it belongs to: `kafka/<cluster>/jaego.orders@<topic id>/3`,
   * `outbox/jaego.orders/12`. What is made anew has another name.
   */
  readonly source: string
  /** Not empty. */
  readonly deliveries: ReadonlyArray<Delivery>
}

/** A delivery that could not be handled, on its way to the dead-letter topic. */
export interface DeadLetter {
  readonly consumer: string
  readonly source: string
  readonly delivery: Delivery
  readonly error: string
  readonly attempts: number
}

/** What befalls a consumer's stream beside deliveries. */
export type Notice =
  /** It is given what comes. */
  | { readonly _tag: "Flowing" }
  /** It is given nothing for now; the source tries again by itself. */
  | { readonly _tag: "Lost"; readonly detail: string }
  /** Deliveries from `from` to before `to` are not kept any more: it goes on at `to`. Below `from`: the stream was cut back. */
  | { readonly _tag: "Jumped"; readonly source: string; readonly from: number; readonly to: number }

export interface Handler {
  readonly consumer: string
  /** Whose consumer it is: shops that share a broker do not share its deliveries. */
  readonly shop: string
  readonly topics: ReadonlyArray<Topic>
  /** Offset of the first delivery of a source that is not yet handled; null: never seen. */
  readonly position: (source: string) => Effect.Effect<number | null>
  /**
   * Handles them, whatever it takes: trouble that passes is waited out inside, and the next deliveries of this source come
   * only afterwards. It may be interrupted (the partition went to another member, the service stops): then they come again.
   */
  readonly handle: (deliveries: Deliveries) => Effect.Effect<void>
  readonly notice: (notice: Notice) => Effect.Effect<void>
}

export class EventSource extends Context.Service<
  EventSource,
  {
    /** Runs until interrupted; trouble with the broker is outlived inside. */
    readonly consume: (handler: Handler) => Effect.Effect<never>
    /** Done when the dead-letter topic has them; where there is none, at once. */
    readonly bury: (letters: ReadonlyArray<DeadLetter>) => Effect.Effect<void, StreamDown>
  }
>()("jaego/ports/EventSource") {}
