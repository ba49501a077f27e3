/**
 * The inbox: what consumers have handled. Having handled an event, what came of it, and the position behind it are one
 * transaction, so that an event that is delivered twice has its effect once.
 *
 * Law: per consumer and key only newer versions have an effect (every event carries its subject whole, so the newest wins);
 * a parked key's later events queue behind it. The position guards nothing, it spares work: a source may begin anew.
 * Limits: one key comes from one source at a time.
 */
import { Context, type Effect, Schema } from "effect"
import type { OrderId } from "../domain/ids.ts"
import type { Delivery } from "./event-stream.ts"
import type { Unavailable } from "./failures.ts"

/** What a consumer wants written: effects are data, the adapter knows their tables. Each is idempotent by its key. */
export type Write =
  /** A paid order is to be shipped. */
  | { readonly _tag: "OpenShipment"; readonly orderId: OrderId; readonly at: number }
  | {
      readonly _tag: "AddTimelineEntry"
      readonly orderId: OrderId
      readonly eventId: string
      readonly type: string
      /** Version of the order after it; null for a step outside. */
      readonly version: number | null
      /** Milliseconds since 1970. */
      readonly at: number
      /** JSON text; null: nothing more to say. */
      readonly detail: string | null
    }

export type Taken =
  | {
      readonly _tag: "Event"
      readonly delivery: Delivery
      readonly eventId: string
      readonly version: number
      readonly writes: ReadonlyArray<Write>
      /** Context of its handling (`trace.ts`); absent: it is not traced. */
      readonly trace?: string
    }
  /** It can never be handled as it is: its key is parked. Without a key it parks nothing but itself. */
  | {
      readonly _tag: "Poison"
      readonly delivery: Delivery
      /** Null: it cannot even be read. */
      readonly eventId: string | null
      readonly error: string
      readonly attempts: number
    }

/** What was taken from one source, in order. Deliveries a consumer has no use for only move the position. */
export interface Intake {
  readonly consumer: string
  readonly source: string
  readonly taken: ReadonlyArray<Taken>
  /** Offset behind the last delivery: the source's position from now on. */
  readonly next: number
}

/** What became of an intake: how many events had their effect, and how many queue behind a parked one. */
export interface Handled {
  readonly effects: number
  readonly queued: number
}

/** The database refuses what was to be written, as it would each time: nothing was. */
export class Indigestible extends Schema.TaggedError<Indigestible>()("Indigestible", { detail: Schema.String }) {}

/** A dead letter: it waits until its cause is mended. */
export interface Parked {
  readonly id: number
  readonly consumer: string
  readonly source: string
  readonly delivery: Delivery
  readonly error: string
  readonly attempts: number
  /** `queued`: nothing is wrong with it, it waits behind an older one of its key. */
  readonly state: "poison" | "queued"
  /** Milliseconds since 1970. */
  readonly parkedAt: number
}

/** Poison of one consumer whose errors are of one kind. */
export interface PoisonGroup {
  readonly consumer: string
  /** As `kindOf` says. */
  readonly kind: string
  /** Of the oldest. */
  readonly error: string
  readonly letter: number
  /** Milliseconds since 1970. */
  readonly since: number
  readonly poison: number
  /** Of their keys, waiting behind them. */
  readonly queued: number
}

/** Of an error, what is compared (characters): where it differs further back it is the same trouble. */
export const KIND_CHARACTERS = 200

/** What differs from one letter to the next: ids and numbers. JavaScript and PostgreSQL understand it alike. */
export const KIND_VARIES = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[0-9]+"

/** Errors of one kind have one cause, as far as can be told from their words. */
export const kindOf = (error: string): string =>
  Array.from(error).slice(0, KIND_CHARACTERS).join("").replaceAll(new RegExp(KIND_VARIES, "g"), "#")

export class Inbox extends Context.Service<
  Inbox,
  {
    /** UUID of the shop whose inbox it is. */
    readonly shop: Effect.Effect<string, Unavailable>
    /** For events that come without a place in a source (a webhook): their ids alone are kept, as long as any. */
    readonly isHandled: (consumer: string, eventId: string) => Effect.Effect<boolean, Unavailable>
    readonly handled: (consumer: string, eventId: string) => Effect.Effect<void, Unavailable>
    readonly position: (consumer: string, source: string) => Effect.Effect<number | null, Unavailable>
    /**
     * Of one consumer, each source at most once: all of it or nothing. Idempotent; when it is `Unavailable`, it may have
     * happened all the same, and is to be repeated.
     */
    readonly commit: (intakes: ReadonlyArray<Intake>) => Effect.Effect<Handled, Unavailable | Indigestible>
    /** Oldest first; `after` is the id of the last one seen. */
    readonly parked: (request: {
      readonly consumer: string | null
      readonly after: number
      readonly limit: number
    }) => Effect.Effect<ReadonlyArray<Parked>, Unavailable>
    /** All that is parked, by consumer and kind of error; the largest first, at most `limit`. */
    readonly groups: (limit: number) => Effect.Effect<ReadonlyArray<PoisonGroup>, Unavailable>
    /** One parked letter handled at last, the oldest of its key: its effect and its removal are one transaction. */
    readonly release: (
      id: number,
      eventId: string,
      version: number,
      writes: ReadonlyArray<Write>,
    ) => Effect.Effect<"released" | "absent" | "not-the-oldest", Unavailable | Indigestible>
    /** It will never be handled, also when it comes again. What queued behind it stays, to be released. */
    readonly discard: (id: number) => Effect.Effect<"discarded" | "absent", Unavailable>
  }
>()("jaego/ports/Inbox") {}
