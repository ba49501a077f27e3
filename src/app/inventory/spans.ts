/**
 * The spans of traced commands in their owner. A command's own are its wait for its turn (mailbox), the decision, and the wait for
 * the commit; the batch is a trace of its own, which links those that it has made durable, and each of them links it.
 *
 * Made when a command leaves, and only for one that is traced: all others cost a comparison.
 */
import * as Trace from "../../ports/trace.ts"
import * as Traceparent from "../../std/traceparent.ts"
import { laneOf } from "./commands.ts"
import type { Entry } from "./entry.ts"
import type { Sent } from "./line.ts"

/** Of a command that leaves at `now`, ms since 1970, asked for in `parent`. */
export const left = (entry: Entry, parent: string, now: number, ended: (span: Trace.Span) => void): void => {
  const { command, committed, decidedAt, outcome, since } = entry
  const attributes = { "jaego.command": command._tag, "jaego.lane": laneOf(command) }
  const turnAt = decidedAt === 0 ? now : decidedAt
  ended(Trace.internal(parent, "inventory mailbox", since, turnAt, attributes))
  if (outcome === null) return
  const said = outcome._tag === "Refusal" ? outcome.rejection._tag : outcome._tag
  ended(Trace.internal(parent, "inventory decide", turnAt, turnAt, { ...attributes, "jaego.outcome": said }))
  if (committed === null) return
  const { batch, context, endMs, place, size } = committed
  ended({
    ...Trace.internal(parent, "inventory commit", turnAt, endMs, {
      ...attributes,
      "jaego.batch.place": place,
      "jaego.batch.size": size,
    }),
    context,
    links: [batch],
  })
}

/** Of the batch that was committed between these times (ms since 1970); null: nothing in it is traced. */
export const committed = (
  { batch, decisions, entries }: Sent,
  worker: number,
  startMs: number,
  endMs: number,
): Trace.Span | null => {
  const links: Array<string> = []
  let span: Trace.Span | null = null
  let place = 0
  for (const entry of entries) {
    if (entry.outcome?._tag !== "Decision") continue
    place++
    if (entry.trace === null) continue
    span ??= {
      context: Traceparent.spanOf(Traceparent.traceIdAt(Math.random())),
      parent: null,
      name: "inventory batch",
      kind: "internal",
      startMs,
      endMs,
      attributes: { "jaego.worker": worker, "jaego.batch.size": decisions, "jaego.batch.facts": batch.facts.length },
      links,
    }
    const context = Traceparent.child(entry.trace)
    links.push(context)
    entry.commitTraced({ context, batch: span.context, endMs, place, size: decisions })
  }
  return span
}
