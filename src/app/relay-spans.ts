/**
 * The spans of the relay: each traced fact from its decision until the stream has confirmed it. The message carries the span's
 * context, so that those who take it go on from there.
 */
import type { Event } from "../ports/events.ts"
import type { Probe } from "../ports/probe.ts"
import * as Traceparent from "../std/traceparent.ts"

const isTraced = ({ trace }: Event): boolean => trace != null

/** As they leave: traced ones in a context of their own. */
export const outgoing = (events: ReadonlyArray<Event>): ReadonlyArray<Event> =>
  events.some(isTraced)
    ? events.map((event) => (event.trace == null ? event : { ...event, trace: Traceparent.child(event.trace) }))
    : events

/** They were confirmed at `endMs`, since 1970; `sent`: as they left. */
export const confirmed = (
  probe: Probe["Service"],
  events: ReadonlyArray<Event>,
  sent: ReadonlyArray<Event>,
  endMs: number,
): void => {
  for (const [index, { lane, seq, time, topic, trace, type }] of events.entries()) {
    if (trace == null) continue
    const attributes = {
      "messaging.destination.name": topic,
      "messaging.operation.type": "send",
      "jaego.event": type,
      "jaego.lane": lane,
      "jaego.seq": seq,
    }
    const context = sent[index]!.trace!
    const span = {
      context,
      parent: trace,
      name: "outbox send",
      kind: "producer",
      startMs: time,
      endMs,
      attributes,
    } as const
    probe.emit({ _tag: "SpanEnded", span })
  }
}
