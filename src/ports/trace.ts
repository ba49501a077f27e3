/**
 * A span: one step of a trace, as it is announced on the probe once it has ended. A plain record, made only for traces that are kept.
 *
 * Contexts are texts (`std/traceparent.ts`); they travel in `traceparent` headers, commands, the outbox and messages
 * (docs/decisions/0041). Without one there is nothing to do, which is what an order costs that is not traced.
 */
import * as Traceparent from "../std/traceparent.ts"

export interface Span {
  /** Its own context. */
  readonly context: string
  /** Null: it is the first of its trace. */
  readonly parent: string | null
  readonly name: string
  readonly kind: "internal" | "server" | "client" | "producer" | "consumer"
  /** Milliseconds since 1970. */
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Readonly<Record<string, string | number | boolean>>
  /** Contexts of other spans that it has to do with, above all those of other traces. */
  readonly links?: ReadonlyArray<string>
  /** What went wrong, in a word; absent: nothing. */
  readonly error?: string
}

/** A span below `parent`, without a caller of its own. */
export const internal = (
  parent: string,
  name: string,
  startMs: number,
  endMs: number,
  attributes: Span["attributes"],
): Span => ({ context: Traceparent.child(parent), parent, name, kind: "internal", startMs, endMs, attributes })
