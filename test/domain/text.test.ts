/** Text from outside: what may be kept, and what becomes of the rest. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Text from "../../src/domain/text.ts"

/** Any sequence of UTF-16 units: NUL, lone surrogates and pairs among them. */
const units = fc
  .array(fc.oneof(fc.constantFrom(0, 9, 10, 0x1b, 0x7f, 0x85, 0xd83d, 0xde00, 0xdc00), fc.nat(0xffff)))
  .map((all) => String.fromCharCode(...all))

const codePoints = (text: string): number => [...text].length

describe("text from outside", () => {
  it.each([
    ["letters of any script", "注文 заказ 🧺", true],
    ["NUL", "a\0b", false],
    ["a terminal's escape", "\u001b[2J", false],
    ["a control character of Latin-1", "\u009b2J", false],
    ["half a surrogate pair", "a\ud83d", false],
    ["the other half", "\ude00b", false],
    ["nothing", "", true],
  ])("may be kept, or not: %s", (_, text, clean) => {
    expect(Text.isClean(text)).toBe(clean)
  })

  it("is cut between code points, never inside one", () => {
    expect(Text.cut("🧺🧺🧺", 2)).toBe("🧺🧺")
    expect(Text.cut("ab", 2)).toBe("ab")
    expect(Text.cut("abc", 0)).toBe("")
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(20), (text, max) => {
        const cut = Text.cut(text, max)
        expect(text.startsWith(cut)).toBe(true)
        expect(codePoints(cut)).toBe(Math.min(max, codePoints(text)))
        expect(cut.isWellFormed()).toBe(text.isWellFormed())
      }),
    )
  })

  it("is clean and bounded once it is cleaned, and stays as it is when it was", () => {
    expect(Text.clean("no\0pe \ud83d", 100)).toBe("no\uFFFDpe \uFFFD")
    expect(Text.clean("two\r\nlines\tand a \u001b[2J", 100)).toBe("two lines and a \uFFFD[2J")
    fc.assert(
      fc.property(units, fc.nat(30), (text, max) => {
        const clean = Text.clean(text, max)
        expect(Text.isClean(clean)).toBe(true)
        expect(codePoints(clean)).toBeLessThanOrEqual(max)
        expect(Text.clean(clean, max)).toBe(clean)
        if (Text.isClean(text)) expect(clean).toBe(Text.cut(text, max))
      }),
    )
  })

  it("loses nothing but what a database cannot keep, where it is kept as it came", () => {
    expect(Text.storable("a\0b\n\u001b\ud83d 🧺")).toBe("a\uFFFDb\n\u001b\uFFFD 🧺")
    fc.assert(
      fc.property(units, (text) => {
        const kept = Text.storable(text)
        expect(kept.isWellFormed() && !kept.includes("\0")).toBe(true)
        expect(codePoints(kept)).toBe(codePoints(text))
      }),
    )
  })
})
