/** Spans on their way to a collector: a real one on the loopback. */
import { Effect, Layer } from "effect"
import { afterEach, expect, it } from "vitest"
import * as Exporter from "../../../src/adapters/otlp/exporter.ts"
import { Probe } from "../../../src/ports/probe.ts"
import type { Span } from "../../../src/ports/trace.ts"
import * as Traceparent from "../../../src/std/traceparent.ts"
import { attribute, type Collector, collector } from "../../support/collector.ts"
import { Recording, recording } from "../../support/recording-probe.ts"

let running: Collector | null = null
afterEach(() => running?.close())

const spanOf = (name: string): Span => ({
  context: Traceparent.spanOf(Traceparent.traceIdAt(0.5)),
  parent: null,
  name,
  kind: "server",
  startMs: 1_000.25,
  endMs: 2_000,
  attributes: { text: "a", whole: 7, flag: true },
})

const OPTIONS: Omit<Exporter.Options, "url"> = {
  headers: { authorization: "Bearer secret" },
  protocol: "http/json",
  compression: "none",
  timeoutMs: 1_000,
  queueMax: 10,
  batchMax: 4,
  delayMs: 5,
  service: "jaego",
  attributes: { "deployment.environment.name": "test" },
}

const exporting = <A>(
  options: Partial<Exporter.Options> & Pick<Exporter.Options, "url">,
  test: (
    emit: (span: Span) => void,
    gone: (outcome: string, spans: number) => Effect.Effect<number>,
  ) => Effect.Effect<A>,
): Promise<A> =>
  Effect.gen(function* () {
    const probe = yield* Probe
    const { all, until } = yield* Recording
    const count = (outcome: string) =>
      all().reduce((sum, each) => sum + (each._tag === "SpansGone" && each.outcome === outcome ? each.spans : 0), 0)
    const gone = (outcome: string, spans: number) =>
      Effect.map(
        until(() => count(outcome) >= spans),
        () => count(outcome),
      )
    return yield* test((span) => probe.emit({ _tag: "SpanEnded", span }), gone)
  }).pipe(
    Effect.provide(Exporter.layer({ ...OPTIONS, ...options }).pipe(Layer.provideMerge(recording))),
    Effect.runPromise,
  )

it("reach it whole, with the resource they are of", async () => {
  running = await collector()
  const parent = Traceparent.spanOf(Traceparent.traceIdAt(0.1))
  const link = Traceparent.spanOf(Traceparent.traceIdAt(0.2))
  const span: Span = {
    ...spanOf("POST /v1/orders"),
    context: Traceparent.child(parent),
    parent,
    links: [link],
    error: "503",
  }
  await exporting({ url: `${running.url}/v1/traces` }, (emit, gone) => {
    emit(span)
    return gone("sent", 1)
  })
  const [{ headers, path }] = running.exports as [(typeof running.exports)[0]]
  expect([path, headers["authorization"], headers["content-type"]]).toEqual([
    "/v1/traces",
    "Bearer secret",
    "application/json",
  ])
  const [sent] = running.spans()
  expect(sent).toMatchObject({
    traceId: Traceparent.traceId(parent),
    spanId: Traceparent.spanId(span.context),
    parentSpanId: Traceparent.spanId(parent),
    name: "POST /v1/orders",
    kind: 2,
    startTimeUnixNano: "1000250000",
    endTimeUnixNano: "2000000000",
    status: { code: 2, message: "503" },
    links: [{ traceId: Traceparent.traceId(link), spanId: Traceparent.spanId(link) }],
  })
  expect(["text", "whole", "flag"].map((name) => attribute(sent!, name))).toEqual(["a", 7, true])
  const resource = { attributes: running.resources()[0]! }
  expect(attribute(resource, "service.name")).toBe("jaego")
  expect(attribute(resource, "deployment.environment.name")).toBe("test")
})

it("leave in protobuf and packed, where that is asked for", async () => {
  running = await collector()
  await exporting({ url: running.url, protocol: "http/protobuf", compression: "gzip" }, (emit, gone) => {
    for (let each = 0; each < 4; each++)
      emit(spanOf(`a span of some length, so that packing is worth it ${each}`.repeat(10)))
    return gone("sent", 4)
  })
  const { body, headers } = running.exports[0]!
  expect([headers["content-type"], headers["content-encoding"]]).toEqual(["application/x-protobuf", "gzip"])
  expect(body.toString("latin1")).toContain("a span of some length")
})

it("leave a batch at a time, also the last ones when the service ends", async () => {
  running = await collector()
  await exporting({ url: running.url, delayMs: 60_000 }, (emit) =>
    Effect.sync(() => {
      for (let each = 0; each < 3; each++) emit(spanOf(String(each)))
    }),
  )
  expect(running.spans().map(({ name }) => name)).toEqual(["0", "1", "2"])
})

it("are dropped and counted when more wait than may", async () => {
  running = await collector()
  const dropped = await exporting({ url: running.url, delayMs: 60_000, batchMax: 100 }, (emit, gone) => {
    for (let each = 0; each < 15; each++) emit(spanOf(String(each)))
    return gone("queue-full", 5)
  })
  expect(dropped).toBe(5)
  expect(running.spans()).toHaveLength(10)
})

it("are tried again at a collector that is busy, and given up at one that stays so", async () => {
  let answers = [503, 200]
  running = await collector(() => answers.shift() ?? 503)
  const refused = await exporting({ url: running.url }, (emit, gone) => {
    emit(spanOf("first"))
    return gone("sent", 1).pipe(
      Effect.andThen(
        Effect.sync(() => {
          answers = []
          emit(spanOf("second"))
        }),
      ),
      Effect.andThen(gone("refused", 1)),
    )
  })
  expect(refused).toBe(1)
  expect(running.spans().map(({ name }) => name)).toEqual(["first", "first", "second", "second", "second"])
})
