/** Spans in protobuf: byte for byte what Effect's own serialization makes of them, which is slower. */
import { Effect } from "effect"
import { OtlpResource, OtlpSerialization } from "effect/observability"
import fc from "fast-check"
import { expect, it } from "vitest"
import * as SpanBytes from "../../../src/adapters/otlp/span-bytes.ts"
import * as SpanRecord from "../../../src/adapters/otlp/span-record.ts"
import type { Span } from "../../../src/ports/trace.ts"
import * as Traceparent from "../../../src/std/traceparent.ts"

const { traces } = Effect.runSync(
  Effect.provide(Effect.service(OtlpSerialization.OtlpSerialization), OtlpSerialization.layerProtobuf),
)

const context = fc
  .double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  .map(Traceparent.traceIdAt)
  .map(Traceparent.spanOf)
/** Plain, of any script, and halves of characters. */
const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.string({ maxLength: 400 }), fc.constant("\ud800a"))
const time = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 32 }),
  fc.double({ min: 0, max: 4_102_444_800_000, noNaN: true }),
  fc.integer({ min: 1_700_000_000_000, max: 2_000_000_000_000 }).map((ms) => ms + 0.25),
)
const value = fc.oneof(
  text,
  fc.boolean(),
  fc.integer(),
  fc.double(),
  fc.maxSafeInteger(),
  fc.constantFrom(-0, 127, 128, 2 ** 53, 2 ** 62, -(2 ** 63), 2 ** 63),
)
const span: fc.Arbitrary<Span> = fc
  .record(
    {
      context,
      parent: fc.option(context),
      name: text,
      kind: fc.constantFrom("internal", "server", "client", "producer", "consumer"),
      startMs: time,
      endMs: time,
      attributes: fc.dictionary(text, value),
      links: fc.array(context),
      error: text,
    } as const,
    { requiredKeys: ["context", "parent", "name", "kind", "startMs", "endMs", "attributes"] },
  )
  .map((record) => record as Span)

it("are those of the slower serialization, whatever they hold", () => {
  fc.assert(
    fc.property(fc.array(span), fc.dictionary(text, text), (spans, attributes) => {
      const resource = OtlpResource.make({ serviceName: "jaego", attributes })
      const scopeSpans = [{ scope: { name: "jaego" }, spans: spans.map(SpanRecord.of) }]
      const { body } = traces({ resourceSpans: [{ resource, scopeSpans }] }) as { body: Uint8Array }
      expect(Buffer.from(SpanBytes.encoder("jaego", resource)(spans)).toString("hex")).toBe(
        Buffer.from(body).toString("hex"),
      )
    }),
  )
})
