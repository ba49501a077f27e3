/** Instants as text: written as `Date` writes them, read in every form of RFC 3339 and in no other. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Rfc3339 from "../../src/std/rfc3339.ts"

const NOON = Date.UTC(2026, 5, 1, 12)
const END = Date.UTC(2101, 0, 1)

describe("an instant written as text", () => {
  it("is what Date writes, also before 1970 and at the turn of a second", () => {
    for (const instant of [0, 999, 1_000, -1, -1_000, NOON, NOON + 1, END]) {
      expect(Rfc3339.text(instant)).toBe(new Date(instant).toISOString())
    }
    fc.assert(
      fc.property(fc.integer({ min: -END, max: END }), (instant) => {
        expect(Rfc3339.text(instant)).toBe(new Date(instant).toISOString())
      }),
    )
  })
})

describe("a text read as an instant", () => {
  it.each([
    ["2026-06-01T12:00:00Z", NOON],
    ["2026-06-01t12:00:00z", NOON],
    ["2026-06-01 12:00:00Z", NOON],
    ["2026-06-01T12:00:00.0Z", NOON],
    ["2026-06-01T12:00:00.25Z", NOON + 250],
    ["2026-06-01T12:00:00.123456789Z", NOON + 123],
    ["2026-06-01T12:00:00.9999Z", NOON + 999],
    ["2026-06-01T14:30:00+02:30", NOON],
    ["2026-06-01T04:00:00-08:00", NOON],
    ["2026-06-01T12:00:00-00:00", NOON],
    ["1970-01-01T00:00:00Z", 0],
    ["2100-12-31T23:59:59.999Z", END - 1],
    ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29)],
    ["2016-12-31T23:59:60Z", Date.UTC(2017, 0, 1)],
    ["2016-12-31T15:59:60-08:00", Date.UTC(2017, 0, 1)],
  ])("%s is one", (text, instant) => {
    expect(Rfc3339.parse(text)).toBe(instant)
  })

  it.each([
    ["a day that its month does not have", "2026-02-30T00:00:00Z"],
    ["29 February of a common year", "2026-02-29T00:00:00Z"],
    ["a thirteenth month", "2026-13-01T00:00:00Z"],
    ["a day of 24 hours and more", "2026-06-01T24:00:00Z"],
    ["a minute of 60", "2026-06-01T12:60:00Z"],
    ["a leap second in the middle of a day", "2026-06-01T12:00:60Z"],
    ["an offset of a day", "2026-06-01T12:00:00+24:00"],
    ["no offset", "2026-06-01T12:00:00"],
    ["no time", "2026-06-01"],
    ["the year 1", "0001-01-01T00:00:00Z"],
    ["the year 10000", "10000-01-01T00:00:00Z"],
    ["the year 9999", "9999-12-31T23:59:59Z"],
    ["the last moment before 1970", "1969-12-31T23:59:59.999Z"],
    ["1970 by its digits, and before it by its offset", "1970-01-01T00:00:00+01:00"],
    ["the first moment after 2100", "2101-01-01T00:00:00Z"],
    ["a comma before the fraction", "2026-06-01T12:00:00,5Z"],
    ["an offset without its colon", "2026-06-01T12:00:00+0200"],
    ["digits of another script", "٢٠٢٦-06-01T12:00:00Z"],
    ["something behind it", "2026-06-01T12:00:00Z\n"],
  ])("%s is none", (_, text) => {
    expect(Rfc3339.parse(text)).toBeNull()
  })

  it("comes back from its text as it went in", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: END - 1 }), (instant) => {
        expect(Rfc3339.parse(Rfc3339.text(instant))).toBe(instant)
      }),
    )
  })
})

it("a text is read the same, whatever was read before it in the same second", () => {
  const digit = fc.constantFrom(..."0123456789x Z.")
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3_000 }), digit, fc.integer({ min: 17, max: 23 }), (later, changed, at) => {
      const ours = Rfc3339.text(NOON + later)
      const other = ours.slice(0, at) + changed + ours.slice(at + 1)
      const far = "1999-12-31T00:00:00.000Z"
      Rfc3339.parse(far)
      const fresh = Rfc3339.parse(other)
      expect(Rfc3339.parse(ours)).toBe(NOON + later)
      expect(Rfc3339.parse(other)).toBe(fresh)
    }),
  )
})
