/** What a sampler keeps, and what is kept anyway. */
import { expect, it } from "vitest"
import { type Sampling, Tracing } from "../../../src/adapters/http/tracing.ts"
import type { Span } from "../../../src/ports/trace.ts"
import * as Traceparent from "../../../src/std/traceparent.ts"

const SLOW_MS = 500
const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
const given = (flags: "00" | "01") => `00-${TRACE_ID}-00f067aa0ba902b7-${flags}`

const tracing = (sampling: Sampling | null) => {
  const spans: Array<Span> = []
  const made = new Tracing(sampling, SLOW_MS, {
    emit: (happening) => void (happening._tag === "SpanEnded" && spans.push(happening.span)),
  })
  /** The context that the routes find, and the id of the trace in which the request is found. */
  const ask = (traceparent?: string, status = 201, ms = 1, route = "/v1/orders") => {
    const request = { headers: { "x-request-id": "r", ...(traceparent === undefined ? {} : { traceparent }) } }
    const trace = made.begin(request)
    const inside = (request.headers as { traceparent?: string }).traceparent
    const id = made.ended(trace, { method: "POST", route, status, seconds: ms / 1_000 }, request)
    return { inside, id }
  }
  return { spans, ask }
}

it("continues a caller's trace, and gives its own span to those behind it", () => {
  const { ask, spans } = tracing({ isParentBased: true, ratio: 0 })
  const { id, inside } = ask(given("01"))
  expect(id).toBe(TRACE_ID)
  expect(spans).toMatchObject([{ context: inside, parent: given("01"), name: "POST /v1/orders", kind: "server" }])
  expect(Traceparent.spanId(inside!)).not.toBe("00f067aa0ba902b7")
})

it("keeps to what the caller decided, or to its own share of all ids", () => {
  expect(tracing({ isParentBased: true, ratio: 1 }).ask(given("00"))).toEqual({ inside: undefined, id: null })
  const half = tracing({ isParentBased: false, ratio: 0.5 })
  const low = `00-${TRACE_ID.slice(0, 19)}${"7".repeat(13)}-00f067aa0ba902b7-00`
  const high = `00-${TRACE_ID.slice(0, 19)}${"8".repeat(13)}-00f067aa0ba902b7-01`
  expect([half.ask(low).id !== null, half.ask(high).id !== null]).toEqual([true, false])
})

it("keeps its share of traces that begin here, and another sampler of that share keeps the same", () => {
  const { ask } = tracing({ isParentBased: true, ratio: 0.25 })
  const ids = Array.from({ length: 4_000 }, () => ask().id).filter((id) => id !== null)
  expect(ids.length).toBeGreaterThan(800)
  expect(ids.length).toBeLessThan(1_200)
  expect(ids.every((id) => Traceparent.drawOf(id) < 0.25)).toBe(true)
  expect(new Set(ids).size).toBe(ids.length)
})

it("keeps what failed or was slow whatever the sampler says, and nothing else", () => {
  const { ask, spans } = tracing({ isParentBased: true, ratio: 0 })
  expect(ask(undefined, 409).id).toBeNull()
  expect(ask(undefined, 503, 1, "/readyz").id).toBeNull()
  expect(spans).toEqual([])
  expect(ask(undefined, 500).id).toMatch(/^[0-9a-f]{32}$/)
  expect(ask(given("00"), 201, SLOW_MS)).toEqual({ inside: undefined, id: TRACE_ID })
  expect(spans.map(({ error, parent }) => [parent, error])).toEqual([
    [null, "500"],
    [given("00"), undefined],
  ])
})

it("is silent without a collector, and lets no caller's context in", () => {
  const { ask, spans } = tracing(null)
  expect(ask(given("01"), 503, SLOW_MS)).toEqual({ inside: undefined, id: null })
  expect(spans).toEqual([])
})

it("takes nothing but a context for one", () => {
  const { ask } = tracing({ isParentBased: true, ratio: 0 })
  for (const wrong of [
    "",
    "x",
    given("01").toUpperCase(),
    `ff${given("01").slice(2)}`,
    `${given("01")}-more`,
    `${given("01")}, ${given("01")}`,
    given("01").replace(TRACE_ID, "0".repeat(32)),
    given("01").replace("00f067aa0ba902b7", "0".repeat(16)),
  ])
    expect(ask(wrong), wrong).toEqual({ inside: undefined, id: null })
  // A later version says more, and its flags mean more.
  expect(ask(`01${given("01").slice(2, -2)}03-more`).id).toBe(TRACE_ID)
})
