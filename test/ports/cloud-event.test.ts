/** A fact comes back from its text as it went in, and a text that is none is told apart, in words. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { OrderId } from "../../src/domain/ids.ts"
import * as Text from "../../src/domain/text.ts"
import * as CloudEvent from "../../src/ports/cloud-event.ts"
import { type Event, ORDERS, STOCK } from "../../src/ports/events.ts"

const event: fc.Arbitrary<Event> = fc.record({
  topic: fc.constantFrom(ORDERS, STOCK),
  key: fc.uuid({ version: 7 }).map((id) => id as OrderId),
  id: fc.uuid({ version: 7 }),
  shop: fc.uuid({ version: 4 }),
  type: fc.constantFrom("jaego.order.paid.v1", "jaego.stock.reserved.v1"),
  version: fc.integer({ min: 1 }),
  time: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  data: fc.constant(""),
  lane: fc.constant(0),
  seq: fc.nat(),
  link: fc.uuid({ version: 4 }),
})

const payload = fc.record({ customerId: fc.string({ unit: "binary" }), reason: fc.jsonValue() })

const valid = JSON.parse(
  CloudEvent.encode({
    topic: ORDERS,
    key: "019abcde-0000-7000-8000-000000000001" as OrderId,
    id: "019abcde-0000-7000-8000-000000000002",
    shop: "5ca1ab1e-0000-4000-8000-000000000000",
    type: "jaego.order.paid.v1",
    version: 2,
    time: 0,
    data: '{"version":2}',
    lane: 0,
    seq: 1,
    link: "11a2e000-0000-4000-8000-000000000001",
  }),
)

describe("the text of a fact", () => {
  it("is JSON, and gives back what went in, whatever the payload says", () => {
    fc.assert(
      fc.property(event, payload, (bare, rest) => {
        const data = { ...rest, version: bare.version }
        const text = CloudEvent.encode({ ...bare, data: JSON.stringify(data) })
        expect(CloudEvent.decode(text)).toMatchObject({
          success: {
            id: bare.id,
            type: bare.type,
            subject: bare.key,
            time: bare.time,
            shop: bare.shop,
            version: bare.version,
            data: JSON.parse(JSON.stringify(data)),
          },
        })
      }),
    )
  })

  it("is read whatever else it says: a later version may say more", () => {
    expect(CloudEvent.decode(JSON.stringify({ ...valid, traceparent: "00-1" }))).toMatchObject({ _tag: "Success" })
  })

  it.each([
    ["no JSON", "{", /JSON/],
    ["no object", "[]", /object/i],
    ["another version of CloudEvents", JSON.stringify({ ...valid, specversion: "0.3" }), /specversion/],
    ["an id that is no UUID", JSON.stringify({ ...valid, id: "7" }), /"id"/],
    ["no subject", JSON.stringify({ ...valid, subject: undefined }), /subject/],
    ["no time", JSON.stringify({ ...valid, time: "yesterday" }), /time/],
    ["a time that no database keeps", JSON.stringify({ ...valid, time: "0001-01-01T00:00:00Z" }), /time/],
    ["a NUL in its type", JSON.stringify({ ...valid, type: "a\0b" }), /type/],
    ["a type without end", JSON.stringify({ ...valid, type: "t".repeat(256) }), /type/],
    ["no data", JSON.stringify({ ...valid, data: null }), /data/],
    ["a version that is none", JSON.stringify({ ...valid, data: { version: 0 } }), /version/],
  ])("is refused in one line when it has %s", (_, text, word) => {
    const { failure } = CloudEvent.decode(text) as { readonly failure: string }
    expect(failure).toMatch(word)
    expect(Text.isClean(failure)).toBe(true)
  })
})
